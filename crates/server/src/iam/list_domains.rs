//! `GET /v3/auth/domains`: the caller's own account; SDKs ask for its id.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Link, ListLinks, base, could_not_find};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "KeystoneListAuthDomains",
    method: Method::GET,
    path: "/v3/auth/domains",
    summary: "Lists the domains that the caller may act in: its own.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<Domains>)),
    handler: |call| Box::pin(list(call)),
};

/// The caller's domains.
#[derive(Debug, Serialize, ToSchema)]
pub struct Domains {
    domains: Vec<Domain>,
    links: ListLinks,
}

#[derive(Debug, Serialize, ToSchema)]
struct Domain {
    id: String,
    name: String,
    enabled: bool,
    description: &'static str,
    links: Link,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let base = base(&call);
    let account = call.app.directory.account(call.caller().account);
    let account = account.ok_or(could_not_find("Could not find the domain."))?;
    let domain = Domain {
        id: account.domain_id.to_string(),
        name: account.name.to_string(),
        enabled: !account.frozen,
        description: "",
        links: Link { own: format!("{base}/v3/domains/{}", account.domain_id) },
    };
    let links = ListLinks { own: format!("{base}/v3/auth/domains"), previous: None, next: None };
    Ok(Reply::json(&Domains { domains: vec![domain], links }))
}
