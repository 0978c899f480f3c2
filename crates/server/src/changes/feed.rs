//! How far the log can be read in the order of its sequences, for those who must see every row exactly once: the feed of
//! the API, webhooks, rules, the audit's chain.
//!
//! On PostgreSQL a row with a lower sequence may become visible after one with a higher one. So the horizon only passes
//! a sequence when every transaction that could still write a lower one has ended: a transaction has its own id before
//! it takes others, so whoever begins after a look at the ids gets higher ones ([`Tx::ids_so_far`]). On SQLite
//! transactions come one after the other, and the horizon is what the follower has seen.
//!
//! One task a process moves the horizon, woken by the follower; readers wait for it, and only those whose account has
//! something new look at the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use simlink_db::{Db, DbError, Tx, params};
use simlink_fleet::AccountId;
use tokio::sync::watch;

use super::Follower;
use crate::limits;

/// The horizon of this process.
#[derive(Debug, Default)]
pub struct Feed {
    horizon: watch::Sender<i64>,
    closed: watch::Sender<bool>,
    /// The last change of each account.
    latest: Mutex<HashMap<Option<AccountId>, i64>>,
    /// Readers that wait, by account.
    waiting: Mutex<HashMap<AccountId, usize>>,
    looks: tokio::sync::Mutex<Looks>,
}

/// What the last look at the ids found.
#[derive(Debug, Default)]
struct Looks {
    /// The highest id of the look before, until its moment is known.
    fresh: Option<i64>,
    /// An id, and the first transaction that began after it had been seen.
    pending: Option<(i64, i64)>,
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

    fn has_news(&self, account: Option<AccountId>, cursor: i64) -> bool {
        let latest = self.latest.lock();
        match account {
            Some(_) => latest.get(&account).is_some_and(|last| *last > cursor),
            None => latest.values().any(|last| *last > cursor),
        }
    }

    /// Lets nobody wait any more: the process ends.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Whether the process ends.
    pub fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Moves the horizon until the process ends; `moved` is told of each move.
    pub async fn run(self: Arc<Self>, db: Db, follower: Arc<Follower>, moved: impl AsyncFn(i64)) {
        let mut seen = follower.watch();
        loop {
            let horizon = self.horizon();
            if seen.wait_for(|seen| *seen > horizon).await.is_err() {
                return;
            }
            match self.look(&db, &follower).await {
                Ok(true) => moved(self.horizon()).await,
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
        let mut looks = self.looks.lock().await;
        let before = self.horizon();
        let seen = follower.followed();
        let ids = db.read(|tx: &mut Tx<'_>| tx.ids_so_far()).await?;
        let horizon = ids.map_or(seen, |ids| looks.take(ids).unwrap_or(before));
        if horizon <= before {
            return Ok(false);
        }
        let passed = db
            .read(move |tx: &mut Tx<'_>| {
                let sql = "SELECT account_id, MAX(sequence) FROM change_log \
                           WHERE sequence > $1 AND sequence <= $2 GROUP BY account_id";
                tx.rows(sql, params![before, horizon], |row| {
                    Ok((row.get::<Option<i64>>(0)?.map(AccountId), row.get(1)?))
                })
            })
            .await?;
        self.latest.lock().extend(passed);
        self.horizon.send_replace(horizon);
        Ok(true)
    }
}

impl Looks {
    /// Takes a look's figures; gives the new horizon if they prove one.
    fn take(&mut self, (settled_before, begun_before, last): (i64, i64, i64)) -> Option<i64> {
        if self.pending.is_none() {
            // This look's snapshot is younger than the last look's ids: what begins after it has higher ones.
            self.pending = self.fresh.take().map(|fresh| (fresh, begun_before));
        }
        self.fresh = Some(last);
        let (horizon, _) = self.pending.take_if(|(_, begun_before)| *begun_before <= settled_before)?;
        Some(horizon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that an id is passed only when every transaction that may have taken a lower one has ended.
    #[test]
    fn the_horizon_waits_for_older_transactions() {
        let mut looks = Looks::default();
        assert_eq!(looks.take((10, 10, 500)), None, "one look proves nothing");
        assert_eq!(looks.take((10, 10, 510)), Some(500), "nothing was under way at the second");
        assert_eq!(looks.take((10, 12, 520)), None, "10 or 11 may have taken 505");
        assert_eq!(looks.take((11, 14, 530)), None);
        assert_eq!(looks.take((12, 15, 540)), Some(510), "10 and 11 have ended");
        assert_eq!(looks.take((15, 15, 540)), Some(540), "the latest look's ids, seen before this snapshot");
    }
}
