//! The simulated carrier without its shell: cards, writes, pushes and faults on a clock that is a parameter.
//!
//! The fate of a write is rolled from (seed, key, how often it was sent), so that it does not depend on what happens
//! to other writes or on the order in which threads arrive.

mod work;

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::dice::{Dice, salt_of};
use crate::simulator::journal::{Entry, Journal, Step};
use crate::simulator::knobs::Knobs;
use crate::simulator::usage::usage;
use crate::{
    CardReading, CardRef, CardStatus, CardView, CarrierEvent, Happening, Iccid, Inquiry, Instruction,
    OrderKey, Outcome, ReadError, Reason, Reference, Rejection, StopCause, UnknownCause, UsagePeriod,
    UsageReading,
};

/// The most writes remembered; the oldest that are finished go first.
const WRITES_MAX: usize = 200_000;

/// The most things planned, beyond which the carrier is busy, and the most events waiting to be told, beyond which
/// further ones are not.
const PLANNED_MAX: usize = 200_000;
const EVENTS_MAX: usize = 200_000;

/// What an accepted write suggests to wait before asking, in milliseconds.
const POLL_AFTER_MS: u64 = 5_000;

/// An answer and how it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange<T> {
    /// Events that arrive before the answer.
    pub early: Vec<CarrierEvent>,
    /// How long the answer takes, in milliseconds.
    pub latency_ms: u64,
    /// The answer as the caller sees it.
    pub answer: T,
}

/// The simulated network. Equal seeds, clocks and calls make equal answers, events and journals.
#[derive(Debug)]
pub struct Network {
    seed: u64,
    knobs: Knobs,
    card_knobs: HashMap<Iccid, Knobs>,
    cards: HashMap<Iccid, Card>,
    writes: HashMap<OrderKey, Write>,
    oldest: VecDeque<OrderKey>,
    plan: BTreeMap<(i64, u64), Planned>,
    outbox: Vec<CarrierEvent>,
    serial: u64,
    second: (i64, u32),
    journal: Journal,
    struck: BTreeMap<&'static str, u64>,
}

#[derive(Debug)]
struct Card {
    view: CardView,
    /// Accepted writes that are not carried out yet.
    open: u32,
    locked_until_ms: i64,
}

#[derive(Debug)]
struct Write {
    iccid: Iccid,
    calls: u32,
    executions: u32,
    answer: Option<Answer>,
}

#[derive(Debug, Clone)]
enum Answer {
    Done,
    Accepted(Reference),
    Rejected(Rejection),
}

#[derive(Debug)]
enum Planned {
    Finish { instruction: Instruction, fails: bool, push: Option<Push> },
    Tell(CarrierEvent),
    Drift { instruction: Instruction },
}

/// How the end of an accepted write is told.
#[derive(Debug, Clone, Copy)]
struct Push {
    copies: u64,
    contradicted: bool,
    stray: bool,
}

impl Network {
    /// An empty network.
    pub fn new(seed: u64, knobs: Knobs) -> Self {
        Self {
            seed,
            knobs,
            card_knobs: HashMap::new(),
            cards: HashMap::new(),
            writes: HashMap::new(),
            oldest: VecDeque::new(),
            plan: BTreeMap::new(),
            outbox: Vec::new(),
            serial: 0,
            second: (i64::MIN, 0),
            journal: Journal::default(),
            struck: BTreeMap::new(),
        }
    }

