//! Every statement on tags.

use serde_json::{Value, json};
use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::list::Tag;
use crate::changes::{self, Change, Subject};
use crate::http::query::Page;
use crate::{limits, sql};

/// Accounts, ids and names of all tags.
///
/// # Errors
/// Those of the database.
pub fn names(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, i64, String)>, DbError> {
    tx.rows("SELECT account_id, tag_id, tag_name FROM tag", &[], |row| {
        Ok((AccountId(row.get(0)?), row.get(1)?, row.get(2)?))
    })
}

/// Names of the account's tags with these ids; those that are not there are left out.
///
/// # Errors
/// Those of the database.
pub fn names_of(tx: &mut Tx<'_>, account: AccountId, ids: &[i64]) -> Result<Vec<(i64, String)>, DbError> {
    let (list, bound) = sql::id_list(2, ids, vec![Param::from(account.0)]);
    let sql = format!("SELECT tag_id, tag_name FROM tag WHERE account_id = $1 AND tag_id IN ({list})");
    tx.rows(&sql, &bound, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Which of these tags the account has.
///
/// # Errors
/// Those of the database.
pub fn existing(tx: &mut Tx<'_>, account: AccountId, ids: &[i64]) -> Result<Vec<i64>, DbError> {
    Ok(names_of(tx, account, ids)?.into_iter().map(|(id, _)| id).collect())
}

/// How many tags the account has, and whether one of them is called `name`.
///
/// # Errors
/// Those of the database.
pub fn count(tx: &mut Tx<'_>, account: AccountId, name: &str) -> Result<(usize, bool), DbError> {
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN tag_name = $2 THEN 1 END) FROM tag WHERE account_id = $1";
    tx.get(sql, params![account.0, name], |row| {
        Ok((usize::try_from(row.get::<i64>(0)?).unwrap_or(usize::MAX), row.get::<i64>(1)? > 0))
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
    let detail = json!({ "new": { "tag_name": name } });
    changed(tx, account, ("created", &detail), tag_id, actor, now_ms)?;
    Ok(tag_id)
}

/// Deletes a tag and takes it off its cards. Gives whether the account had it.
///
/// # Errors
/// Those of the database.
pub fn delete(
    tx: &mut Tx<'_>,
    account: AccountId,
    tag_id: i64,
    actor: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let bound = params![account.0, tag_id];
    tx.execute("DELETE FROM sim_tag WHERE account_id = $1 AND tag_id = $2", bound)?;
    let sql = "DELETE FROM tag WHERE account_id = $1 AND tag_id = $2 RETURNING tag_name";
    let deleted = tx.find(sql, bound, |row| row.get::<String>(0))?;
    if let Some(name) = &deleted {
        let detail = json!({ "old": { "tag_name": name } });
        changed(tx, account, ("deleted", &detail), tag_id, actor, now_ms)?;
    }
    Ok(deleted.is_some())
}

/// Gives the account's cards, ascending by id, exactly these tags.
///
/// # Errors
/// Those of the database.
pub fn replace(
    tx: &mut Tx<'_>,
    account: AccountId,
    cards: &[i64],
    tag_ids: &[i64],
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    for cards in cards.chunks(limits::CARDS_PER_CHANGE) {
        let (tag_list, bound) = sql::id_list(2, tag_ids, vec![Param::from(account.0)]);
        let (card_list, bound) = sql::id_list(bound.len() + 1, cards, bound);
        let sql = format!(
            "DELETE FROM sim_tag WHERE account_id = $1 AND tag_id NOT IN ({tag_list}) AND sim_card_id IN ({card_list})"
        );
        tx.execute(&sql, &bound)?;
        let mut rows = Vec::with_capacity(cards.len() * tag_ids.len() * 3);
        for card in cards {
            tag_ids.iter().for_each(|tag| rows.extend_from_slice(params![account.0, *card, *tag]));
        }
        tx.insert_many("sim_tag (account_id, sim_card_id, tag_id)", 3, &rows, "ON CONFLICT DO NOTHING")?;
    }
    let tag_ids: Vec<String> = tag_ids.iter().map(ToString::to_string).collect();
    let detail = format!("{{\"tag_ids\":[{}]}}", tag_ids.join(","));
    let change = Change {
        account: Some(account),
        subject: Subject::SimCard,
        ids: cards,
        kind: "tags_set",
        detail: Some(&detail),
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}

fn changed(
    tx: &mut Tx<'_>,
    account: AccountId,
    (kind, detail): (&'static str, &Value),
    tag_id: i64,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let ids = [tag_id];
    let change = Change {
        account: Some(account),
        subject: Subject::Tag,
        ids: &ids,
        kind,
        detail: Some(&detail.to_string()),
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}
