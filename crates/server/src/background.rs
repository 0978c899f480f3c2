//! What runs beside the requests: the jobs of work orders and carriers, the sweep, the simulated carriers.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use simlink_carriers::simulator::{Pace, Simulator};
use simlink_carriers::{EventSink, Lane};
use simlink_db::Tx;
use simlink_jobs::limits::WorkerLimits;
use simlink_jobs::{
    JobError, KindSettings, Queue, Registry, Rule, Schedule, Worker, WorkerParts, put_schedule,
    remove_schedule,
};
use tokio::task::JoinHandle;

use crate::app::State;
use crate::audit;
use crate::automation;
use crate::changes::{self, Follower};
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::{Engine, JobClock, LeaseClock};
use crate::idempotency::clear;
use crate::limits;
use crate::orders::{self, ends};
use crate::plans::cycle::BUSINESS_OFFSET;
use crate::randomness::Randomness;
use crate::sms::deliver::deliver;
use crate::southbound::links::{LinkParts, tick_simulators};
use crate::southbound::{Links, cards_of_fleet, read_card, take_events};
use crate::usage::{pull, roll_over};
use crate::webhooks::{self, Hooks};
use crate::work_orders::carry::carry;
use crate::work_orders::{bulk, sweep};

/// How long the turn of a cycle may take, over all cards.
const TURN_MS_MAX: u64 = 10 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long one step of reading usage may take at a carrier.
const PULL_STEP_MS_MAX: u64 = 2 * 60 * 1000;
/// Jobs that run at once beside those of the links.
const OTHER_JOBS_MAX: usize = 8;