    /// How often each fault has struck so far, by the name of its knob.
    pub fn struck(&self) -> &BTreeMap<&'static str, u64> {
        &self.struck
    }

    fn strikes(&mut self, fault: &'static str) {
        *self.struck.entry(fault).or_default() += 1;
    }

    /// Adds a card, or replaces it.
    pub fn put_card(&mut self, iccid: Iccid, view: CardView) {
        self.cards.insert(iccid, Card { view, open: 0, locked_until_ms: i64::MIN });
    }

    /// The network's own view of a card.
    pub fn card(&self, iccid: &Iccid) -> Option<&CardView> {
        self.cards.get(iccid).map(|card| &card.view)
    }

    /// Turns the knobs for all cards that have none of their own.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        self.knobs = knobs;
    }

    /// The knobs for all cards.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// Turns the knobs for one card, or lets it follow the others again.
    pub fn set_card_knobs(&mut self, iccid: Iccid, knobs: Option<Knobs>) {
        match knobs {
            Some(knobs) => self.card_knobs.insert(iccid, knobs),
            None => self.card_knobs.remove(&iccid),
        };
    }

    /// The journal.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// The carrier changes a card on its own, and tells if `tell`. Unknown cards are left alone.
    pub fn change_card(
        &mut self,
        now_ms: i64,
        iccid: &Iccid,
        to: CardStatus,
        cause: Option<StopCause>,
        tell: bool,
    ) {
        let Some(card) = self.cards.get_mut(iccid) else { return };
        (card.view.status, card.view.stop_cause) = (to, cause);
        if tell {
            let event = self.event(now_ms, iccid.clone(), Happening::StatusChanged { to, cause });
            self.tell(event);
        }
    }

    /// When the next thing is due that nobody asked for, in epoch milliseconds.
    pub fn next_due_ms(&self) -> Option<i64> {
        if self.outbox.is_empty() {
            self.plan.keys().next().map(|(due_ms, _)| *due_ms)
        } else {
            Some(i64::MIN)
        }
    }

    /// Carries out what is due and hands over the events that are due.
    pub fn tick(&mut self, now_ms: i64) -> Vec<CarrierEvent> {
        self.advance(now_ms);
        std::mem::take(&mut self.outbox)
    }

    /// A write arrives, or does not.
    pub fn submit(&mut self, now_ms: i64, instruction: &Instruction) -> Exchange<Outcome> {
        self.advance(now_ms);
        let knobs = self.knobs_of(&instruction.card.iccid);
        let call = self.remember(instruction);
        let mut dice = Dice::new(
            self.seed,
            &[instruction.key.order, instruction.key.card, instruction.key.kind as u64, u64::from(call)],
        );
        let latency_ms =
            knobs.latency_ms.saturating_add(dice.below(knobs.latency_jitter_ms.saturating_add(1)));
        let lost = dice.chance(knobs.lose_request_rate);
        let answer_lost = dice.chance(knobs.lose_answer_rate);
        let errs = dice.chance(knobs.carrier_error_rate);
        let errs_first = dice.chance(0.5);
        let unknown = |cause| Exchange { early: Vec::new(), latency_ms, answer: Outcome::Unknown(cause) };
        if knobs.down {
            self.strikes("down");
            return unknown(UnknownCause::Unreachable);
        }
        if lost {
            self.strikes("lose_request");
            return unknown(UnknownCause::TimedOut);
        }
        if errs && errs_first {
            self.strikes("carrier_error, nothing done");
            return unknown(UnknownCause::CarrierFailed);
        }
        let mut early = Vec::new();
        let answer = self.receive(now_ms, instruction, &knobs, &mut dice, &mut early);
        if answer_lost || errs {
            self.strikes(if errs { "carrier_error, received" } else { "lose_answer" });
            self.note(now_ms, instruction, Step::AnswerLost);
            let cause = if errs { UnknownCause::CarrierFailed } else { UnknownCause::TimedOut };
            return Exchange { early, ..unknown(cause) };
        }
        Exchange { early, latency_ms, answer }
    }

    /// Somebody asks what became of a write.
    pub fn inquire(&mut self, now_ms: i64, key: OrderKey) -> Exchange<Inquiry> {
        self.advance(now_ms);
        let write = self.writes.get(&key);
        let knobs = write.map_or(self.knobs, |write| self.knobs_of(&write.iccid));
        let known = write.and_then(|write| write.answer.clone());
        let (latency_ms, fault) = self.read_fate(&knobs, key.order);
        if fault.is_some() {
            self.strikes("unanswered inquiry");
        }
        let answer = match (fault, known) {
            (Some(cause), _) => Inquiry::Known(Outcome::Unknown(cause)),
            (None, None) => Inquiry::NeverReceived,
            (None, Some(answer)) => Inquiry::Known(answer.outcome()),
        };
        Exchange { early: Vec::new(), latency_ms, answer }
    }

    /// Somebody reads cards.
    pub fn read_cards(
        &mut self,
        now_ms: i64,
        cards: &[CardRef],
    ) -> Exchange<Result<Vec<CardReading>, ReadError>> {
        self.read(now_ms, cards, |network, card| {
            let view = network.card(&card.iccid).cloned().ok_or_else(|| Reason::NotFound.into());
            CardReading { iccid: card.iccid.clone(), view }
        })
    }

    /// Somebody reads usage.
    pub fn read_usage(
        &mut self,
        now_ms: i64,
        cards: &[CardRef],
        period: UsagePeriod,
    ) -> Exchange<Result<Vec<UsageReading>, ReadError>> {
        self.read(now_ms, cards, |network, card| {
            let figure = match network.card(&card.iccid) {
                None => Err(Reason::NotFound.into()),
                Some(_) => usage(network.seed, &card.iccid, period, &network.knobs_of(&card.iccid), now_ms)
                    .ok_or_else(|| Reason::BadParameter.into()),
            };
            UsageReading { iccid: card.iccid.clone(), figure }
        })
    }

    fn read<T>(
        &mut self,
        now_ms: i64,
        cards: &[CardRef],
        one: impl Fn(&Self, &CardRef) -> T,
    ) -> Exchange<Result<Vec<T>, ReadError>> {
        self.advance(now_ms);
        let (latency_ms, fault) = cards.first().map_or((0, None), |card| {
            self.read_fate(&self.knobs_of(&card.iccid), salt_of(card.iccid.as_str()))
        });
        if fault.is_some() {
            self.strikes("unanswered read");
        }
        let answer = match fault {
            Some(cause) => Err(ReadError::Unknown(cause)),
            None => Ok(cards.iter().map(|card| one(self, card)).collect()),
        };
        Exchange { early: Vec::new(), latency_ms, answer }
    }

    /// Reads get lost and fail like writes, which for them is one and the same.
    fn read_fate(&mut self, knobs: &Knobs, salt: u64) -> (u64, Option<UnknownCause>) {
        self.serial += 1;
        let mut dice = Dice::new(self.seed, &[salt, self.serial]);
        let latency_ms =
            knobs.latency_ms.saturating_add(dice.below(knobs.latency_jitter_ms.saturating_add(1)));
        let lost = dice.chance(knobs.lose_request_rate) | dice.chance(knobs.lose_answer_rate);
        let errs = dice.chance(knobs.carrier_error_rate);
        let fault = match () {
            () if knobs.down => Some(UnknownCause::Unreachable),
            () if lost => Some(UnknownCause::TimedOut),
            () if errs => Some(UnknownCause::CarrierFailed),
            () => None,
        };
        (latency_ms, fault)
    }

    fn tell(&mut self, event: CarrierEvent) {
        if self.outbox.len() < EVENTS_MAX {
            self.outbox.push(event);
        }
    }

    /// Puts events back that nobody took, before those that came after them.
    pub(super) fn tell_again(&mut self, mut events: Vec<CarrierEvent>) {
        events.append(&mut self.outbox);
        self.outbox = events;
    }

    fn knobs_of(&self, iccid: &Iccid) -> Knobs {
        *self.card_knobs.get(iccid).unwrap_or(&self.knobs)
    }

    /// Counts a key's calls; forgets the oldest finished write when there are too many.
    fn remember(&mut self, instruction: &Instruction) -> u32 {
        let key = instruction.key;
        if !self.writes.contains_key(&key) {
            self.oldest.push_back(key);
            if self.oldest.len() > WRITES_MAX {
                let old = self.oldest.pop_front().expect("there are more than the most");
                match self.writes.get(&old).map(|write| &write.answer) {
                    Some(Some(Answer::Accepted(_))) => self.oldest.push_back(old),
                    _ => drop(self.writes.remove(&old)),
                }
            }
        }
        let write = self.writes.entry(key).or_insert_with(|| Write {
            iccid: instruction.card.iccid.clone(),
            calls: 0,
            executions: 0,
            answer: None,
        });
        write.calls = write.calls.saturating_add(1);
        write.calls
    }

    fn answer(&mut self, key: OrderKey, answer: Answer) {
        if let Some(write) = self.writes.get_mut(&key) {
            write.answer = Some(answer);
        }
    }

    fn event(&mut self, occurred_at_ms: i64, iccid: Iccid, happening: Happening) -> CarrierEvent {
        self.serial += 1;
        CarrierEvent { id: format!("e{}-{}", self.seed, self.serial), occurred_at_ms, iccid, happening }
    }

    fn note(&mut self, at_ms: i64, instruction: &Instruction, step: Step) {
        let (call, executions) =
            self.writes.get(&instruction.key).map_or((0, 0), |write| (write.calls, write.executions));
        let entry = Entry { at_ms, key: instruction.key, call, iccid: instruction.card.iccid.clone(), step };
        self.journal.note(entry, executions);
    }
}

impl Answer {
    fn outcome(self) -> Outcome {
        match self {
            Self::Done => Outcome::Done,
            Self::Accepted(reference) => Outcome::Accepted { reference, poll_after_ms: Some(POLL_AFTER_MS) },
            Self::Rejected(rejection) => Outcome::Rejected(rejection),
        }
    }
}
