//! Every statement on accounts, projects, users, access keys and tokens. Each write records its change.

mod load;
mod operate;

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::records::{Role, Token, TokenKind};
use crate::changes::{self, Change, Subject};
use crate::limits;

pub use load::{account_names, load_accounts, load_users};
pub use operate::{change_user, set_limits};

/// Tokens that a user may have at once where a new one does not end the others; the oldest go first.
pub const TOKENS_PER_USER_MAX: usize = 100;

/// An account on its way in.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// Its name, unique.
    pub name: &'a str,
    /// Its id on the wire, unique.
    pub domain_id: &'a str,
    /// Whether its calls are refused.
    pub frozen: bool,
    /// Ids and names of its projects.
    pub projects: &'a [(&'a str, &'a str)],
}

/// A user on its way in.
pub struct NewUser<'a> {
    /// Its account.
    pub account: AccountId,
    /// Its id on the wire, unique.
    pub id: &'a str,
    /// Its name, unique in the account.
    pub name: &'a str,
    /// What it may do.
    pub role: Role,
    /// Its password's hash, from [`super::Passwords::hash`].
    pub password_hash: &'a str,
}

/// An access key on its way in.
pub struct NewAccessKey<'a> {
    /// The user's account.
    pub account: AccountId,
    /// The user.
    pub user_id: &'a str,
    /// The key's public part, unique.
    pub id: &'a str,
    /// Its secret part, from [`super::Vault::seal`].
    pub secret_sealed: &'a str,
    /// The user's words on it.
    pub description: &'a str,
}

/// What came of a new access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCreation {
    /// It is there.
    Created,
    /// The account has no such user.
    UnknownUser,
    /// The user has [`limits::ACCESS_KEYS_PER_USER_MAX`] already.
    TooMany,
}

/// Makes an account with its projects.
///
/// # Errors
/// [`DbError::UniqueViolation`] for a name or id that is taken, and those of the database.
pub fn create_account(
    tx: &mut Tx<'_>,
    new: &NewAccount<'_>,
    now_ms: i64,
    actor: &str,
) -> Result<AccountId, DbError> {
    let id = AccountId(tx.reserve_ids(1)?);
    tx.execute(
        "INSERT INTO account (account_id, domain_id, name, frozen, created_ms) VALUES ($1, $2, $3, $4, $5)",
        params![id.0, new.domain_id, new.name, new.frozen, now_ms],
    )?;
    for (project_id, name) in new.projects {
        tx.execute(
            "INSERT INTO project (project_id, account_id, name, created_ms) VALUES ($1, $2, $3, $4)",
            params![*project_id, id.0, *name, now_ms],
        )?;
    }
    account_changed(tx, id, "created", now_ms, actor)?;
    Ok(id)
}

/// Freezes an account or thaws it. Gives whether there is such an account.
///
/// # Errors
/// Those of the database.
pub fn freeze_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    frozen: bool,
    now_ms: i64,
    actor: &str,
) -> Result<bool, DbError> {
    let changed =
        tx.execute("UPDATE account SET frozen = $2 WHERE account_id = $1", params![account.0, frozen])?;
    if changed > 0 {
        account_changed(tx, account, if frozen { "frozen" } else { "thawed" }, now_ms, actor)?;
    }
    Ok(changed > 0)
}

/// Makes a user.
///
/// # Errors
/// [`DbError::UniqueViolation`] for an id or name that is taken, [`DbError::ForeignKey`] without such an account, and
/// those of the database.
pub fn create_user(tx: &mut Tx<'_>, new: &NewUser<'_>, now_ms: i64, actor: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO iam_user (user_id, account_id, name, role, password_hash, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![new.id, new.account.0, new.name, new.role.name(), new.password_hash, now_ms],
    )?;
    user_changed(tx, new.account, new.id, "created", now_ms, actor)
}

/// Enables a user, or disables it and ends its tokens. Gives whether the account has such a user.
///
/// # Errors
/// Those of the database.
pub fn set_user_enabled(
    tx: &mut Tx<'_>,
    account: AccountId,
    user_id: &str,
    enabled: bool,
    now_ms: i64,
    actor: &str,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE iam_user SET enabled = $3 WHERE account_id = $1 AND user_id = $2",
        params![account.0, user_id, enabled],
    )?;
    if !enabled {
        tx.execute("DELETE FROM token WHERE account_id = $1 AND user_id = $2", params![account.0, user_id])?;
    }
    if changed > 0 {
        user_changed(tx, account, user_id, if enabled { "enabled" } else { "disabled" }, now_ms, actor)?;
    }
    Ok(changed > 0)
}

/// Makes an active access key, unless the user has as many as it may.
///
/// # Errors
/// [`DbError::UniqueViolation`] for a key that is taken, and those of the database.
pub fn create_access_key(
    tx: &mut Tx<'_>,
    new: &NewAccessKey<'_>,
    now_ms: i64,
    actor: &str,
) -> Result<KeyCreation, DbError> {
    if !hold_user(tx, new.account, new.user_id)? {
        return Ok(KeyCreation::UnknownUser);
    }
    let keys: i64 = tx.get(
        "SELECT COUNT(*) FROM access_key WHERE account_id = $1 AND user_id = $2",
        params![new.account.0, new.user_id],
        |row| row.get(0),
    )?;
    if keys >= limits::ACCESS_KEYS_PER_USER_MAX {
        return Ok(KeyCreation::TooMany);
    }
    tx.execute(
        "INSERT INTO access_key (access_key, account_id, user_id, secret_sealed, description, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![new.id, new.account.0, new.user_id, new.secret_sealed, new.description, now_ms],
    )?;
    user_changed(tx, new.account, new.user_id, "access_key_created", now_ms, actor)?;
    Ok(KeyCreation::Created)
}

