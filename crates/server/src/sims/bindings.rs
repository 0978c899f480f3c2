//! How often a card of China Telecom may be bound to a device: so many times a month (behaviour, section 2).

use std::collections::BTreeMap;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::store;
use crate::changes::{self, Change, Subject};

/// Bindings that a card begins a month with (seed 4.1.10).
pub const TIMES_A_MONTH: i32 = 2;
/// Who the change log names as the actor.
const ACTOR: &str = "month";

/// Gives cards that were bound, the next `count` after one, the bindings of a new month; answers the last of them,
/// `None` where there are none.
///
/// # Errors
/// Those of the database.
pub fn renew_some(tx: &mut Tx<'_>, after: i64, count: i64, now_ms: i64) -> Result<Option<i64>, DbError> {
    let cards = store::bound(tx, TIMES_A_MONTH, after, count)?;
    let last = cards.last().map(|(_, id)| *id);
    let mut by_account: BTreeMap<AccountId, Vec<i64>> = BTreeMap::new();
    for (account, id) in cards {
        by_account.entry(account).or_default().push(id);
    }
    for (account, ids) in by_account {
        store::renew_bindings(tx, account, TIMES_A_MONTH, &ids)?;
        let change = Change {
            account: Some(account),
            subject: Subject::SimCard,
            ids: &ids,
            kind: "bindings_renewed",
            detail: None,
            actor: ACTOR,
            now_ms,
        };
        changes::record(tx, &change)?;
    }
    Ok(last)
}
