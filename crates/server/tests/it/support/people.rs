//! Who calls: tenants and their users, with a token and an access key each.

use std::sync::LazyLock;

use simlink::iam::store::{self, NewAccessKey, NewAccount, NewUser};
use simlink::iam::{Passwords, Role, Token, TokenKind, Vault, tokens};
use simlink::randomness::Randomness;
use simlink_db::Tx;

use super::app::NOW_MS;

/// The password of every user.
pub const PASSWORD: &str = "a-Password-of-the-tests-1";
/// A day: the life of the seeded tokens.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A user of a tenant.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// The tenant's domain name.
    pub tenant: &'static str,
    pub domain_id: &'static str,
    pub project_id: &'static str,
    pub name: &'static str,
    pub user_id: &'static str,
    pub role: Role,
    pub token: &'static str,
    pub ak: &'static str,
    pub sk: &'static str,
}

/// Access key, secret, project and clock are those of `contract/sign_vectors.json`, so that what the official SDK
/// signed can be sent as it stands.
pub static ACME_ADMIN: Person = Person {
    tenant: "acme",
    domain_id: "CANARY-acme-domain",
    project_id: "p1",
    name: "CANARY-acme-admin",
    user_id: "acme0admin",
    role: Role::Admin,
    token: "token-of-the-admin-of-acme",
    ak: "AKTESTTESTTESTTEST01",
    sk: "SKtestSKtestSKtestSKtestSKtestSKtest0001",
};
/// May read acme's things.
pub static ACME_VIEWER: Person = Person {
    tenant: "acme",
    domain_id: "CANARY-acme-domain",
    project_id: "p1",
    name: "CANARY-acme-viewer",
    user_id: "acme0viewer",
    role: Role::Viewer,
    token: "token-of-the-viewer-of-acme",
    ak: "ACMEVIEWER0000000001",
    sk: "SecretOfTheViewerOfAcme00000000000000001",
};
/// The other tenant.
pub static RIVAL_ADMIN: Person = Person {
    tenant: "rival",
    domain_id: "CANARY-rival-domain",
    project_id: "p2",
    name: "CANARY-rival-admin",
    user_id: "rival0admin",
    role: Role::Admin,
    token: "token-of-the-admin-of-rival",
    ak: "RIVALADMIN0000000001",
    sk: "SecretOfTheAdminOfRival00000000000000001",
};
/// May read rival's things.
pub static RIVAL_VIEWER: Person = Person {
    tenant: "rival",
    domain_id: "CANARY-rival-domain",
    project_id: "p2",
    name: "CANARY-rival-viewer",
    user_id: "rival0viewer",
    role: Role::Viewer,
    token: "token-of-the-viewer-of-rival",
    ak: "RIVALVIEWER000000001",
    sk: "SecretOfTheViewerOfRival0000000000000001",
};
/// Of the platform's own account, which has no cards.
pub static OPERATOR: Person = Person {
    tenant: "house",
    domain_id: "CANARY-house-domain",
    project_id: "p3",
    name: "CANARY-house-operator",
    user_id: "house0operator",
    role: Role::Operator,
    token: "token-of-the-operator",
    ak: "OPERATOR000000000001",
    sk: "SecretOfTheOperator000000000000000000001",
};
/// Of an account that is frozen.
pub static FROZEN_ADMIN: Person = Person {
    tenant: "frozen",
    domain_id: "CANARY-frozen-domain",
    project_id: "p4",
    name: "CANARY-frozen-admin",
    user_id: "frozen0admin",
    role: Role::Admin,
    token: "token-of-the-admin-of-frozen",
    ak: "FROZENADMIN000000001",
    sk: "SecretOfTheAdminOfFrozen0000000000000001",
};

/// All of them, tenant by tenant.
pub static PEOPLE: [&Person; 6] =
    [&ACME_ADMIN, &ACME_VIEWER, &RIVAL_ADMIN, &RIVAL_VIEWER, &OPERATOR, &FROZEN_ADMIN];

/// Hashed once for the whole binary: a hash takes as long as everything else of a seed.
static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let randomness = Randomness::seeded(1);
        let passwords = Passwords::default();
        runtime.block_on(passwords.hash(PASSWORD, &randomness)).expect("a hash")
    })
    .join()
    .expect("hashing does not panic")
});

/// Puts all accounts and users into the database.
pub fn seed(tx: &mut Tx<'_>, vault: &Vault, randomness: &Randomness) -> anyhow::Result<()> {
    let mut account = None;
    for person in PEOPLE {
        let is_known = account.is_some_and(|(tenant, _)| tenant == person.tenant);
        if !is_known {
            let new = NewAccount {
                name: person.tenant,
                domain_id: person.domain_id,
                frozen: person.tenant == "frozen",
                projects: &[(person.project_id, "cn-north-4")],
            };
            account = Some((person.tenant, store::create_account(tx, &new, NOW_MS, "test")?));
        }
        let (_, account) = account.expect("just made");
        let new = NewUser {
            account,
            id: person.user_id,
            name: person.name,
            role: person.role,
            password_hash: &PASSWORD_HASH,
        };
        store::create_user(tx, &new, NOW_MS, "test")?;
        let new = NewAccessKey {
            account,
            user_id: person.user_id,
            id: person.ak,
            secret_sealed: &vault.seal(randomness, person.ak, person.sk),
            description: &format!("CANARY-{} key", person.tenant),
        };
        store::create_access_key(tx, &new, NOW_MS, "test")?;
        let token = Token {
            hash: tokens::hash(person.token),
            project_id: Some(person.project_id.into()),
            domain_scope: false,
            kind: TokenKind::Api,
            issued_ms: NOW_MS,
            expires_ms: NOW_MS + DAY_MS,
        };
        store::issue_token(tx, account, person.user_id, &token, 0)?;
    }
    Ok(())
}
