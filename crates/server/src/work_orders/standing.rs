//! How orders stand for many cards at once, as rules ask that place them; with the statements for it.

use std::collections::{HashMap, HashSet};

use simlink_carriers::OperationKind;
use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::store::{DETAIL_DONE, DETAIL_OPEN};
use crate::sql;

/// How an order stands for one of its cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is in review, waiting or under way.
    Open,
    /// The carrier has carried it out.
    Done,
    /// It has ended otherwise.
    Failed,
}

/// How these orders stand for these cards of the account, at most 500 of each, by order and card.
///
/// # Errors
/// Those of the database.
pub fn standings(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_ids: &[i64],
    sim_card_ids: &[i64],
) -> Result<HashMap<(i64, i64), Standing>, DbError> {
    if order_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (orders, bound) = sql::id_list(2, order_ids, params![account.0].to_vec());
    let (cards, bound) = sql::id_list(bound.len() + 1, sim_card_ids, bound);
    let sql = format!(
        "SELECT work_order_id, sim_card_id, status FROM work_order_detail \
         WHERE account_id = $1 AND work_order_id IN ({orders}) AND sim_card_id IN ({cards})"
    );
    let found = tx.rows(&sql, &bound, |row| {
        let standing = match row.get::<i64>(2)? {
            DETAIL_DONE => Standing::Done,
            DETAIL_OPEN => Standing::Open,
            _ => Standing::Failed,
        };
        Ok(((row.get(0)?, row.get(1)?), standing))
    })?;
    Ok(found.into_iter().collect())
}

/// On which of these cards of the account, at most 500, orders are open, and of which kinds.
///
/// # Errors
/// Those of the database.
pub fn open_on(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_ids: &[i64],
) -> Result<HashSet<(i64, OperationKind)>, DbError> {
    let (cards, bound) = sql::id_list(2, sim_card_ids, params![account.0].to_vec());
    let sql = format!(
        "SELECT sim_card_id, operation FROM work_order_detail \
         WHERE account_id = $1 AND status = 2 AND sim_card_id IN ({cards})"
    );
    let open =
        tx.rows(&sql, &bound, |row| Ok((row.get(0)?, row.text(1)?.and_then(OperationKind::from_name))))?;
    Ok(open.into_iter().filter_map(|(card, kind)| Some((card, kind?))).collect())
}
