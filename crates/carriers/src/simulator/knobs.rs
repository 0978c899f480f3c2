//! What can be made to go wrong with the simulated carrier.

use serde::{Deserialize, Serialize};

/// The simulator's behaviour, for all cards or for one. Rates are probabilities from 0 to 1. The default is a perfect
/// carrier that executes at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// How long an answer takes, in milliseconds, …
    pub latency_ms: u64,
    /// … and up to that much longer.
    pub latency_jitter_ms: u64,
    /// Cannot be reached at all.
    pub down: bool,
    /// Requests that never arrive: nothing is executed, the caller times out.
    pub lose_request_rate: f64,
    /// Answers that get lost: whatever was to be done is done, the caller times out.
    pub lose_answer_rate: f64,
    /// Answers of the 5xx class; a coin decides whether the write was executed.
    pub carrier_error_rate: f64,
    /// Writes refused for good, or, if accepted, failing later.
    pub fail_rate: f64,
    /// Writes accepted and carried out later; the others are done at once.
    pub accept_rate: f64,
    /// How long an accepted write takes, in milliseconds, …
    pub push_delay_ms: u64,
    /// … and up to that much longer, so that pushes overtake each other.
    pub push_jitter_ms: u64,
    /// Accepted writes that are carried out and never told of.
    pub silence_rate: f64,
    /// Accepted writes whose push arrives before the answer to the write.
    pub early_push_rate: f64,
    /// Pushes told again, one to four times.
    pub duplicate_rate: f64,
    /// Pushes followed by a second one that says the opposite.
    pub contradict_rate: f64,
    /// Pushes accompanied by one about a write that nobody asked for.
    pub stray_rate: f64,
    /// Writes after which the carrier changes the card on its own, `drift_delay_ms` later.
    pub drift_rate: f64,
    /// When, in milliseconds.
    pub drift_delay_ms: u64,
    /// For how long a card takes no second write, in milliseconds; 0 never refuses.
    pub lock_ms: u64,
    /// Calls a second before "too many calls"; 0 is unlimited.
    pub calls_per_second: u32,
    /// The share of a day's usage that is only known a day later.
    pub late_usage_share: f64,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            latency_jitter_ms: 0,
            down: false,
            lose_request_rate: 0.0,
            lose_answer_rate: 0.0,
            carrier_error_rate: 0.0,
            fail_rate: 0.0,
            accept_rate: 0.0,
            push_delay_ms: 2_000,
            push_jitter_ms: 0,
            silence_rate: 0.0,
            early_push_rate: 0.0,
            duplicate_rate: 0.0,
            contradict_rate: 0.0,
            stray_rate: 0.0,
            drift_rate: 0.0,
            drift_delay_ms: 60_000,
            lock_ms: 0,
            calls_per_second: 0,
            late_usage_share: 0.0,
        }
    }
}
