//! What the rules say of a card or a pool, as pure functions (behaviour, section 3).
//!
//! One question decides both ways: is there a reason to stop the card, were it in use? A card in use that has one is
//! stopped for it; a card that a rule had stopped is resumed once there is none. What people or carriers stopped (causes
//! 5 to 7) is left alone.

use crate::limits;
use crate::pools;
use crate::pools::standing::Standing as Pool;
use crate::sims::lifecycle::is_over;
use crate::work_orders::{Source, Standing};

/// `sim_type` of a physical card.
const PHYSICAL: u8 = 3;
/// The plans' ends are whole seconds: the last one belongs to the plan.
const LAST_SECOND_MS: i64 = 1_000;

/// What fires. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A card without flow.
    OutOfFlow = 1,
    /// A card over its threshold.
    Threshold = 2,
    /// A member of a pool that has no flow, or is over its threshold.
    Pool = 3,
    /// A card whose plan ended.
    Expired = 4,
    /// An inactive card at the end of its plan's silent period.
    SilentPeriod = 5,
    /// A card that a rule had stopped and has no reason to stop any more.
    Resumption = 6,
    /// An expired card at the end of its retention window.
    Retention = 7,
    /// A back pool over its threshold.
    BackPool = 8,
}

impl Rule {
    /// What the change log names as the actor.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfFlow => "rule out_of_flow",
            Self::Threshold => "rule threshold",
            Self::Pool => "rule pool",
            Self::Expired => "rule expired",
            Self::SilentPeriod => "rule silent_period",
            Self::Resumption => "rule resumption",
            Self::Retention => "rule retention",
            Self::BackPool => "rule back_pool",
        }
    }
}

/// Why a card is stopped: the contract's `operator_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its flow is used up.
    OutOfFlow = 1,
    /// It used more than its threshold.
    Threshold = 2,
    /// Its pool's flow is used up, or the pool is over its threshold.
    Pool = 3,
    /// Its plan ended.
    Expired = 4,
}

impl Cause {
    /// The rule that stops cards for it.
    const fn rule(self) -> Rule {
        match self {
            Self::OutOfFlow => Rule::OutOfFlow,
            Self::Threshold => Rule::Threshold,
            Self::Pool => Rule::Pool,
            Self::Expired => Rule::Expired,
        }
    }
}

/// What is to be done with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// An order that stops it.
    Stop(Cause),
    /// An order that resumes it.
    Resume,
    /// An order that activates it.
    Activate,
    /// It is disassembled.
    Disassemble,
    /// Only that it was found so in this cycle.
    Note,
}

/// What fires for a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// Which rule.
    pub rule: Rule,
    /// What it does.
    pub deed: Deed,
    /// Whether it is a resumption of a back pool, which has a source of its own.
    pub of_back_pool: bool,
}

impl Act {
    /// `work_order_source` of its order (seed 4.9).
    pub fn source(self) -> Source {
        match self.deed {
            Deed::Stop(Cause::OutOfFlow) => Source::OutOfFlow,
            Deed::Stop(Cause::Pool) => Source::Pool,
            Deed::Stop(Cause::Expired) => Source::Expired,
            Deed::Resume if self.of_back_pool => Source::BackPool,
            _ => Source::Rule,
        }
    }
}

/// What a pool lets its members do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A forward pool: they share what their plans have, and there is some left.
    Forward,
    /// A back pool: billed by what they use.
    Back,
    /// They must not be in use.
    Shut,
    /// Somebody else stopped the pool, or gave it up: its members are left as they are.
    Held,
}

/// What the rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardFacts {
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: u8,
    /// Why it is stopped; -1 not stopped.
    pub operator_status: i8,
    /// Bytes used in the running cycle.
    pub flow_used: i64,
    /// Bytes left of it; `None` without a plan.
    pub flow_left: Option<i64>,
    /// Its threshold in MB; -1 is unlimited.
    pub quota_mb: Option<i32>,
    /// The last second of its plan, epoch milliseconds.
    pub expire_ms: Option<i64>,
    /// The end of its plan's silent period, epoch milliseconds; `None` for a plan without one.
    pub silent_until_ms: Option<i64>,
    /// How its pool stands.
    pub pool: Option<Gate>,
    /// The running cycle, `202401`.
    pub cycle: i32,
    /// Of a card over its threshold, the last cycle in which it was stopped for it or found so.
    pub threshold_cycle: Option<i32>,
}

impl CardFacts {
    fn expired(&self, now_ms: i64) -> bool {
        self.expire_ms.is_some_and(|expire_ms| now_ms >= expire_ms + LAST_SECOND_MS)
    }

    /// Whether nothing is left of what it has in all. A plan of 0 MB has no bound.
    fn is_dry(&self) -> bool {
        self.flow_left.is_some_and(|left| left <= 0 && self.flow_used.saturating_add(left) > 0)
    }

