//! A second copy of orders and cards, kept by nothing but the change log, and what must hold of it at every moment.

use std::collections::{BTreeMap, BTreeSet};

use simlink_db::{DbError, Tx, params};

use super::model::Facts;

/// What the platform says of an order that ran out of time.
pub const OVERDUE: &str = "the carrier did not answer within the time allowed";

/// A row of `work_order`, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub status: i64,
    pub total: i64,
    pub done: i64,
    pub failed: i64,
    pub finished_ms: Option<i64>,
}

/// A row of `work_order_detail`, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub order: i64,
    pub card: i64,
    pub operation: String,
    pub status: i64,
    pub description: Option<String>,
    pub finished_ms: Option<i64>,
}

/// A detail that is open, and who has its card.
#[derive(Debug)]
struct Open {
    detail: i64,
    card: i64,
    operation: String,
    stage: i64,
    holder: Option<i64>,
}

/// A row of the change log.
#[derive(Debug)]
struct Entry {
    sequence: i64,
    subject: String,
    ids: String,
    kind: String,
    detail: Option<String>,
}

/// What one look at the database finds.
#[derive(Debug)]
pub struct Look {
    entries: Vec<Entry>,
    orders: Vec<(i64, Order)>,
    details: Vec<(i64, Detail)>,
    cards: Vec<(i64, Facts)>,
    open: Vec<Open>,
    /// Jobs that failed, and why.
    failures: Vec<String>,
}

/// The copy.
#[derive(Debug, Default)]
pub struct Ledger {
    pub sequence: i64,
    pub orders: BTreeMap<i64, Order>,
    pub details: BTreeMap<i64, Detail>,
    pub cards: BTreeMap<i64, Facts>,
    /// How often each kind of change was logged, and other things seen in passing.
    pub seen: BTreeMap<String, u64>,
}

const ORDER: &str =
    "SELECT work_order_id, status, total_count, success_count, fail_count, finished_ms FROM work_order";
const DETAIL: &str = "SELECT work_order_detail_id, work_order_id, sim_card_id, operation, status, description, \
                      finished_ms FROM work_order_detail";

fn orders(tx: &mut Tx<'_>, order: Option<i64>) -> Result<Vec<(i64, Order)>, DbError> {
    let sql = format!("{ORDER} WHERE $1 IS NULL OR work_order_id = $1");
    let one = format!("{ORDER} WHERE work_order_id = $1");
    tx.rows(if order.is_some() { &one } else { &sql }, params![order], |row| {
        let order = Order {
            status: row.get(1)?,
            total: row.get(2)?,
            done: row.get(3)?,
            failed: row.get(4)?,
            finished_ms: row.get(5)?,
        };
        Ok((row.get(0)?, order))
    })
}

fn details(tx: &mut Tx<'_>, order: Option<i64>) -> Result<Vec<(i64, Detail)>, DbError> {
    let sql = format!("{DETAIL} WHERE $1 IS NULL OR work_order_id = $1");
    let one = format!("{DETAIL} WHERE work_order_id = $1");
    tx.rows(if order.is_some() { &one } else { &sql }, params![order], |row| {
        let detail = Detail {
            order: row.get(1)?,
            card: row.get(2)?,
            operation: row.get(3)?,
            status: row.get(4)?,
            description: row.get(5)?,
            finished_ms: row.get(6)?,
        };
        Ok((row.get(0)?, detail))
    })
}

/// Reads what the log names from `after` on, and what is open.
pub fn look(tx: &mut Tx<'_>, after: i64) -> Result<Look, DbError> {
    let entries = tx.rows(
        "SELECT sequence, subject, subject_ids, kind, detail FROM change_log WHERE sequence > $1 ORDER BY sequence",
        params![after],
        |row| {
            Ok(Entry {
                sequence: row.get(0)?,
                subject: row.get(1)?,
                ids: row.get(2)?,
                kind: row.get(3)?,
                detail: row.get(4)?,
            })
        },
    )?;
    let named = |subject: &str| -> BTreeSet<i64> {
        let of_it = entries.iter().filter(|entry| entry.subject == subject);
        of_it.flat_map(|entry| entry.ids.split(',')).filter_map(|id| id.parse().ok()).collect()
    };
    let mut look = Look {
        orders: vec![],
        details: vec![],
        cards: vec![],
        open: vec![],
        entries: vec![],
        failures: vec![],
    };
    for order in named("work_order") {
        look.orders.extend(orders(tx, Some(order))?);
        look.details.extend(details(tx, Some(order))?);
    }
    for card in named("sim_card") {
        look.cards.push((card, Facts::read(tx, card)?));
    }
    look.open = tx.rows(
        "SELECT detail.work_order_detail_id, detail.sim_card_id, detail.operation, detail.stage, \
         taken.work_order_detail_id FROM work_order_detail AS detail \
         LEFT JOIN card_in_flight AS taken ON taken.sim_card_id = detail.sim_card_id WHERE detail.status = 2",
        &[],
        |row| {
            Ok(Open {
                detail: row.get(0)?,
                card: row.get(1)?,
                operation: row.get(2)?,
                stage: row.get(3)?,
                holder: row.get(4)?,
            })
        },
    )?;
    look.failures =
        tx.rows("SELECT last_error FROM job WHERE last_error IS NOT NULL", &[], |row| row.get(0))?;
    look.entries = entries;
    Ok(look)
}