/// The jobs of this process.
pub struct Background {
    engine: Arc<Engine>,
    worker: Worker,
    /// The worker's task, which ends when the worker is stopped.
    working: Mutex<Option<JoinHandle<()>>>,
    /// Those that never end by themselves.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Makes what work outside of requests is done with.
///
/// # Errors
/// A carrier's configuration that does not fit.
pub fn engine(
    config: &Config,
    clock: &Clock,
    state: &Arc<State>,
    follower: &Arc<Follower>,
    randomness: &Arc<Randomness>,
) -> Result<Arc<Engine>> {
    let made: Arc<OnceLock<Weak<Engine>>> = Arc::default();
    let (nonces, known) = (randomness.clone(), made.clone());
    let parts = LinkParts {
        clock,
        nonces: Arc::new(move || nonces.hex_id()),
        seed: u64::from_le_bytes(randomness.bytes()),
        public_url: &config.public_url(),
        pace: if clock.runs() { Pace::Real } else { Pace::Instant },
        sink: &|link| sink(known.clone(), link.to_owned()),
        cards: cards_of_fleet(state),
    };
    let engine = Arc::new(Engine {
        db: state.db.clone(),
        queue: Queue::default(),
        links: Links::new(&config.carriers, &parts)?,
        clock: clock.clone(),
        follower: follower.clone(),
        feed: Arc::default(),
        lease_clock: LeaseClock::new(clock),
        automation: automation::Settings::of(config),
    });
    // Nobody else sets it, and no simulated carrier has anything to tell before it is set.
    let _ = made.set(Arc::downgrade(&engine));
    Ok(engine)
}

/// Takes the events of a simulated carrier, as the callback does those of a gateway.
fn sink(engine: Arc<OnceLock<Weak<Engine>>>, link: String) -> EventSink {
    Arc::new(move |events| {
        let engine = engine.get().and_then(Weak::upgrade);
        let link = link.clone();
        Box::pin(async move {
            let Some(engine) = engine else { return };
            let Some(link) = engine.links.named(&link).cloned() else { return };
            if let Err(error) = take_events(&engine, &link, events).await {
                // As a gateway that is not answered: the orders are inquired about all the same.
                tracing::warn!(link = link.link.name(), cause = %error, "events were not taken");
            }
        })
    })
}

impl Background {
    /// Registers every kind of job and schedule; nothing runs yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn new(
        engine: Arc<Engine>,
        state: &Arc<State>,
        hooks: Hooks,
        config: &Config,
        randomness: Arc<Randomness>,
    ) -> Result<Self> {
        engine.lease_clock.set_by(&engine.db).await?;
        let now_ms = engine.clock.now_ms();
        let zone = TimeZone::fixed(BUSINESS_OFFSET);
        let schedule_zone = zone.clone();
        let links = engine.clone();
        let work = move |tx: &mut Tx<'_>| {
            for link in links.links.iter() {
                let (kind, rule) = (link.usage_kind, Rule::Daily { minute: limits::USAGE_PULL_MINUTE });
                if link.reads_usage {
                    let schedule = Schedule { name: kind, kind, payload: "", rule };
                    put_schedule(tx, &schedule, now_ms, &schedule_zone)?;
                } else {
                    remove_schedule(tx, kind)?;
                }
            }
            for (kind, interval_ms) in [
                (sweep::KIND, limits::SWEEP_INTERVAL_MS),
                (roll_over::KIND, limits::ROLL_OVER_INTERVAL_MS),
                (automation::run::KIND, limits::RULE_SWEEP_INTERVAL_MS),
                (ends::KIND, limits::PLAN_ENDS_INTERVAL_MS),
                (changes::sweep::KIND, limits::CHANGES_SWEEP_INTERVAL_MS),
                (webhooks::sweep::KIND, limits::WEBHOOK_SWEEP_INTERVAL_MS),
                (clear::KIND, limits::IDEMPOTENCY_CLEAR_INTERVAL_MS),
            ] {
                let rule = Rule::Every { interval_ms };
                let schedule = Schedule { name: kind, kind, payload: "", rule };
                put_schedule(tx, &schedule, now_ms, &schedule_zone)?;
            }
            Ok::<_, JobError>(())
        };
        engine.db.write(work).await?;
        let worker = Worker::new(WorkerParts {
            db: engine.db.clone(),
            queue: engine.queue.clone(),
            registry: registry(&engine, state, hooks, config)?,
            clock: Arc::new(JobClock(engine.clone())),
            random: {
                let source = randomness.clone();
                Arc::new(move || u64::from_le_bytes(source.bytes()))
            },
            zone,
            owner: randomness.hex_id(),
            limits: WorkerLimits {
                running_max: engine.links.jobs_max() + OTHER_JOBS_MAX,
                ..WorkerLimits::default()
            },
        });
        Ok(Self { engine, worker, working: Mutex::default(), tasks: Mutex::default() })
    }

    /// Wakes other processes for what is enqueued here, and is woken by them, until [`Background::stop`].
    pub fn listen(&self) {
        let engine = self.engine.clone();
        let task = async move {
            engine.queue.exchange_signals(&engine.db, || engine.follower.nudge()).await;
        };
        self.tasks.lock().push(tokio::spawn(task));
    }

    /// Carries out jobs until [`Background::stop`].
    pub fn start(&self) {
        let worker = self.worker.clone();
        let simulators = self.simulators();
        let engine = self.engine.clone();
        let mut tasks = self.tasks.lock();
        *self.working.lock() = Some(tokio::spawn(async move {
            let cut_off = worker.run().await;
            if cut_off > 0 {
                tracing::warn!(cut_off, "jobs were cut off and put back");
            }
        }));
        if !simulators.is_empty() {
            tasks.push(tokio::spawn(tick_simulators(simulators)));
        }
        tasks.push(tokio::spawn(look_for_news(engine.clone())));
        tasks.push(tokio::spawn(keep_time(engine)));
    }

    /// Begins no job any more; what runs has its time to end from now on.
    pub fn stop_claiming(&self) {
        self.worker.stop();
    }

    /// Lets running jobs end and stops.
    pub async fn stop(&self) {
        self.worker.stop();
        let working = self.working.lock().take();
        if let Some(working) = working {
            let _ = working.await;
        }
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    }

    /// Runs whatever is due by the clock, and what that makes due, until nothing is, and waits until this process has
    /// followed it. Gives how many jobs ran.
    ///
    /// # Errors
    /// Those of the database and of a journal; [`JobError::Restless`] when it does not come to rest.
    pub async fn settle(&self) -> Result<u64> {
        let (mut ran, mut rounds) = (0, 0);
        // Whether the readers of the log were woken and none ran: another process is at it, or one that ended had begun.
        let mut in_vain = false;
        loop {
            let jobs = self.worker.run_until_idle().await?;
            let mut told = 0;
            for simulator in self.simulators() {
                told += simulator.tick().await?;
            }
            ran += jobs;
            rounds += 1;
            if jobs == 0 && told == 0 {
                self.engine.follower.catch_up().await;
                self.engine.feed.catch_up(&self.engine.db, &self.engine.follower).await?;
                if wake_readers(&self.engine).await? == 0 || in_vain {
                    return Ok(ran);
                }
                in_vain = true;
            } else {
                in_vain = false;
            }
            anyhow::ensure!(rounds < limits::SETTLE_ROUNDS_MAX, JobError::Restless { ran });
        }
    }

    fn simulators(&self) -> Vec<Arc<Simulator>> {
        self.engine.links.iter().filter_map(|link| link.simulator.clone()).collect()
    }
}

