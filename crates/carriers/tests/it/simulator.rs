//! The simulated carrier: its determinism, each of its knobs, and "at most once" under faults.

use simlink_carriers::simulator::{Entry, Knobs, Network, Pace, Simulator, Step};
use simlink_carriers::{
    Capabilities, CardRef, CardStatus, Carrier, CarrierEvent, Happening, Inquiry, Operation, OrderKey,
    Outcome, ReadError, Reason, StopCause, UnknownCause, UsagePeriod,
};

use crate::support::{Collected, TestClock, iccid, instruction, network, storm};

fn reason(outcome: &Outcome) -> Option<Reason> {
    if let Outcome::Rejected(rejection) = outcome { Some(rejection.reason) } else { None }
}

/// Sends the write and asks about it until its outcome is settled, as a platform would; says what it was.
fn settle(
    network: &mut Network,
    now_ms: &mut i64,
    write: &simlink_carriers::Instruction,
) -> (Outcome, Vec<CarrierEvent>) {
    let mut events = Vec::new();
    let mut outcome = network.submit(*now_ms, write).answer;
    for _ in 0..200 {
        match &outcome {
            Outcome::Done => return (outcome, events),
            Outcome::Rejected(rejection) if !rejection.reason.is_retryable() => return (outcome, events),
            _ => {}
        }
        *now_ms += 700;
        events.extend(network.tick(*now_ms));
        outcome = match network.inquire(*now_ms, write.key).answer {
            Inquiry::Known(known) => known,
            Inquiry::NeverReceived => network.submit(*now_ms, write).answer,
        };
    }
    panic!("{:?} never settles", write.key)
}

type Trace = (Vec<Outcome>, Vec<CarrierEvent>, Vec<Entry>);

fn run(seed: u64) -> Trace {
    let mut network = network(seed, storm(), 10);
    let (mut outcomes, mut events, mut now_ms) = (Vec::new(), Vec::new(), 0);
    for order in 0..200 {
        let operation =
            if order % 2 == 0 { Operation::CutNet } else { Operation::LimitSpeed { kbps: Some(64) } };
        let (outcome, told) = settle(&mut network, &mut now_ms, &instruction(order, order % 10, operation));
        outcomes.push(outcome);
        events.extend(told);
    }
    events.extend(network.tick(now_ms + 1_000_000));
    let entries = network.journal().entries().cloned().collect();
    (outcomes, events, entries)
}

/// Shows that the same seed makes the same outcomes, events and journal, and that another seed makes others.
#[test]
fn the_same_seed_makes_the_same_trace() {
    let one = run(1);
    assert_eq!(one, run(1));
    assert_ne!(one.2, run(2).2);
}

/// Shows that the fate of a write does not depend on what happens to others before it.
#[test]
fn fates_are_independent_of_order() {
    let fate = |orders: &[u64]| {
        let mut network =
            network(3, Knobs { lose_request_rate: 0.5, fail_rate: 0.5, ..Knobs::default() }, 10);
        let mut fates: Vec<_> = orders
            .iter()
            .map(|&order| (order, network.submit(0, &instruction(order, order, Operation::CutNet)).answer))
            .collect();
        fates.sort_by_key(|(order, _)| *order);
        fates
    };
    assert_eq!(fate(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), fate(&[9, 8, 7, 6, 5, 4, 3, 2, 1]));
}

