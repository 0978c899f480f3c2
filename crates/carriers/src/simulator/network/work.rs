//! What the simulated carrier does with a write that arrived: refuse, execute, accept, finish, tell.

use super::{Answer, Network, PLANNED_MAX, POLL_AFTER_MS, Planned, Push};
use crate::dice::Dice;
use crate::simulator::effect::apply;
use crate::simulator::journal::Step;
use crate::simulator::knobs::Knobs;
use crate::{
    CardStatus, CarrierEvent, Happening, Iccid, Instruction, OrderKey, Outcome, Reason, Reference, Rejection,
    StopCause,
};

/// The most copies of a duplicated push.
const DUPLICATES_MAX: u64 = 4;

/// What the dice have in store for a write.
struct Fate {
    fails: bool,
    accepted: bool,
    early: bool,
    drifts: bool,
    delay_ms: u64,
    push: Option<Push>,
}

impl Fate {
    fn roll(knobs: &Knobs, dice: &mut Dice) -> Self {
        let (fails, accepted) = (dice.chance(knobs.fail_rate), dice.chance(knobs.accept_rate));
        let (silent, early) = (dice.chance(knobs.silence_rate), dice.chance(knobs.early_push_rate));
        let push = Push {
            copies: 1 + if dice.chance(knobs.duplicate_rate) { 1 + dice.below(DUPLICATES_MAX) } else { 0 },
            contradicted: dice.chance(knobs.contradict_rate),
            stray: dice.chance(knobs.stray_rate),
        };
        let delay_ms = knobs.push_delay_ms.saturating_add(dice.below(knobs.push_jitter_ms.saturating_add(1)));
        let drifts = dice.chance(knobs.drift_rate);
        Self { fails, accepted, early, drifts, delay_ms, push: (!silent).then_some(push) }
    }
}

impl Network {
    /// A write that did arrive.
    pub(super) fn receive(
        &mut self,
        now_ms: i64,
        instruction: &Instruction,
        knobs: &Knobs,
        dice: &mut Dice,
        early: &mut Vec<CarrierEvent>,
    ) -> Outcome {
        let fate = Fate::roll(knobs, dice);
        if let Some(answer) = self.writes.get(&instruction.key).and_then(|write| write.answer.clone()) {
            self.note(now_ms, instruction, Step::Repeated);
            return answer.outcome();
        }
        self.note(now_ms, instruction, Step::Received);
        if let Err(rejection) = self.admit(now_ms, instruction, knobs) {
            return self.refuse(now_ms, instruction, rejection);
        }
        if fate.fails && !fate.accepted {
            self.strikes("fail at once");
            return self.refuse(now_ms, instruction, Reason::Other.into());
        }
        if fate.drifts {
            let due_ms = add(now_ms, fate.delay_ms.saturating_add(knobs.drift_delay_ms));
            self.schedule(due_ms, Planned::Drift { instruction: instruction.clone() });
        }
        self.lock(now_ms, &instruction.card.iccid, knobs.lock_ms);
        if !fate.accepted {
            return match self.execute(now_ms, instruction) {
                Ok(()) => Outcome::Done,
                Err(rejection) => self.refuse(now_ms, instruction, rejection),
            };
        }
        self.serial += 1;
        let reference =
            Reference::new(format!("r{}", self.serial)).expect("a letter and digits are printable");
        self.answer(instruction.key, Answer::Accepted(reference.clone()));
        self.note(now_ms, instruction, Step::Accepted);
        if let Some(card) = self.cards.get_mut(&instruction.card.iccid) {
            card.open += 1;
        }
        if fate.early && fate.push.is_some() {
            self.strikes("early_push");
            let told = self.outbox.len();
            self.finish(now_ms, instruction, fate.fails, fate.push);
            early.extend(self.outbox.drain(told..));
        } else {
            let Fate { fails, push, .. } = fate;
            let finish = Planned::Finish { instruction: instruction.clone(), fails, push };
            self.schedule(add(now_ms, fate.delay_ms), finish);
        }
        Outcome::Accepted { reference, poll_after_ms: Some(POLL_AFTER_MS) }
    }

    /// Whether the network takes the write at all.
    fn admit(&mut self, now_ms: i64, instruction: &Instruction, knobs: &Knobs) -> Result<(), Rejection> {
        let second = now_ms.div_euclid(1_000);
        if self.second.0 != second {
            self.second = (second, 0);
        }
        if knobs.calls_per_second > 0 && self.second.1 >= knobs.calls_per_second {
            let rest_ms = 1_000 - now_ms.rem_euclid(1_000);
            self.strikes("calls_per_second");
            return Err(Rejection::from(Reason::RateLimited).after(rest_ms.unsigned_abs()));
        }
        self.second.1 += 1;
        if self.plan.len() >= PLANNED_MAX {
            return Err(Reason::Busy.into());
        }
        let card = self.cards.get(&instruction.card.iccid).ok_or(Reason::NotFound)?;
        if knobs.lock_ms > 0 && (card.open > 0 || now_ms < card.locked_until_ms) {
            self.strikes("lock");
            return Err(Reason::PendingOperation.into());
        }
        apply(&card.view, &instruction.operation)?;
        Ok(())
    }