/// Starts the jobs that read the log whenever it has grown, until the process ends.
async fn look_for_news(engine: Arc<Engine>) {
    loop {
        let horizon = engine.feed.horizon();
        if let Err(error) = wake_readers(&engine).await {
            tracing::warn!(cause = %error, "the readers of the log are not woken");
        }
        tokio::time::sleep(Duration::from_millis(limits::NEWS_GATHER_MS)).await;
        let look = Duration::from_millis(limits::NEWS_LOOK_MS);
        let _ = tokio::time::timeout(look, engine.feed.news(None, horizon)).await;
        if engine.feed.is_closed() {
            return;
        }
    }
}

/// Starts the jobs of those who have something to read in the log. Gives how many there are.
async fn wake_readers(engine: &Engine) -> Result<usize, JobError> {
    Ok(webhooks::waker::wake(engine).await? + audit::chain::wake(engine).await?)
}

/// How often the lease clock is set by the database's.
const KEEP_TIME_INTERVAL: Duration = Duration::from_secs(60);

async fn keep_time(engine: Arc<Engine>) {
    loop {
        tokio::time::sleep(KEEP_TIME_INTERVAL).await;
        if let Err(error) = engine.lease_clock.set_by(&engine.db).await {
            tracing::warn!(cause = %error, "the database's clock cannot be read");
        }
    }
}