/// Shows, over 100 seeds of every fault at once with inquiry instead of repetition, that no key is executed twice,
/// that a done one is executed exactly once and a refused one never; and that each fault did happen.
#[test]
fn at_most_once_in_a_storm() {
    let (mut lost, mut repeated, mut refused, mut accepted, mut told) = (0, 0, 0, 0, 0);
    for seed in 0..100 {
        let mut network = network(seed, storm(), 10);
        let mut now_ms = 0;
        for order in 0..50 {
            let write = instruction(order, order % 10, Operation::LimitSpeed { kbps: Some(64) });
            let (outcome, events) = settle(&mut network, &mut now_ms, &write);
            told += events.len();
            let executed = network
                .journal()
                .entries()
                .filter(|entry| entry.key == write.key && entry.step == Step::Executed)
                .count();
            assert_eq!(
                executed,
                usize::from(outcome == Outcome::Done),
                "seed {seed}, {:?}: {outcome:?}",
                write.key
            );
        }
        assert!(network.journal().executed_twice().is_empty(), "seed {seed}");
        for entry in network.journal().entries() {
            lost += u32::from(entry.step == Step::AnswerLost);
            repeated += u32::from(entry.step == Step::Repeated);
            refused += u32::from(matches!(entry.step, Step::Refused(_)));
            accepted += u32::from(entry.step == Step::Accepted);
        }
    }
    println!(
        "answers lost {lost}, refused {refused}, accepted {accepted}, events {told}, repeated {repeated}"
    );
    assert!([lost, refused, accepted].iter().all(|&hits| hits > 50) && told > 50);
}

/// Shows that even a platform which blindly repeats an unknown write finds it executed once.
#[test]
fn a_repeated_key_is_answered_not_executed() {
    let knobs = Knobs { lose_answer_rate: 1.0, ..Knobs::default() };
    let mut network = network(1, knobs, 1);
    let write = instruction(1, 0, Operation::Stop);
    for _ in 0..3 {
        assert_eq!(network.submit(0, &write).answer, Outcome::Unknown(UnknownCause::TimedOut));
    }
    assert_eq!(network.card(&iccid(0)).unwrap().status, CardStatus::Suspended);
    network.set_knobs(Knobs::default());
    assert_eq!(network.inquire(0, write.key).answer, Inquiry::Known(Outcome::Done));
    assert_eq!(network.submit(0, &write).answer, Outcome::Done);
    assert_eq!((network.journal().executed(), network.journal().executed_twice().len()), (1, 0));
}

/// Shows the knobs that decide how a write is answered.
#[test]
fn knobs_of_the_answer() {
    let unknown = |cause| Outcome::Unknown(cause);
    let table = [
        (Knobs::default(), Outcome::Done, 1, Inquiry::Known(Outcome::Done)),
        (
            Knobs { lose_request_rate: 1.0, ..Knobs::default() },
            unknown(UnknownCause::TimedOut),
            0,
            Inquiry::NeverReceived,
        ),
        (
            Knobs { lose_answer_rate: 1.0, ..Knobs::default() },
            unknown(UnknownCause::TimedOut),
            1,
            Inquiry::Known(Outcome::Done),
        ),
        (
            Knobs { down: true, ..Knobs::default() },
            unknown(UnknownCause::Unreachable),
            0,
            Inquiry::NeverReceived,
        ),
        (
            Knobs { fail_rate: 1.0, ..Knobs::default() },
            Outcome::Rejected(Reason::Other.into()),
            0,
            Inquiry::Known(Outcome::Rejected(Reason::Other.into())),
        ),
    ];
    for (knobs, expected, executed, afterwards) in table {
        let mut network = network(1, knobs, 1);
        let write = instruction(1, 0, Operation::Stop);
        assert_eq!(network.submit(0, &write).answer, expected, "{knobs:?}");
        assert_eq!(network.journal().executed(), executed, "{knobs:?}");
        network.set_knobs(Knobs::default());
        assert_eq!(network.inquire(0, write.key).answer, afterwards, "{knobs:?}");
    }
    let mut network = network(1, Knobs { carrier_error_rate: 1.0, ..Knobs::default() }, 1);
    let mut executed = 0;
    for order in 0..100 {
        let answer = network.submit(0, &instruction(order, 0, Operation::CutNet)).answer;
        assert_eq!(answer, unknown(UnknownCause::CarrierFailed));
        executed = network.journal().executed();
    }
    assert!((30..70).contains(&executed), "a coin decides: {executed} of 100");
    let answer = network.submit(0, &instruction(1_000, 77, Operation::CutNet)).answer;
    assert!(matches!(answer, Outcome::Unknown(UnknownCause::CarrierFailed)));
    network.set_knobs(Knobs::default());
    let answer = network.submit(0, &instruction(1_001, 77, Operation::CutNet)).answer;
    assert_eq!(reason(&answer), Some(Reason::NotFound));
}

