//! Signing in: from the body of `POST /v3/auth/tokens` to a user and a scope. Every failure of a sign-in reads the
//! same and costs the same, whoever it was tried for.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::directory::Directory;
use super::records::{Account, TokenKind, User};
use super::wire::required;
use super::{PeerAddress, tokens, wire};
use crate::app::App;
use crate::http::error::{BadParameter, Problem, Refusal};
use crate::limits;

/// The body of `POST /v3/auth/tokens`.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    #[serde(default, deserialize_with = "wire::object")]
    #[schema(required = true, nullable = false, value_type = Auth)]
    auth: Option<Auth>,
}

#[derive(Deserialize, ToSchema)]
struct Auth {
    #[serde(default, deserialize_with = "wire::object")]
    #[schema(required = true, nullable = false, value_type = Identity)]
    identity: Option<Identity>,
    #[serde(default, deserialize_with = "wire::object")]
    scope: Option<Scope>,
}

#[derive(Deserialize, ToSchema)]
struct Identity {
    /// `password` or `token`.
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default, deserialize_with = "wire::object")]
    password: Option<PasswordMethod>,
    #[serde(default, deserialize_with = "wire::object")]
    token: Option<TokenMethod>,
}

#[derive(Deserialize, ToSchema)]
struct PasswordMethod {
    #[serde(default, deserialize_with = "wire::object")]
    user: Option<UserReference>,
}

/// A user by name and domain, or by id.
#[derive(Deserialize, ToSchema)]
struct UserReference {
    id: Option<String>,
    name: Option<String>,
    #[serde(default, deserialize_with = "wire::object")]
    domain: Option<Reference>,
    password: Option<String>,
}

/// A good token, to take another scope with.
#[derive(Deserialize, ToSchema)]
struct TokenMethod {
    id: Option<String>,
}

/// What the token is to be for; a project wins over a domain.
#[derive(Deserialize, ToSchema)]
struct Scope {
    #[serde(default, deserialize_with = "wire::object")]
    project: Option<ProjectReference>,
    #[serde(default, deserialize_with = "wire::object")]
    domain: Option<Reference>,
}

/// A project by id, or by name and perhaps domain.
#[derive(Deserialize, ToSchema)]
struct ProjectReference {
    id: Option<String>,
    name: Option<String>,
    #[serde(default, deserialize_with = "wire::object")]
    domain: Option<Reference>,
}

/// A domain by id or by name; the id wins.
#[derive(Deserialize, ToSchema)]
struct Reference {
    id: Option<String>,
    name: Option<String>,
}

/// Who signed in, for what and until when.
pub struct SignedIn {
    /// The account.
    pub account: Arc<Account>,
    /// The user.
    pub user: Arc<User>,
    /// The project of the scope.
    pub project_id: Option<Arc<str>>,
    /// Whether the scope is the domain.
    pub domain_scope: bool,
    /// When the token to be issued expires, in epoch milliseconds.
    pub expires_ms: i64,
}

/// Signs in.
///
/// # Errors
/// 400 for a body that lacks something, 401 for everything else that is wrong, 503 when too many sign in at once.
pub async fn sign_in(app: &App, body: SignIn, peer: PeerAddress) -> Result<SignedIn, Refusal> {
    let auth = required(body.auth, "auth")?;
    let identity = required(auth.identity, "auth.identity")?;
    let (account, user, expires_ms) = match &identity.methods[..] {
        [] => return Err(BadParameter { field: "auth.identity.methods", problem: Problem::Required }.into()),
        [method] if method == "password" => {
            let password = required(identity.password, "auth.identity.password")?;
            let user = required(password.user, "auth.identity.password.user")?;
            let (account, user) = by_password(app, user, peer).await?;
            (account, user, app.clock.now_ms() + limits::TOKEN_LIFE_MS)
        }
        [method] if method == "token" => {
            let token = required(identity.token, "auth.identity.token")?;
            by_token(app, &required(token.id, "auth.identity.token.id")?)?
        }
        _ => {
            return Err(Refusal::Iam(
                StatusCode::UNAUTHORIZED,
                "Attempted to authenticate with an unsupported method.",
            ));
        }
    };
    let (project_id, domain_scope) = scope(&account, auth.scope.as_ref())?;
    Ok(SignedIn { account, user, project_id, domain_scope, expires_ms })
}

