//! The way to one carrier: rate, slots, time-out and circuit breaker around every call.
//!
//! A link never lets a caller wait. What cannot go now comes back as [`NotSent`] with the moment to try again, so that
//! jobs wait in their queue and not in memory; who takes jobs asks [`Link::room`] first and takes no more than fit.

mod breaker;
mod limits;
mod rate;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use self::breaker::BreakerState;
use self::breaker::{Breaker, Pass, Verdict};
use self::limits::reserve_of;
pub use self::limits::{INTERACTIVE_SHARE_PERCENT, LinkLimits, LinkLimitsError};
use self::rate::Bucket;
use crate::dice::{Dice, salt_of};
use crate::{
    Answering, Capabilities, CardReading, CardRef, Carrier, Clock, Inquiry, Instruction, Outcome, ReadError,
    Reason, Reference, Rejection, UnknownCause, UsagePeriod, UsageReading,
};

/// When to look again if all slots are taken, in milliseconds.
const SLOT_RETRY_MS: i64 = 20;

/// How long to leave a carrier alone that says "too many calls" without saying how long, in milliseconds.
const RATE_LIMITED_PAUSE_MS: u64 = 1_000;

/// Who waits for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A person, or a rule on a single card: may use everything.
    Interactive,
    /// Mass work: leaves [`INTERACTIVE_SHARE_PERCENT`] of rate and slots free.
    Bulk,
}

/// The carrier was not called; the same call may be made again from `retry_at_ms` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sent: {cause}")]
pub struct NotSent {
    /// Why.
    pub cause: NotSentCause,
    /// When to try again, in epoch milliseconds; always later than now.
    pub retry_at_ms: i64,
}

/// Why the carrier was not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSentCause {
    /// The carrier does not work at the moment.
    #[error("the circuit breaker is open")]
    BreakerOpen,
    /// As many calls are under way as may be.
    #[error("all slots are taken")]
    NoSlot,
    /// As many calls were made as may be, or the carrier asked for a pause.
    #[error("the rate is used up")]
    Rate,
}

/// How many calls could be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// That many.
    pub calls: u32,
    /// When to ask again if there is none, in epoch milliseconds.
    pub next_ms: i64,
}

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Its breaker.
    pub breaker: BreakerState,
    /// Calls under way.
    pub in_flight: u32,
}

/// The way to one carrier; cheap to share behind an `Arc`.
pub struct Link {
    name: String,
    carrier: Arc<dyn Carrier>,
    limits: LinkLimits,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    bucket: Bucket,
    breaker: Breaker,
    in_flight: u32,
    dice: Dice,
}

impl Link {
    /// A link called `name` to `carrier`. `lease_ms` is how long the jobs that call it are leased, in milliseconds;
    /// `seed` spreads the probes of several nodes.
    pub fn new(
        name: &str,
        carrier: Arc<dyn Carrier>,
        limits: LinkLimits,
        lease_ms: u64,
        clock: Clock,
        seed: u64,
    ) -> Result<Self, LinkLimitsError> {
        limits.check(lease_ms)?;
        let state = State {
            bucket: Bucket::new(limits.calls_per_second, limits.burst, clock()),
            breaker: Breaker::new(limits.failures_to_open),
            in_flight: 0,
            dice: Dice::new(seed, &[salt_of(name)]),
        };
        Ok(Self { name: name.to_owned(), carrier, limits, clock, state: Mutex::new(state) })
    }

    /// The link's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the carrier can do.
    pub fn capabilities(&self) -> &Capabilities {
        self.carrier.capabilities()
    }

    /// How the link is.
    pub fn health(&self) -> Health {
        let state = self.state.lock();
        Health { breaker: state.breaker.state(), in_flight: state.in_flight }
    }

    /// How many calls of that lane could be made now: take no more jobs than these.
    pub fn room(&self, lane: Lane) -> Room {
        let now_ms = (self.clock)();
        let mut state = self.state.lock();
        let (calls, _, next_ms) = self.tightest(&mut state, lane, now_ms);
        Room { calls, next_ms }
    }

    /// Sends a write. A call that takes longer than [`LinkLimits::timeout_ms`] is given up as unknown.
    pub async fn submit(&self, lane: Lane, instruction: &Instruction) -> Result<Outcome, NotSent> {
        let gave_up = Outcome::Unknown(UnknownCause::TimedOut);
        self.call(lane, || self.carrier.submit(instruction), judge_outcome, gave_up).await
    }

    /// Inquires about a write.
    pub async fn inquire(
        &self,
        lane: Lane,
        instruction: &Instruction,
        reference: Option<&Reference>,
    ) -> Result<Inquiry, NotSent> {
        let gave_up = Inquiry::Known(Outcome::Unknown(UnknownCause::TimedOut));
        let judge = |inquiry: &Inquiry| match inquiry {
            // A write that ended in a refusal is an answer about the write, whatever its reason.
            Inquiry::Known(outcome @ Outcome::Unknown(_)) => judge_outcome(outcome),
            Inquiry::Known(_) | Inquiry::NeverReceived => Judgement::FINE,
        };
        self.call(lane, || self.carrier.inquire(instruction, reference), judge, gave_up).await
    }

    /// Reads cards, as many as one read takes.
    pub async fn read_cards(&self, lane: Lane, cards: &[CardRef]) -> Result<Vec<CardReading>, ReadError> {
        self.check_batch(cards)?;
        let gave_up = Err(ReadError::Unknown(UnknownCause::TimedOut));
        self.call(lane, || self.carrier.read_cards(cards), judge_read, gave_up)
            .await
            .map_err(ReadError::NotSent)?
    }

