//! Tokens: their text, their hash, and how one is described on the wire.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::directory::TokenHolder;
use super::records::{Account, Token, TokenKind, User};
use super::wire::{self, could_not_find};
use crate::http::call::Call;
use crate::http::error::{BadParameter, Problem, Refusal};
use crate::http::parameter::Parameter;
use crate::randomness::Randomness;

/// What every token begins with, so that a leaked one can be recognised.
const PREFIX: &str = "slt_";
/// The header that names the token which is talked about.
pub const SUBJECT_TOKEN: &str = "x-subject-token";
/// The same header as a parameter of the operations on a token.
pub const SUBJECT: Parameter =
    Parameter::text("X-Subject-Token", 0, 1024, "The token that is spoken of.").in_header().required();

/// The text of a new token: opaque, 256 random bits.
pub fn make(randomness: &Randomness) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(randomness.bytes::<32>()))
}

/// What is remembered of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The body that describes a token.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenBody {
    token: TokenView,
}

#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    methods: Vec<&'static str>,
    /// UTC with six fractional digits.
    issued_at: String,
    /// UTC with six fractional digits.
    expires_at: String,
    user: UserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ProjectView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Named>,
    roles: Vec<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<Vec<Service>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Named {
    id: String,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct UserView {
    id: String,
    name: String,
    domain: Named,
    /// Empty: passwords do not expire.
    password_expires_at: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProjectView {
    id: String,
    name: String,
    domain: Named,
}

#[derive(Debug, Serialize, ToSchema)]
struct Service {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'static str,
    name: &'static str,
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Endpoint {
    id: &'static str,
    interface: &'static str,
    region: &'static str,
    region_id: &'static str,
    url: String,
}

impl TokenBody {
    /// The body for `token`. The catalogue names the services under `base`; without it there is none.
    pub fn new(account: &Account, user: &User, token: &Token, base: Option<&str>) -> Self {
        let domain = || Named { id: account.domain_id.to_string(), name: account.name.to_string() };
        let project = token.project_id.as_deref().and_then(|id| account.project(id));
        let role = user.role.name();
        let token = TokenView {
            methods: vec!["password"],
            issued_at: wire::moment(token.issued_ms),
            expires_at: wire::moment(token.expires_ms),
            user: UserView {
                id: user.id.to_string(),
                name: user.name.to_string(),
                domain: domain(),
                password_expires_at: "",
            },
            project: project.map(|project| ProjectView {
                id: project.id.to_string(),
                name: project.name.to_string(),
                domain: domain(),
            }),
            domain: token.domain_scope.then(domain),
            roles: vec![Named { id: role.to_owned(), name: role.to_owned() }],
            catalog: base.map(|base| vec![service("gsl", base, "/v1"), service("iam", base, "/v3")]),
        };
        Self { token }
    }
}

fn service(name: &'static str, base: &str, path: &str) -> Service {
    let url = format!("{base}{path}");
    let endpoint = Endpoint { id: name, interface: "public", region: "*", region_id: "*", url };
    Service { kind: name, id: name, name, endpoints: vec![endpoint] }
}

/// The token that `X-Subject-Token` names, good and within the caller's reach, with its text. Whatever is neither is
/// the same as one that never existed.
///
/// # Errors
/// 400 without the header, 404 without such a token.
pub fn subject(call: &Call) -> Result<(String, TokenHolder), Refusal> {
    let text = subject_text(&call.headers)?;
    let now_ms = call.app.clock.now_ms();
    let holder = call.app.directory.token(TokenKind::Api, &hash(text));
    let holder = holder.filter(|holder| holder.is_good(now_ms) && call.caller().may_manage(&holder.user));
    Ok((text.to_owned(), holder.ok_or(could_not_find("Could not find the token."))?))
}

fn subject_text(headers: &HeaderMap) -> Result<&str, BadParameter> {
    let value = headers.get(SUBJECT_TOKEN).ok_or(SUBJECT.bad(Problem::Required))?;
    let text = value.to_str().map_err(|_| SUBJECT.bad(Problem::Malformed))?.trim_ascii();
    SUBJECT.check_text(text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use simlink_fleet::AccountId;

    use super::*;
    use crate::iam::records::{Project, Role};

    /// Shows the form of a token: a prefix and 256 bits that no two share.
    #[test]
    fn tokens_are_opaque() {
        let randomness = Randomness::seeded(1);
        let (one, two) = (make(&randomness), make(&randomness));
        assert_ne!(one, two);
        assert_eq!(one.len(), PREFIX.len() + 43);
        assert_eq!(
            hex::encode(hash("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    /// Shows the body of each scope: a project, the domain, none; and the catalogue with the services' addresses.
    #[test]
    fn bodies_follow_the_scope() {
        let account = Account {
            id: AccountId(1),
            domain_id: "d".into(),
            name: "demo".into(),
            frozen: false,
            allowances: None,
            reviewed_types: None,
            projects: vec![Project { id: "p".into(), name: "region".into() }],
        };
        let user = User {
            id: "u".into(),
            account: AccountId(1),
            name: "ann".into(),
            role: Role::Viewer,
            enabled: true,
            password_hash: "secret-hash".into(),
            keys: vec![],
            tokens: vec![],
        };
        let body = |project_id: Option<&str>, domain_scope, base| {
            let project_id = project_id.map(Into::into);
            let token = Token {
                hash: [0; 32],
                project_id,
                domain_scope,
                kind: TokenKind::Api,
                issued_ms: 0,
                expires_ms: 1_500,
            };
            serde_json::to_value(TokenBody::new(&account, &user, &token, base)).expect("serialises")
        };
        let domain = serde_json::json!({"id": "d", "name": "demo"});
        let bare = serde_json::json!({"token": {
            "methods": ["password"],
            "issued_at": "1970-01-01T00:00:00.000000Z",
            "expires_at": "1970-01-01T00:00:01.500000Z",
            "user": {"id": "u", "name": "ann", "domain": domain, "password_expires_at": ""},
            "roles": [{"id": "viewer", "name": "viewer"}],
        }});
        assert_eq!(body(None, false, None), bare);
        let mut scoped = bare.clone();
        scoped["token"]["project"] = serde_json::json!({"id": "p", "name": "region", "domain": domain});
        assert_eq!(body(Some("p"), false, None), scoped);
        let mut of_domain = bare.clone();
        of_domain["token"]["domain"] = domain.clone();
        assert_eq!(body(None, true, None), of_domain);
        let full = body(None, false, Some("http://gsl.example"));
        assert_eq!(full["token"]["catalog"][0]["endpoints"][0]["url"], "http://gsl.example/v1");
        assert_eq!(full["token"]["catalog"][1]["endpoints"][0]["url"], "http://gsl.example/v3");
    }
}
