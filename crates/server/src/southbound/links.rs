//! The ways to the carriers, made from the configuration, and the jobs that go over them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use simlink_carriers::gateway::signature::SharedKey;
use simlink_carriers::gateway::{CallTimes, GatewayClient, HttpClient, HttpGateway, NonceSource, trust};
use simlink_carriers::simulator::{CardSource, Knobs, Network, Pace, Simulator};
use simlink_carriers::{Capabilities, Carrier, EventSink, Lane, Link, OperationKind};
use simlink_db::Tx;
use simlink_fleet::AccountId;
use simlink_jobs::{Backoff, JobError, KindSettings, NewJob, Priority, Queue};

use crate::clock::Clock;
use crate::config::{CarrierConfig, GatewayConfig};
use crate::files::rules;
use crate::limits;

/// The kind of jobs for carriers that no link leads to.
const NO_LINK: &str = "carry";
/// The same for text messages.
const NO_LINK_SMS: &str = "send_sms";
/// How long a job that calls a carrier is leased, and when its attempt is cut off.
const LEASE_MS: u64 = 30_000;
const ATTEMPT_MS_MAX: u64 = 25_000;

/// A detail that a job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The work order's detail.
    pub detail_id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// The contract's carrier number.
    pub carrier: u16,
    /// The lane that its order takes.
    pub lane: Lane,
}

/// A configured way to a carrier.
pub struct CarrierLink {
    /// The carriers it serves; none named serves every carrier that no other link serves.
    serves: Vec<u16>,
    /// The link itself.
    pub link: Link,
    /// The simulated carrier at its end, if it is one.
    pub simulator: Option<Arc<Simulator>>,
    /// What callbacks are signed with.
    pub key: Option<SharedKey>,
    /// The kinds of the jobs that go over it: a carrier that hangs holds up its own jobs only.
    pub carry_kind: &'static str,
    /// Orders of many cards have a kind of their own, so that they never fill the places of those of one.
    pub carry_bulk_kind: &'static str,
    /// Reading a card.
    pub read_kind: &'static str,
    /// Delivering a text message.
    pub sms_kind: &'static str,
    /// Reading what cards used.
    pub usage_kind: &'static str,
    /// Whether that is done.
    pub reads_usage: bool,
    concurrency: usize,
}

/// What links are made with.
pub struct LinkParts<'a> {
    /// The clock of every rule.
    pub clock: &'a Clock,
    /// Makes nonces.
    pub nonces: NonceSource,
    /// Spreads probes, and the simulators' dice.
    pub seed: u64,
    /// Where gateways are told to call back.
    pub public_url: &'a str,
    /// Whether simulated latency is waited for.
    pub pace: Pace,
    /// Takes the events of simulators, by the name of the link.
    pub sink: &'a dyn Fn(&str) -> EventSink,
    /// What a simulated network knows of a card when it first hears of it.
    pub cards: CardSource,
}

/// All links, in the order of their names.
#[derive(Default)]
pub struct Links {
    links: Vec<Arc<CarrierLink>>,
}

