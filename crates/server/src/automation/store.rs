//! Every statement of automation: marked cards, what rules look at, what they fired.

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use crate::limits;

/// Marks cards for the rules to look at.
pub(super) fn touch(tx: &mut Tx<'_>, account: AccountId, sim_card_ids: &[i64]) -> Result<(), DbError> {
    let chunks = sim_card_ids.chunks(limits::CARDS_PER_CHANGE);
    let lists: Vec<String> =
        chunks.map(|ids| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")).collect();
    let count = u32::try_from(lists.len()).map_err(|_| DbError::Parameter("too many cards".to_owned()))?;
    let first = tx.reserve_ids(count)?;
    let mut rows: Vec<Param<'_>> = Vec::with_capacity(3 * lists.len());
    for (touch_id, list) in (first..).zip(&lists) {
        rows.extend_from_slice(params![touch_id, account.0, list.as_str()]);
    }
    tx.insert_many("automation_touch (touch_id, account_id, sim_card_ids)", 3, &rows, "")?;
    Ok(())
}
