//! What is known of accounts and users, as the store reads it and the directory holds it.

use std::sync::Arc;

use simlink_fleet::AccountId;

use crate::http::flow_control::Allowances;
use crate::http::operation::Access;

/// An account: a tenant, in IAM's words a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Our id of it.
    pub id: AccountId,
    /// Its id on the wire, 32 hexadecimal digits.
    pub domain_id: Arc<str>,
    /// Its name, unique.
    pub name: Arc<str>,
    /// Whether its calls are refused.
    pub frozen: bool,
    /// Requests a second of each of its users, where they are not the configuration's.
    pub allowances: Option<Allowances>,
    /// Types of work orders that an operator must approve, where they are not the configuration's.
    pub reviewed_types: Option<Vec<u8>>,
    /// Its projects, the oldest first.
    pub projects: Vec<Project>,
}

impl Account {
    /// Its project with this id.
    pub fn project(&self, id: &str) -> Option<&Project> {
        self.projects.iter().find(|project| &*project.id == id)
    }
}

/// A project of an account: a region's name that SDKs look up before their first call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id on the wire.
    pub id: Arc<str>,
    /// Its name, unique in the account.
    pub name: Arc<str>,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything in its account.
    Admin,
    /// Read only.
    Viewer,
    /// Everything in its account, and the operator's paths.
    Operator,
}

impl Role {
    const ALL: [Self; 3] = [Self::Admin, Self::Viewer, Self::Operator];

    /// Its name, as stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it may call operations of that access.
    pub const fn may(self, access: Access) -> bool {
        match access {
            Access::Public | Access::Read => true,
            Access::Write => self.may_write(),
            Access::Operate => matches!(self, Self::Operator),
        }
    }

    /// Whether it may change anything.
    pub const fn may_write(self) -> bool {
        !matches!(self, Self::Viewer)
    }
}

/// A user with its keys and tokens. Without `Debug`: it holds what no log may.
#[derive(Clone)]
pub struct User {
    /// Its id on the wire.
    pub id: Arc<str>,
    /// Its account.
    pub account: AccountId,
    /// Its name, unique in the account.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// Whether it may sign in and call.
    pub enabled: bool,
    /// Its password's hash.
    pub password_hash: Arc<str>,
    /// Its access keys, the oldest first.
    pub keys: Vec<AccessKey>,
    /// Its tokens, expired ones among them.
    pub tokens: Vec<Token>,
}

/// An access key (AK) of a user.
#[derive(Clone)]
pub struct AccessKey {
    /// The key's public part.
    pub id: Arc<str>,
    /// Its secret part, sealed by the vault.
    pub secret_sealed: String,
    /// Whether requests may be signed with it.
    pub active: bool,
    /// The user's words on it.
    pub description: String,
    /// When it was made, in epoch milliseconds.
    pub created_ms: i64,
}

/// What a token is good as. The two do not see each other: neither is taken for, nor ends, one of the other kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `X-Auth-Token` of a program; its times are those of the clock.
    Api,
    /// The cookie of a person in the console; its times are the world's, wherever a sandbox's clock stands.
    Session,
}

/// A token as it is remembered: by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// The project it is for.
    pub project_id: Option<Arc<str>>,
    /// Whether it is for the whole domain.
    pub domain_scope: bool,
    /// What it is good as: in `X-Auth-Token`, or as the cookie of a session.
    pub kind: TokenKind,
    /// When it was issued, in epoch milliseconds.
    pub issued_ms: i64,
    /// From when on it is no longer good, in epoch milliseconds.
    pub expires_ms: i64,
}
