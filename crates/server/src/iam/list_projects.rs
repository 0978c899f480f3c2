//! `GET /v3/projects`: the account's projects. SDKs with an access key ask for the one named after their region before
//! their first call, and want exactly one.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::records::{Account, Project};
use super::wire::{Link, ListLinks, base, could_not_find};
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::Query;
use crate::http::reply::Reply;

const NAME: Parameter = Parameter::text("name", 0, 256, "The project's name.");
const DOMAIN_ID: Parameter = Parameter::text("domain_id", 0, 64, "The account that it belongs to.");
const PARENT_ID: Parameter = Parameter::text("parent_id", 0, 64, "The same: projects have no other parents.");
const ENABLED: Parameter = Parameter::boolean("enabled", "Projects are always enabled.");
const IS_DOMAIN: Parameter = Parameter::boolean("is_domain", "Projects are never domains.");
const PAGE: Parameter =
    Parameter::integer("page", 1, 1_000_000, "The number of the page, from 1; with per_page.");
const PER_PAGE: Parameter = Parameter::integer("per_page", 1, 5_000, "Rows of a page; with page.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "KeystoneListProjects",
    method: Method::GET,
    path: "/v3/projects",
    summary: "Lists the projects of the caller's account.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[NAME, DOMAIN_ID, PARENT_ID, ENABLED, IS_DOMAIN, PAGE, PER_PAGE],
    request: None,
    response: (200, Some(shape::<Projects>)),
    handler: |call| Box::pin(list(call)),
};

/// The caller's projects.
#[derive(Debug, Serialize, ToSchema)]
pub struct Projects {
    projects: Vec<ProjectView>,
    links: ListLinks,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProjectView {
    id: String,
    name: String,
    domain_id: String,
    parent_id: String,
    enabled: bool,
    is_domain: bool,
    description: &'static str,
    links: Link,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let account = call.app.directory.account(call.caller().account);
    let account = account.ok_or(could_not_find("Could not find the domain."))?;
    let base = base(&call);
    let (found, links) = select(&account, &call.query)?;
    let view = |project: &Project| ProjectView {
        id: project.id.to_string(),
        name: project.name.to_string(),
        domain_id: account.domain_id.to_string(),
        parent_id: account.domain_id.to_string(),
        enabled: true,
        is_domain: false,
        description: "",
        links: Link { own: format!("{base}/v3/projects/{}", project.id) },
    };
    let to = |page: Option<String>| page.map(|query| format!("{base}/v3/projects{query}"));
    let links =
        ListLinks { own: format!("{base}/v3/projects"), previous: to(links.previous), next: to(links.next) };
    Ok(Reply::json(&Projects { projects: found.into_iter().map(view).collect(), links }))
}

/// Query strings of the neighbouring pages.
#[derive(Debug, Default, PartialEq, Eq)]
struct Neighbours {
    previous: Option<String>,
    next: Option<String>,
}

fn select<'a>(account: &'a Account, query: &Query) -> Result<(Vec<&'a Project>, Neighbours), BadParameter> {
    let name = query.filter_text(&NAME)?;
    let is_own = |id: Option<&str>| id.is_none_or(|id| *id == *account.domain_id);
    let possible = is_own(query.filter_text(&DOMAIN_ID)?)
        && is_own(query.filter_text(&PARENT_ID)?)
        && query.boolean(&ENABLED)? != Some(false)
        && query.boolean(&IS_DOMAIN)? != Some(true);
    let fits = |project: &&Project| possible && name.is_none_or(|name| *name == *project.name);
    let found: Vec<&Project> = account.projects.iter().filter(fits).collect();
    let (page, rows) = match (query.integer(&PAGE)?, query.integer(&PER_PAGE)?) {
        (None, None) => return Ok((found, Neighbours::default())),
        (Some(page), Some(rows)) => (page, rows),
        (None, Some(_)) => return Err(PAGE.bad(Problem::Required)),
        (Some(_), None) => return Err(PER_PAGE.bad(Problem::Required)),
    };
    let before = usize::try_from((page - 1) * rows).unwrap_or(usize::MAX);
    let on_page = usize::try_from(rows).unwrap_or(usize::MAX);
    let link = |page: i64| Some(format!("?page={page}&per_page={rows}"));
    let neighbours = Neighbours {
        previous: if page > 1 { link(page - 1) } else { None },
        next: if before.saturating_add(on_page) < found.len() { link(page + 1) } else { None },
    };
    Ok((found.into_iter().skip(before).take(on_page).collect(), neighbours))
}

#[cfg(test)]
mod tests {
    use simlink_fleet::AccountId;

    use super::*;

    /// Shows what each filter leaves, that a name leaves exactly one, and that page and per_page go together.
    #[test]
    fn projects_are_selected() {
        let names = ["cn-east-3", "cn-north-4", "eu-west-1"];
        let project = |name: &str| Project { id: format!("id-{name}").into(), name: name.into() };
        let account = Account {
            id: AccountId(1),
            domain_id: "d".into(),
            name: "demo".into(),
            frozen: false,
            allowances: None,
            reviewed_types: None,
            projects: names.into_iter().map(project).collect(),
        };
        let read = |raw: &str| {
            let (found, links) = select(&account, &Query::parse(raw)?)?;
            let found: Vec<_> = found.into_iter().map(|project| project.name.to_string()).collect();
            Ok::<_, BadParameter>((found.join(" "), links.previous.is_some(), links.next.is_some()))
        };
        let all = "cn-east-3 cn-north-4 eu-west-1";
        for (raw, expected) in [
            ("", (all, false, false)),
            ("name=cn-north-4", ("cn-north-4", false, false)),
            ("name=cn-north", ("", false, false)),
            ("domain_id=d&parent_id=d&enabled=true&is_domain=false", (all, false, false)),
            ("domain_id=other", ("", false, false)),
            ("parent_id=other", ("", false, false)),
            ("enabled=false", ("", false, false)),
            ("is_domain=true", ("", false, false)),
            ("page=1&per_page=2", ("cn-east-3 cn-north-4", false, true)),
            ("page=2&per_page=2", ("eu-west-1", true, false)),
            ("page=1000000&per_page=5000", ("", true, false)),
        ] {
            let (found, previous, next) = read(raw).expect("a query");
            assert_eq!((found.as_str(), previous, next), expected, "{raw}");
        }
        assert_eq!(read("page=1"), Err(PER_PAGE.bad(Problem::Required)));
        assert_eq!(read("per_page=1"), Err(PAGE.bad(Problem::Required)));
        assert_eq!(read("page=1&per_page=5001"), Err(PER_PAGE.bad(Problem::OutOfRange(1, 5_000))));
    }
}
