//! Posting events: their bodies, the signature, the call, and what its answer means.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;
use simlink_carriers::UnknownCause;
use simlink_carriers::gateway::HttpClient;
use tokio::time::Instant;

use super::Reach;
use super::endpoint::{Endpoint, Form};
use super::event::{self, Push};
use super::signature::sign;
use super::store::deliveries::Due;
use crate::app::State;
use crate::changes::entries::Entry;
use crate::clock::Clock;
use crate::iam::Vault;
use crate::limits;
use crate::randomness::Randomness;

/// What posting needs.
pub struct Hooks {
    /// Accounts and cards.
    pub state: Arc<State>,
    /// Opens the secrets.
    pub vault: Arc<Vault>,
    /// What may be reached.
    pub reach: Reach,
    /// The time that receivers compare with theirs.
    pub clock: Clock,
    /// Spreads the waits.
    pub randomness: Arc<Randomness>,
}

/// An event and how the attempt to send it ended.
#[derive(Debug)]
pub struct Attempt {
    /// The event.
    pub due: Due,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub duration_ms: i64,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The receiver took it, with this status.
    Taken(u16),
    /// It did not.
    Failed(Failure),
    /// The change is no longer kept: there is nothing to send.
    Lost,
}

/// Why an event was not taken.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The answer's status, where there was an answer.
    pub status: Option<u16>,
    /// Why, for people.
    pub reason: String,
    /// How long the receiver wants to be left alone.
    pub asked_s: Option<u64>,
}

impl Failure {
    /// Whether the receiver says that it is gone for good.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

/// One request: events that go together, and their body.
struct Parcel {
    id: String,
    body: Value,
    events: Vec<Due>,
}

/// What is counted over a round, so that a receiver that takes nothing is soon left alone.
#[derive(Default)]
struct Tally {
    taken: AtomicUsize,
    failed: AtomicUsize,
}

impl Tally {
    fn is_hopeless(&self) -> bool {
        self.taken.load(Ordering::Relaxed) == 0
            && self.failed.load(Ordering::Relaxed) >= limits::WEBHOOK_FAILURES_PER_ROUND
    }
}

impl Hooks {
    /// Posts events, those of one thing one after the other, until `until`. What was not tried is not in the answer.
    ///
    /// # Errors
    /// A secret that does not open.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        due: Vec<Due>,
        entries: &HashMap<i64, Entry>,
        until: Instant,
    ) -> anyhow::Result<Vec<Attempt>> {
        let name = Endpoint::vault_name(endpoint.id);
        let secret = self.vault.open_sealed(&name, &endpoint.sealed_secret)?;
        let secret = String::from_utf8(secret).context("the secret is no text")?;
        let Some((client, target)) = self.reach.client(&endpoint.terms.url) else {
            let failure =
                Failure { status: None, reason: "the address is not permitted".to_owned(), asked_s: None };
            let failed = |due| Attempt { due, verdict: Verdict::Failed(failure.clone()), duration_ms: 0 };
            return Ok(due.into_iter().take(1).map(failed).collect());
        };
        let (due, lost): (Vec<Due>, Vec<Due>) =
            due.into_iter().partition(|due| entries.contains_key(&due.sequence));
        let lanes = match endpoint.terms.form {
            Form::PushMerged => vec![self.merged(endpoint, due, entries)],
            _ => self.apart(endpoint, due, entries),
        };
        let (tally, address) = (Tally::default(), (&client, target.as_str(), secret.as_str()));
        let lanes = lanes.into_iter().map(|lane| self.post_lane(address, lane, &tally, until));
        let attempts: Vec<Vec<Attempt>> =
            futures_util::stream::iter(lanes).buffer_unordered(limits::WEBHOOK_LANES).collect().await;
        let lost = lost.into_iter().map(|due| Attempt { due, verdict: Verdict::Lost, duration_ms: 0 });
        Ok(attempts.into_iter().flatten().chain(lost).collect())
    }

