//! What a connection is waiting for, told by its socket, its requests and its answers to the timer beside them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The client's first byte.
    FirstByte = 0,
    /// The rest of a head.
    Header = 1,
    /// The handler.
    Handler = 2,
    /// The client's body, for a handler that reads it; the body has a timer of its own.
    Body = 3,
    /// The end of the answer; only a client that does not read is timed.
    Answer = 4,
    /// The next request.
    Idle = 5,
    /// The client to see that it was refused.
    Linger = 6,
}

/// How many low bits of a moment hold the phase.
const PHASE_BITS: u32 = 3;

/// The state of one connection. All who touch it normally run in the connection's own task, one after the other:
/// the atomics make it shareable, they order nothing.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The phase in the low bits, and above them how often it changed, so that a phase left and entered again
    /// between two looks is seen as new.
    moment: AtomicU32,
    /// How often writing began to wait or stopped waiting: odd while it waits.
    stalls: AtomicU32,
    /// Bytes were read that belong to no request yet.
    ahead: AtomicBool,
    /// A request's body was not read to its end.
    unread: AtomicBool,
    /// The handler has used up its time.
    overdue: AtomicBool,
}

impl Watch {
    /// A value that changes with every change of phase.
    pub(super) fn moment(&self) -> u32 {
        self.moment.load(Ordering::Relaxed)
    }

    /// The phase at a moment.
    pub(super) fn phase_at(moment: u32) -> Phase {
        match moment & ((1 << PHASE_BITS) - 1) {
            0 => Phase::FirstByte,
            1 => Phase::Header,
            2 => Phase::Handler,
            3 => Phase::Body,
            4 => Phase::Answer,
            5 => Phase::Idle,
            _ => Phase::Linger,
        }
    }

    fn phase(&self) -> Phase {
        Self::phase_at(self.moment())
    }

    fn enter(&self, phase: Phase) {
        self.moment.store(after(self.moment(), phase), Ordering::Relaxed);
    }

    /// Enters a phase only from a certain other: a body may be read from another task while the request ends.
    fn enter_from(&self, from: Phase, to: Phase) {
        let moment = self.moment();
        if Self::phase_at(moment) == from {
            let _ =
                self.moment.compare_exchange(moment, after(moment, to), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Bytes came from the client.
    pub(super) fn bytes_came(&self) {
        match self.phase() {
            Phase::FirstByte | Phase::Idle => self.enter(Phase::Header),
            _ => self.ahead.store(true, Ordering::Relaxed),
        }
    }

    /// A head is complete and goes to its handler.
    pub(super) fn request_began(&self) {
        self.ahead.store(false, Ordering::Relaxed);
        self.unread.store(false, Ordering::Relaxed);
        self.overdue.store(false, Ordering::Relaxed);
        self.enter(Phase::Handler);
    }

    /// The handler waits for the client's body.
    pub(super) fn body_awaited(&self) {
        self.enter_from(Phase::Handler, Phase::Body);
    }

    /// Something of the body came: the time of the handler begins anew.
    pub(super) fn body_came(&self) {
        self.ahead.store(false, Ordering::Relaxed);
        self.enter_from(Phase::Body, Phase::Handler);
    }

    /// The handler dropped the body before its end.
    pub(super) fn body_left_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The handler has answered.
    pub(super) fn answer_began(&self) {
        self.enter(Phase::Answer);
    }

    /// The answer is in the write buffer to its end. (Half a head that came in one piece with the request before
    /// it goes unseen until its next byte: it may stay as long as a quiet client.)
    pub(super) fn answer_ended(&self) {
        let ahead = self.ahead.swap(false, Ordering::Relaxed);
        self.enter(if ahead { Phase::Header } else { Phase::Idle });
    }

    /// Whether closing now, with bytes unread, would make the system reset the connection and take the answer
    /// from the client.
    pub(super) fn should_linger(&self) -> bool {
        matches!(self.phase(), Phase::Header) || self.unread.load(Ordering::Relaxed)
    }

    /// The answer is sent, and what still comes is thrown away.
    pub(super) fn linger_began(&self) {
        if self.phase() != Phase::Linger {
            self.enter(Phase::Linger);
        }
    }

    /// A write could not go on.
    pub(super) fn write_waits(&self, waits: bool) {
        let stalls = self.stalls.load(Ordering::Relaxed);
        if (stalls % 2 == 1) != waits {
            self.stalls.store(stalls.wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// A value that changes whenever writing began to wait or went on; odd while it waits.
    pub(super) fn stalls(&self) -> u32 {
        self.stalls.load(Ordering::Relaxed)
    }

    /// Tells the handler that its time is over; false if it has been told before.
    pub(super) fn set_overdue(&self) -> bool {
        !self.overdue.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed)
    }
}

fn after(moment: u32, phase: Phase) -> u32 {
    ((moment >> PHASE_BITS).wrapping_add(1) << PHASE_BITS) | phase as u32
}

#[cfg(test)]
mod tests {
    use super::{Phase, Watch};

    /// The steps of a connection, in the order in which they happen, lead through its phases.
    #[test]
    fn phases_follow_events() {
        let watch = Watch::default();
        assert_eq!(watch.phase(), Phase::FirstByte);
        type Step = (fn(&Watch), Phase);
        let steps: [Step; 16] = [
            (Watch::bytes_came, Phase::Header),
            (Watch::bytes_came, Phase::Header),
            (Watch::request_began, Phase::Handler),
            (Watch::body_awaited, Phase::Body),
            (Watch::bytes_came, Phase::Body),
            (Watch::body_came, Phase::Handler),
            (Watch::answer_began, Phase::Answer),
            (Watch::body_awaited, Phase::Answer),
            (Watch::answer_ended, Phase::Idle),
            (Watch::bytes_came, Phase::Header),
            (Watch::request_began, Phase::Handler),
            (Watch::bytes_came, Phase::Handler),
            (Watch::answer_began, Phase::Answer),
            (Watch::answer_ended, Phase::Header),
            (Watch::linger_began, Phase::Linger),
            (Watch::bytes_came, Phase::Linger),
        ];
        for (index, (step, phase)) in steps.into_iter().enumerate() {
            step(&watch);
            assert_eq!(watch.phase(), phase, "step {index}");
        }
    }

    /// A phase that is left and entered again is a new moment; a byte more of the same head is not.
    #[test]
    fn moments_tell_visits_apart() {
        let watch = Watch::default();
        watch.bytes_came();
        let first_byte = watch.moment();
        watch.bytes_came();
        assert_eq!(watch.moment(), first_byte);
        watch.request_began();
        watch.answer_began();
        watch.answer_ended();
        let idle = watch.moment();
        watch.request_began();
        watch.answer_began();
        watch.answer_ended();
        assert_ne!(watch.moment(), idle);
        assert_eq!(Watch::phase_at(watch.moment()), Watch::phase_at(idle));
    }
}
