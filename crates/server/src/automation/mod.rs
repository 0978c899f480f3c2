//! Automation: what happens to cards and pools without anybody asking, when flow is used up, a threshold is passed, a
//! plan ends, a cycle turns.
//!
//! `evaluate` says what is to be done, from what is stored alone; `fire` does it by orders, once for a rule, a card
//! and a cycle; [`run`](mod@run) is the job that looks at the cards of which something changed, and at all of them
//! from time to time, so that nothing is missed.

mod evaluate;
mod fire;
mod look;
pub mod run;
mod store;
mod touch;

pub use touch::{touch, touch_all, touch_pool};

use crate::config::Config;

/// What the rules run by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether they fire at all.
    pub enabled: bool,
    /// How long an expired card is kept before it is disassembled, milliseconds.
    pub retention_ms: i64,
}

impl Settings {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        Self { enabled: config.automation, retention_ms: i64::from(config.retention_days) * DAY_MS }
    }
}