impl Ledger {
    /// Follows the log and checks what it names.
    pub fn follow(&mut self, look: Look) -> Result<(), String> {
        for entry in &look.entries {
            if entry.sequence <= self.sequence {
                return Err(format!("I5: the log goes from {} back to {}", self.sequence, entry.sequence));
            }
            self.sequence = entry.sequence;
            self.note(&entry.kind);
            if entry.detail.as_deref() == Some(OVERDUE) {
                self.note("overdue");
            }
        }
        for (id, order) in look.orders {
            if let Some(before) = self.orders.insert(id, order.clone())
                && before.finished_ms.is_some()
                && before != order
            {
                return Err(format!("I4: order {id} had ended as {before:?} and became {order:?}"));
            }
        }
        for (id, detail) in look.details {
            if let Some(before) = self.details.insert(id, detail.clone())
                && before.finished_ms.is_some()
                && before != detail
            {
                return Err(format!("I4: detail {id} had ended as {before:?} and became {detail:?}"));
            }
        }
        self.cards.extend(look.cards);
        self.count(
            look.entries
                .iter()
                .filter(|entry| entry.subject == "work_order")
                .flat_map(|entry| entry.ids.split(',').filter_map(|id| id.parse().ok())),
        )?;
        // The tables' own constraints are the last line: nothing may get as far as them.
        if let Some(failure) = look
            .failures
            .iter()
            .find(|failure| failure.contains("constraint") || failure.contains("same key"))
        {
            return Err(format!("I4: a job ran into the database's own guard: {failure}"));
        }
        self.check_open(&look.open)
    }

    /// I4: the counts of an order are those of its details, and its status follows from them.
    fn count(&self, ids: impl Iterator<Item = i64>) -> Result<(), String> {
        for id in ids.collect::<BTreeSet<_>>() {
            let order = self.orders.get(&id).ok_or_else(|| format!("I5: order {id} is in the log only"))?;
            let mut of_status = [0_i64; 4];
            // The ids of an order's details follow its own.
            for (_, detail) in self.details.range(id..=id + order.total) {
                of_status[usize::try_from(detail.status).map_err(|error| error.to_string())?] += 1;
            }
            let [_, done, open, failed] = of_status;
            let fits = (order.done, order.failed, order.total) == (done, failed, done + failed + open);
            let ended = match order.status {
                1..=3 => open > 0,
                4 => open == 0 && done > 0,
                _ => open == 0 && done == 0,
            };
            if !fits || !ended {
                return Err(format!("I4: {order:?} has details {done} done, {failed} failed, {open} open"));
            }
        }
        Ok(())
    }

    /// One open detail of a kind a card, and one under way, which is the one that has taken the card.
    fn check_open(&mut self, open: &[Open]) -> Result<(), String> {
        let mut kinds = BTreeSet::new();
        for one in open {
            if !kinds.insert((one.card, one.operation.as_str())) {
                return Err(format!("two open details of a kind: {one:?}"));
            }
            let has_card = one.holder == Some(one.detail);
            if (one.stage == 2) != has_card || (one.stage == 1 && one.holder.is_none()) {
                return Err(format!("a card in flight and its detail disagree: {one:?}"));
            }
            if one.stage == 1 {
                self.note("waited");
            }
        }
        Ok(())
    }

    /// I5: what the log told is what the tables hold.
    pub fn check_replay(&self, tables: &Tables) -> Result<(), String> {
        if self.orders != tables.orders {
            return Err("I5: the log replays to other orders than there are".to_owned());
        }
        if self.details != tables.details {
            return Err("I5: the log replays to other details than there are".to_owned());
        }
        match tables.cards.iter().find(|(id, facts)| self.cards.get(id) != Some(facts)) {
            Some((id, facts)) => {
                Err(format!("I5: card {id} is {facts:?}, the log told {:?}", self.cards.get(id)))
            }
            None => self.count(self.orders.keys().copied()),
        }
    }

    pub fn note(&mut self, what: &str) {
        match self.seen.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(self.seen.insert(what.to_owned(), 1)),
        }
    }
}

/// Everything that the ledger copies, read anew, and what must be empty in the end.
#[derive(Debug)]
pub struct Tables {
    pub orders: BTreeMap<i64, Order>,
    pub details: BTreeMap<i64, Detail>,
    pub cards: BTreeMap<i64, Facts>,
    /// Jobs left over.
    pub jobs: Vec<String>,
    /// Rows of `card_in_flight`.
    pub taken: i64,
    /// Details whose fate is open or that were not looked after yet.
    pub unsettled: i64,
    /// Accepted details that were confirmed.
    pub confirmed: i64,
    /// Events taken.
    pub events: i64,
}

/// Reads all tables.
pub fn tables(tx: &mut Tx<'_>) -> Result<Tables, DbError> {
    let count = |tx: &mut Tx<'_>, sql: &str| tx.get(sql, &[], |row| row.get(0));
    let ids: Vec<i64> = tx.rows("SELECT sim_card_id FROM sim_card", &[], |row| row.get(0))?;
    let mut cards = BTreeMap::new();
    for id in ids {
        cards.insert(id, Facts::read(tx, id)?);
    }
    Ok(Tables {
        orders: orders(tx, None)?.into_iter().collect(),
        details: details(tx, None)?.into_iter().collect(),
        cards,
        jobs: tx.rows(
            "SELECT kind || ' ' || payload || ' state ' || state || ' due ' || run_at_ms || \
             COALESCE(' ' || last_error, '') FROM job ORDER BY job_id",
            &[],
            |row| row.get(0),
        )?,
        taken: count(tx, "SELECT COUNT(*) FROM card_in_flight")?,
        unsettled: count(tx, "SELECT COUNT(*) FROM work_order_detail WHERE stage <> 3")?,
        confirmed: count(
            tx,
            "SELECT COUNT(*) FROM work_order_detail WHERE reference IS NOT NULL AND status = 1",
        )?,
        events: count(tx, "SELECT COUNT(*) FROM carrier_event")?,
    })
}
