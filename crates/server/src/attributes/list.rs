//! `GET /v1/attributes`: the account's custom attributes (seed 4.7.1).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::attributes::store;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::Moment;

const CUST_ATTR_NAME: Parameter = Parameter::text("cust_attr_name", 0, 32, "Part of the attribute's name.");
const STATUS: Parameter = Parameter::integer("status", 0, 1, "0 disabled, 1 enabled.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListAttributes",
    method: Method::GET,
    path: "/v1/attributes",
    summary: "Lists the account's custom attributes.",
    group: "Attributes",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Read,
    allowance: None,
    parameters: &[CUST_ATTR_NAME, LIMIT, OFFSET, STATUS],
    request: None,
    response: (200, Some(shape::<Attributes>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of attributes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attributes {
    limit: i64,
    offset: i64,
    count: i64,
    attributes: Vec<Attribute>,
}

/// A custom attribute (`CmAttributeVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CmAttributeVO)]
pub struct Attribute {
    pub(super) id: i64,
    pub(super) default_attr_name_cn: String,
    pub(super) default_attr_name_en: String,
    pub(super) cust_attr_name: String,
    /// 0 disabled, 1 enabled.
    pub(super) status: i32,
    pub(super) create_time: Moment,
    pub(super) modify_time: Moment,
}

/// The names that a slot (1 to 6) has before anybody names it: Chinese and English.
pub fn default_names(slot: i32) -> (String, String) {
    const NUMERALS: [&str; 6] = ["一", "二", "三", "四", "五", "六"];
    let numeral =
        usize::try_from(slot - 1).ok().and_then(|index| NUMERALS.get(index)).copied().unwrap_or_default();
    (format!("自定义属性{numeral}"), format!("Custom Attribute {slot}"))
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let name = call.query.filter_text(&CUST_ATTR_NAME)?.map(str::to_owned);
    let status = call.query.integer(&STATUS)?;
    let account = call.caller().account;
    let work = move |tx: &mut simlink_db::Tx<'_>| store::page(tx, account, name.as_deref(), status, page);
    let (count, attributes) = call.app.db.read(work).await?;
    Ok(Reply::json(&Attributes { limit: page.limit, offset: page.number, count, attributes }))
}
