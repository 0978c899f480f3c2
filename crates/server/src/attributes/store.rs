//! Every statement on custom attributes.

use std::collections::HashSet;

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::list::{Attribute, default_names};
use super::rules::Values;
use crate::changes::{self, Change, Subject};
use crate::http::query::Page;
use crate::units::Moment;
use crate::{limits, sql};

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
    insert(tx, account, slot, &name, actor, now_ms)?;
    Ok(())
}

/// Names a slot, enabled, and answers the attribute's id.
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
) -> Result<i64, DbError> {
    let attribute_id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO attribute (attribute_id, account_id, slot, cust_attr_name, created_ms, modified_ms) \
         VALUES ($1, $2, $3, $4, $5, $5)",
        params![attribute_id, account.0, u32::try_from(slot).unwrap_or_default(), name, now_ms],
    )?;
    changed(tx, account, "created", attribute_id, actor, now_ms)?;
    Ok(attribute_id)
}

/// An attribute of an account, as far as rules ask.
#[derive(Debug)]
pub struct Named {
    /// Its id.
    pub id: i64,
    /// 1 to 6.
    pub slot: usize,
    /// Its name.
    pub name: String,
    /// Whether values may be set.
    pub enabled: bool,
}

/// The account's attributes: at most six.
///
/// # Errors
/// Those of the database.
pub fn of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Named>, DbError> {
    let sql = "SELECT attribute_id, slot, cust_attr_name, enabled FROM attribute WHERE account_id = $1";
    tx.rows(sql, params![account.0], |row| {
        let slot = usize::from(row.get::<u8>(1)?);
        Ok(Named { id: row.get(0)?, slot, name: row.get(2)?, enabled: row.get(3)? })
    })
}

/// Gives an attribute another name.
///
/// # Errors
/// Those of the database: a unique violation when another one has it.
pub fn rename(
    tx: &mut Tx<'_>,
    account: AccountId,
    attribute_id: i64,
    name: &str,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE attribute SET cust_attr_name = $3, modified_ms = $4 WHERE account_id = $1 AND attribute_id = $2",
        params![account.0, attribute_id, name, now_ms],
    )?;
    changed(tx, account, "renamed", attribute_id, actor, now_ms)
}

/// Switches an attribute on or off.
///
/// # Errors
/// Those of the database.
pub fn switch(
    tx: &mut Tx<'_>,
    account: AccountId,
    attribute_id: i64,
    enabled: bool,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE attribute SET enabled = $3, modified_ms = $4 WHERE account_id = $1 AND attribute_id = $2",
        params![account.0, attribute_id, enabled, now_ms],
    )?;
    changed(tx, account, if enabled { "enabled" } else { "disabled" }, attribute_id, actor, now_ms)
}

/// Sets values on the account's cards, ascending by id: those that are given, an empty one empties.
///
/// # Errors
/// Those of the database.
pub fn set_values(
    tx: &mut Tx<'_>,
    account: AccountId,
    cards: &[(i64, Values)],
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    const SLOTS: std::ops::RangeInclusive<usize> = 1..=limits::ATTRIBUTES_PER_ACCOUNT_MAX;
    let set = SLOTS.map(|slot| {
        let (column, value) = (format!("customer_attribute{slot}"), format!("value{slot}"));
        format!("{column} = CASE WHEN {value} IS NULL THEN {column} ELSE NULLIF({value}, '') END")
    });
    let set = set.collect::<Vec<_>>().join(", ");
    let columns = SLOTS.map(|slot| format!("value{slot}")).collect::<Vec<_>>().join(", ");
    for cards in cards.chunks(limits::CARDS_PER_CHANGE) {
        let mut bound = vec![Param::from(account.0)];
        let rows = sql::rows(
            2,
            cards,
            &["BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT"],
            |(id, values)| {
                bound.push(Param::from(*id));
                bound.extend(values.iter().map(|value| Param::from(value.as_deref())));
            },
        );
        let statement = format!(
            "WITH card (id, {columns}) AS (VALUES {rows}) UPDATE sim_card SET {set} FROM card \
             WHERE sim_card.account_id = $1 AND sim_card.sim_card_id = card.id"
        );
        tx.execute(&statement, &bound)?;
    }
    let ids: Vec<i64> = cards.iter().map(|(id, _)| *id).collect();
    let change = Change {
        account: Some(account),
        subject: Subject::SimCard,
        ids: &ids,
        kind: "attributes_set",
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}

fn changed(
    tx: &mut Tx<'_>,
    account: AccountId,
    kind: &'static str,
    attribute_id: i64,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let (subject, ids) = (Subject::Attribute, [attribute_id]);
    let change = Change { account: Some(account), subject, ids: &ids, kind, detail: None, actor, now_ms };
    changes::record(tx, &change)
}
