//! The simulator's async shell: latency, a link in front of it, the journal file.

use simlink_carriers::simulator::{Knobs, Pace, Simulator, Tally};
use simlink_carriers::{
    Capabilities, Carrier, Inquiry, Lane, Link, LinkLimits, NotSentCause, Operation, Outcome, UnknownCause,
};

use crate::support::{TestClock, instruction, network, storm};

/// Shows latency on tokio's clock: an answer that takes longer than the link allows is unknown, and was executed.
#[tokio::test(start_paused = true)]
async fn latency_beyond_the_timeout() {
    let clock = TestClock::default();
    let knobs = Knobs { latency_ms: 900, latency_jitter_ms: 50, ..Knobs::default() };
    let simulator = std::sync::Arc::new(Simulator::new(
        Capabilities::basic(),
        network(1, knobs, 2),
        clock.clock(),
        Pace::Real,
        simlink_carriers::discard_events(),
    ));
    let link = |timeout_ms| {
        let limits = LinkLimits { timeout_ms, calls_per_second: 0, ..LinkLimits::default() };
        Link::new("simulated", simulator.clone(), limits, 30_000, clock.clock(), 1).unwrap()
    };
    let write = instruction(1, 0, Operation::Stop);
    let outcome = link(800).submit(Lane::Interactive, &write).await.unwrap();
    assert_eq!(outcome, Outcome::Unknown(UnknownCause::TimedOut));
    let inquiry = link(1_000).inquire(Lane::Interactive, &write, None).await.unwrap();
    assert_eq!(inquiry, Inquiry::Known(Outcome::Done));
    assert_eq!(simulator.network().journal().executed(), 1);
}

/// Shows the link in front of a carrier that is down for an hour: five calls open the breaker, one call a probe
/// interval is spent, and after recovery every write is done within one interval, each once.
#[tokio::test]
async fn an_hour_down_behind_a_link() {
    let clock = TestClock::default();
    let down = Knobs { down: true, ..Knobs::default() };
    let simulator = std::sync::Arc::new(Simulator::new(
        Capabilities::basic(),
        network(1, down, 10),
        clock.clock(),
        Pace::Instant,
        simlink_carriers::discard_events(),
    ));
    let limits = LinkLimits { calls_per_second: 0, ..LinkLimits::default() };
    let link = Link::new("simulated", simulator.clone(), limits, 30_000, clock.clock(), 1).unwrap();
    let (mut called, mut refused) = (0, 0);
    for second in 0..3_600 {
        for card in 0..10 {
            match link.submit(Lane::Bulk, &instruction(card, card, Operation::Stop)).await {
                Ok(outcome) => {
                    assert_eq!(outcome, Outcome::Unknown(UnknownCause::Unreachable));
                    called += 1;
                }
                Err(not_sent) => {
                    assert_eq!(not_sent.cause, NotSentCause::BreakerOpen);
                    refused += 1;
                }
            }
        }
        if second == 0 {
            assert_eq!(called, 5);
        }
        clock.advance(1_000);
    }
    assert!(called <= 5 + 3_600 / 4, "{called} calls in an hour, {refused} spared");
    simulator.network().set_knobs(Knobs::default());
    clock.advance(5_000);
    for card in 0..10 {
        let write = instruction(card, card, Operation::Stop);
        assert_eq!(link.inquire(Lane::Bulk, &write, None).await, Ok(Inquiry::NeverReceived));
        assert_eq!(link.submit(Lane::Bulk, &write).await, Ok(Outcome::Done));
    }
    assert_eq!(simulator.network().journal().executed(), 10);
}

/// Shows that the journal file has everything on disk when an answer is given, and is the same oracle.
#[tokio::test]
async fn the_journal_file_is_complete() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let clock = TestClock::default();
    let knobs = Knobs { accept_rate: 0.5, ..storm() };
    let simulator = Simulator::new(
        Capabilities::basic(),
        network(5, knobs, 10),
        clock.clock(),
        Pace::Instant,
        simlink_carriers::discard_events(),
    )
    .with_journal_file(&path)
    .unwrap();
    for order in 0..50 {
        simulator.submit(&instruction(order, order % 10, Operation::CutNet)).await;
        clock.advance(1_000);
        simulator.tick().await.unwrap();
        let tally = Tally::read(std::io::BufReader::new(std::fs::File::open(&path).unwrap())).unwrap();
        let executed: u32 = tally.keys.values().map(|key| key.executed).sum();
        assert_eq!(u64::from(executed), simulator.network().journal().executed(), "after order {order}");
        assert!(tally.executed_twice().is_empty());
    }
    assert!(simulator.network().journal().executed() > 20);
}
