//! `GET /ops/v1/carriers`: the links to the carriers and how they are.

use axum::http::Method;
use serde::Serialize;
use simlink_carriers::BreakerState;
use simlink_db::Tx;
use simlink_jobs as jobs;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::southbound::CarrierLink;
use crate::units::Moment;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListCarriers",
    method: Method::GET,
    path: "/ops/v1/carriers",
    summary: "Lists the links to carriers: what they serve, their breakers, their jobs.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<Carriers>)),
    handler: |call| Box::pin(async move { list(&call).await }),
};

/// All links.
#[derive(Debug, Serialize, ToSchema)]
pub struct Carriers {
    carriers: Vec<CarrierView>,
}

/// A link to a carrier.
#[derive(Debug, Serialize, ToSchema)]
pub struct CarrierView {
    name: String,
    /// The carriers that it serves; none named serves all that no other link serves.
    carrier_types: Vec<u16>,
    simulated: bool,
    /// What its gateway is signed in with; the secret is shown nowhere.
    key: Option<String>,
    /// `closed` (calls pass), `open` (none does) or `half_open` (one finds out).
    breaker: &'static str,
    /// Calls in a row that failed, where they pass.
    failures: u32,
    /// When the next call finds out, where none passes.
    probe_time: Option<Moment>,
    /// Calls under way in this process.
    calls_under_way: u32,
    jobs: Vec<KindView>,
}

/// Jobs of a kind that go over a link.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindView {
    kind: String,
    queued: i64,
    running: i64,
    parked: i64,
    /// Since when the oldest due job waits.
    oldest_due_time: Option<Moment>,
}

async fn list(call: &Call) -> Result<Reply, Refusal> {
    let now_ms = call.app.clock.now_ms();
    let stats = call.app.db.read(move |tx: &mut Tx<'_>| jobs::stats(tx, now_ms)).await?;
    let carriers = call.app.engine.links.iter().map(|link| view(link, &stats)).collect();
    Ok(Reply::json(&Carriers { carriers }))
}

fn view(link: &CarrierLink, stats: &[jobs::KindStats]) -> CarrierView {
    let health = link.link.health();
    let (breaker, failures, probe_time) = match health.breaker {
        BreakerState::Closed { failures } => ("closed", failures, None),
        BreakerState::Open { probe_at_ms } => ("open", 0, Some(Moment(probe_at_ms))),
        BreakerState::HalfOpen => ("half_open", 0, None),
    };
    let kinds = [link.carry_kind, link.carry_bulk_kind, link.read_kind, link.sms_kind];
    let jobs = stats.iter().filter(|stats| kinds.contains(&stats.kind.as_str())).map(|stats| KindView {
        kind: stats.kind.clone(),
        queued: stats.queued,
        running: stats.running,
        parked: stats.parked,
        oldest_due_time: stats.oldest_due_ms.map(Moment),
    });
    CarrierView {
        name: link.link.name().to_owned(),
        carrier_types: link.serves().to_vec(),
        simulated: link.simulator.is_some(),
        key: link.key.as_ref().map(|key| key.name.clone()),
        breaker,
        failures,
        probe_time,
        calls_under_way: health.in_flight,
        jobs: jobs.collect(),
    }
}
