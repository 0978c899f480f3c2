//! A durable job queue on the database: what is to happen later is written in the transaction that decides it, and
//! happens, whatever crashes in between. It knows no SIM and no HTTP.
//!
//! # The life of a job
//!
//! - [`Queue::enqueue`] writes it in the caller's transaction; after the commit the caller calls [`Queue::wake`], so that
//!   a worker of this process looks at once. A job carries an id, never data: its handler reads afresh.
//! - A [`Worker`] claims it in a short transaction: the job is leased to this [`Claim`], a job and an attempt number. No
//!   transaction is open while its handler runs, and the handler is cut off before the lease runs out.
//! - The handler ends it in the transaction of its effect: [`complete`], [`again`], [`retry`] or [`park`], each guarded by
//!   the claim. [`JobError::Lost`] undoes that transaction, so a late or doubled worker changes nothing; this is what
//!   makes an effect in the database happen once. It then returns [`Outcome::Settled`]. Where there is no such
//!   effect it returns another [`Outcome`] and the worker ends the job.
//! - A job that is done is deleted. One that fails is tried again after a [`Backoff`], up to the attempts of its kind,
//!   then it is parked: listed by [`parked`], brought back by [`resume`], removed by [`discard`].
//! - A worker that dies leaves leases that run out; any worker then puts those jobs back, counting a failure.
//!
//! ```
//! use simlink_db::{Db, params};
//! use simlink_jobs::{JobError, KindSettings, Outcome, Registry, complete};
//!
//! fn register(registry: &mut Registry, db: Db) -> Result<(), JobError> {
//!     registry.register("greet", KindSettings::default(), move |job, _context| {
//!         let db = db.clone();
//!         async move {
//!             db.write(move |tx| {
//!                 tx.execute("UPDATE guest SET greeted = 1 WHERE guest_id = $1", params![&job.payload])?;
//!                 complete(tx, job.claim)
//!             })
//!             .await?;
//!             Ok(Outcome::Settled)
//!         }
//!     })
//! }
//! ```
//!
//! # Several processes
//!
//! Processes on one PostgreSQL share the queue. A process looks at once for what it enqueued itself, within some
//! milliseconds for what others did, while all run [`Queue::exchange_signals`] (LISTEN/NOTIFY on a connection of its own),
//! and at least every [`limits::WorkerLimits::poll_ms`].

mod attempt;
mod backoff;
mod claims;
mod clock;
mod context;
mod endings;
mod error;
mod job;
pub mod limits;
mod parking;
mod queue;
mod registry;
mod schedule;
mod worker;

pub use backoff::Backoff;
pub use clock::{Clock, Random};
pub use context::Context;
pub use endings::{again, complete, extend, park, release, retry, withdraw};
pub use error::JobError;
pub use job::{Claim, Enqueued, Job, NewJob, Outcome, Priority};
pub use parking::{KindStats, ParkedJob, discard, parked, resume, stats};
pub use queue::Queue;
pub use registry::{HandlerResult, KindSettings, Registry};
pub use schedule::{Rule, Schedule, ScheduleRow, put_schedule, remove_schedule, schedules};
pub use worker::{Worker, WorkerParts};