fn registry(
    engine: &Arc<Engine>,
    state: &Arc<State>,
    hooks: Hooks,
    config: &Config,
) -> Result<Registry, JobError> {
    let mut registry = Registry::default();
    for link in engine.links.iter() {
        let lanes = [(link.carry_kind, Lane::Interactive), (link.carry_bulk_kind, Lane::Bulk)];
        for (kind, lane) in lanes {
            let (engine, link) = (engine.clone(), link.clone());
            registry.register(kind, link.job_settings(), move |job, context| {
                let (engine, link) = (engine.clone(), link.clone());
                async move { carry(engine, Some(&link.link), lane, job, context).await }
            })?;
        }
        let (sender, way) = (engine.clone(), link.clone());
        registry.register(link.sms_kind, link.job_settings(), move |job, context| {
            let (engine, link) = (sender.clone(), way.clone());
            async move { deliver(engine, Some(&link.link), job, context).await }
        })?;
        if link.reads_usage {
            // The one of the night may take long; those of single cards go past it.
            let settings = KindSettings {
                timeout_ms: PULL_STEP_MS_MAX,
                lease_ms: 2 * PULL_STEP_MS_MAX,
                ..link.job_settings()
            };
            let (reader, way) = (engine.clone(), link.clone());
            registry.register(link.usage_kind, settings, move |job, context| {
                pull::read(reader.clone(), way.clone(), job, context)
            })?;
        }
        let (engine, settings) = (engine.clone(), link.job_settings());
        let link = link.clone();
        registry.register(link.read_kind, settings, move |job, context| {
            let (engine, link) = (engine.clone(), link.clone());
            async move { read_card(engine, &link.link, job, context).await }
        })?;
    }
    let carrier = engine.clone();
    let (carry_kind, sms_kind) = Links::kinds_without_link();
    registry.register(carry_kind, KindSettings::default(), move |job, context| {
        carry(carrier.clone(), None, Lane::Interactive, job, context)
    })?;
    let sender = engine.clone();
    registry.register(sms_kind, KindSettings::default(), move |job, context| {
        deliver(sender.clone(), None, job, context)
    })?;
    let (feeder, fleet) = (engine.clone(), state.clone());
    let settings = KindSettings { attempts_max: limits::CARRY_ATTEMPTS_MAX, ..KindSettings::default() };
    registry.register(bulk::FEED_KIND, settings, move |job, context| {
        bulk::feed(feeder.clone(), fleet.clone(), job, context)
    })?;
    let turner = engine.clone();
    let settings = KindSettings {
        concurrent_max: 1,
        timeout_ms: TURN_MS_MAX,
        lease_ms: 2 * TURN_MS_MAX,
        ..KindSettings::default()
    };
    registry.register(roll_over::KIND, settings, move |job, context| {
        roll_over::turn_cycles(turner.clone(), job, context)
    })?;
    let ruler = engine.clone();
    let settings = KindSettings {
        concurrent_max: 1,
        timeout_ms: limits::RULE_STEP_MS_MAX,
        lease_ms: 2 * limits::RULE_STEP_MS_MAX,
        ..KindSettings::default()
    };
    registry.register(automation::run::KIND, settings, move |job, context| {
        automation::run::run(ruler.clone(), job, context)
    })?;
    let buyer = engine.clone();
    registry
        .register(ends::KIND, settings, move |job, context| ends::end_plans(buyer.clone(), job, context))?;
    let buyer = engine.clone();
    registry.register(orders::RENEWAL_KIND, KindSettings::default(), move |job, context| {
        orders::carry_renewal(buyer.clone(), job, context)
    })?;
    let vault = hooks.vault.clone();
    let (poster, hooks) = (engine.clone(), Arc::new(hooks));
    registry.register(webhooks::deliver::KIND, webhooks::deliver::settings(), move |job, context| {
        webhooks::deliver::deliver(poster.clone(), hooks.clone(), job, context)
    })?;
    let sweeper = engine.clone();
    let settings = KindSettings { concurrent_max: 1, ..KindSettings::default() };
    registry.register(webhooks::sweep::KIND, settings, move |job, context| {
        webhooks::sweep::sweep(sweeper.clone(), job, context)
    })?;
    let (sealer, vault) = (engine.clone(), vault.clone());
    let settings = KindSettings { concurrent_max: 1, ..KindSettings::default() };
    registry.register(audit::chain::KIND, settings, move |job, context| {
        audit::chain::seal(sealer.clone(), vault.clone(), job, context)
    })?;
    let forgetter = engine.clone();
    let kept_ms = i64::from(config.change_retention_days) * DAY_MS;
    let settings = KindSettings { concurrent_max: 1, ..KindSettings::default() };
    registry.register(changes::sweep::KIND, settings, move |job, context| {
        changes::sweep::sweep(forgetter.clone(), kept_ms, job, context)
    })?;
    let clearer = engine.clone();
    let settings = KindSettings { concurrent_max: 1, ..KindSettings::default() };
    registry
        .register(clear::KIND, settings, move |job, context| clear::clear(clearer.clone(), job, context))?;
    let sweeper = engine.clone();
    let settings = KindSettings { concurrent_max: 1, ..KindSettings::default() };
    registry
        .register(sweep::KIND, settings, move |job, context| sweep::sweep(sweeper.clone(), job, context))?;
    Ok(registry)
}
