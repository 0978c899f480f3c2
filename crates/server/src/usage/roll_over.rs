//! The turn of a cycle: flows of cards begin anew, with what is known of the new cycle already; nothing rolls over.

use std::collections::BTreeMap;
use std::sync::Arc;

use simlink_db::{Db, DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use super::{shares, store};
use crate::automation;
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::plans::cycle::{Cycle, StartDay};
use crate::plans::instances;

/// Who the change log names as the actor.
const ACTOR: &str = "cycle";
/// Cards brought into the new cycle in one transaction.
const CARDS_PER_WRITE: i64 = 5_000;

/// Brings the flows of all cards in use into the cycles that run now, where they stand in others; answers how many
/// changed. Cheap when there is nothing to do, and harmless when several do it.
///
/// # Errors
/// Those of the database: then some cards stand in the new cycle already, and the next run goes on.
pub async fn run(db: &Db, now_ms: i64) -> Result<usize, DbError> {
    let mut changed = 0;
    for start_day in StartDay::all() {
        let cycle = Cycle::at(now_ms, start_day).month.yyyymm();
        match db.read(move |tx| store::standing(tx, start_day)).await? {
            Some(standing) if standing >= cycle => {}
            _ => changed += turn(db, start_day, cycle, now_ms).await?,
        }
    }
    Ok(changed)
}

/// The kind of its jobs and the name of its schedule.
pub const KIND: &str = "usage.roll_over";

/// The job: brings the cards into the running cycles and has this process follow.
pub async fn turn_cycles(engine: Arc<Engine>, _job: Job, _context: Context) -> HandlerResult {
    run(&engine.db, engine.clock.now_ms()).await?;
    engine.follower.nudge();
    Ok(Outcome::Done)
}

async fn turn(db: &Db, start_day: StartDay, cycle: i32, now_ms: i64) -> Result<usize, DbError> {
    let (mut after, mut changed) = (0, 0);
    loop {
        let cards = db.write_bulk(move |tx| end_some_add_ons(tx, start_day, cycle, now_ms)).await?;
        changed += cards;
        if cards == 0 {
            break;
        }
    }
    loop {
        let cards = db.write_bulk(move |tx| turn_some(tx, start_day, cycle, after, now_ms)).await?;
        changed += cards.len();
        match cards.last() {
            Some((_, last)) => after = *last,
            None => return Ok(changed),
        }
    }
}

/// Brings the next cards into the cycle; when there are none, says that all stand in it.
fn turn_some(
    tx: &mut Tx<'_>,
    start_day: StartDay,
    cycle: i32,
    after: i64,
    now_ms: i64,
) -> Result<Vec<(AccountId, i64)>, DbError> {
    store::take_turn(tx)?;
    let cards = store::cards_that_differ(tx, cycle, start_day, after, CARDS_PER_WRITE)?;
    if cards.is_empty() {
        store::stand(tx, start_day, cycle)?;
        automation::touch_all(tx, now_ms)?;
        return Ok(cards);
    }
    begin(tx, &cards, cycle, now_ms)?;
    Ok(cards)
}

/// Ends some of the packages that belong to cycles before this one; answers of how many cards.
fn end_some_add_ons(tx: &mut Tx<'_>, start_day: StartDay, cycle: i32, now_ms: i64) -> Result<usize, DbError> {
    store::take_turn(tx)?;
    let cards = instances::with_old_add_ons(tx, &store::carriers_of(start_day), cycle, CARDS_PER_WRITE)?;
    for (account, ids) in by_account(&cards) {
        instances::end_add_ons(tx, account, cycle, &ids)?;
    }
    begin(tx, &cards, cycle, now_ms)?;
    Ok(cards.len())
}

fn by_account(cards: &[(AccountId, i64)]) -> BTreeMap<AccountId, Vec<i64>> {
    let mut by_account: BTreeMap<AccountId, Vec<i64>> = BTreeMap::new();
    for (account, id) in cards {
        by_account.entry(*account).or_default().push(*id);
    }
    by_account
}

/// Begins the flows of cards anew in this cycle and says so in the change log.
fn begin(tx: &mut Tx<'_>, cards: &[(AccountId, i64)], cycle: i32, now_ms: i64) -> Result<(), DbError> {
    for (account, ids) in by_account(cards) {
        shares::begin_cycle(tx, account, cycle, &ids)?;
        let change = Change {
            account: Some(account),
            subject: Subject::SimCard,
            ids: &ids,
            kind: "cycle",
            detail: None,
            actor: ACTOR,
            now_ms,
        };
        changes::record(tx, &change)?;
    }
    Ok(())
}
