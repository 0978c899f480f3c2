//! `GET /v1/overview`: the fleet in figures. An extension.

use std::collections::BTreeMap;

use axum::http::Method;
use jiff::ToSpan;
use serde::Serialize;
use simlink_carriers::BreakerState;
use simlink_db::{DbError, Tx};
use utoipa::ToSchema;

use super::tally::{self, Facts, Tally};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::limits;
use crate::plans::cycle::{business_date, number_of_day};
use crate::units::{Megabytes, Moment};
use crate::usage::{self, freshness};

/// Days ahead in which plans that end are counted.
const EXPIRING_DAYS: [i64; 3] = [7, 30, 90];

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowOverview",
    method: Method::GET,
    path: "/v1/overview",
    summary: "Shows the fleet in figures: cards by state, type and carrier, flow of the running cycles, trend, carriers.",
    group: "Console",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<Overview>)),
    handler: |call| Box::pin(show(call)),
};

/// An account's fleet in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    /// All cards.
    sim_count: u64,
    /// Cards by `sim_status`.
    by_sim_status: Vec<Share>,
    /// Cards by `sim_type`.
    by_sim_type: Vec<Share>,
    /// Cards by carrier.
    by_carrier: Vec<Share>,
    /// Cards by `device_status`, of those that have one.
    by_device_status: Vec<Share>,
    /// Stopped cards and cards in use whose plan ends within so many days.
    expiring: Vec<Expiring>,
    /// Stopped cards and cards in use without any flow left.
    used_up_count: u64,
    /// MB used in the running cycles.
    flow_used: Megabytes,
    /// MB left in the running cycles.
    flow_left: Megabytes,
    /// What all cards used by day, the oldest day first; days without usage are left out.
    daily_flow: Vec<DailyFlow>,
    /// Up to which moment all flows are known: that of the carrier, of those of the account's cards, that is furthest behind.
    usage_as_of: Option<Moment>,
    /// How the links to the carriers are.
    carriers: Vec<CarrierHealth>,
}

/// How many cards have a value.
#[derive(Debug, Serialize, ToSchema)]
struct Share {
    value: i64,
    count: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Expiring {
    days: i64,
    count: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct DailyFlow {
    /// The day, `20240801`.
    date: String,
    /// In MB.
    flow: Megabytes,
}

#[derive(Debug, Serialize, ToSchema)]
struct CarrierHealth {
    /// The link's name.
    name: String,
    /// `healthy`; `failing` after failed calls; `down` while nothing is sent because too many failed.
    state: &'static str,
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let (account, now_ms) = (call.caller().account, call.app.clock.now_ms());
    let app = call.app.clone();
    let count = move || {
        let reader = app.fleet.read(account);
        tally::tally(reader.cards().map(Facts::of), &EXPIRING_DAYS, now_ms)
    };
    let tally = call.app.scans.run(count).await?;
    let first = business_date(now_ms).saturating_sub(limits::TREND_DAYS.days());
    let work = move |tx: &mut Tx<'_>| {
        Ok((usage::of_account(tx, account, number_of_day(first))?, freshness::of_carriers(tx)?))
    };
    let (days, known) = call.app.db.read::<_, DbError, _>(work).await?;
    let carriers = call.app.engine.links.iter().map(|link| CarrierHealth {
        name: link.link.name().to_owned(),
        state: match link.link.health().breaker {
            BreakerState::Closed { failures: 0 } => "healthy",
            BreakerState::Closed { .. } | BreakerState::HalfOpen => "failing",
            BreakerState::Open { .. } => "down",
        },
    });
    let own = known.iter().filter(|known| tally.by_carrier.contains_key(&i64::from(known.carrier)));
    let usage_as_of = own.map(|known| known.as_of_ms).min().map(Moment);
    Ok(Reply::json(&overview(tally, (days, usage_as_of), carriers.collect())))
}

fn overview(
    tally: Tally,
    (days, usage_as_of): (Vec<(i32, i64)>, Option<Moment>),
    carriers: Vec<CarrierHealth>,
) -> Overview {
    let shares = |counts: BTreeMap<i64, u64>| {
        counts.into_iter().map(|(value, count)| Share { value, count }).collect()
    };
    let daily = |(date, bytes): (i32, i64)| DailyFlow { date: date.to_string(), flow: Megabytes(bytes) };
    Overview {
        sim_count: tally.count,
        by_sim_status: shares(tally.by_status),
        by_sim_type: shares(tally.by_type),
        by_carrier: shares(tally.by_carrier),
        by_device_status: shares(tally.by_device),
        expiring: tally.expiring.into_iter().map(|(days, count)| Expiring { days, count }).collect(),
        used_up_count: tally.used_up,
        flow_used: Megabytes(tally.flow_used),
        flow_left: Megabytes(tally.flow_left),
        daily_flow: days.into_iter().map(daily).collect(),
        usage_as_of,
        carriers,
    }
}
