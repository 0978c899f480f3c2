//! The one timer of a connection.
//!
//! A deadline that moves later costs nothing: the timer stays armed for the earlier moment, and only when it
//! fires is it set to what is due then. So a busy connection arms it about twice per longest limit, not once a
//! request, and reads the clock only when something changed.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::limits::Limits;
use super::phase::{Phase, Watch};

/// What is left of the time for a head once the server ends: half a head is no running request.
const HEADER_MS_AT_END: u64 = 1_000;

/// A wait that ended at its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// The client or the handler took too long to end this phase.
    Phase(Phase),
    /// The client did not read.
    Write,
}

/// When the current waits of a connection end.
pub(super) struct Deadlines<'a> {
    limits: &'a Limits,
    ending: bool,
    moment: u32,
    phase_since: Instant,
    stalls: u32,
    write_since: Instant,
    timer: Pin<&'a mut Sleep>,
    /// What the timer is armed for and whom it wakes; `None` once it has fired.
    armed: Option<(Instant, Waker)>,
}

impl<'a> Deadlines<'a> {
    /// For a connection that begins at `now`; `timer` may be armed for any time.
    pub(super) fn new(limits: &'a Limits, now: Instant, timer: Pin<&'a mut Sleep>) -> Self {
        let (moment, stalls) = (0, 0);
        Self { limits, ending: false, moment, phase_since: now, stalls, write_since: now, timer, armed: None }
    }

    /// The server ends: heads get less time from here on.
    pub(super) fn server_ends(&mut self) {
        self.ending = true;
        // The timer may be armed for later than what is due now.
        self.armed = None;
    }

    /// Ready when a wait has ended at its limit. To be polled whenever the connection has been.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, watch: &Watch) -> Poll<Expired> {
        let now = self.look(watch);
        loop {
            let Some((deadline, wait)) = self.earliest() else { return Poll::Pending };
            match &self.armed {
                Some((armed, waker)) if *armed <= deadline => {
                    if now.is_some_and(|now| now < *armed) && waker.will_wake(cx.waker()) {
                        return Poll::Pending;
                    }
                }
                _ => {
                    self.timer.as_mut().reset(deadline);
                    self.armed = Some((deadline, cx.waker().clone()));
                }
            }
            ready!(self.timer.as_mut().poll(cx));
            self.armed = None;
            if deadline <= Instant::now() {
                return Poll::Ready(wait);
            }
        }
    }

    /// Takes down what changed since the last look, and when: now, if anything did.
    fn look(&mut self, watch: &Watch) -> Option<Instant> {
        let (moment, stalls) = (watch.moment(), watch.stalls());
        if (moment, stalls) == (self.moment, self.stalls) {
            return None;
        }
        let now = Instant::now();
        if moment != self.moment {
            (self.moment, self.phase_since) = (moment, now);
        }
        if stalls != self.stalls {
            (self.stalls, self.write_since) = (stalls, now);
        }
        Some(now)
    }

    fn earliest(&self) -> Option<(Instant, Expired)> {
        let phase = Watch::phase_at(self.moment);
        let phase_ends = self.limit_of(phase).map(|limit| (self.phase_since + limit, Expired::Phase(phase)));
        let write_ends = (self.stalls % 2 == 1)
            .then(|| (self.write_since + Duration::from_millis(self.limits.write_ms), Expired::Write));
        phase_ends.into_iter().chain(write_ends).min_by_key(|(deadline, _)| *deadline)
    }

    /// How long a connection may stay in a phase.
    fn limit_of(&self, phase: Phase) -> Option<Duration> {
        let limits = self.limits;
        let limit_ms = match phase {
            Phase::FirstByte => limits.first_byte_ms,
            Phase::Header if self.ending => limits.header_ms.min(HEADER_MS_AT_END),
            Phase::Header => limits.header_ms,
            Phase::Handler => limits.handler_ms,
            Phase::Idle => limits.idle_ms,
            Phase::Linger => limits.linger_ms,
            Phase::Body | Phase::Answer => return None,
        };
        Some(Duration::from_millis(limit_ms))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use tokio::time::{Instant, sleep};

    use super::*;

    /// On a stopped clock: each wait ends at its own limit, counted from its own beginning.
    #[tokio::test(start_paused = true)]
    async fn each_wait_ends_at_its_limit() {
        let limits =
            Limits { first_byte_ms: 10, header_ms: 20, idle_ms: 70, write_ms: 30, ..Limits::default() };
        let watch = Watch::default();
        let start = Instant::now();
        let timer = pin!(sleep(Duration::ZERO));
        let mut deadlines = Deadlines::new(&limits, start, timer);
        let mut expires = async |watch: &Watch| {
            let before = Instant::now();
            let expired = poll_fn(|cx| deadlines.poll(cx, watch)).await;
            (expired, before.elapsed().as_millis())
        };

        assert_eq!(expires(&watch).await, (Expired::Phase(Phase::FirstByte), 10));
        watch.bytes_came();
        assert_eq!(expires(&watch).await, (Expired::Phase(Phase::Header), 20));
        watch.request_began();
        watch.answer_began();
        watch.write_waits(true);
        assert_eq!(expires(&watch).await, (Expired::Write, 30));
        watch.write_waits(false);
        watch.answer_ended();
        assert_eq!(expires(&watch).await, (Expired::Phase(Phase::Idle), 70));
    }
}