    /// Why the card should be stopped, were it in use.
    fn reason(&self, now_ms: i64) -> Option<Cause> {
        if self.expired(now_ms) {
            return Some(Cause::Expired);
        }
        if self.pool == Some(Gate::Shut) {
            return Some(Cause::Pool);
        }
        // Members of a forward pool share their flow; those of a back pool are billed by what they use.
        if self.is_dry() && self.pool.is_none() {
            return Some(Cause::OutOfFlow);
        }
        is_over(self.flow_used, self.quota_mb).then_some(Cause::Threshold)
    }
}

/// What is to be done with a card now; expired ones are disassembled after `retention_ms`.
pub fn evaluate(card: &CardFacts, retention_ms: i64, now_ms: i64) -> Option<Act> {
    let of_back_pool = card.pool == Some(Gate::Back) && card.operator_status == Cause::Pool as i8;
    let act = |rule, deed| Some(Act { rule, deed, of_back_pool: of_back_pool && deed == Deed::Resume });
    let stop = |cause: Cause| act(cause.rule(), Deed::Stop(cause));
    let reason = card.reason(now_ms);
    match (card.sim_status, card.operator_status) {
        (10 | 11 | 13, _) => {
            let over = card.silent_until_ms.is_some_and(|until_ms| now_ms >= until_ms);
            if over && card.sim_type == PHYSICAL { act(Rule::SilentPeriod, Deed::Activate) } else { None }
        }
        (20, _) => reason.and_then(stop),
        // A stopped card whose plan ends is one whose plan ended: it is kept for the retention window.
        (14, 1..=3) if reason == Some(Cause::Expired) => stop(Cause::Expired),
        (14, 4) if reason == Some(Cause::Expired) => {
            let kept_until_ms = card.expire_ms.map(|expire_ms| expire_ms.saturating_add(retention_ms));
            let over = kept_until_ms.is_some_and(|until_ms| now_ms > until_ms);
            if over { act(Rule::Retention, Deed::Disassemble) } else { None }
        }
        (14, 2) if card.threshold_cycle.is_none() => act(Rule::Threshold, Deed::Note),
        // A threshold that was raised leaves it to its owner; the next cycle resumes the card.
        (14, 2) if card.threshold_cycle >= Some(card.cycle) => None,
        // What has no figure, or no end, has nothing that anybody knows to have changed.
        (14, 1) if card.pool.is_none() && card.flow_left.is_none_or(|left| left <= 0) => None,
        (14, 4) if card.expire_ms.is_none() => None,
        (14, 3) if card.pool == Some(Gate::Held) => None,
        (14, 1..=4) if reason.is_none() => act(Rule::Resumption, Deed::Resume),
        _ => None,
    }
}

/// What a pool lets its members do, and whether its own state has to change first: `true` to stopped. `stopped_cycle`
/// is the last cycle, `202401`, in which a rule stopped it.
pub fn evaluate_pool(pool: &Pool, stopped_cycle: Option<i32>) -> (Gate, Option<bool>) {
    if pool.pool_status == pools::ABANDONED {
        return (Gate::Held, None);
    }
    if let Some(total) = pool.flow_total {
        let dry = total > 0 && pool.flow_used >= total;
        return (if dry { Gate::Shut } else { Gate::Forward }, None);
    }
    let over = pool.threshold_bytes.is_some_and(|threshold| pool.flow_used > threshold);
    match (pool.pool_status, stopped_cycle) {
        (pools::STOPPED, None) => (Gate::Held, None),
        (pools::STOPPED, Some(cycle)) if cycle < pool.cycle && !over => (Gate::Back, Some(false)),
        (pools::STOPPED, Some(_)) => (Gate::Shut, None),
        _ if over => (Gate::Shut, Some(true)),
        _ => (Gate::Back, None),
    }
}

/// What is known of the last time a rule fired for a card in the running cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// Orders in a row, up to the last one, before which none went well.
    pub attempts: i64,
    /// When the last was placed, epoch milliseconds.
    pub fired_ms: i64,
    /// What became of it; `None` where the rule placed none.
    pub standing: Option<Standing>,
}

/// The number of the attempt with which a rule may fire now: the first, unless its last order failed. A failed order is
/// placed again after a wait that doubles, [`limits::RULE_ATTEMPTS_MAX`] times in all.
pub fn attempt(last: Option<&Firing>, now_ms: i64) -> Option<i64> {
    let Some(last) = last else { return Some(1) };
    match last.standing {
        Some(Standing::Open) => None,
        Some(Standing::Failed) => {
            let doublings = u32::try_from(last.attempts - 1).unwrap_or(0).min(30);
            let wait_ms = (limits::RULE_RETRY_MS << doublings).min(limits::RULE_RETRY_MS_MAX);
            let due = now_ms >= last.fired_ms + wait_ms;
            (due && last.attempts < limits::RULE_ATTEMPTS_MAX).then_some(last.attempts + 1)
        }
        // It went well, and what it had brought about has passed.
        Some(Standing::Done) | None => Some(1),
    }
}

#[cfg(test)]
mod tests;