impl Links {
    /// Makes the configured links.
    ///
    /// # Errors
    /// What does not fit, with the name of the link.
    pub fn new<'a>(
        configured: impl IntoIterator<Item = (&'a String, &'a CarrierConfig)>,
        parts: &LinkParts<'_>,
    ) -> Result<Self> {
        let mut links = Vec::new();
        for (name, config) in configured {
            let link = make(name, config, parts).with_context(|| format!("carrier {name}"))?;
            links.push(Arc::new(link));
        }
        Ok(Self { links })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CarrierLink>> {
        self.links.iter()
    }

    /// The link of that name.
    pub fn named(&self, name: &str) -> Option<&Arc<CarrierLink>> {
        self.links.iter().find(|link| link.link.name() == name)
    }

    /// The link that leads to a carrier.
    pub fn of_carrier(&self, carrier: u16) -> Option<&Arc<CarrierLink>> {
        let named = self.links.iter().find(|link| link.serves.contains(&carrier));
        named.or_else(|| self.links.iter().find(|link| link.serves.is_empty()))
    }

    /// The numbers of the contract's carriers that a link leads to, as they stand in an `IN` list.
    pub fn carriers_of(&self, link: &CarrierLink) -> String {
        let leads = |number: &&i64| {
            let found = u16::try_from(**number).ok().and_then(|number| self.of_carrier(number));
            found.is_some_and(|found| found.link.name() == link.link.name())
        };
        rules::CARRIERS.iter().filter(leads).map(i64::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Has what a card used on a day, such as 20220916, read at its carrier, where that is done.
    ///
    /// # Errors
    /// Those of database and queue.
    pub fn enqueue_usage(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        (account, sim_card_id): (AccountId, i64),
        (carrier, date): (u16, i32),
        now_ms: i64,
    ) -> Result<(), JobError> {
        let Some(link) = self.of_carrier(carrier).filter(|link| link.reads_usage) else { return Ok(()) };
        let payload = format!("{sim_card_id},{date}");
        let job = NewJob {
            key: Some(&payload),
            account: Some(account.0),
            priority: Priority::Bulk,
            ..NewJob::new(link.usage_kind, &payload, now_ms)
        };
        queue.enqueue_or_wake(tx, &job, now_ms).map(|_| ())
    }

    /// The kinds of jobs without a link: those that carry details, those that deliver messages.
    pub const fn kinds_without_link() -> (&'static str, &'static str) {
        (NO_LINK, NO_LINK_SMS)
    }

    fn carry_kind(&self, carrier: u16, lane: Lane) -> &'static str {
        self.of_carrier(carrier).map_or(NO_LINK, |link| match lane {
            Lane::Interactive => link.carry_kind,
            Lane::Bulk => link.carry_bulk_kind,
        })
    }

    /// Adds the job that carries a new detail.
    ///
    /// # Errors
    /// Those of database and queue.
    pub fn enqueue_carry(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        carried: &Carried,
        now_ms: i64,
    ) -> Result<(), JobError> {
        let id = carried.detail_id.to_string();
        queue.enqueue(tx, &self.carry_job(carried, &id, now_ms), now_ms).map(|_| ())
    }

    /// Has the job that carries a detail look now, whether it waits, runs or is parked, or adds it.
    ///
    /// # Errors
    /// Those of database and queue.
    pub fn wake_carry(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        carried: &Carried,
        now_ms: i64,
    ) -> Result<(), JobError> {
        let id = carried.detail_id.to_string();
        queue.enqueue_or_wake(tx, &self.carry_job(carried, &id, now_ms), now_ms).map(|_| ())
    }

    /// Takes back the job of a detail that no worker has claimed yet; false where one has.
    ///
    /// # Errors
    /// Those of the database.
    pub fn withdraw_carry(&self, tx: &mut Tx<'_>, carried: &Carried) -> Result<bool, JobError> {
        let kind = self.carry_kind(carried.carrier, carried.lane);
        simlink_jobs::withdraw(tx, kind, &carried.detail_id.to_string())
    }

    fn carry_job<'a>(&self, carried: &Carried, id: &'a str, now_ms: i64) -> NewJob<'a> {
        NewJob {
            key: Some(id),
            account: Some(carried.account.0),
            ..NewJob::new(self.carry_kind(carried.carrier, carried.lane), id, now_ms)
        }
    }

    /// Has a card read at its carrier; nothing where no link leads there.
    ///
    /// # Errors
    /// Those of database and queue.
    pub fn enqueue_read(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        (account, sim_card_id): (AccountId, i64),
        carrier: u16,
        now_ms: i64,
    ) -> Result<(), JobError> {
        let Some(link) = self.of_carrier(carrier) else { return Ok(()) };
        let id = sim_card_id.to_string();
        let job = NewJob {
            key: Some(&id),
            account: Some(account.0),
            priority: Priority::Bulk,
            ..NewJob::new(link.read_kind, &id, now_ms)
        };
        queue.enqueue_or_wake(tx, &job, now_ms).map(|_| ())
    }

    /// Adds the job that delivers a text message.
    ///
    /// # Errors
    /// Those of database and queue.
    pub fn enqueue_sms(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        (account, sms_message_id): (AccountId, i64),
        carrier: u16,
        now_ms: i64,
    ) -> Result<(), JobError> {
        let id = sms_message_id.to_string();
        queue.enqueue(tx, &self.sms_job(&id, Some(account), carrier, now_ms), now_ms).map(|_| ())
    }

    /// Has the job that delivers a message look now.
    ///
    /// # Errors
    /// Those of database and queue.
    pub fn wake_sms(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        sms_message_id: i64,
        carrier: u16,
        now_ms: i64,
    ) -> Result<(), JobError> {
        let id = sms_message_id.to_string();
        queue.enqueue_or_wake(tx, &self.sms_job(&id, None, carrier, now_ms), now_ms).map(|_| ())
    }

    fn sms_job<'a>(&self, id: &'a str, account: Option<AccountId>, carrier: u16, now_ms: i64) -> NewJob<'a> {
        let kind = self.of_carrier(carrier).map_or(NO_LINK_SMS, |link| link.sms_kind);
        NewJob {
            key: Some(id),
            account: account.map(|account| account.0),
            priority: Priority::Bulk,
            ..NewJob::new(kind, id, now_ms)
        }
    }

    /// Jobs of all links that may run at once.
    pub fn jobs_max(&self) -> usize {
        self.links.iter().map(|link| 4 * link.concurrency).sum()
    }
}