/// The user of an account, by name and password.
///
/// # Errors
/// 401 for whatever is wrong, 503 when too many sign in at once.
pub async fn by_names(
    app: &App,
    (domain, name, password): (String, String, String),
    peer: PeerAddress,
) -> Result<(Arc<Account>, Arc<User>), Refusal> {
    let domain = Some(Reference { id: None, name: Some(domain) });
    by_password(app, UserReference { id: None, name: Some(name), domain, password: Some(password) }, peer)
        .await
}

async fn by_password(
    app: &App,
    reference: UserReference,
    peer: PeerAddress,
) -> Result<(Arc<Account>, Arc<User>), Refusal> {
    let password = required(reference.password.as_deref(), "auth.identity.password.user.password")?;
    if reference.id.is_none() {
        required(reference.name.as_ref(), "auth.identity.password.user.name")?;
        required(reference.domain.as_ref(), "auth.identity.password.user.domain")?;
    }
    let is_locked = |user: &User| app.lock_outs.is_locked(&user.id, peer, app.clock.now_ms());
    let found = find_user(&app.directory, &reference)
        .filter(|(account, user)| !account.frozen && user.enabled && !is_locked(user));
    let hash = found.as_ref().map(|(_, user)| user.password_hash.clone());
    let right = app.passwords.verify(password, hash).await?;
    let Some((account, user)) = found else { return Err(wrong_password()) };
    // Guesses that were under way together: the sixth wrong one spoils those that come after it.
    if is_locked(&user) {
        return Err(wrong_password());
    }
    if !right {
        app.lock_outs.failed(&user.id, peer, app.clock.now_ms());
        return Err(wrong_password());
    }
    app.lock_outs.succeeded(&user.id, peer);
    Ok((account, user))
}

/// A good token stands for its user; what is issued on it lives no longer than it.
fn by_token(app: &App, token: &str) -> Result<(Arc<Account>, Arc<User>, i64), Refusal> {
    let holder = app.directory.token(TokenKind::Api, &tokens::hash(token));
    let holder = holder.filter(|holder| holder.is_good(app.clock.now_ms()) && !holder.account.frozen);
    let holder = holder.ok_or_else(unauthenticated)?;
    let expires_ms = holder.token().expires_ms;
    Ok((holder.account, holder.user, expires_ms))
}

fn find_user(directory: &Directory, reference: &UserReference) -> Option<(Arc<Account>, Arc<User>)> {
    if let Some(id) = &reference.id {
        return directory.user(id);
    }
    let domain = reference.domain.as_ref()?;
    let account = match (&domain.id, &domain.name) {
        (Some(id), _) => directory.account_by_domain_id(id),
        (None, Some(name)) => directory.account_by_name(name),
        (None, None) => None,
    }?;
    let user = directory.user_by_name(account.id, reference.name.as_ref()?)?;
    Some((account, user))
}

/// The project of the scope, and whether the scope is the domain. Nothing outside of the user's account can be meant.
fn scope(account: &Account, scope: Option<&Scope>) -> Result<(Option<Arc<str>>, bool), Refusal> {
    let Some(scope) = scope else { return Ok((None, false)) };
    let is_own = |domain: &Reference| match (&domain.id, &domain.name) {
        (Some(id), _) => **id == *account.domain_id,
        (None, Some(name)) => **name == *account.name,
        (None, None) => false,
    };
    if let Some(project) = &scope.project {
        let found = account.projects.iter().find(|known| match (&project.id, &project.name) {
            (Some(id), _) => **id == *known.id,
            (None, Some(name)) => **name == *known.name,
            (None, None) => false,
        });
        let found =
            found.filter(|_| project.domain.as_ref().is_none_or(is_own)).ok_or_else(unauthenticated)?;
        return Ok((Some(found.id.clone()), false));
    }
    match &scope.domain {
        None => Ok((None, false)),
        Some(domain) if is_own(domain) => Ok((None, true)),
        Some(_) => Err(unauthenticated()),
    }
}

