//! Checks that every index says what the cards say.

use crate::account::Account;
use crate::row::{ICCIDS, Row, VACANT, iccid_key};
use crate::slot_set::{SlotSet, for_each_bit};

/// `Err` names the first index that differs from the cards.
pub(crate) fn verify(account: &Account) -> Result<(), String> {
    let rows = &account.rows;
    let live: Vec<u32> = (0..rows.len() as u32).filter(|&slot| rows[slot].id != VACANT).collect();
    let mut marked = Vec::with_capacity(live.len());
    for_each_bit(&account.live.words, |slot| marked.push(slot));
    holds(live == marked && live.len() == account.live.len, "live")?;
    lookups(account, &live)?;
    orders(account, &live)?;
    sets(account, &live)
}

fn holds(condition: bool, index: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(format!("the index \"{index}\" differs from the cards")) }
}

fn lookups(account: &Account, live: &[u32]) -> Result<(), String> {
    let rows = &account.rows;
    holds(account.by_id.len() == live.len(), "ids")?;
    holds(live.iter().all(|&slot| account.find_id(rows[slot].id) == Some(slot)), "ids")?;
    for at in 0..ICCIDS {
        let with: Vec<(u32, &str)> =
            live.iter().filter_map(|&slot| Some((slot, rows[slot].iccids()[at]?))).collect();
        holds(account.by_iccid[at].len() == with.len(), "ICCIDs")?;
        let findable = with.iter().all(|&(slot, iccid)| {
            let short = std::str::from_utf8(iccid_key(iccid)).unwrap_or(iccid);
            account.find_iccid(iccid).any(|other| other == slot)
                && account.find_iccid(short).any(|other| other == slot)
        });
        holds(findable, "ICCIDs")?;
    }
    Ok(())
}

fn orders(account: &Account, live: &[u32]) -> Result<(), String> {
    let (rows, orders) = (&account.rows, &account.orders);
    let ascends = |slots: &[u32], wanted: &[u32]| slots == wanted;
    let sorted = |mut slots: Vec<u32>, compare: &dyn Fn(&Row, &Row) -> std::cmp::Ordering| {
        slots.sort_by(|&left, &right| {
            compare(&rows[left], &rows[right]).then(rows[left].id.cmp(&rows[right].id))
        });
        slots
    };
    for order in orders.texts() {
        let with = live.iter().copied().filter(|&slot| (order.text)(&rows[slot]).is_some()).collect();
        let wanted = sorted(with, &|left, right| (order.text)(left).cmp(&(order.text)(right)));
        let slots: Vec<u32> = order.order.ascending(0).collect();
        holds(order.order.is_well_formed() && ascends(&slots, &wanted), "order by text")?;
    }
    for order in orders.keys() {
        let (some, none) = live.iter().copied().partition(|&slot| (order.key)(&rows[slot]).is_some());
        let some = sorted(some, &|left, right| (order.key)(left).cmp(&(order.key)(right)));
        let none = sorted(none, &|_, _| std::cmp::Ordering::Equal);
        holds(
            order.some.is_well_formed() && ascends(&order.some.ascending(0).collect::<Vec<_>>(), &some),
            "order by number",
        )?;
        holds(
            order.none.is_well_formed() && ascends(&order.none.ascending(0).collect::<Vec<_>>(), &none),
            "order without number",
        )?;
        holds(order.marks_hold(rows), "marks of an order")?;
    }
    Ok(())
}

/// A set of values is right when each card is in the set of its value and there are no more entries than that.
fn sets(account: &Account, live: &[u32]) -> Result<(), String> {
    let sets = &account.sets;
    let check = |index: &str, entries: usize, found: &dyn Fn(u32, &Row) -> Option<bool>| {
        let answers: Vec<bool> = live.iter().filter_map(|&slot| found(slot, &account.rows[slot])).collect();
        holds(answers.len() == entries && answers.into_iter().all(|answer| answer), index)
    };
    let has = |set: Option<&SlotSet>, slot: u32| set.is_some_and(|set| set.contains(slot));
    let sum = |counts: &mut dyn Iterator<Item = usize>| counts.sum::<usize>();
    let facets = [
        ("sim_status", &sets.sim_status, (|row| Some(row.sim_status)) as fn(&Row) -> Option<u8>),
        ("device_status", &sets.device_status, |row| row.device_status),
        ("sim_type", &sets.sim_type, |row| Some(row.sim_type)),
        ("pool_flag", &sets.pool_flag, |row| Some(row.pool_flag)),
        ("version", &sets.multi_version, |row| row.multi().map(|multi| multi.version)),
        ("online_carrier", &sets.online_carrier, |row| row.multi().map(|multi| multi.online_carrier)),
    ];
    for (index, facet, value) in facets {
        let entries = sum(&mut facet.counts().map(|(_, count)| count));
        check(index, entries, &|slot, row| value(row).map(|value| has(facet.get(value), slot)))?;
    }
    let entries = sum(&mut sets.real_named.counts().map(|(_, count)| count));
    check("real_named", entries, &|slot, row| Some(has(sets.real_named.get(row.real_named), slot)))?;
    let entries = sum(&mut sets.batches.counts().map(|(_, count)| count));
    check("batches", entries, &|slot, row| {
        row.order_id.get().map(|order_id| has(sets.batches.get(order_id), slot))
    })?;
    check("stopped", sets.stopped_by_owner.len(), &|slot, row| {
        row.is_stopped_by_owner().then(|| sets.stopped_by_owner.contains(slot))
    })?;
    check("three-network", sets.multi.len(), &|slot, row| row.multi().map(|_| sets.multi.contains(slot)))?;
    let plans = [("plans", &sets.plans, usize::MAX)];
    let attributes = sets.attributes.iter().enumerate().map(|(at, values)| ("attributes", values, at));
    for (index, values, at) in plans.into_iter().chain(attributes) {
        let (entries, named) = values.check();
        holds(named, index)?;
        check(index, entries, &|slot, row| {
            let value = row.attributes.get(at).copied().unwrap_or(row.plan);
            values.text(value).map(|_| values.cards(value).contains(slot))
        })?;
    }
    let tagged = live
        .iter()
        .all(|&slot| account.rows[slot].tags.iter().all(|&tag| sets.tags.get(tag).cards.contains(slot)));
    let pairs = live.iter().map(|&slot| account.rows[slot].tags.len()).sum::<usize>();
    holds(tagged && pairs == sets.tags.pairs(), "tags")
}
