//! Identity: who calls, for which account, and what that caller may do. Accounts, projects, users, access keys and
//! tokens are rows in [`store`], held in memory by the [`directory`]; a request meets them through its [`claim`].

pub mod check_token;
pub mod claim;
pub mod create_token;
pub mod credentials;
pub mod delete_token;
pub mod directory;
pub mod list_domains;
pub mod list_projects;
pub mod lock_outs;
pub mod passwords;
pub mod people;
pub mod records;
pub mod session;
pub mod show_token;
pub mod sign_in;
pub mod store;
pub mod tokens;
pub mod vault;
mod wire;

use std::sync::Arc;

use simlink_fleet::AccountId;

pub use crate::http::listener::PeerAddress;
pub use claim::Claim;
pub use directory::Directory;
pub use lock_outs::LockOuts;
pub use passwords::Passwords;
pub use records::{AccessKey, Account, Project, Role, Token, TokenKind, User};
pub use vault::Vault;

use crate::http::flow_control::Allowances;

/// A verified caller. Whatever a handler reads or writes, it does for [`Caller::account`].
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account that everything is read and written for.
    pub account: AccountId,
    /// The account's domain id.
    pub domain_id: Arc<str>,
    /// The user.
    pub user_id: Arc<str>,
    /// The user's name.
    pub user_name: Arc<str>,
    /// What the user may do.
    pub role: Role,
    /// The project of the token or of `X-Project-Id`; `None` for a token of the domain or without scope.
    pub project_id: Option<Arc<str>>,
    /// Requests a second where the account has figures of its own.
    pub allowances: Option<Allowances>,
    /// Whether a person calls, from a session of the console, and not a program.
    pub in_console: bool,
}

impl Caller {
    fn new(account: &Account, user: &User, project_id: Option<Arc<str>>) -> Self {
        Self {
            account: account.id,
            domain_id: account.domain_id.clone(),
            user_id: user.id.clone(),
            user_name: user.name.clone(),
            role: user.role,
            project_id,
            allowances: account.allowances,
            in_console: false,
        }
    }

    /// Whether the caller may look after this user's keys and tokens: its own always, those of others in its account
    /// only if it may change things there.
    fn may_manage(&self, user: &User) -> bool {
        self.account == user.account && (self.user_id == user.id || self.role.may_write())
    }
}
