//! Every statement on network switch policies.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::list::Policy;
use crate::http::query::Page;
use crate::sql;
use crate::units::Moment;

/// Ids and names of all policies.
///
/// # Errors
/// Those of the database.
pub fn names(tx: &mut Tx<'_>) -> Result<Vec<(i64, String)>, DbError> {
    let sql = "SELECT network_switch_policy_id, policy_name FROM network_switch_policy";
    tx.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// A page of the policies that the account sees: its own, newest first, then the system's; and their exact count.
///
/// # Errors
/// Those of the database.
pub fn page(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: Option<&str>,
    version: Option<i64>,
    page: Page,
) -> Result<(i64, Vec<Policy>), DbError> {
    let name = name.map(sql::containing);
    sql::page(
        tx,
        "network_switch_policy_id, policy_name, preferred_carrier, least_preferred_carrier, optimal_signal, \
         auto_switch, weak_signal_switch, connect_ip, created_ms, modified_ms, enabled, \
         CASE WHEN account_id IS NULL THEN 0 ELSE 1 END, used, version, switch_order, blacklist",
        "FROM network_switch_policy WHERE (account_id = $1 OR account_id IS NULL) \
         AND (CAST($2 AS TEXT) IS NULL OR lower(policy_name) LIKE $2 ESCAPE '\\') \
         AND (CAST($3 AS BIGINT) IS NULL OR version = $3)",
        "network_switch_policy_id DESC",
        params![account.0, name.as_deref(), version],
        page,
        |row| {
            Ok(Policy {
                id: row.get(0)?,
                policy_name: row.get(1)?,
                preferred_carrier: row.get(2)?,
                least_preferred_carrier: row.get(3)?,
                optimal_signal: row.get(4)?,
                auto_switch: row.get(5)?,
                weak_signal_switch: row.get(6)?,
                connect_ip: row.get(7)?,
                create_time: Moment(row.get(8)?),
                modify_time: Moment(row.get(9)?),
                status: row.get(10)?,
                kind: row.get(11)?,
                used: row.get(12)?,
                version: row.get(13)?,
                switch_order: row.get(14)?,
                blacklist: row.get(15)?,
            })
        },
    )
}
