//! The job of an endpoint: makes events of the changes after the endpoint's place in the log, posts those that are due,
//! and comes again when more are.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{Context, HandlerResult, Job, KindSettings, Outcome};
use tokio::time::Instant;

use super::endpoint::{Endpoint, Status};
use super::hooks::{Attempt, Failure, Hooks, Verdict};
use super::store::deliveries::{self, Due, Ended, NewDelivery, State};
use super::{event, retry, store};
use crate::changes::entries::{self, Entry};
use crate::engine::Engine;
use crate::limits;

/// The kind of the endpoints' jobs; a job's key is the endpoint's id.
pub const KIND: &str = "webhooks.deliver";

/// The bounds of the kind. An endpoint's failures are its own and no failures of the job, so that none is parked for
/// them.
pub fn settings() -> KindSettings {
    KindSettings {
        timeout_ms: limits::WEBHOOK_ROUND_MS_MAX,
        lease_ms: limits::WEBHOOK_ROUND_MS_MAX + 10_000,
        ..KindSettings::default()
    }
}

/// What is to be done next for an endpoint.
enum Next {
    /// Nothing, until there is news.
    Rest,
    /// Nothing, until then.
    Wait(i64),
    /// More of the log.
    ReadOn,
    /// These events are to be posted; their changes are beside them.
    Post(Box<Endpoint>, Vec<Due>, HashMap<i64, Entry>),
}

/// Runs an endpoint's job.
///
/// # Errors
/// Those of the database, and a secret that does not open.
pub async fn deliver(engine: Arc<Engine>, hooks: Arc<Hooks>, job: Job, context: Context) -> HandlerResult {
    let (Some(account), Ok(endpoint_id)) = (job.account.map(AccountId), job.payload.parse::<i64>()) else {
        return Ok(Outcome::Park { reason: "names no endpoint".to_owned() });
    };
    for _ in 0..limits::WEBHOOK_ROUNDS_MAX {
        if context.is_stopping() {
            break;
        }
        let (now_ms, horizon) = (engine.clock.now_ms(), engine.feed.horizon());
        let look = move |tx: &mut Tx<'_>| next(tx, account, endpoint_id, horizon, now_ms);
        match engine.db.write(look).await? {
            Next::Rest => return Ok(Outcome::Done),
            Next::Wait(at_ms) => return Ok(Outcome::Again { at_ms }),
            Next::ReadOn => {}
            Next::Post(endpoint, due, entries) => {
                // The lease is new, so that no other attempt posts the same beside this one.
                context.extend().await?;
                let reserve = Duration::from_millis(hooks.reach.timeout_ms() + limits::WEBHOOK_RESERVE_MS);
                let until = Instant::now() + context.remaining().saturating_sub(reserve);
                let attempts = hooks.post(&endpoint, due, &entries, until).await?;
                let (now_ms, hooks) = (engine.clock.now_ms(), hooks.clone());
                let write = move |tx: &mut Tx<'_>| record(tx, &hooks, &endpoint, &attempts, now_ms);
                engine.db.write(write).await?;
                engine.follower.nudge();
            }
        }
    }
    Ok(Outcome::Again { at_ms: engine.clock.now_ms() })
}

/// Reads on in the log as far as there is room, and finds what is due.
fn next(
    tx: &mut Tx<'_>,
    account: AccountId,
    endpoint_id: i64,
    horizon: i64,
    now_ms: i64,
) -> Result<Next, DbError> {
    let endpoint = store::find(tx, account, endpoint_id)?.filter(|found| found.status == Status::Active);
    let Some(endpoint) = endpoint else { return Ok(Next::Rest) };
    let read = read_on(tx, &endpoint, horizon, now_ms)?;
    let more = read == Read::InPart;
    if endpoint.paused_until_ms > now_ms {
        return Ok(if more { Next::ReadOn } else { Next::Wait(endpoint.paused_until_ms) });
    }
    // An endpoint that failed is asked with one event whether it is well again.
    let most = if endpoint.failures > 0 { 1 } else { limits::WEBHOOK_EVENTS_PER_ROUND };
    let due = deliveries::due(tx, endpoint_id, now_ms, most)?;
    if due.is_empty() {
        return Ok(match (more, deliveries::next_ms(tx, endpoint_id, now_ms)?) {
            (true, _) => Next::ReadOn,
            (false, Some(next_ms)) => {
                if read == Read::Full {
                    // News change nothing until then.
                    store::pause(tx, &endpoint, next_ms)?;
                }
                Next::Wait(next_ms)
            }
            (false, None) => Next::Rest,
        });
    }
    let sequences: BTreeSet<i64> = due.iter().map(|due| due.sequence).collect();
    let sequences: Vec<i64> = sequences.into_iter().collect();
    let entries = entries::named(tx, account, &sequences)?;
    let entries = entries.into_iter().map(|entry| (entry.sequence, entry)).collect();
    Ok(Next::Post(Box::new(endpoint), due, entries))
}