fn wrong_password() -> Refusal {
    Refusal::Iam(StatusCode::UNAUTHORIZED, "The username or password is wrong.")
}

fn unauthenticated() -> Refusal {
    Refusal::Iam(StatusCode::UNAUTHORIZED, "The request you have made requires authentication.")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use simlink_fleet::AccountId;

    use super::*;
    use crate::iam::records::{Project, Role};
    use crate::iam::vault::Vault;

    fn account(id: i64, name: &str) -> Account {
        let project =
            |project: &str| Project { id: format!("{name}-{project}").into(), name: project.into() };
        Account {
            id: AccountId(id),
            domain_id: format!("{name}-id").into(),
            name: name.into(),
            frozen: false,
            allowances: None,
            reviewed_types: None,
            projects: vec![project("east"), project("west")],
        }
    }

    /// Shows what each form of a scope comes to; a project wins over a domain, and nothing of another account is
    /// reached by id or by name.
    #[test]
    fn scopes_stay_in_the_account() {
        let account = account(1, "demo");
        let read = |value: Value| {
            let asked: Option<Scope> = serde_json::from_value(value).expect("a scope");
            scope(&account, asked.as_ref())
                .ok()
                .map(|(project, domain)| (project.as_deref().map(str::to_owned), domain))
        };
        let project = |id: &str| Some((Some(id.to_owned()), false));
        for (asked, expected) in [
            (json!(null), Some((None, false))),
            (json!({}), Some((None, false))),
            (json!({"unscoped": {}}), Some((None, false))),
            (json!({"project": {"name": "west"}}), project("demo-west")),
            (json!({"project": {"id": "demo-east"}}), project("demo-east")),
            (json!({"project": {"name": "west", "domain": {"name": "demo"}}}), project("demo-west")),
            (json!({"project": {"name": "west", "domain": {"id": "demo-id"}}}), project("demo-west")),
            (json!({"project": {"name": "west"}, "domain": {"name": "demo"}}), project("demo-west")),
            (json!({"project": {"name": "none"}, "domain": {"name": "demo"}}), None),
            (json!({"project": {"name": "west", "domain": {"name": "rival"}}}), None),
            (json!({"project": {"id": "rival-east"}}), None),
            (json!({"project": {}}), None),
            (json!({"domain": {"name": "demo"}}), Some((None, true))),
            (json!({"domain": {"id": "demo-id"}}), Some((None, true))),
            (json!({"domain": {"id": "rival-id", "name": "demo"}}), None),
            (json!({"domain": {"name": "rival"}}), None),
            (json!({"domain": {}}), None),
        ] {
            assert_eq!(read(asked.clone()), expected, "{asked}");
        }
    }

    /// Shows by which words a user is found: id alone, or name with the domain's name or id.
    #[test]
    fn users_are_found_by_id_or_name() {
        let (directory, vault) = (Directory::default(), Vault::with_key([1; 32]));
        directory.put_accounts(None, vec![account(1, "demo"), account(2, "rival")]);
        let user = |id: &str, account| User {
            id: id.into(),
            account: AccountId(account),
            name: "ann".into(),
            role: Role::Admin,
            enabled: true,
            password_hash: "".into(),
            keys: vec![],
            tokens: vec![],
        };
        directory.put_users(None, vec![user("u1", 1), user("u2", 2)], &vault);
        let find = |value: Value| {
            let reference: UserReference = serde_json::from_value(value).expect("a reference");
            find_user(&directory, &reference).map(|(_, user)| user.id.to_string())
        };
        for (asked, expected) in [
            (json!({"id": "u2"}), Some("u2")),
            (json!({"id": "u9"}), None),
            (json!({"name": "ann", "domain": {"name": "rival"}}), Some("u2")),
            (json!({"name": "ann", "domain": {"id": "demo-id"}}), Some("u1")),
            (json!({"name": "ann", "domain": {}}), None),
            (json!({"name": "ann"}), None),
            (json!({"name": "bob", "domain": {"name": "demo"}}), None),
            (json!({"name": "ann", "domain": {"name": "none"}}), None),
        ] {
            assert_eq!(find(asked.clone()).as_deref(), expected, "{asked}");
        }
    }
}
