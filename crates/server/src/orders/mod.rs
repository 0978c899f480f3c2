//! Purchases: orders of cards, plans and add-on packages, their renewal, and what happens as plans end.

pub mod create;
pub mod ends;
pub mod list;
pub mod renew;
mod renewal;
mod store;
pub mod types;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

pub use renewal::{KIND as RENEWAL_KIND, carry_renewal};

use crate::automation;
use crate::changes::{self, Change, Subject};

/// Notes that so many cards came with an order from a file.
///
/// # Errors
/// Those of the database.
pub fn imported(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    cards: i64,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    store::note_import(tx, account, order_id, cards, actor, now_ms)?;
    note(tx, account, order_id, "imported", actor, now_ms)
}

/// Writes a change of an order into the log.
fn note(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    kind: &'static str,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let change = Change {
        account: Some(account),
        subject: Subject::PurchaseOrder,
        ids: &[order_id],
        kind,
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}

/// Writes a change of what cards have into the log, for the fleet to follow and the rules to look at.
fn note_cards(
    tx: &mut Tx<'_>,
    account: AccountId,
    ids: &[i64],
    kind: &'static str,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let change =
        Change { account: Some(account), subject: Subject::SimCard, ids, kind, detail: None, actor, now_ms };
    changes::record(tx, &change)?;
    automation::touch(tx, account, ids, now_ms)
}
