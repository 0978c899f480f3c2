//! The follower: keeps what this process holds in memory (the fleet, the directory of users) equal to the database.
//!
//! It never applies a change's content: it re-reads the rows that a change names and puts what it finds, so that
//! applying twice is harmless and drift impossible. One task does it, in order. Rows of the log become visible in
//! commit order, which on PostgreSQL is not the order of their sequences; so the cursor only ever passes rows whose
//! transactions are settled, and rows beyond it are applied at once but looked at again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;
use tokio::sync::{Notify, watch};

use super::Subject;
use crate::app::State;
use crate::limits;

/// Where a reader of the log stands: the last row that it need not look at again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    transaction_id: i64,
    sequence: i64,
}

/// Follows the change log.
#[derive(Debug, Default)]
pub struct Follower {
    /// Somebody waits for a pass.
    wake: Notify,
    /// The log grew, and nobody waits.
    nudged: Notify,
    /// Passes asked for: a pass that starts after a request answers it.
    asked: AtomicI64,
    /// The highest request that a finished pass has answered.
    answered: watch::Sender<i64>,
    followed: watch::Sender<i64>,
    current: AtomicBool,
    cursor: Mutex<Cursor>,
}

#[derive(Debug, Default)]
struct Cursor {
    position: Position,
    /// Sequences beyond the position that are applied already.
    applied: HashSet<i64>,
}

/// Rows of the log that a pass found.
#[derive(Debug, Default)]
struct Found {
    /// What to re-read, by subject and account.
    touched: BTreeMap<(Subject, Option<AccountId>), BTreeSet<String>>,
    position: Position,
    beyond: HashSet<i64>,
    last_sequence: i64,
}

impl Follower {
    /// Whether the last look at the log succeeded.
    pub fn is_current(&self) -> bool {
        self.current.load(Ordering::Relaxed)
    }

    /// The highest sequence that has been followed.
    pub fn followed(&self) -> i64 {
        *self.followed.borrow()
    }

    /// Tells of every move of [`Follower::followed`].
    pub(super) fn watch(&self) -> watch::Receiver<i64> {
        self.followed.subscribe()
    }

    /// Has the log looked at shortly, without waiting for it: after [`limits::FOLLOW_GATHER_MS`], so that one pass
    /// takes in what many write at the same time.
    pub fn nudge(&self) {
        self.nudged.notify_one();
    }

    /// Returns when a pass that began after this call has been applied, or after
    /// [`limits::FOLLOW_WAIT_MS_MAX`]: the write itself is durable by then, only its echo is late.
    pub async fn catch_up(&self) {
        let request = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.wake.notify_one();
        let mut answered = self.answered.subscribe();
        let wait = answered.wait_for(|answered| *answered >= request);
        if tokio::time::timeout(Duration::from_millis(limits::FOLLOW_WAIT_MS_MAX), wait).await.is_err() {
            tracing::warn!("a write was not followed in time; it is durable and will show shortly");
        }
    }