/// How far the log was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    /// To its end.
    All,
    /// There is more.
    InPart,
    /// There may be more, but too many events wait already.
    Full,
}

/// Makes events of the next changes.
fn read_on(tx: &mut Tx<'_>, endpoint: &Endpoint, horizon: i64, now_ms: i64) -> Result<Read, DbError> {
    if endpoint.position >= horizon {
        return Ok(Read::All);
    }
    if deliveries::pending(tx, endpoint.id, limits::WEBHOOK_PENDING_MAX)? >= limits::WEBHOOK_PENDING_MAX {
        return Ok(Read::Full);
    }
    let most = limits::WEBHOOK_CHANGES_PER_READ;
    let changes = entries::rows(tx, Some(endpoint.account), endpoint.position, horizon, most)?;
    let all = changes.len() < most;
    let (mut new, mut position) = (Vec::new(), endpoint.position);
    for entry in &changes {
        position = entry.sequence;
        if event::concerns(endpoint, entry) {
            let event_type = event::event_type(entry);
            new.extend(entry.ids.iter().zip(0..).map(|(id, place)| NewDelivery {
                sequence: entry.sequence,
                place,
                ordering_key: event::ordering_key(entry, id),
                event_type: event_type.clone(),
            }));
        }
    }
    deliveries::add(tx, endpoint.id, &new, now_ms)?;
    store::set_position(tx, endpoint.account, endpoint.id, if all { horizon } else { position })?;
    Ok(if all { Read::All } else { Read::InPart })
}

/// Writes how attempts ended, and what that means for the endpoint.
fn record(
    tx: &mut Tx<'_>,
    hooks: &Hooks,
    endpoint: &Endpoint,
    attempts: &[Attempt],
    now_ms: i64,
) -> Result<(), DbError> {
    let random = || u64::from_le_bytes(hooks.randomness.bytes());
    let taken = attempts.iter().any(|attempt| matches!(attempt.verdict, Verdict::Taken(_)));
    let last_success_ms = if taken { Some(now_ms) } else { endpoint.last_success_ms };
    let mut worst: Option<&Failure> = None;
    for attempt in attempts {
        let (state, next_ms, status, error) = match &attempt.verdict {
            Verdict::Taken(status) => (State::Delivered, now_ms, Some(*status), None),
            Verdict::Lost => (State::GivenUp, now_ms, None, Some("the change is no longer kept")),
            Verdict::Failed(failure) => {
                worst = Some(worst.filter(|worst| worst.is_gone()).unwrap_or(failure));
                let first_tried_ms = attempt.due.first_tried_ms.unwrap_or(now_ms);
                let given_up = retry::gives_up(first_tried_ms, last_success_ms, now_ms);
                let state = if given_up { State::GivenUp } else { State::Pending };
                let wait_ms = retry::wait_ms(attempt.due.attempts + 1, random(), failure.asked_s);
                (state, now_ms + wait_ms, failure.status, Some(failure.reason.as_str()))
            }
        };
        let ended =
            Ended { state, next_ms, status: status.map(i64::from), error, duration_ms: attempt.duration_ms };
        deliveries::end(tx, endpoint.id, &attempt.due, &ended, now_ms)?;
    }
    match worst {
        Some(failure) if !taken || failure.is_gone() => {
            let since_ms = endpoint.failing_since_ms.unwrap_or(now_ms);
            let ends = failure.is_gone() || retry::switches_off(since_ms, now_ms);
            let wait_ms = retry::wait_ms(endpoint.failures + 1, random(), failure.asked_s);
            let paused_until_ms = (!ends).then_some(now_ms + wait_ms);
            store::failed(tx, endpoint, (&failure.reason, since_ms), paused_until_ms, now_ms)
        }
        worst if taken => store::succeeded(tx, endpoint, worst.map(|worst| worst.reason.as_str()), now_ms),
        _ => Ok(()),
    }
}