/// Shows that rate limit and pending lock refuse without spending the key, and end when they should.
#[test]
fn rate_limit_and_lock() {
    let mut network = network(1, Knobs { calls_per_second: 2, ..Knobs::default() }, 9);
    let answers: Vec<_> =
        (0..4).map(|order| network.submit(300, &instruction(order, order, Operation::Stop)).answer).collect();
    assert_eq!(answers[..2], [Outcome::Done, Outcome::Done]);
    let Outcome::Rejected(rejection) = &answers[2] else { panic!("{:?}", answers[2]) };
    assert_eq!((rejection.reason, rejection.retry_after_ms), (Reason::RateLimited, Some(700)));
    assert_eq!(network.inquire(300, instruction(2, 2, Operation::Stop).key).answer, Inquiry::NeverReceived);
    assert_eq!(network.submit(1_000, &instruction(2, 2, Operation::Stop)).answer, Outcome::Done);

    network.set_knobs(Knobs { lock_ms: 60_000, ..Knobs::default() });
    assert_eq!(network.submit(5_000, &instruction(5, 5, Operation::Stop)).answer, Outcome::Done);
    let next = instruction(6, 5, Operation::Resume);
    assert_eq!(reason(&network.submit(64_999, &next).answer), Some(Reason::PendingOperation));
    assert_eq!(network.submit(65_000, &next).answer, Outcome::Done);
}

/// The keys that finished events name, with how they ended.
fn finished(events: &[CarrierEvent]) -> Vec<(OrderKey, bool)> {
    events
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::OperationFinished { key, result } => Some((*key, result.is_ok())),
            _ => None,
        })
        .collect()
}

/// Shows accept-then-push, accept-then-silence, failing later, duplicate, contradictory and stray pushes: what the
/// platform is told, and when, while the write is carried out exactly once.
#[test]
fn knobs_of_the_push() {
    let accept = Knobs { accept_rate: 1.0, push_delay_ms: 1_000, ..Knobs::default() };
    let table = [
        (accept, 1, true),
        (Knobs { silence_rate: 1.0, ..accept }, 0, true),
        (Knobs { fail_rate: 1.0, ..accept }, 1, false),
        (Knobs { contradict_rate: 1.0, ..accept }, 2, true),
        (Knobs { stray_rate: 1.0, ..accept }, 2, true),
    ];
    let write = instruction(1, 0, Operation::Stop);
    for (knobs, pushes, executed) in table {
        let mut network = network(1, knobs, 1);
        assert!(matches!(network.submit(0, &write).answer, Outcome::Accepted { .. }), "{knobs:?}");
        assert!(network.tick(999).is_empty(), "{knobs:?}");
        assert_eq!((network.journal().executed(), network.next_due_ms()), (0, Some(1_000)), "{knobs:?}");
        assert!(matches!(network.inquire(999, write.key).answer, Inquiry::Known(Outcome::Accepted { .. })));
        let told = finished(&network.tick(1_000));
        assert_eq!(told.len(), pushes, "{knobs:?}");
        assert_eq!(network.journal().executed(), u64::from(executed), "{knobs:?}");
        let known = network.inquire(1_000, write.key).answer;
        assert_eq!(known == Inquiry::Known(Outcome::Done), executed, "{knobs:?}");
        if pushes > 0 {
            assert_eq!(told[0], (write.key, executed), "{knobs:?}");
        }
        match pushes {
            2 if knobs.stray_rate > 0.0 => assert_ne!(told[1].0, write.key),
            2 => assert_eq!(told[1], (write.key, !executed)),
            _ => {}
        }
        assert_eq!(network.next_due_ms(), None, "{knobs:?}");
    }

    let mut network = network(1, Knobs { duplicate_rate: 1.0, ..accept }, 1);
    network.submit(0, &write);
    let told = network.tick(2_000);
    assert!((2..=5).contains(&told.len()) && told.iter().all(|event| *event == told[0]), "{told:?}");
    assert_eq!(network.journal().executed(), 1);
}