    /// Reads the usage of cards, as many as one read takes.
    pub async fn read_usage(
        &self,
        lane: Lane,
        cards: &[CardRef],
        period: UsagePeriod,
    ) -> Result<Vec<UsageReading>, ReadError> {
        self.check_batch(cards)?;
        let gave_up = Err(ReadError::Unknown(UnknownCause::TimedOut));
        let read = || self.carrier.read_usage(cards, period);
        self.call(lane, read, judge_read, gave_up).await.map_err(ReadError::NotSent)?
    }

    fn check_batch(&self, cards: &[CardRef]) -> Result<(), ReadError> {
        let max = self.capabilities().cards_per_read;
        if cards.len() > max { Err(ReadError::TooMany { max }) } else { Ok(()) }
    }

    /// One call within all limits; `call` is not even made if they forbid it.
    async fn call<'a, T>(
        &self,
        lane: Lane,
        call: impl FnOnce() -> Answering<'a, T>,
        judge: impl Fn(&T) -> Judgement,
        gave_up: T,
    ) -> Result<T, NotSent> {
        let slot = self.enter(lane)?;
        let timeout = Duration::from_millis(self.limits.timeout_ms);
        let answer = tokio::time::timeout(timeout, call()).await.unwrap_or(gave_up);
        slot.leave(judge(&answer));
        Ok(answer)
    }

    fn enter(&self, lane: Lane) -> Result<Slot<'_>, NotSent> {
        let now_ms = (self.clock)();
        let mut state = self.state.lock();
        let (calls, cause, next_ms) = self.tightest(&mut state, lane, now_ms);
        if calls == 0 {
            return Err(NotSent { cause, retry_at_ms: next_ms.max(now_ms.saturating_add(1)) });
        }
        state.bucket.take();
        state.in_flight += 1;
        Ok(Slot { link: self, pass: state.breaker.pass(), left: false })
    }

    /// The tightest of the three limits: calls that pass, whose limit it is, when the next one passes.
    fn tightest(&self, state: &mut State, lane: Lane, now_ms: i64) -> (u32, NotSentCause, i64) {
        let kept = |total| if lane == Lane::Bulk { reserve_of(total) } else { 0 };
        let slots = self.limits.concurrency - kept(self.limits.concurrency);
        let (probes, probe_ms) = state.breaker.room(now_ms, self.probe_interval_ms());
        let (tokens, token_ms) = state.bucket.room(now_ms, kept(self.limits.burst));
        let limits = [
            (probes, NotSentCause::BreakerOpen, probe_ms),
            (
                slots.saturating_sub(state.in_flight),
                NotSentCause::NoSlot,
                now_ms.saturating_add(SLOT_RETRY_MS),
            ),
            (tokens, NotSentCause::Rate, token_ms),
        ];
        let [first, rest @ ..] = limits;
        rest.into_iter().fold(first, |least, limit| if limit.0 < least.0 { limit } else { least })
    }

    fn probe_interval_ms(&self) -> i64 {
        i64::try_from(self.limits.probe_interval_ms).unwrap_or(i64::MAX)
    }

    fn report(&self, pass: Pass, judgement: Judgement) {
        let now_ms = (self.clock)();
        let mut state = self.state.lock();
        state.in_flight -= 1;
        let jitter_ms = state.dice.below(self.limits.probe_interval_ms / 10 + 1);
        let interval_ms = self.probe_interval_ms() - i64::try_from(jitter_ms).unwrap_or(0);
        state.breaker.report(pass, judgement.verdict, now_ms, now_ms.saturating_add(interval_ms));
        if let Some(pause_ms) = judgement.pause_ms {
            state.bucket.pause(now_ms.saturating_add(i64::try_from(pause_ms).unwrap_or(i64::MAX)));
        }
    }
}

/// A call under way; given back even if the caller is dropped or panics.
struct Slot<'a> {
    link: &'a Link,
    pass: Pass,
    left: bool,
}

impl Slot<'_> {
    fn leave(mut self, judgement: Judgement) {
        self.left = true;
        self.link.report(self.pass, judgement);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if !self.left {
            self.link.report(self.pass, Judgement { verdict: Verdict::Nothing, pause_ms: None });
        }
    }
}

/// What an answer means for the link.
struct Judgement {
    verdict: Verdict,
    pause_ms: Option<u64>,
}

impl Judgement {
    const FINE: Self = Self { verdict: Verdict::Fine, pause_ms: None };
    const FAILED: Self = Self { verdict: Verdict::Failed, pause_ms: None };
}

fn judge_outcome(outcome: &Outcome) -> Judgement {
    match outcome {
        Outcome::Done | Outcome::Accepted { .. } => Judgement::FINE,
        Outcome::Rejected(rejection) => judge_rejection(rejection),
        Outcome::Unknown(_) => Judgement::FAILED,
    }
}

fn judge_read<T>(read: &Result<T, ReadError>) -> Judgement {
    match read {
        Ok(_) | Err(ReadError::TooMany { .. } | ReadError::NotSent(_)) => Judgement::FINE,
        Err(ReadError::Refused(rejection)) => judge_rejection(rejection),
        Err(ReadError::Unknown(_)) => Judgement::FAILED,
    }
}

/// A refused card is the card's matter; a refusal about the account or the carrier counts for the breaker.
fn judge_rejection(rejection: &Rejection) -> Judgement {
    let verdict = if rejection.reason.blames_carrier() { Verdict::Failed } else { Verdict::Fine };
    let limited = rejection.reason == Reason::RateLimited;
    Judgement {
        verdict,
        pause_ms: limited.then(|| rejection.retry_after_ms.unwrap_or(RATE_LIMITED_PAUSE_MS)),
    }
}

#[cfg(test)]
mod tests;
