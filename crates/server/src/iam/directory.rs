//! The accounts, users, keys and tokens in memory: a request is authenticated here, without the database.
//!
//! The change log's follower puts what it read from the store; nothing else writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;
use simlink_fleet::AccountId;

use super::records::{AccessKey, Account, Token, TokenKind, User};
use super::vault::Vault;

/// Everything that authentication looks up.
#[derive(Default)]
pub struct Directory {
    maps: RwLock<Maps>,
}

#[derive(Default)]
struct Maps {
    accounts: HashMap<AccountId, Arc<Account>>,
    accounts_by_domain_id: HashMap<Arc<str>, AccountId>,
    accounts_by_name: HashMap<Arc<str>, AccountId>,
    users: HashMap<Arc<str>, Arc<User>>,
    users_by_name: HashMap<(AccountId, Arc<str>), Arc<str>>,
    keys: HashMap<Arc<str>, KeyEntry>,
    tokens: HashMap<[u8; 32], (Arc<User>, usize)>,
}

struct KeyEntry {
    user: Arc<User>,
    /// Place in the user's keys.
    index: usize,
    secret: Arc<[u8]>,
}

/// An access key with whom it belongs to.
#[derive(Clone)]
pub struct KeyHolder {
    /// The account.
    pub account: Arc<Account>,
    /// The user.
    pub user: Arc<User>,
    /// The secret part, opened.
    pub secret: Arc<[u8]>,
    index: usize,
}

impl KeyHolder {
    /// The key.
    pub fn key(&self) -> &AccessKey {
        &self.user.keys[self.index]
    }
}

/// A token with whom it belongs to.
#[derive(Clone)]
pub struct TokenHolder {
    /// The account.
    pub account: Arc<Account>,
    /// The user.
    pub user: Arc<User>,
    index: usize,
}

impl TokenHolder {
    /// The token.
    pub fn token(&self) -> &Token {
        &self.user.tokens[self.index]
    }

    /// Whether the token is good at `now_ms`, leaving aside whether the account is frozen.
    pub fn is_good(&self, now_ms: i64) -> bool {
        self.user.enabled && now_ms < self.token().expires_ms
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let maps = self.maps.read();
        let (accounts, users) = (maps.accounts.len(), maps.users.len());
        formatter.debug_struct("Directory").field("accounts", &accounts).field("users", &users).finish()
    }
}

impl Directory {
    /// Replaces the accounts `asked` for (all when `None`) by those found; what was asked for and not found goes.
    pub fn put_accounts(&self, asked: Option<&[AccountId]>, found: Vec<Account>) {
        let mut maps = self.maps.write();
        match asked {
            Some(ids) => ids.iter().for_each(|id| maps.remove_account(*id)),
            None => {
                maps.accounts.clear();
                maps.accounts_by_domain_id.clear();
                maps.accounts_by_name.clear();
            }
        }
        for account in found {
            maps.accounts_by_domain_id.insert(account.domain_id.clone(), account.id);
            maps.accounts_by_name.insert(account.name.clone(), account.id);
            maps.accounts.insert(account.id, Arc::new(account));
        }
    }

    /// Replaces the users `asked` for (all when `None`) by those found, with their keys and tokens; what was asked
    /// for and not found goes. A key that the vault cannot open is left out and logged.
    pub fn put_users(&self, asked: Option<&[String]>, found: Vec<User>, vault: &Vault) {
        // Secrets are opened before the lock is taken: requests wait for a few insertions only.
        let found: Vec<_> = found.into_iter().map(|user| with_secrets(user, vault)).collect();
        let mut maps = self.maps.write();
        match asked {
            Some(ids) => ids.iter().for_each(|id| maps.remove_user(id)),
            None => {
                maps.users.clear();
                maps.users_by_name.clear();
                maps.keys.clear();
                maps.tokens.clear();
            }
        }
        for (user, keys) in found {
            for (index, token) in user.tokens.iter().enumerate() {
                maps.tokens.insert(token.hash, (user.clone(), index));
            }
            for entry in keys {
                maps.keys.insert(user.keys[entry.index].id.clone(), entry);
            }
            maps.users_by_name.insert((user.account, user.name.clone()), user.id.clone());
            maps.users.insert(user.id.clone(), user);
        }
    }

    /// All accounts.
    pub fn account_ids(&self) -> Vec<AccountId> {
        self.maps.read().accounts.keys().copied().collect()
    }