    /// Posts parcels one after the other, up to the first that is not taken.
    async fn post_lane(
        &self,
        (client, target, secret): (&HttpClient, &str, &str),
        lane: Vec<Parcel>,
        tally: &Tally,
        until: Instant,
    ) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for parcel in lane {
            if tally.is_hopeless() || Instant::now() >= until {
                break;
            }
            let began = Instant::now();
            let verdict = self.post_parcel(client, target, secret, &parcel).await;
            let duration_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            let taken = matches!(verdict, Verdict::Taken(_));
            let count = if taken { &tally.taken } else { &tally.failed };
            count.fetch_add(1, Ordering::Relaxed);
            let attempt = |due| Attempt { due, verdict: verdict.clone(), duration_ms };
            attempts.extend(parcel.events.into_iter().map(attempt));
            if !taken {
                break;
            }
        }
        attempts
    }

    async fn post_parcel(&self, client: &HttpClient, target: &str, secret: &str, parcel: &Parcel) -> Verdict {
        let is_cloud_event = parcel.body.get("specversion").is_some();
        let content_type = if is_cloud_event { "application/cloudevents+json" } else { "application/json" };
        let body = parcel.body.to_string();
        let timestamp_s = self.clock.world_ms().div_euclid(1000);
        let signature = sign(secret, &parcel.id, timestamp_s, body.as_bytes());
        let timestamp = timestamp_s.to_string();
        let headers = [
            ("content-type", content_type),
            ("user-agent", "simlink-webhooks"),
            ("webhook-id", parcel.id.as_str()),
            ("webhook-timestamp", timestamp.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        match client.send("POST", target, &headers, Bytes::from(body)).await {
            Ok(answer) if (200..300).contains(&answer.status) => Verdict::Taken(answer.status),
            Ok(answer) => Verdict::Failed(Failure {
                status: Some(answer.status),
                reason: format!("the receiver answered {}", answer.status),
                asked_s: answer.retry_after_s,
            }),
            Err(cause) => {
                let reason = match cause {
                    UnknownCause::Unreachable => "no connection, or not to a permitted address",
                    UnknownCause::TimedOut => "no answer in time",
                    UnknownCause::Broken => "the connection broke before the answer",
                    _ => "an answer that cannot be read",
                };
                Verdict::Failed(Failure { status: None, reason: reason.to_owned(), asked_s: None })
            }
        }
    }

    /// A lane for each thing, a parcel for each event.
    fn apart(&self, endpoint: &Endpoint, due: Vec<Due>, entries: &HashMap<i64, Entry>) -> Vec<Vec<Parcel>> {
        let account = self.state.directory.account(endpoint.account);
        let domain_id = account.map(|account| account.domain_id.clone()).unwrap_or_default();
        let mut lanes: BTreeMap<String, Vec<Parcel>> = BTreeMap::new();
        for due in due {
            let Some(entry) = entries.get(&due.sequence) else { continue };
            let body = match endpoint.terms.form {
                Form::CloudEvents => event::cloud_event(entry, due.place, &domain_id),
                _ => self.push(endpoint, entry, due.place).body(),
            };
            let id = event::id_text(due.sequence, due.place);
            lanes.entry(due.ordering_key.clone()).or_default().push(Parcel { id, body, events: vec![due] });
        }
        lanes.into_values().collect()
    }

    /// One lane: each parcel has all events in a row of one template, up to as many as the push form takes.
    fn merged(&self, endpoint: &Endpoint, due: Vec<Due>, entries: &HashMap<i64, Entry>) -> Vec<Parcel> {
        let mut groups: Vec<(Vec<Push>, Vec<Due>)> = Vec::new();
        for due in due {
            let Some(entry) = entries.get(&due.sequence) else { continue };
            let push = self.push(endpoint, entry, due.place);
            match groups.last_mut() {
                Some((pushes, events))
                    if pushes.len() < limits::WEBHOOK_PUSHES_MERGED_MAX
                        && pushes.first().is_some_and(|first| first.template == push.template) =>
                {
                    pushes.push(push);
                    events.push(due);
                }
                _ => groups.push((vec![push], vec![due])),
            }
        }
        let parcel = |(pushes, events): (Vec<Push>, Vec<Due>)| Parcel {
            id: events.first().map(|due| event::id_text(due.sequence, due.place)).unwrap_or_default(),
            body: Push::merged(&pushes),
            events,
        };
        groups.into_iter().map(parcel).collect()
    }

    fn push(&self, endpoint: &Endpoint, entry: &Entry, place: i64) -> Push {
        let id = usize::try_from(place).ok().and_then(|place| entry.ids.get(place));
        let reader = self.state.fleet.read(endpoint.account);
        let card = id.and_then(|id| id.parse().ok()).and_then(|id| reader.by_id(id));
        event::push(entry, card.map(|card| card.cid().to_owned()).unwrap_or_default())
    }
}
