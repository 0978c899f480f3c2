//! Every statement on uploaded lists.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use crate::limits;

/// Keeps a list until `expires_ms` and answers its id; what has expired is cleared away, and of the account's lists the
/// oldest make way beyond [`limits::TEMP_FILES_PER_ACCOUNT_MAX`].
///
/// # Errors
/// Those of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    (content, row_count): (&str, usize),
    now_ms: i64,
    expires_ms: i64,
) -> Result<i64, DbError> {
    tx.execute(
        "DELETE FROM temp_file WHERE file_temp_id IN \
         (SELECT file_temp_id FROM temp_file WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2)",
        params![now_ms, limits::TEMP_FILES_CLEARED_MAX],
    )?;
    let id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO temp_file (file_temp_id, account_id, row_count, content, created_ms, expires_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, account.0, i64::try_from(row_count).unwrap_or(i64::MAX), content, now_ms, expires_ms],
    )?;
    tx.execute(
        "DELETE FROM temp_file WHERE account_id = $1 AND file_temp_id <= \
         (SELECT file_temp_id FROM temp_file WHERE account_id = $1 ORDER BY file_temp_id DESC LIMIT 1 OFFSET $2)",
        params![account.0, limits::TEMP_FILES_PER_ACCOUNT_MAX],
    )?;
    Ok(id)
}

/// The content of a list that has not expired.
///
/// # Errors
/// Those of the database.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    file_temp_id: i64,
    now_ms: i64,
) -> Result<Option<String>, DbError> {
    let sql = "SELECT content FROM temp_file WHERE account_id = $1 AND file_temp_id = $2 AND expires_ms > $3";
    tx.find(sql, params![account.0, file_temp_id, now_ms], |row| row.get(0))
}
