//! Reading accounts and users as the directory holds them.

use std::collections::HashMap;

use simlink_db::{DbError, Row, Tx, params};
use simlink_fleet::AccountId;

use crate::http::flow_control::Allowances;
use crate::iam::records::{AccessKey, Account, Project, Role, Token, TokenKind, User};

/// Accounts with their projects: those asked for, or all.
///
/// # Errors
/// Those of the database.
pub fn load_accounts(tx: &mut Tx<'_>, asked: Option<&[AccountId]>) -> Result<Vec<Account>, DbError> {
    const ACCOUNTS: &str =
        "SELECT account_id, domain_id, name, frozen, flow_control, reviewed_types FROM account";
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
        "SELECT user_id, token_hash, project_id, domain_scope, issued_ms, expires_ms, session FROM token";
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
        reviewed_types: row.text(5)?.map(numbers),
        projects: Vec::new(),
    })
}

/// The numbers of `5,10`; what is none is left out.
fn numbers(text: &str) -> Vec<u8> {
    text.split(',').filter_map(|number| number.trim().parse().ok()).collect()
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
        kind: if row.get(6)? { TokenKind::Session } else { TokenKind::Api },
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
