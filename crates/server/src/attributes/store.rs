//! Every statement on custom attributes.

use std::collections::HashSet;

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::list::{Attribute, default_names};
use crate::changes::{self, Change, Subject};
use crate::http::query::Page;
use crate::sql;
use crate::units::Moment;

/// A page of the account's attributes in the order of their slots, and their exact count.
///
/// # Errors
/// Those of the database.
pub fn page(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: Option<&str>,
    status: Option<i64>,
    page: Page,
) -> Result<(i64, Vec<Attribute>), DbError> {
    let name = name.map(sql::containing);
    sql::page(
        tx,
        "attribute_id, slot, cust_attr_name, enabled, created_ms, modified_ms",
        "FROM attribute WHERE account_id = $1 \
         AND (CAST($2 AS TEXT) IS NULL OR lower(cust_attr_name) LIKE $2 ESCAPE '\\') \
         AND (CAST($3 AS BIGINT) IS NULL OR enabled = $3)",
        "slot",
        params![account.0, name.as_deref(), status],
        page,
        |row| {
            let (default_attr_name_cn, default_attr_name_en) = default_names(row.get(1)?);
            Ok(Attribute {
                id: row.get(0)?,
                default_attr_name_cn,
                default_attr_name_en,
                cust_attr_name: row.get(2)?,
                status: row.get(3)?,
                create_time: Moment(row.get(4)?),
                modify_time: Moment(row.get(5)?),
            })
        },
    )
}

/// The slots (1 to 6) that are named, by account.
///
/// # Errors
/// Those of the database.
pub fn slots(tx: &mut Tx<'_>) -> Result<HashSet<(AccountId, usize)>, DbError> {
    let slots = tx.rows("SELECT account_id, slot FROM attribute", params![], |row| {
        Ok((AccountId(row.get(0)?), usize::from(row.get::<u8>(1)?)))
    })?;
    Ok(slots.into_iter().collect())
}

/// Names a slot by its default name, enabled.
///
/// # Errors
/// Those of the database: a unique violation when the slot or the name is taken.
pub fn insert_default(
    tx: &mut Tx<'_>,
    account: AccountId,
    slot: usize,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let (name, _) = default_names(i32::try_from(slot).unwrap_or_default());
    insert(tx, account, slot, &name, actor, now_ms)
}

/// Names a slot, enabled.
///
/// # Errors
/// Those of the database: a unique violation when the slot or the name is taken.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    slot: usize,
    name: &str,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let attribute_id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO attribute (attribute_id, account_id, slot, cust_attr_name, created_ms, modified_ms) \
         VALUES ($1, $2, $3, $4, $5, $5)",
        params![attribute_id, account.0, u32::try_from(slot).unwrap_or_default(), name, now_ms],
    )?;
    let change = Change {
        account: Some(account),
        subject: Subject::Attribute,
        ids: &[attribute_id],
        kind: "created",
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}
