//! `GET /v1/webhooks/{webhook_id}/deliveries`: what became of an endpoint's events.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::endpoint::WEBHOOK_ID;
use super::event;
use super::store::deliveries::{Logged, State};
use super::store::{self, deliveries};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::Moment;

const STATUS: Parameter = Parameter::choice("status", State::WORDS, "Events that ended like this, or wait.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListWebhookDeliveries",
    method: Method::GET,
    path: "/v1/webhooks/{webhook_id}/deliveries",
    summary: "Lists an endpoint's events, newest first, and what became of them; for a week.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[WEBHOOK_ID, STATUS, LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<Deliveries>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveries)]
pub struct Deliveries {
    limit: i64,
    offset: i64,
    count: i64,
    deliveries: Vec<Delivery>,
}

/// An event of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
struct Delivery {
    event_id: String,
    event_type: String,
    /// What it is about, `sim_card/1000000000079`; events about the same are sent in their order.
    subject: String,
    /// `pending`, `delivered`, or `failed`: given up after a day.
    status: &'static str,
    attempts: i64,
    next_attempt_time: Option<Moment>,
    last_attempt_time: Option<Moment>,
    response_status: Option<i64>,
    error: Option<String>,
    duration_ms: Option<i64>,
    create_time: Moment,
}

impl From<Logged> for Delivery {
    fn from(logged: Logged) -> Self {
        Self {
            event_id: event::id_text(logged.sequence, logged.place),
            event_type: logged.event_type,
            subject: logged.ordering_key,
            status: logged.state,
            attempts: logged.attempts,
            next_attempt_time: (logged.state == State::WORDS[0]).then_some(Moment(logged.next_ms)),
            last_attempt_time: logged.last_tried_ms.map(Moment),
            response_status: logged.last_status,
            error: logged.last_error,
            duration_ms: logged.duration_ms,
            create_time: Moment(logged.created_ms),
        }
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let (page, account) = (call.query.page()?, call.caller().account);
    let id = call.path_integer(&WEBHOOK_ID)?;
    let status = call.query.text(&STATUS)?.map(str::to_owned);
    let work = move |tx: &mut Tx<'_>| {
        store::find(tx, account, id)?.ok_or(ErrorCode::WebhookNotFound)?;
        Ok::<_, Refusal>(deliveries::page(tx, account, id, status.as_deref(), page)?)
    };
    let (count, found) = call.app.db.read(work).await?;
    let deliveries = found.into_iter().map(Delivery::from).collect();
    Ok(Reply::json(&Deliveries { limit: page.limit, offset: page.number, count, deliveries }))
}
