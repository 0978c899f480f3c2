//! The link against a carrier that answers what it is told.

use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use super::*;
use crate::{Iccid, Operation};

const LEASE_MS: u64 = 30_000;

/// Answers every write with the same outcome; nothing if there is none.
struct Scripted {
    capabilities: Capabilities,
    outcome: Mutex<Option<Outcome>>,
    calls: AtomicU32,
}

impl Carrier for Scripted {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit<'a>(&'a self, _: &'a Instruction) -> Answering<'a, Outcome> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let outcome = self.outcome.lock().clone();
        Box::pin(async move {
            match outcome {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }

    fn inquire<'a>(
        &'a self,
        instruction: &'a Instruction,
        _: Option<&'a Reference>,
    ) -> Answering<'a, Inquiry> {
        Box::pin(async move { Inquiry::Known(self.submit(instruction).await) })
    }

    fn read_cards<'a>(&'a self, _: &'a [CardRef]) -> Answering<'a, Result<Vec<CardReading>, ReadError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn read_usage<'a>(
        &'a self,
        _: &'a [CardRef],
        _: UsagePeriod,
    ) -> Answering<'a, Result<Vec<UsageReading>, ReadError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct Bench {
    carrier: Arc<Scripted>,
    now_ms: Arc<AtomicI64>,
    link: Link,
}

impl Bench {
    fn new(limits: LinkLimits) -> Self {
        let capabilities = Capabilities { cards_per_read: 3, ..Capabilities::basic() };
        let carrier = Arc::new(Scripted {
            capabilities,
            outcome: Mutex::new(Some(Outcome::Done)),
            calls: AtomicU32::new(0),
        });
        let now_ms = Arc::new(AtomicI64::new(0));
        let clock: Clock = Arc::new({
            let now_ms = Arc::clone(&now_ms);
            move || now_ms.load(Ordering::Relaxed)
        });
        let link = Link::new("test", carrier.clone(), limits, LEASE_MS, clock, 1).unwrap();
        Self { carrier, now_ms, link }
    }

    fn answers(&self, outcome: impl Into<Option<Outcome>>) {
        *self.carrier.outcome.lock() = outcome.into();
    }

    async fn submit(&self) -> Result<Outcome, NotSent> {
        self.link.submit(Lane::Interactive, &instruction()).await
    }

    fn calls(&self) -> u32 {
        self.carrier.calls.load(Ordering::Relaxed)
    }
}

fn instruction() -> Instruction {
    let card = CardRef::new("8986000000000000001".parse::<Iccid>().unwrap());
    Instruction::new(1, 1, card, Operation::Stop, 0)
}

fn open_limits() -> LinkLimits {
    LinkLimits { calls_per_second: 0, concurrency: 10, timeout_ms: 1_000, ..LinkLimits::default() }
}

/// Shows that a silent carrier is given up at the time-out as unknown, that the fifth such call opens the breaker,
/// that nothing is called while it is open, and that it closes with the first probe after recovery.
#[tokio::test(start_paused = true)]
async fn silence_opens_and_recovery_closes() {
    let bench = Bench::new(open_limits());
    bench.answers(None);
    for _ in 0..5 {
        assert_eq!(bench.submit().await, Ok(Outcome::Unknown(UnknownCause::TimedOut)));
    }
    let refused = bench.submit().await.unwrap_err();
    assert_eq!((refused.cause, bench.calls()), (NotSentCause::BreakerOpen, 5));
    assert!((4_500..=5_000).contains(&refused.retry_at_ms), "{refused:?}");
    bench.answers(Outcome::Done);
    bench.now_ms.store(refused.retry_at_ms - 1, Ordering::Relaxed);
    assert!(bench.submit().await.is_err());
    bench.now_ms.store(refused.retry_at_ms, Ordering::Relaxed);
    assert_eq!(bench.link.room(Lane::Interactive).calls, 1);
    assert_eq!(bench.submit().await, Ok(Outcome::Done));
    assert_eq!(bench.link.health(), Health { breaker: BreakerState::Closed { failures: 0 }, in_flight: 0 });
}

/// Shows for every reason whether five refusals in a row open the breaker: those about the card never do.
#[tokio::test]
async fn refused_cards_are_no_failure() {
    for &reason in Reason::ALL {
        let bench = Bench::new(open_limits());
        bench.answers(Outcome::Rejected(Rejection::from(reason)));
        for _ in 0..5 {
            let _ = bench.submit().await;
        }
        let open = matches!(bench.link.health().breaker, BreakerState::Open { .. });
        assert_eq!(open, reason.blames_carrier(), "{reason:?}");
    }
}

