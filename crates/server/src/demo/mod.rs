//! A believable fleet out of a seed: plans, pools, batches and cards of two accounts, the same for the same day.
//!
//! Pure: the records are those of `files/`, and the import takes them in like an operator's file.

mod batches;
mod cards;
mod catalogue;
pub mod credentials;
mod dice;
pub mod fill;
pub mod history;
mod numbers;
pub mod words;

#[cfg(test)]
mod tests;

pub use batches::{Batch, Story};
pub use cards::Cards;

use crate::files::{PlanRecord, PoolRecord};
use crate::plans::cycle::{business_date, day_start_ms};

/// Cards of the account `rival`.
pub const SIMS_RIVAL: u64 = 100;
/// The largest fleet; more would repeat numbers.
pub const SIMS_MAX: u64 = numbers::SERIALS_MAX - SIMS_RIVAL;

/// Days of usage at most: those that usage files may speak of.
pub const HISTORY_DAYS_MAX: u32 = 180;

/// What a demo is made from. The same settings on the same business day make the same demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Cards of the account `demo`, cut to `SIMS_MAX`.
    pub sims: u64,
    /// Any number.
    pub seed: u64,
    /// Cycles that lie within so many days, or partly, have days of usage.
    pub history_days: u32,
    /// The present, epoch milliseconds; only its business day matters, and nothing that happened lies after its start.
    pub now_ms: i64,
}

/// A demo: all of it but the cards, which are made as they are asked for.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The catalogue.
    pub plans: Vec<PlanRecord>,
    /// Pools of both accounts.
    pub pools: Vec<PoolRecord>,
    /// Purchases of both accounts, `demo` first, each account's in the order of time.
    pub batches: Vec<Batch>,
    /// The start of the business day the demo was made for, epoch milliseconds.
    pub today_ms: i64,
    seed: u64,
    history_days: u32,
}

impl Demo {
    /// How far back the usage of the cards goes.
    pub fn past(&self) -> history::Past {
        history::Past { today_ms: self.today_ms, days: self.history_days, seed: self.seed }
    }

    /// The cards from the first on: those of `demo`, then those of `rival`, each batch in one piece.
    pub fn cards(&self) -> Cards<'_> {
        Cards::new(self)
    }

    /// How many cards there are in all.
    pub fn card_count(&self) -> u64 {
        self.batches.iter().map(|batch| batch.cards).sum()
    }
}

/// Makes a demo.
pub fn generate(settings: Settings) -> Demo {
    let today_ms = day_start_ms(business_date(settings.now_ms));
    let sims = settings.sims.min(SIMS_MAX);
    let plans = catalogue::plans();
    Demo {
        pools: catalogue::pools(sims, &plans, today_ms),
        batches: batches::batches(sims, SIMS_RIVAL, &plans, settings.seed, today_ms),
        plans,
        today_ms,
        seed: settings.seed,
        history_days: settings.history_days.min(HISTORY_DAYS_MAX),
    }
}
