//! Asking a carrier in a job: what may have been asked before is inquired about, and a link that lets nothing through
//! is waited for as long as the attempt allows.

use std::time::Duration;

use simlink_carriers::{Inquiry, Instruction, Lane, Link, NotSent, Outcome, Reference};
use simlink_jobs::Context;

use crate::clock::Clock;
use crate::failpoints;
use crate::limits;

/// The way to a carrier within one attempt of a job.
pub struct Asking<'a> {
    /// The link.
    pub link: &'a Link,
    /// Who waits.
    pub lane: Lane,
    /// The clock of every rule.
    pub clock: &'a Clock,
    /// The attempt.
    pub context: &'a Context,
}

/// The link lets nothing through for longer than the attempt may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// When it is worth another try, in epoch milliseconds.
    pub at_ms: i64,
}

impl Asking<'_> {
    /// The outcome of an operation: it is asked for, unless it may have been before; then the carrier is asked what
    /// became of it, and gets it again only if it never received it.
    ///
    /// # Errors
    /// [`Later`].
    pub async fn outcome(
        &self,
        instruction: &Instruction,
        reference: Option<&Reference>,
        may_be_there: bool,
    ) -> Result<Outcome, Later> {
        if may_be_there {
            let inquiry = self.inquiry(instruction, reference).await?;
            failpoints::hit("carry_inquired");
            if let Inquiry::Known(outcome) = inquiry {
                return Ok(outcome);
            }
        }
        self.through(|| self.link.submit(self.lane, instruction)).await
    }

    /// What became of an operation.
    ///
    /// # Errors
    /// [`Later`].
    pub async fn inquiry(
        &self,
        instruction: &Instruction,
        reference: Option<&Reference>,
    ) -> Result<Inquiry, Later> {
        self.through(|| self.link.inquire(self.lane, instruction, reference)).await
    }

    /// Bulk work is paced here.
    async fn through<T, C, F>(&self, call: C) -> Result<T, Later>
    where
        C: Fn() -> F,
        F: Future<Output = Result<T, NotSent>>,
    {
        loop {
            let not_sent = match call().await {
                Ok(answer) => return Ok(answer),
                Err(not_sent) => not_sent,
            };
            let at_ms = not_sent.retry_at_ms;
            let wait_ms = u64::try_from(at_ms - self.clock.now_ms()).unwrap_or(0).max(1);
            let wait = Duration::from_millis(wait_ms);
            let enough = self.context.remaining() > wait + limits::CALL_REMAINDER_MIN;
            if !self.clock.runs() || !enough || self.context.is_stopping() {
                return Err(Later { at_ms });
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// How long to wait before the carrier is asked again, if it does not tell before: as it suggests, then ever longer
/// with the attempts.
pub fn poll_wait_ms(suggested_ms: Option<u64>, attempt: i64) -> u64 {
    let first_ms = suggested_ms.unwrap_or(limits::POLL_AFTER_MS).max(1);
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(10);
    first_ms.saturating_mul(1 << doublings).min(limits::POLL_AFTER_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that the wait between inquiries doubles from what the carrier suggests, up to a minute.
    #[test]
    fn polls_grow_rarer() {
        let waits = [1, 2, 3, 4, 5, 6, 99].map(|attempt| poll_wait_ms(Some(5_000), attempt));
        assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
        assert_eq!(poll_wait_ms(Some(0), 1), 1);
        assert_eq!(poll_wait_ms(Some(u64::MAX), 9), 60_000);
        assert_eq!(poll_wait_ms(None, 1), limits::POLL_AFTER_MS);
    }
}
