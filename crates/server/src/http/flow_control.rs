//! Flow control: a token bucket per user and allowance (seed, chapter 1: 5 requests a second, 1 for the two costly
//! lists). A bucket holds one second's allowance, so that a burst of it passes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::operation::Allowance;
use crate::limits;

/// Requests a second of one user, by allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allowances {
    /// Over the whole API.
    pub everything: u32,
    /// For `GET /v1/sim-cards`.
    pub list_sim_cards: u32,
    /// For `GET /v1/sim-price-plans`.
    pub list_sim_price_plans: u32,
}

impl Default for Allowances {
    fn default() -> Self {
        Self {
            everything: limits::REQUESTS_PER_SECOND,
            list_sim_cards: limits::COSTLY_LISTS_PER_SECOND,
            list_sim_price_plans: limits::COSTLY_LISTS_PER_SECOND,
        }
    }
}

impl Allowances {
    /// Those of a person in the console.
    pub const CONSOLE: Self = Self {
        everything: limits::CONSOLE_REQUESTS_PER_SECOND,
        list_sim_cards: limits::CONSOLE_REQUESTS_PER_SECOND,
        list_sim_price_plans: limits::CONSOLE_REQUESTS_PER_SECOND,
    };

    fn per_second(&self, allowance: Allowance) -> u32 {
        match allowance {
            Allowance::Everything => self.everything,
            Allowance::ListSimCards => self.list_sim_cards,
            Allowance::ListSimPricePlans => self.list_sim_price_plans,
        }
        .max(1)
    }
}

/// What the bucket says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request passes.
    pub passes: bool,
    /// Requests a second.
    pub limit: u32,
    /// Requests that would pass right now.
    pub remaining: u32,
    /// Milliseconds until the bucket is full again; of a refused request, until the next one passes.
    pub wait_ms: i64,
}

impl Verdict {
    /// [`Verdict::wait_ms`] in whole seconds, rounded up.
    pub fn wait_s(self) -> u64 {
        u64::try_from(self.wait_ms).unwrap_or(0).div_ceil(1000)
    }
}

/// The buckets of this process.
#[derive(Debug, Default)]
pub struct FlowControl {
    shards: [Mutex<Buckets>; 16],
}

/// The buckets of some users.
type Buckets = HashMap<(Arc<str>, Allowance), Bucket>;

/// A bucket as the moment at which it is full again (the generic cell rate algorithm): one number, no timer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    /// Microseconds since the epoch.
    full_at_us: i64,
}

impl Bucket {
    fn take(&mut self, per_second: u32, now_us: i64) -> Verdict {
        let one_us = 1_000_000 / i64::from(per_second);
        let burst_us = one_us * i64::from(per_second);
        let full_at_us = self.full_at_us.max(now_us) + one_us;
        let missing_us = full_at_us - now_us;
        if missing_us > burst_us {
            let wait_ms = (missing_us - burst_us + 999) / 1000;
            return Verdict { passes: false, limit: per_second, remaining: 0, wait_ms };
        }
        self.full_at_us = full_at_us;
        let remaining = u32::try_from((burst_us - missing_us) / one_us).unwrap_or(0);
        Verdict { passes: true, limit: per_second, remaining, wait_ms: (missing_us + 999) / 1000 }
    }
}

impl FlowControl {
    /// Takes one request of `user` from the allowance over everything and, if there is one, from the operation's own.
    /// The tighter verdict is the answer. A request that its own allowance refuses still counts over everything.
    pub fn take(
        &self,
        user: &Arc<str>,
        own: Option<Allowance>,
        allowances: &Allowances,
        now_ms: i64,
    ) -> Verdict {
        let everything = self.take_one(user, Allowance::Everything, allowances, now_ms);
        let Some(own) = own else { return everything };
        if !everything.passes {
            return everything;
        }
        let own = self.take_one(user, own, allowances, now_ms);
        if !own.passes || own.remaining < everything.remaining { own } else { everything }
    }

    fn take_one(
        &self,
        user: &Arc<str>,
        allowance: Allowance,
        allowances: &Allowances,
        now_ms: i64,
    ) -> Verdict {
        let shard = user.as_bytes().last().map_or(0, |byte| usize::from(*byte) % self.shards.len());
        let mut buckets = self.shards[shard].lock();
        if buckets.len() >= limits::FLOW_CONTROL_USERS_MAX / self.shards.len() {
            // A full bucket says nothing that a missing one does not.
            buckets.retain(|_, bucket| bucket.full_at_us > now_ms * 1000);
        }
        let bucket = buckets.entry((user.clone(), allowance)).or_default();
        bucket.take(allowances.per_second(allowance), now_ms * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that a bucket lets through exactly its burst and then exactly its rate: 10,000 requests, 10 a
    /// millisecond-step, pass 5 at once and 5 a second afterwards.
    #[test]
    fn a_bucket_is_exact() {
        let mut bucket = Bucket::default();
        let passed =
            (0..10_000_i64).filter(|step| bucket.take(5, 1_000_000_000 + step * 1_000).passes).count();
        // 10 s at 5/s on top of the burst of 5; the last refill falls due at 9.8 s.
        assert_eq!(passed, 5 + 49);
    }

    /// Shows that the wait named to a refused request is enough, and that one millisecond less is not.
    #[test]
    fn the_wait_is_honest() {
        let allowances = Allowances::default();
        let user: Arc<str> = "user".into();
        let now_ms = 1_700_000_000_000;
        let take =
            |flow: &FlowControl, at_ms| flow.take(&user, Some(Allowance::ListSimCards), &allowances, at_ms);
        let flow = FlowControl::default();
        assert!(take(&flow, now_ms).passes);
        let refused = take(&flow, now_ms);
        assert_eq!((refused.passes, refused.limit, refused.remaining), (false, 1, 0));
        assert!(!take(&flow, now_ms + refused.wait_ms - 1).passes);
        assert!(take(&flow, now_ms + refused.wait_ms).passes);
    }

    /// Shows that users do not share a bucket and that the API-wide allowance binds over several operations.
    #[test]
    fn buckets_are_per_user() {
        let (flow, allowances) = (FlowControl::default(), Allowances::default());
        for user in ["a", "b"] {
            let user: Arc<str> = user.into();
            let passed = (0..8).filter(|_| flow.take(&user, None, &allowances, 1_000).passes).count();
            assert_eq!(passed, 5);
        }
    }
}