/// Shows that pushes with jitter overtake each other.
#[test]
fn pushes_overtake_each_other() {
    let knobs = Knobs { accept_rate: 1.0, push_jitter_ms: 10_000, ..Knobs::default() };
    let mut network = network(1, knobs, 20);
    for order in 0..20 {
        network.submit(0, &instruction(order, order, Operation::Stop));
    }
    let told = finished(&network.tick(60_000));
    assert_eq!(told.len(), 20);
    assert!(!told.is_sorted(), "{told:?}");
}

/// Shows an early push arriving before the answer to its write, through the shell.
#[tokio::test]
async fn an_early_push_arrives_before_the_answer() {
    let knobs = Knobs { accept_rate: 1.0, early_push_rate: 1.0, ..Knobs::default() };
    let (clock, collected) = (TestClock::default(), Collected::default());
    let simulator = Simulator::new(
        Capabilities::basic(),
        network(1, knobs, 1),
        clock.clock(),
        Pace::Instant,
        collected.sink(),
    );
    let write = instruction(1, 0, Operation::Stop);
    let answer = simulator.submit(&write).await;
    assert!(matches!(answer, Outcome::Accepted { .. }));
    assert_eq!(finished(&collected.0.lock()), [(write.key, true)]);
    assert_eq!(simulator.tick().await.unwrap(), 0);
}

/// Shows drift: the carrier changes a card on its own and tells; and a change that it does not tell is found by
/// reading.
#[test]
fn drift() {
    let knobs = Knobs { drift_rate: 1.0, push_delay_ms: 0, drift_delay_ms: 60_000, ..Knobs::default() };
    let mut network = network(1, knobs, 2);
    network.submit(0, &instruction(1, 0, Operation::CutNet));
    assert!(network.tick(59_999).is_empty());
    let told = network.tick(60_000);
    let cause = Some(StopCause::DeviceSeparated);
    assert_eq!(told[0].happening, Happening::StatusChanged { to: CardStatus::Suspended, cause });
    network.change_card(60_000, &iccid(1), CardStatus::Retired, None, false);
    assert!(network.tick(60_000).is_empty());
    let cards = [0, 1, 2].map(|card| CardRef::new(iccid(card)));
    let readings = network.read_cards(60_000, &cards).answer.unwrap();
    let states: Vec<_> = readings.into_iter().map(|reading| reading.view.map(|view| view.status)).collect();
    assert_eq!(states[..2], [Ok(CardStatus::Suspended), Ok(CardStatus::Retired)]);
    assert_eq!(states[2].as_ref().unwrap_err().reason, Reason::NotFound);
}

/// Shows knobs of one card beside those of all, and that reads suffer the same faults as writes.
#[test]
fn knobs_of_one_card() {
    let mut network = network(1, Knobs::default(), 2);
    network.set_card_knobs(iccid(0), Some(Knobs { down: true, ..Knobs::default() }));
    let answer = |network: &mut Network, order, card| {
        network.submit(0, &instruction(order, card, Operation::Stop)).answer
    };
    assert_eq!(answer(&mut network, 1, 0), Outcome::Unknown(UnknownCause::Unreachable));
    assert_eq!(answer(&mut network, 2, 1), Outcome::Done);
    let cards = [CardRef::new(iccid(0))];
    let down = Err(ReadError::Unknown(UnknownCause::Unreachable));
    assert_eq!(network.read_cards(0, &cards).answer, down);
    let month = UsagePeriod::Month(jiff::civil::date(1970, 1, 1));
    assert!(network.read_usage(0, &cards, month).answer.is_err());
    network.set_card_knobs(iccid(0), None);
    assert_eq!(answer(&mut network, 1, 0), Outcome::Done);
    let usage = network.read_usage(40 * 86_400_000, &cards, month).answer.unwrap();
    assert!(usage[0].figure.as_ref().unwrap().bytes > 0);
}
