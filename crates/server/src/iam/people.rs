//! New accounts and users with their secrets, as the operator's API and the command line make them.

use serde::Serialize;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::credentials::create::make_pair;
use super::store::{self, NewAccessKey, NewAccount, NewUser};
use super::{Passwords, Role, Vault};
use crate::http::error::Refusal;
use crate::randomness::Randomness;

/// Letters and digits of generated passwords, without those that look alike.
const PASSWORD_ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const PASSWORD_CHARS: usize = 20;

/// A user to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Its password; a generated one without it.
    pub password: Option<String>,
}

/// A new user's secrets: they are shown once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Secrets {
    /// The user's name.
    user: String,
    /// Its id.
    user_id: String,
    /// What it may do.
    role: &'static str,
    /// Its password.
    password: String,
    /// The public part of its access key.
    ak: String,
    /// The secret part of its access key.
    sk: String,
}

/// A new account's names and its first user's secrets: they are shown once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountSecrets {
    /// The account's name.
    domain: String,
    domain_id: String,
    /// The project's name, which SDKs look up as their region.
    project: String,
    project_id: String,
    #[serde(flatten)]
    secrets: Secrets,
}

/// A user that is not written yet.
pub struct Person {
    secrets: Secrets,
    role: Role,
    password_hash: String,
    secret_sealed: String,
}

impl Person {
    /// Makes up ids and secrets.
    ///
    /// # Errors
    /// When too many wait for a core to hash a password on.
    pub async fn new(
        passwords: &Passwords,
        vault: &Vault,
        randomness: &Randomness,
        wanted: Wanted,
    ) -> Result<Self, Refusal> {
        let password = wanted.password.unwrap_or_else(|| randomness.text(PASSWORD_ALPHABET, PASSWORD_CHARS));
        let password_hash = passwords.hash(&password, randomness).await?;
        let (ak, sk) = make_pair(randomness);
        let secret_sealed = vault.seal(randomness, &ak, &sk);
        let (user_id, role) = (randomness.hex_id(), wanted.role);
        let secrets = Secrets { user: wanted.name, user_id, role: role.name(), password, ak, sk };
        Ok(Self { secrets, role, password_hash, secret_sealed })
    }

    /// Writes the user with its access key, and shows its secrets.
    ///
    /// # Errors
    /// [`DbError::UniqueViolation`] for a name that is taken, and those of the database.
    pub fn write(
        self,
        tx: &mut Tx<'_>,
        account: AccountId,
        now_ms: i64,
        actor: &str,
    ) -> Result<Secrets, DbError> {
        let user = NewUser {
            account,
            id: &self.secrets.user_id,
            name: &self.secrets.user,
            role: self.role,
            password_hash: &self.password_hash,
        };
        store::create_user(tx, &user, now_ms, actor)?;
        let key = NewAccessKey {
            account,
            user_id: &self.secrets.user_id,
            id: &self.secrets.ak,
            secret_sealed: &self.secret_sealed,
            description: "made with the user",
        };
        store::create_access_key(tx, &key, now_ms, actor)?;
        Ok(self.secrets)
    }

    /// Writes an account of which this is the first user, and shows its secrets.
    ///
    /// # Errors
    /// As [`Person::write`].
    pub fn write_with_account(
        self,
        tx: &mut Tx<'_>,
        (domain, project): (String, String),
        ids: [String; 2],
        now_ms: i64,
        actor: &str,
    ) -> Result<AccountSecrets, DbError> {
        let [domain_id, project_id] = ids;
        let account = NewAccount {
            name: &domain,
            domain_id: &domain_id,
            frozen: false,
            projects: &[(&project_id, &project)],
        };
        let account = store::create_account(tx, &account, now_ms, actor)?;
        let secrets = self.write(tx, account, now_ms, actor)?;
        Ok(AccountSecrets { domain, domain_id, project, project_id, secrets })
    }
}