    /// The account with this id.
    pub fn account(&self, id: AccountId) -> Option<Arc<Account>> {
        self.maps.read().accounts.get(&id).cloned()
    }

    /// The account with this domain id.
    pub fn account_by_domain_id(&self, domain_id: &str) -> Option<Arc<Account>> {
        let maps = self.maps.read();
        maps.accounts.get(maps.accounts_by_domain_id.get(domain_id)?).cloned()
    }

    /// The account with this name.
    pub fn account_by_name(&self, name: &str) -> Option<Arc<Account>> {
        let maps = self.maps.read();
        maps.accounts.get(maps.accounts_by_name.get(name)?).cloned()
    }

    /// The user with this id, with its account.
    pub fn user(&self, id: &str) -> Option<(Arc<Account>, Arc<User>)> {
        let maps = self.maps.read();
        let user = maps.users.get(id)?;
        Some((maps.accounts.get(&user.account)?.clone(), user.clone()))
    }

    /// The user of an account with this name.
    pub fn user_by_name(&self, account: AccountId, name: &str) -> Option<Arc<User>> {
        let maps = self.maps.read();
        maps.users.get(maps.users_by_name.get(&(account, name.into()))?).cloned()
    }

    /// The users of an account, in no order.
    pub fn users_of(&self, account: AccountId) -> Vec<Arc<User>> {
        self.maps.read().users.values().filter(|user| user.account == account).cloned().collect()
    }

    /// The holder of an access key, active or not.
    pub fn key(&self, access_key: &str) -> Option<KeyHolder> {
        let maps = self.maps.read();
        let entry = maps.keys.get(access_key)?;
        let account = maps.accounts.get(&entry.user.account)?.clone();
        Some(KeyHolder {
            account,
            user: entry.user.clone(),
            secret: entry.secret.clone(),
            index: entry.index,
        })
    }

    /// The holder of a token of this kind, expired or not.
    pub fn token(&self, kind: TokenKind, hash: &[u8; 32]) -> Option<TokenHolder> {
        let maps = self.maps.read();
        let (user, index) = maps.tokens.get(hash).filter(|(user, index)| user.tokens[*index].kind == kind)?;
        let account = maps.accounts.get(&user.account)?.clone();
        Some(TokenHolder { account, user: user.clone(), index: *index })
    }
}

impl Maps {
    fn remove_account(&mut self, id: AccountId) {
        if let Some(account) = self.accounts.remove(&id) {
            self.accounts_by_domain_id.remove(&account.domain_id);
            self.accounts_by_name.remove(&account.name);
        }
    }

    fn remove_user(&mut self, id: &str) {
        let Some(user) = self.users.remove(id) else { return };
        self.users_by_name.remove(&(user.account, user.name.clone()));
        for key in &user.keys {
            self.keys.remove(&key.id);
        }
        for token in &user.tokens {
            self.tokens.remove(&token.hash);
        }
    }
}