/// Changes what is given of an access key. Gives whether the user has such a key.
///
/// # Errors
/// Those of the database.
pub fn update_access_key(
    tx: &mut Tx<'_>,
    account: AccountId,
    (user_id, access_key): (&str, &str),
    (active, description): (Option<bool>, Option<&str>),
    now_ms: i64,
    actor: &str,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE access_key SET active = COALESCE($4, active), description = COALESCE($5, description) \
         WHERE account_id = $1 AND user_id = $2 AND access_key = $3",
        params![account.0, user_id, access_key, active, description],
    )?;
    if changed > 0 {
        user_changed(tx, account, user_id, "access_key_changed", now_ms, actor)?;
    }
    Ok(changed > 0)
}

/// Deletes an access key. Gives whether the user had it.
///
/// # Errors
/// Those of the database.
pub fn delete_access_key(
    tx: &mut Tx<'_>,
    account: AccountId,
    (user_id, access_key): (&str, &str),
    now_ms: i64,
    actor: &str,
) -> Result<bool, DbError> {
    let deleted = tx.execute(
        "DELETE FROM access_key WHERE account_id = $1 AND user_id = $2 AND access_key = $3",
        params![account.0, user_id, access_key],
    )?;
    if deleted > 0 {
        user_changed(tx, account, user_id, "access_key_deleted", now_ms, actor)?;
    }
    Ok(deleted > 0)
}

/// Stores a token that the user was issued, and ends all of its others of the kind but the `keep` newest good ones.
///
/// # Errors
/// [`DbError::NotFound`] without such a user, and those of the database.
pub fn issue_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    user_id: &str,
    token: &Token,
    keep: usize,
) -> Result<(), DbError> {
    if !hold_user(tx, account, user_id)? {
        return Err(DbError::NotFound);
    }
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let session = token.kind == TokenKind::Session;
    tx.execute(
        "DELETE FROM token WHERE account_id = $1 AND user_id = $2 AND session = $5 AND token_hash NOT IN \
         (SELECT token_hash FROM token \
          WHERE account_id = $1 AND user_id = $2 AND session = $5 AND expires_ms > $3 \
          ORDER BY issued_ms DESC, token_hash LIMIT $4)",
        params![account.0, user_id, token.issued_ms, keep, session],
    )?;
    tx.execute(
        "INSERT INTO token (token_hash, account_id, user_id, project_id, domain_scope, issued_ms, expires_ms, \
         session) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            hex::encode(token.hash).as_str(),
            account.0,
            user_id,
            token.project_id.as_deref(),
            token.domain_scope,
            token.issued_ms,
            token.expires_ms,
            session
        ],
    )?;
    user_changed(tx, account, user_id, "token_issued", token.issued_ms, user_id)
}

/// Ends a token. Gives whether it was there.
///
/// # Errors
/// Those of the database.
pub fn revoke_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    user_id: &str,
    hash: &[u8; 32],
    now_ms: i64,
    actor: &str,
) -> Result<bool, DbError> {
    let deleted = tx.execute(
        "DELETE FROM token WHERE account_id = $1 AND user_id = $2 AND token_hash = $3",
        params![account.0, user_id, hex::encode(hash).as_str()],
    )?;
    if deleted > 0 {
        user_changed(tx, account, user_id, "token_revoked", now_ms, actor)?;
    }
    Ok(deleted > 0)
}

/// Holds the account's row until the transaction ends, so that what is decided by all of the account's things (how
/// many tags, which slot is free, what a card carries) stays true on PostgreSQL, where transactions run side by side.
/// The first statement of such a write.
///
/// # Errors
/// Those of the database.
pub fn hold_account(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.execute("UPDATE account SET frozen = frozen WHERE account_id = $1", params![account.0])?;
    Ok(())
}

/// Holds the user's row until the transaction ends, so that counts of its keys and tokens stay true on PostgreSQL,
/// where transactions run side by side. Gives whether the account has such a user.
fn hold_user(tx: &mut Tx<'_>, account: AccountId, user_id: &str) -> Result<bool, DbError> {
    let held = tx.execute(
        "UPDATE iam_user SET enabled = enabled WHERE account_id = $1 AND user_id = $2",
        params![account.0, user_id],
    )?;
    Ok(held > 0)
}

fn account_changed(
    tx: &mut Tx<'_>,
    account: AccountId,
    kind: &'static str,
    now_ms: i64,
    actor: &str,
) -> Result<(), DbError> {
    let ids = [account.0];
    let change = Change {
        account: Some(account),
        subject: Subject::Account,
        ids: &ids,
        kind,
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}

fn user_changed(
    tx: &mut Tx<'_>,
    account: AccountId,
    user_id: &str,
    kind: &'static str,
    now_ms: i64,
    actor: &str,
) -> Result<(), DbError> {
    let ids = [user_id];
    let change = Change {
        account: Some(account),
        subject: Subject::User,
        ids: &ids,
        kind,
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}

#[cfg(test)]
mod tests;
