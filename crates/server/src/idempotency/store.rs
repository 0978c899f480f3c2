//! Every statement on idempotency keys.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

/// Whose key it is.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The user's account.
    pub account: AccountId,
    /// The user.
    pub user_id: &'a str,
    /// The key.
    pub key: &'a str,
}

/// What is known of a key.
#[derive(Debug)]
pub struct Known {
    /// Digest of the request that it came with.
    pub digest: String,
    /// Status of the answer.
    pub status: u16,
    /// Its body, sealed.
    pub answer_sealed: String,
}

/// What is known of a key that has not expired.
///
/// # Errors
/// Those of the database.
pub fn find(tx: &mut Tx<'_>, named: Named<'_>, now_ms: i64) -> Result<Option<Known>, DbError> {
    let sql = "SELECT request_digest, status, answer_sealed FROM idempotency_key \
               WHERE account_id = $1 AND user_id = $2 AND idempotency_key = $3 AND expires_ms > $4";
    tx.find(sql, params![named.account.0, named.user_id, named.key, now_ms], |row| {
        let status = row.get::<i64>(1)?;
        Ok(Known {
            digest: row.get(0)?,
            status: u16::try_from(status).unwrap_or_default(),
            answer_sealed: row.get(2)?,
        })
    })
}

/// Takes a key for this transaction. False where another request has it: on PostgreSQL one that is under way is waited
/// for, on SQLite there is none.
///
/// # Errors
/// Those of the database.
pub fn take(
    tx: &mut Tx<'_>,
    named: Named<'_>,
    digest: &str,
    now_ms: i64,
    expires_ms: i64,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO idempotency_key \
               (account_id, user_id, idempotency_key, request_digest, status, answer_sealed, expires_ms) \
               VALUES ($1, $2, $3, $4, 0, '', $5) \
               ON CONFLICT (account_id, user_id, idempotency_key) DO UPDATE \
               SET request_digest = excluded.request_digest, expires_ms = excluded.expires_ms \
               WHERE idempotency_key.expires_ms <= $6";
    let params = params![named.account.0, named.user_id, named.key, digest, expires_ms, now_ms];
    Ok(tx.execute(sql, params)? > 0)
}

/// Keeps the answer under a key that this transaction has taken.
///
/// # Errors
/// Those of the database.
pub fn keep(tx: &mut Tx<'_>, named: Named<'_>, status: u16, answer_sealed: &str) -> Result<(), DbError> {
    let sql = "UPDATE idempotency_key SET status = $4, answer_sealed = $5 \
               WHERE account_id = $1 AND user_id = $2 AND idempotency_key = $3";
    let params = params![named.account.0, named.user_id, named.key, i64::from(status), answer_sealed];
    tx.execute_later(sql, params)
}

/// Forgets some of the keys of all accounts that have expired; answers how many.
///
/// # Errors
/// Those of the database.
pub fn clear(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<u64, DbError> {
    let sql = "DELETE FROM idempotency_key WHERE (account_id, user_id, idempotency_key) IN \
               (SELECT account_id, user_id, idempotency_key FROM idempotency_key \
                WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2) AND expires_ms <= $1";
    tx.execute(sql, params![now_ms, limit])
}
