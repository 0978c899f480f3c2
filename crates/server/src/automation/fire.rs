//! What rules fire, by orders: once for a rule, a card and a cycle, again only after an order that failed, or when what
//! it had brought about has passed.

use std::collections::{BTreeMap, HashMap};

use simlink_carriers::{Operation, OperationKind, StopCause};
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::evaluate::{self, Act, Deed, Firing, Gate, Rule};
use super::store::{self, Card, NewFiring};
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::http::error::Refusal;
use crate::limits;
use crate::sims::carrier_state;
use crate::work_orders::{self, NewOrder, OrderCard};

/// How pools stand, by their ids.
pub(super) type Gates = HashMap<i64, Gate>;

/// A card of which a rule is due.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub card: Card,
    pub act: Act,
    attempts: i64,
}

/// What is due of these cards of an account.
///
/// # Errors
/// Those of the database.
pub(super) fn due(
    tx: &mut Tx<'_>,
    account: AccountId,
    cards: Vec<Card>,
    gates: &Gates,
    retention_ms: i64,
    now_ms: i64,
) -> Result<Vec<Due>, DbError> {
    let found = cards.into_iter().filter_map(|mut card| {
        // A pool that nobody has looked at yet is not judged.
        card.facts.pool = card.pool_id.map(|pool| gates.get(&pool).copied().unwrap_or(Gate::Held));
        let act = evaluate::evaluate(&card.facts, retention_ms, now_ms)?;
        Some(Due { card, act, attempts: 1 })
    });
    let mut found: Vec<Due> = found.collect();
    let mut all = Vec::with_capacity(found.len());
    while !found.is_empty() {
        let rest = found.split_off(found.len().min(limits::RULE_ORDER_CARDS));
        all.extend(not_fired(tx, account, std::mem::replace(&mut found, rest), now_ms)?);
    }
    Ok(all)
}

/// Those of at most 500 that have not fired, or may again, on cards without an order that stands in the way.
fn not_fired(
    tx: &mut Tx<'_>,
    account: AccountId,
    mut found: Vec<Due>,
    now_ms: i64,
) -> Result<Vec<Due>, DbError> {
    const IN_THE_WAY: [OperationKind; 3] =
        [OperationKind::Stop, OperationKind::Resume, OperationKind::Activate];
    let ids: Vec<i64> = found.iter().map(|due| due.card.id).collect();
    let since_cycle = found.iter().map(|due| due.card.facts.cycle).min().unwrap_or_default();
    let firings = store::firings(tx, account, &ids, since_cycle)?;
    let last = |due: &Due| firings.get(&(due.card.id, due.act.rule as i64, due.card.facts.cycle));
    let orders: Vec<i64> = found.iter().filter_map(|due| last(due)?.work_order_id).collect();
    let standings = work_orders::standings(tx, account, &orders, &ids)?;
    let open = work_orders::open_on(tx, account, &ids)?;
    found.retain_mut(|due| {
        let last = last(due).map(|fired| Firing {
            attempts: fired.attempts,
            fired_ms: fired.fired_ms,
            standing: fired.work_order_id.and_then(|order| standings.get(&(order, due.card.id)).copied()),
        });
        let attempt = evaluate::attempt(last.as_ref(), now_ms);
        due.attempts = attempt.unwrap_or(due.attempts);
        attempt.is_some() && !IN_THE_WAY.iter().any(|kind| open.contains(&(due.card.id, *kind)))
    });
    Ok(found)
}

/// Looks at these cards of an account, at most 500, once more and fires what is due; answers for how many cards.
///
/// # Errors
/// Those of database and queue: then nothing is fired.
pub(super) fn fire(
    engine: &Engine,
    tx: &mut Tx<'_>,
    account: AccountId,
    ids: &[i64],
    gates: &Gates,
    now_ms: i64,
) -> Result<usize, Refusal> {
    store::take_turn(tx)?;
    let mut cards = store::cards(tx, ids, now_ms)?;
    // A card may have gone to another account meanwhile.
    cards.retain(|card| card.account == account);
    let due = due(tx, account, cards, gates, engine.automation.retention_ms, now_ms)?;
    let (count, mut by_act) = (due.len(), BTreeMap::<Act, Vec<Due>>::new());
    for due in due {
        by_act.entry(due.act).or_default().push(due);
    }
    for (act, cards) in by_act {
        let work_order_id = match act.deed {
            Deed::Stop(_) | Deed::Resume | Deed::Activate => {
                Some(place(engine, tx, account, act, &cards, now_ms)?)
            }
            Deed::Disassemble => {
                disassemble(tx, account, act.rule, &cards, now_ms)?;
                None
            }
            Deed::Note => None,
        };
        let firing = |due: &Due| NewFiring {
            subject_id: due.card.id,
            rule: act.rule,
            cycle: due.card.facts.cycle,
            attempts: due.attempts,
            work_order_id,
        };
        store::put_firings(tx, account, &cards.iter().map(firing).collect::<Vec<_>>(), now_ms)?;
    }
    Ok(count)
}

/// Places the order of a rule for its cards.
fn place(
    engine: &Engine,
    tx: &mut Tx<'_>,
    account: AccountId,
    act: Act,
    due: &[Due],
    now_ms: i64,
) -> Result<i64, Refusal> {
    let (operation, stop_cause) = match act.deed {
        Deed::Stop(cause) => (Operation::Stop, cause as i64),
        Deed::Activate => (Operation::Activate, StopCause::Requested.number()),
        _ => (Operation::Resume, StopCause::Requested.number()),
    };
    let cards = due.iter().map(|due| OrderCard {
        sim_card_id: due.card.id,
        cid: due.card.cid.clone(),
        sim_type: due.card.facts.sim_type,
        carrier: due.card.carrier,
        refusal: None,
    });
    let order = NewOrder {
        account,
        operation,
        source: act.source(),
        cards: cards.collect(),
        request: (due.len() > 1).then(|| format!("{} × {}", act.rule.name(), due.len())),
        stop_cause,
        // Nobody is asked whether a card without flow may go on.
        reviewed: false,
        actor: act.rule.name().to_owned(),
    };
    if due.len() == 1 {
        work_orders::place(engine, tx, &order, now_ms)
    } else {
        work_orders::place_many(engine, tx, &order, now_ms)
    }
}

fn disassemble(
    tx: &mut Tx<'_>,
    account: AccountId,
    rule: Rule,
    due: &[Due],
    now_ms: i64,
) -> Result<(), DbError> {
    let ids: Vec<i64> = due.iter().map(|due| due.card.id).collect();
    carrier_state::disassemble(tx, account, &ids)?;
    let change = Change {
        account: Some(account),
        subject: Subject::SimCard,
        ids: &ids,
        kind: "disassembled",
        detail: None,
        actor: rule.name(),
        now_ms,
    };
    changes::record(tx, &change)
}