fn with_secrets(user: User, vault: &Vault) -> (Arc<User>, Vec<KeyEntry>) {
    let user = Arc::new(user);
    let mut keys = Vec::with_capacity(user.keys.len());
    for (index, key) in user.keys.iter().enumerate() {
        match vault.open_sealed(&key.id, &key.secret_sealed) {
            Ok(secret) => keys.push(KeyEntry { user: user.clone(), index, secret: secret.into() }),
            Err(error) => {
                tracing::error!(access_key = %key.id, %error, "an access key cannot be used: is the master key the one it was made under?");
            }
        }
    }
    (user, keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::records::{Project, Role};
    use crate::randomness::Randomness;

    fn account(id: i64, name: &str) -> Account {
        let projects = vec![Project { id: format!("project-{id}").into(), name: "region".into() }];
        let domain_id = format!("domain-{id}").into();
        Account {
            id: AccountId(id),
            domain_id,
            name: name.into(),
            frozen: false,
            allowances: None,
            reviewed_types: None,
            projects,
        }
    }

    fn user(id: &str, account: i64, name: &str, keys: Vec<AccessKey>, tokens: Vec<Token>) -> User {
        User {
            id: id.into(),
            account: AccountId(account),
            name: name.into(),
            role: Role::Admin,
            enabled: true,
            password_hash: "".into(),
            keys,
            tokens,
        }
    }

    fn key(vault: &Vault, id: &str, secret: &str) -> AccessKey {
        let secret_sealed = vault.seal(&Randomness::seeded(1), id, secret);
        AccessKey { id: id.into(), secret_sealed, active: true, description: String::new(), created_ms: 0 }
    }

    fn token(hash: u8) -> Token {
        Token {
            hash: [hash; 32],
            project_id: None,
            domain_scope: false,
            kind: TokenKind::Api,
            issued_ms: 0,
            expires_ms: 10,
        }
    }

    /// Shows that everything is found by each of its names, and keys with their secrets opened.
    #[test]
    fn finds_by_every_name() {
        let (directory, vault) = (Directory::default(), Vault::with_key([7; 32]));
        directory.put_accounts(None, vec![account(1, "one"), account(2, "two")]);
        let keys = vec![key(&vault, "AK1", "secret1"), key(&vault, "AK2", "secret2")];
        directory.put_users(None, vec![user("u", 1, "ann", keys, vec![token(1), token(2)])], &vault);
        assert_eq!(directory.account_by_name("two").map(|account| account.id), Some(AccountId(2)));
        assert_eq!(directory.account_by_domain_id("domain-1").map(|account| account.id), Some(AccountId(1)));
        assert_eq!(
            directory.user("u").map(|(account, user)| (account.id, user.name.clone())),
            Some((AccountId(1), "ann".into()))
        );
        assert!(directory.user_by_name(AccountId(1), "ann").is_some());
        assert!(directory.user_by_name(AccountId(2), "ann").is_none());
        let holder = directory.key("AK2").expect("the second key");
        assert_eq!(
            (&*holder.key().id, &*holder.secret, &*holder.user.id),
            ("AK2", b"secret2".as_slice(), "u")
        );
        let holder = directory.token(TokenKind::Api, &[2; 32]).expect("the second token");
        assert_eq!((holder.token().hash, holder.is_good(9), holder.is_good(10)), ([2; 32], true, false));
        assert!(directory.token(TokenKind::Api, &[3; 32]).is_none());
    }

    /// Shows that putting a user replaces it wholly, that a missing one goes with its keys and tokens, and that
    /// others stay.
    #[test]
    fn replaces_wholly() {
        let (directory, vault) = (Directory::default(), Vault::with_key([7; 32]));
        directory.put_accounts(None, vec![account(1, "one")]);
        let ann = user("a", 1, "ann", vec![key(&vault, "AKA", "s")], vec![token(1)]);
        let bob = user("b", 1, "bob", vec![key(&vault, "AKB", "s")], vec![token(2)]);
        directory.put_users(None, vec![ann, bob], &vault);
        directory.put_users(
            Some(&["a".to_owned()]),
            vec![user("a", 1, "anna", vec![], vec![token(3)])],
            &vault,
        );
        assert!(directory.key("AKA").is_none());
        assert!(directory.token(TokenKind::Api, &[1; 32]).is_none());
        assert!(directory.token(TokenKind::Api, &[3; 32]).is_some());
        assert!(directory.user_by_name(AccountId(1), "ann").is_none());
        assert!(directory.user_by_name(AccountId(1), "anna").is_some());
        directory.put_users(Some(&["b".to_owned(), "none".to_owned()]), vec![], &vault);
        assert!(directory.key("AKB").is_none() && directory.user("b").is_none());
        assert!(directory.user("a").is_some());
        directory.put_accounts(Some(&[AccountId(1)]), vec![account(1, "renamed")]);
        assert!(directory.account_by_name("one").is_none());
        directory.put_accounts(Some(&[AccountId(1)]), vec![]);
        assert!(directory.user("a").is_none(), "a user without an account is nobody");
    }

    /// Shows that a key sealed under another master key is unknown, and harms no other.
    #[test]
    fn leaves_out_what_it_cannot_open() {
        let (directory, vault) = (Directory::default(), Vault::with_key([7; 32]));
        directory.put_accounts(None, vec![account(1, "one")]);
        let keys = vec![key(&Vault::with_key([8; 32]), "AK1", "s"), key(&vault, "AK2", "s")];
        directory.put_users(None, vec![user("u", 1, "ann", keys, vec![])], &vault);
        assert!(directory.key("AK1").is_none());
        assert_eq!(directory.key("AK2").map(|holder| holder.key().id.clone()), Some("AK2".into()));
    }
}