impl CarrierLink {
    /// The carriers it serves; none named serves every carrier that no other link serves.
    pub fn serves(&self) -> &[u16] {
        &self.serves
    }

    /// The bounds of the jobs that go over this link: no more of them than calls at once, so that none is claimed to
    /// wait for its turn in a worker while another process could run it.
    pub fn job_settings(&self) -> KindSettings {
        KindSettings {
            concurrent_max: self.concurrency,
            attempts_max: limits::CARRY_ATTEMPTS_MAX,
            timeout_ms: ATTEMPT_MS_MAX,
            lease_ms: LEASE_MS,
            backoff: Backoff { first_ms: 1_000, longest_ms: limits::CARRY_WAIT_MS_MAX },
        }
    }
}

fn make(name: &str, config: &CarrierConfig, parts: &LinkParts<'_>) -> Result<CarrierLink> {
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    anyhow::ensure!(
        fits && (1..=32).contains(&name.len()),
        "a link's name has 1 to 32 lower-case letters, digits and -"
    );
    let (carrier, simulator, key): (Arc<dyn Carrier>, _, _) = match (&config.gateway, config.simulator) {
        (Some(gateway), None) => {
            let key = SharedKey { name: gateway.key.clone(), secret: gateway.secret.clone().into_bytes() };
            let carrier = gateway_carrier(name, config, gateway, key.clone(), parts)?;
            (Arc::new(carrier), None, Some(key))
        }
        (None, Some(knobs)) => {
            let simulator = Arc::new(simulator(name, config, knobs, parts)?);
            (simulator.clone(), Some(simulator), None)
        }
        _ => anyhow::bail!(
            "a link needs a gateway, or for a simulated carrier `simulator = {{}}`, and not both"
        ),
    };
    let clock = parts.clock.clone();
    let now = Arc::new(move || clock.now_ms());
    let link = Link::new(name, carrier, config.limits.clone(), LEASE_MS, now, parts.seed)?;
    // A handful of names, made once at start and used until the process ends.
    let kind = |what: &str| -> &'static str { format!("{what}.{name}").leak() };
    Ok(CarrierLink {
        serves: config.serves.clone(),
        link,
        simulator,
        key,
        carry_kind: kind("carry"),
        carry_bulk_kind: kind("carry_bulk"),
        read_kind: kind("read_card"),
        sms_kind: kind("send_sms"),
        usage_kind: kind("read_usage"),
        reads_usage: config.usage,
        concurrency: usize::try_from(config.limits.concurrency).unwrap_or(1).max(1),
    })
}

fn gateway_carrier(
    name: &str,
    config: &CarrierConfig,
    gateway: &GatewayConfig,
    key: SharedKey,
    parts: &LinkParts<'_>,
) -> Result<HttpGateway> {
    let tls = gateway.trust.as_deref().map(read_certificates).transpose()?;
    let times = CallTimes { total_ms: config.limits.timeout_ms, ..CallTimes::default() };
    let http = HttpClient::new(&gateway.url, tls, times)?;
    let clock = parts.clock.clone();
    let now = Arc::new(move || clock.world_ms());
    let client = GatewayClient::new(http, key, now, parts.nonces.clone());
    let callback_url = format!("{}/southbound/v1/{name}/events", parts.public_url.trim_end_matches('/'));
    Ok(HttpGateway::new(client, Capabilities::of_operations(OperationKind::ALL), &callback_url))
}

fn read_certificates(path: &Path) -> Result<Arc<tokio_rustls::rustls::ClientConfig>> {
    let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(trust(&pem)?)
}

fn simulator(name: &str, config: &CarrierConfig, knobs: Knobs, parts: &LinkParts<'_>) -> Result<Simulator> {
    let seed = parts.seed ^ name.bytes().fold(0, |seed: u64, byte| seed.rotate_left(8) ^ u64::from(byte));
    let network = Network::new(seed, knobs);
    let clock = parts.clock.clone();
    let now = Arc::new(move || clock.now_ms());
    let capabilities = Capabilities::of_operations(OperationKind::ALL);
    let simulator = Simulator::new(capabilities, network, now, parts.pace, (parts.sink)(name))
        .with_cards(parts.cards.clone());
    Ok(match &config.journal {
        Some(path) => simulator.with_journal_file(path).with_context(|| path.display().to_string())?,
        None => simulator,
    })
}

/// How often simulators are looked after when nothing of theirs is due before.
const TICK_INTERVAL: Duration = Duration::from_millis(20);

/// Has the simulated carriers do what is due, until the process ends.
pub async fn tick_simulators(links: Vec<Arc<Simulator>>) {
    loop {
        for simulator in &links {
            if let Err(error) = simulator.tick().await {
                tracing::error!(cause = %error, "a simulated carrier cannot write its journal");
            }
        }
        tokio::time::sleep(TICK_INTERVAL).await;
    }
}
