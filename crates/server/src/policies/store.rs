//! Every statement on network switch policies.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::list::Policy;
use super::rules::Checked;
use crate::changes::{self, Change, Subject};
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

/// Names of the policies with these ids; those that are not there are left out.
///
/// # Errors
/// Those of the database.
pub fn names_of(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(i64, String)>, DbError> {
    let (list, bound) = sql::id_list(1, ids, Vec::new());
    let sql = format!(
        "SELECT network_switch_policy_id, policy_name FROM network_switch_policy \
         WHERE network_switch_policy_id IN ({list})"
    );
    tx.rows(&sql, &bound, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Whether a policy that the account sees is called so.
///
/// # Errors
/// Those of the database.
pub fn is_taken(tx: &mut Tx<'_>, account: AccountId, name: &str) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM network_switch_policy \
               WHERE (account_id = $1 OR account_id IS NULL) AND policy_name = $2";
    Ok(tx.find(sql, params![account.0, name], |row| row.get::<i64>(0))?.is_some())
}

/// How many policies of its own the account has.
///
/// # Errors
/// Those of the database.
pub fn count_own(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM network_switch_policy WHERE account_id = $1";
    tx.get(sql, params![account.0], |row| row.get(0))
}

/// Makes a policy, enabled and not in use; without a name it is called by its id.
///
/// # Errors
/// Those of the database: a unique violation when the account has one of this name.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: Option<&str>,
    policy: &Checked,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let id = tx.reserve_ids(1)?;
    let made = format!("policy-{id}");
    let mut row = params![id, account.0, name.unwrap_or(&made), now_ms].to_vec();
    row.extend(match policy {
        Checked::WithSdk {
            preferred_carrier,
            least_preferred_carrier,
            optimal_signal,
            auto_switch,
            weak_signal_switch,
            connect_ip,
        } => params![
            1,
            *preferred_carrier,
            *least_preferred_carrier,
            *optimal_signal,
            *auto_switch,
            *weak_signal_switch,
            connect_ip.as_deref(),
            None::<&str>,
            0
        ]
        .to_vec(),
        Checked::WithoutSdk { switch_order, blacklist } => {
            let (carrier, flag, address) = (None::<i64>, None::<bool>, None::<&str>);
            params![2, carrier, carrier, false, false, flag, address, switch_order.as_str(), *blacklist]
                .to_vec()
        }
    });
    tx.execute(
        "INSERT INTO network_switch_policy \
         (network_switch_policy_id, account_id, policy_name, created_ms, modified_ms, version, preferred_carrier, \
         least_preferred_carrier, optimal_signal, auto_switch, weak_signal_switch, connect_ip, switch_order, blacklist) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &row,
    )?;
    let change = Change {
        account: Some(account),
        subject: Subject::Policy,
        ids: &[id],
        kind: "created",
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
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