/// Shows that an inquiry answered with the write's refusal is a working carrier, whatever the reason.
#[tokio::test]
async fn inquiries_judge_the_answer_not_the_write() {
    let bench = Bench::new(open_limits());
    bench.answers(Outcome::Rejected(Rejection::from(Reason::CarrierInternal)));
    for _ in 0..6 {
        assert!(bench.link.inquire(Lane::Bulk, &instruction(), None).await.is_ok());
    }
    assert_eq!(bench.link.health().breaker, BreakerState::Closed { failures: 0 });
}

/// Shows that "too many calls" pauses the link for as long as the carrier asks, or a second, without opening it.
#[tokio::test]
async fn a_rate_limited_carrier_is_left_alone() {
    for (asked_ms, pause_ms) in [(Some(7_000), 7_000), (None, 1_000)] {
        let bench = Bench::new(open_limits());
        let mut rejection = Rejection::from(Reason::RateLimited);
        rejection.retry_after_ms = asked_ms;
        bench.answers(Outcome::Rejected(rejection));
        assert!(bench.submit().await.is_ok());
        let refused = bench.submit().await.unwrap_err();
        assert_eq!(refused, NotSent { cause: NotSentCause::Rate, retry_at_ms: pause_ms });
        assert_eq!(bench.link.health().breaker, BreakerState::Closed { failures: 0 });
    }
}

/// Shows that bulk work leaves slots and rate free for a person, and that a dropped call gives its slot back.
#[tokio::test]
async fn lanes_and_slots() {
    let bench = Bench::new(LinkLimits { calls_per_second: 10, burst: 100, ..open_limits() });
    bench.answers(None);
    let instruction = instruction();
    let mut under_way = Vec::new();
    for _ in 0..7 {
        under_way.push(Box::pin(bench.link.submit(Lane::Bulk, &instruction)));
        let call = under_way.last_mut().unwrap();
        std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    let refused = bench.link.submit(Lane::Bulk, &instruction).await.unwrap_err();
    assert_eq!(refused.cause, NotSentCause::NoSlot);
    assert_eq!(bench.link.room(Lane::Interactive).calls, 3);
    assert_eq!(bench.link.health().in_flight, 7);
    drop(under_way);
    assert_eq!(bench.link.health(), Health { breaker: BreakerState::Closed { failures: 0 }, in_flight: 0 });

    bench.answers(Outcome::Done);
    while bench.link.submit(Lane::Bulk, &instruction).await.is_ok() {}
    assert_eq!(bench.calls(), 70, "the burst of 100 less the reserve of 30");
    assert_eq!(bench.link.room(Lane::Interactive).calls, 10, "thirty tokens, ten slots");
    assert_eq!(bench.submit().await, Ok(Outcome::Done));
}

/// Shows that a probe whose caller went away does not leave the breaker half open for ever.
#[tokio::test]
async fn a_dropped_probe_is_replaced() {
    let bench = Bench::new(open_limits());
    bench.answers(Outcome::Unknown(UnknownCause::Broken));
    for _ in 0..5 {
        let _ = bench.submit().await;
    }
    bench.now_ms.store(10_000, Ordering::Relaxed);
    bench.answers(None);
    {
        let instruction = instruction();
        let mut probe = Box::pin(bench.link.submit(Lane::Interactive, &instruction));
        std::future::poll_fn(|context| {
            assert!(probe.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        assert_eq!(bench.link.health().breaker, BreakerState::HalfOpen);
        assert_eq!(bench.submit().await.unwrap_err().cause, NotSentCause::BreakerOpen);
    }
    bench.answers(Outcome::Done);
    assert_eq!(bench.submit().await, Ok(Outcome::Done));
}

/// Shows that a read of more cards than the carrier takes at once is refused before it leaves, and that limits which
/// cannot work make no link.
#[tokio::test]
async fn refused_at_the_door() {
    let bench = Bench::new(open_limits());
    let cards = vec![instruction().card; 4];
    assert_eq!(bench.link.read_cards(Lane::Bulk, &cards).await, Err(ReadError::TooMany { max: 3 }));
    assert_eq!(bench.link.read_cards(Lane::Bulk, &cards[..3]).await, Ok(Vec::new()));
    let limits = LinkLimits { timeout_ms: LEASE_MS, ..open_limits() };
    let clock: Clock = Arc::new(|| 0);
    assert!(Link::new("test", bench.carrier.clone(), limits, LEASE_MS, clock, 1).is_err());
}
