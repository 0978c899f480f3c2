//! Every statement on accounts, projects, users, access keys and tokens. Each write records its change.

use std::collections::HashMap;

use simlink_db::{DbError, Row, Tx, params};
use simlink_fleet::AccountId;

use super::records::{AccessKey, Account, Project, Role, Token, User};
use crate::changes::{self, Change, Subject};
use crate::http::flow_control::Allowances;
use crate::limits;

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

/// Accounts with their projects: those asked for, or all.
///
/// # Errors
/// Those of the database.
pub fn load_accounts(tx: &mut Tx<'_>, asked: Option<&[AccountId]>) -> Result<Vec<Account>, DbError> {
    const ACCOUNTS: &str = "SELECT account_id, domain_id, name, frozen, flow_control FROM account";
    const PROJECTS: &str = "SELECT account_id, project_id, name FROM project";
    const ORDER: &str = "ORDER BY account_id, created_ms, project_id";
    let (mut accounts, mut projects) = (Vec::new(), Vec::new());
    match asked {
        None => {
            accounts = tx.rows(&format!("{ACCOUNTS} ORDER BY account_id"), &[], account)?;
            projects = tx.rows(&format!("{PROJECTS} {ORDER}"), &[], project)?;
        }
        Some(ids) => {
            for id in ids {
                accounts.extend(tx.rows(
                    &format!("{ACCOUNTS} WHERE account_id = $1"),
                    params![id.0],
                    account,
                )?);
                let of_one = format!("{PROJECTS} WHERE account_id = $1 {ORDER}");
                projects.extend(tx.rows(&of_one, params![id.0], project)?);
            }
        }
    }
    hand_out(
        &mut accounts,
        projects,
        |account, id| account.id == *id,
        |account, project| account.projects.push(project),
    );
    Ok(accounts)
}

/// Users with their keys and tokens: those asked for, or all.
///
/// # Errors
/// Those of the database, and a row that makes no sense.
pub fn load_users(tx: &mut Tx<'_>, asked: Option<&[String]>) -> Result<Vec<User>, DbError> {
    const USERS: &str = "SELECT user_id, account_id, name, role, enabled, password_hash FROM iam_user";
    const KEYS: &str =
        "SELECT user_id, access_key, secret_sealed, active, description, created_ms FROM access_key";
    const TOKENS: &str =
        "SELECT user_id, token_hash, project_id, domain_scope, issued_ms, expires_ms FROM token";
    const KEY_ORDER: &str = "ORDER BY user_id, created_ms, access_key";
    let (mut users, mut keys, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    match asked {
        None => {
            users = tx.rows(&format!("{USERS} ORDER BY user_id"), &[], user)?;
            keys = tx.rows(&format!("{KEYS} {KEY_ORDER}"), &[], access_key)?;
            tokens = tx.rows(&format!("{TOKENS} ORDER BY user_id"), &[], token)?;
        }
        Some(ids) => {
            for id in ids {
                let bound = params![id];
                users.extend(tx.rows(&format!("{USERS} WHERE user_id = $1"), bound, user)?);
                keys.extend(tx.rows(&format!("{KEYS} WHERE user_id = $1 {KEY_ORDER}"), bound, access_key)?);
                tokens.extend(tx.rows(&format!("{TOKENS} WHERE user_id = $1"), bound, token)?);
            }
        }
    }
    hand_out(&mut users, keys, |user, id| *user.id == **id, |user, key| user.keys.push(key));
    hand_out(&mut users, tokens, |user, id| *user.id == **id, |user, token| user.tokens.push(token));
    Ok(users)
}

/// Gives each part to its whole. Both come in the same order; a part without a whole is dropped.
fn hand_out<W, P, K>(
    wholes: &mut [W],
    parts: Vec<(K, P)>,
    is_owner: impl Fn(&W, &K) -> bool,
    mut give: impl FnMut(&mut W, P),
) {
    let mut at = 0;
    for (owner, part) in parts {
        if let Some(offset) = wholes[at..].iter().position(|whole| is_owner(whole, &owner)) {
            at += offset;
            give(&mut wholes[at], part);
        }
    }
}

fn account(row: &Row<'_>) -> Result<Account, DbError> {
    let domain_id: String = row.get(1)?;
    let name: String = row.get(2)?;
    let allowances = row.text(4)?.map(serde_json::from_str::<Allowances>).transpose();
    let allowances = allowances.map_err(|_| DbError::Column { index: 4, reason: "not allowances" })?;
    Ok(Account {
        id: AccountId(row.get(0)?),
        domain_id: domain_id.into(),
        name: name.into(),
        frozen: row.get(3)?,
        allowances,
        projects: Vec::new(),
    })
}

fn project(row: &Row<'_>) -> Result<(AccountId, Project), DbError> {
    let (id, name): (String, String) = (row.get(1)?, row.get(2)?);
    Ok((AccountId(row.get(0)?), Project { id: id.into(), name: name.into() }))
}

fn user(row: &Row<'_>) -> Result<User, DbError> {
    let (id, name, password_hash): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(5)?);
    let role = row.text(3)?.and_then(Role::named);
    Ok(User {
        id: id.into(),
        account: AccountId(row.get(1)?),
        name: name.into(),
        role: role.ok_or(DbError::Column { index: 3, reason: "not a role" })?,
        enabled: row.get(4)?,
        password_hash: password_hash.into(),
        keys: Vec::new(),
        tokens: Vec::new(),
    })
}

fn access_key(row: &Row<'_>) -> Result<(String, AccessKey), DbError> {
    let id: String = row.get(1)?;
    let key = AccessKey {
        id: id.into(),
        secret_sealed: row.get(2)?,
        active: row.get(3)?,
        description: row.get(4)?,
        created_ms: row.get(5)?,
    };
    Ok((row.get(0)?, key))
}

fn token(row: &Row<'_>) -> Result<(String, Token), DbError> {
    let mut hash = [0; 32];
    let read = hex::decode_to_slice(row.text(1)?.unwrap_or_default(), &mut hash);
    read.map_err(|_| DbError::Column { index: 1, reason: "not a hash" })?;
    let project_id: Option<String> = row.get(2)?;
    let token = Token {
        hash,
        project_id: project_id.map(Into::into),
        domain_scope: row.get(3)?,
        issued_ms: row.get(4)?,
        expires_ms: row.get(5)?,
    };
    Ok((row.get(0)?, token))
}

/// The accounts by their names.
///
/// # Errors
/// Those of the database.
pub fn account_names(tx: &mut Tx<'_>) -> Result<HashMap<String, AccountId>, DbError> {
    let names = tx
        .rows("SELECT name, account_id FROM account", &[], |row| Ok((row.get(0)?, AccountId(row.get(1)?))))?;
    Ok(names.into_iter().collect())
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

/// Stores a token that the user was issued, and ends all of its others but the `keep` newest good ones.
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
    tx.execute(
        "DELETE FROM token WHERE account_id = $1 AND user_id = $2 AND token_hash NOT IN \
         (SELECT token_hash FROM token WHERE account_id = $1 AND user_id = $2 AND expires_ms > $3 \
          ORDER BY issued_ms DESC, token_hash LIMIT $4)",
        params![account.0, user_id, token.issued_ms, keep],
    )?;
    tx.execute(
        "INSERT INTO token (token_hash, account_id, user_id, project_id, domain_scope, issued_ms, expires_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            hex::encode(token.hash).as_str(),
            account.0,
            user_id,
            token.project_id.as_deref(),
            token.domain_scope,
            token.issued_ms,
            token.expires_ms
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
