//! Every statement on tags.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::list::Tag;
use crate::changes::{self, Change, Subject};
use crate::http::query::Page;
use crate::sql;

/// Accounts, ids and names of all tags.
///
/// # Errors
/// Those of the database.
pub fn names(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, i64, String)>, DbError> {
    tx.rows("SELECT account_id, tag_id, tag_name FROM tag", &[], |row| {
        Ok((AccountId(row.get(0)?), row.get(1)?, row.get(2)?))
    })
}

/// A page of the account's tags, oldest first, and their exact count.
///
/// # Errors
/// Those of the database.
pub fn page(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: Option<&str>,
    status: Option<i64>,
    page: Page,
) -> Result<(i64, Vec<Tag>), DbError> {
    const IN_USE: &str = "CASE WHEN EXISTS (SELECT 1 FROM sim_tag WHERE sim_tag.account_id = tag.account_id \
                          AND sim_tag.tag_id = tag.tag_id) THEN 1 ELSE 0 END";
    let name = name.map(sql::containing);
    sql::page(
        tx,
        &format!("tag_id, tag_name, {IN_USE}"),
        &format!(
            "FROM tag WHERE account_id = $1 AND (CAST($2 AS TEXT) IS NULL OR lower(tag_name) LIKE $2 ESCAPE '\\') \
             AND (CAST($3 AS BIGINT) IS NULL OR {IN_USE} = $3)"
        ),
        "tag_id",
        params![account.0, name.as_deref(), status],
        page,
        |row| Ok(Tag { id: row.get(0)?, tag_name: row.get(1)?, status: row.get(2)? }),
    )
}

/// Makes a tag and answers its id.
///
/// # Errors
/// Those of the database: a unique violation when the account has one of this name.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
    actor: &str,
    now_ms: i64,
) -> Result<i64, DbError> {
    let tag_id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO tag (tag_id, account_id, tag_name, created_ms) VALUES ($1, $2, $3, $4)",
        params![tag_id, account.0, name, now_ms],
    )?;
    let change = Change {
        account: Some(account),
        subject: Subject::Tag,
        ids: &[tag_id],
        kind: "created",
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)?;
    Ok(tag_id)
}
