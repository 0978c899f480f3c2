//! How far the log can be read in the order of its sequences, for those who must see every row exactly once: the feed of
//! the API, webhooks, rules, the audit's chain.
//!
//! On PostgreSQL a row with a lower sequence may become visible after one with a higher one. So the horizon only passes
//! a sequence when every transaction that could still write a lower one has ended ([`Tx::mark_ids`]); below it the order
//! of sequences is that of the commits of whatever changed the same thing. On SQLite transactions come one after the
//! other, and the horizon is what the follower has seen.
//!
//! One task a process moves the horizon, woken by the follower; readers wait for it, and only those whose account has
//! something new look at the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use simlink_db::{Db, DbError, Tx};
use simlink_fleet::AccountId;
use tokio::sync::watch;

use super::{Follower, entries};
use crate::limits;

/// The horizon of this process.
#[derive(Debug, Default)]
pub struct Feed {
    horizon: watch::Sender<i64>,
    closed: watch::Sender<bool>,
    /// The last change of each account since this process began.
    latest: Mutex<Latest>,
    /// Readers that wait, by account.
    waiting: Mutex<HashMap<AccountId, usize>>,
    /// An id, and the transaction before which all must have ended until the horizon may pass it.
    mark: tokio::sync::Mutex<Option<(i64, i64)>>,
}

#[derive(Debug, Default)]
struct Latest {
    /// Where this process began: of what comes before, nobody knows whose the last was.
    floor: i64,
    of: HashMap<Option<AccountId>, i64>,
}

/// The place of a reader that waits; it is given back when dropped.
#[derive(Debug)]
pub struct Seat {
    feed: Arc<Feed>,
    account: AccountId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut waiting = self.feed.waiting.lock();
        if let Some(count) = waiting.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.account);
            }
        }
    }
}

impl Feed {
    /// Every row up to this sequence is there to be read, and none will come between.
    pub fn horizon(&self) -> i64 {
        *self.horizon.borrow()
    }

    /// The horizon, moved to whatever the follower has seen by now unless a transaction holds it up for long. Where
    /// this process has only just begun, and knows none yet, it is waited for.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn now(&self, db: &Db, follower: &Follower) -> Result<i64, DbError> {
        let caught_up = self.catch_up(db, follower);
        if self.horizon() == 0 {
            // What was under way when this process began is not followed before its first look.
            follower.catch_up().await;
            caught_up.await?;
        } else if let Ok(failed) =
            tokio::time::timeout(Duration::from_millis(limits::FEED_CATCH_UP_MS_MAX), caught_up).await
        {
            failed?;
        }
        Ok(self.horizon())
    }

    /// A place for a reader of the account that waits; `None` where the account has as many as it may.
    pub fn seat(self: &Arc<Self>, account: AccountId) -> Option<Seat> {
        let mut waiting = self.waiting.lock();
        let all: usize = waiting.values().sum();
        let count = waiting.entry(account).or_default();
        if *count >= limits::FEED_READERS_PER_ACCOUNT_MAX || all >= limits::FEED_READERS_MAX {
            return None;
        }
        *count += 1;
        Some(Seat { feed: self.clone(), account })
    }

    /// Returns when there is something after `cursor` in the account's log, or in that of all accounts; at once when
    /// the feed is closed.
    pub async fn news(&self, account: Option<AccountId>, cursor: i64) {
        let mut horizon = self.horizon.subscribe();
        let mut closed = self.closed.subscribe();
        let news = horizon.wait_for(|horizon| *horizon > cursor && self.has_news(account, cursor));
        tokio::select! {
            _ = news => {}
            _ = closed.wait_for(|closed| *closed) => {}
        }
    }

    /// Whether there is something after `cursor` in the account's log, or in that of all accounts.
    pub fn has_news(&self, account: Option<AccountId>, cursor: i64) -> bool {
        let latest = self.latest.lock();
        let last = match account {
            Some(_) => latest.of.get(&account),
            None => latest.of.values().max(),
        };
        *last.unwrap_or(&latest.floor) > cursor
    }

    /// Lets nobody wait any more: the process ends.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Whether the process ends.
    pub fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Moves the horizon until the process ends.
    pub async fn run(self: Arc<Self>, db: Db, follower: Arc<Follower>) {
        let mut seen = follower.watch();
        loop {
            let horizon = self.horizon();
            if seen.wait_for(|seen| *seen > horizon).await.is_err() {
                return;
            }
            match self.look(&db, &follower).await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(Duration::from_millis(limits::FEED_LOOK_MS)).await,
                // The follower says so in the log; here the next look tries again.
                Err(_) => tokio::time::sleep(Duration::from_millis(limits::FOLLOW_INTERVAL_MS)).await,
            }
        }
    }

    /// Moves the horizon to whatever the follower has seen by now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn catch_up(&self, db: &Db, follower: &Follower) -> Result<(), DbError> {
        let seen = follower.followed();
        while self.horizon() < seen {
            if !self.look(db, follower).await? {
                tokio::time::sleep(Duration::from_millis(limits::FEED_LOOK_MS)).await;
            }
        }
        Ok(())
    }

    /// One look at the ids and at the rows that the horizon passes. Gives whether it moved.
    async fn look(&self, db: &Db, follower: &Follower) -> Result<bool, DbError> {
        let mut mark = self.mark.lock().await;
        let before = self.horizon();
        let seen = follower.followed();
        let pending = *mark;
        let look = move |tx: &mut Tx<'_>| {
            let settled_before = tx.settled_before()?;
            match pending {
                Some((_, until)) if settled_before < until => Ok::<_, DbError>((None, pending)),
                _ => Ok((pending.map(|(id, _)| id), tx.mark_ids()?)),
            }
        };
        let (passed, marked) = db.read(look).await?;
        *mark = marked;
        let horizon = if marked.is_some() { passed.unwrap_or(before) } else { seen };
        if horizon <= before {
            return Ok(false);
        }
        if before == 0 {
            self.latest.lock().floor = horizon;
        } else {
            let latest = db.read(move |tx: &mut Tx<'_>| entries::latest(tx, before, horizon)).await?;
            self.latest.lock().of.extend(latest);
        }
        self.horizon.send_replace(horizon);
        Ok(true)
    }
}
