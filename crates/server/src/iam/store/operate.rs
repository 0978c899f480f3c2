//! What the operator changes of accounts and users.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::{account_changed, user_changed};
use crate::iam::records::Role;

/// Sets an account's allowances and the types of orders that must be approved, as they are stored; `None` leaves one
/// as it is.
///
/// # Errors
/// Those of the database.
pub fn set_limits(
    tx: &mut Tx<'_>,
    account: AccountId,
    (flow_control, reviewed_types): (Option<&str>, Option<&str>),
    now_ms: i64,
    actor: &str,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE account SET flow_control = COALESCE(CAST($2 AS TEXT), flow_control), \
         reviewed_types = COALESCE(CAST($3 AS TEXT), reviewed_types) WHERE account_id = $1",
        params![account.0, flow_control, reviewed_types],
    )?;
    account_changed(tx, account, "limited", now_ms, actor)
}

/// Gives a user another role or password (its hash); `None` leaves one as it is. Its tokens end with either.
///
/// # Errors
/// Those of the database.
pub fn change_user(
    tx: &mut Tx<'_>,
    account: AccountId,
    user_id: &str,
    (role, password_hash): (Option<Role>, Option<&str>),
    now_ms: i64,
    actor: &str,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE iam_user SET role = COALESCE(CAST($3 AS TEXT), role), \
         password_hash = COALESCE(CAST($4 AS TEXT), password_hash) WHERE account_id = $1 AND user_id = $2",
        params![account.0, user_id, role.map(Role::name), password_hash],
    )?;
    tx.execute("DELETE FROM token WHERE account_id = $1 AND user_id = $2", params![account.0, user_id])?;
    user_changed(tx, account, user_id, "changed", now_ms, actor)
}
