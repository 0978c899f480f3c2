//! Turns: one account's writers come one after the other before they take a connection of the database's pool, so that a
//! burst of one account never holds all of them waiting for each other.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use simlink_fleet::AccountId;
use tokio::sync::OwnedMutexGuard;

/// Whose turn it is, by account.
#[derive(Debug, Default)]
pub struct Turns {
    accounts: Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
}

/// A turn, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Waits for the account's turn, in the order of asking.
    pub async fn take(&self, account: AccountId) -> Turn {
        let queue = self.accounts.lock().entry(account).or_default().clone();
        queue.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Shows that an account's second writer waits for the first, and another account's does not.
    #[tokio::test]
    async fn accounts_wait_for_themselves() {
        let turns = Turns::default();
        let first = turns.take(AccountId(1)).await;
        let other = turns.take(AccountId(2)).await;
        let mut second = std::pin::pin!(turns.take(AccountId(1)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(second.as_mut().poll(&mut context), Poll::Pending));
        drop(first);
        assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(_)));
        drop(other);
    }
}