    fn refuse(&mut self, now_ms: i64, instruction: &Instruction, rejection: Rejection) -> Outcome {
        self.note(now_ms, instruction, Step::Refused(rejection.reason));
        // A refusal that may pass is not the write's answer: the same key may come again.
        if !rejection.reason.is_retryable() {
            self.answer(instruction.key, Answer::Rejected(rejection.clone()));
        }
        Outcome::Rejected(rejection)
    }

    fn execute(&mut self, now_ms: i64, instruction: &Instruction) -> Result<(), Rejection> {
        let card = self.cards.get_mut(&instruction.card.iccid).ok_or(Reason::NotFound)?;
        card.view = apply(&card.view, &instruction.operation)?;
        if let Some(write) = self.writes.get_mut(&instruction.key) {
            write.executions += 1;
        }
        self.note(now_ms, instruction, Step::Executed);
        self.answer(instruction.key, Answer::Done);
        Ok(())
    }

    /// An accepted write ends.
    fn finish(&mut self, now_ms: i64, instruction: &Instruction, fails: bool, push: Option<Push>) {
        if let Some(card) = self.cards.get_mut(&instruction.card.iccid) {
            card.open = card.open.saturating_sub(1);
        }
        if fails {
            self.strikes("fail later");
        }
        let result = if fails { Err(Reason::Other.into()) } else { self.execute(now_ms, instruction) };
        if let Err(rejection) = &result {
            self.refuse(now_ms, instruction, rejection.clone());
        }
        let Some(push) = push else {
            self.strikes("silence");
            return;
        };
        let iccid = instruction.card.iccid.clone();
        let key = instruction.key;
        let event =
            self.event(now_ms, iccid.clone(), Happening::OperationFinished { key, result: result.clone() });
        self.tell(event.clone());
        if push.copies > 1 {
            self.strikes("duplicate");
        }
        for copy in 1..push.copies {
            self.schedule(add(now_ms, copy), Planned::Tell(event.clone()));
        }
        if push.contradicted {
            self.strikes("contradict");
            let result = if result.is_ok() { Err(Reason::Other.into()) } else { Ok(()) };
            let event = self.event(now_ms, iccid.clone(), Happening::OperationFinished { key, result });
            self.tell(event);
        }
        if push.stray {
            self.strikes("stray");
            let key = OrderKey { order: key.order.wrapping_add(1 << 40), ..key };
            let event = self.event(now_ms, iccid, Happening::OperationFinished { key, result: Ok(()) });
            self.tell(event);
        }
    }

    /// Carries out what is due, in order of time.
    pub(super) fn advance(&mut self, now_ms: i64) {
        while let Some(first) = self.plan.first_entry().filter(|first| first.key().0 <= now_ms) {
            let (due_ms, _) = *first.key();
            match first.remove() {
                Planned::Finish { instruction, fails, push } => {
                    self.finish(due_ms, &instruction, fails, push)
                }
                Planned::Tell(event) => self.tell(event),
                Planned::Drift { instruction } => self.drift(due_ms, &instruction),
            }
        }
    }

    /// The carrier changes the card of an earlier write on its own.
    fn drift(&mut self, now_ms: i64, instruction: &Instruction) {
        let iccid = &instruction.card.iccid;
        let (to, cause) = match self.cards.get(iccid).map(|card| card.view.status) {
            Some(CardStatus::Active) => (CardStatus::Suspended, Some(StopCause::DeviceSeparated)),
            Some(CardStatus::Suspended) => (CardStatus::Active, None),
            _ => return,
        };
        self.strikes("drift");
        self.note(now_ms, instruction, Step::Drifted);
        self.change_card(now_ms, iccid, to, cause, true);
    }

    fn lock(&mut self, now_ms: i64, iccid: &Iccid, lock_ms: u64) {
        if let Some(card) = self.cards.get_mut(iccid) {
            card.locked_until_ms = add(now_ms, lock_ms);
        }
    }

    fn schedule(&mut self, due_ms: i64, planned: Planned) {
        self.serial += 1;
        self.plan.insert((due_ms, self.serial), planned);
    }
}

/// A moment `by_ms` later, at the end of time at most.
fn add(now_ms: i64, by_ms: u64) -> i64 {
    now_ms.saturating_add(i64::try_from(by_ms).unwrap_or(i64::MAX))
}