    /// Reads everything from the database in one snapshot and stands at its end of the log.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load(
        &self,
        state: &Arc<State>,
        progress: impl Fn(u64) + Send + 'static,
    ) -> anyhow::Result<()> {
        let cursor = state.load_everything(progress, end_of_log).await?;
        self.followed.send_replace(cursor.position.sequence);
        *self.cursor.lock() = cursor;
        self.current.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Follows until the process ends: at once when somebody waits, shortly after a nudge, otherwise every
    /// [`limits::FOLLOW_INTERVAL_MS`].
    pub async fn run(self: Arc<Self>, state: Arc<State>) {
        loop {
            let interval = Duration::from_millis(limits::FOLLOW_INTERVAL_MS);
            let gathered = async {
                self.nudged.notified().await;
                tokio::time::sleep(Duration::from_millis(limits::FOLLOW_GATHER_MS)).await;
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = gathered => {}
                () = tokio::time::sleep(interval) => {}
            }
            let asked = self.asked.load(Ordering::SeqCst);
            match self.pass(&state).await {
                Ok(()) => {
                    self.current.store(true, Ordering::Relaxed);
                    self.answered.send_replace(asked);
                }
                Err(error) => {
                    if self.current.swap(false, Ordering::Relaxed) {
                        tracing::error!(cause = format!("{error:#}"), "the change log cannot be followed");
                    }
                    tokio::time::sleep(interval).await;
                }
            }
        }
    }

    /// One look at the log: find what changed, re-read it, put it. All of it in one snapshot of the database, so that
    /// nobody sees half of a transaction that commits in between.
    async fn pass(&self, state: &Arc<State>) -> anyhow::Result<()> {
        let (position, applied) = {
            let cursor = self.cursor.lock();
            (cursor.position, cursor.applied.clone())
        };
        let refreshed = state.clone();
        let work = move |tx: &mut Tx<'_>| {
            let found = find(tx, position, &applied)?;
            for ((subject, account), ids) in &found.touched {
                let ids: Vec<String> = ids.iter().cloned().collect();
                for ids in ids.chunks(limits::CARDS_PER_CHANGE) {
                    refreshed.refresh(tx, *subject, *account, ids)?;
                }
            }
            Ok::<_, anyhow::Error>(found)
        };
        let found = state.db.read(work).await?;
        self.followed.send_if_modified(|followed| {
            let moves = found.last_sequence > *followed;
            *followed = found.last_sequence.max(*followed);
            moves
        });
        *self.cursor.lock() = Cursor { position: found.position, applied: found.beyond };
        Ok(())
    }
}

/// The end of the log as a starting point: everything settled is behind it. What commits during the load itself is
/// beyond it and found by the first pass.
fn end_of_log(tx: &mut Tx<'_>) -> Result<Cursor, DbError> {
    let settled_before = tx.settled_before()?;
    let position = tx.find(
        "SELECT transaction_id, sequence FROM change_log WHERE transaction_id < $1 \
         ORDER BY transaction_id DESC, sequence DESC LIMIT 1",
        params![settled_before],
        |row| Ok(Position { transaction_id: row.get(0)?, sequence: row.get(1)? }),
    )?;
    Ok(Cursor { position: position.unwrap_or_default(), applied: HashSet::new() })
}

fn find(tx: &mut Tx<'_>, from: Position, applied: &HashSet<i64>) -> Result<Found, DbError> {
    let settled_before = tx.settled_before()?;
    let mut found = Found { position: from, ..Found::default() };
    let mut at = from;
    loop {
        let rows = tx.rows(
            "SELECT transaction_id, sequence, subject, account_id, subject_ids FROM change_log \
             WHERE (transaction_id, sequence) > ($1, $2) ORDER BY transaction_id, sequence LIMIT $3",
            params![at.transaction_id, at.sequence, limits::CHANGES_PER_READ],
            |row| {
                let position = Position { transaction_id: row.get(0)?, sequence: row.get(1)? };
                Ok((position, row.get::<String>(2)?, row.get::<Option<i64>>(3)?, row.get::<String>(4)?))
            },
        )?;
        for (position, subject, account, ids) in &rows {
            at = *position;
            if position.transaction_id < settled_before {
                found.position = *position;
            } else {
                found.beyond.insert(position.sequence);
            }
            found.last_sequence = found.last_sequence.max(position.sequence);
            if applied.contains(&position.sequence) {
                continue;
            }
            // A subject that this version does not know was written by a newer one: nothing here holds it.
            let Some(subject) = Subject::named(subject).filter(|subject| subject.is_held()) else { continue };
            let key = (subject, account.map(AccountId));
            found.touched.entry(key).or_default().extend(ids.split(',').map(str::to_owned));
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < limits::CHANGES_PER_READ {
            return Ok(found);
        }
    }
}
