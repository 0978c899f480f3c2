//! What the tests share: cards, instructions, a movable clock, a collecting sink.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use simlink_carriers::simulator::{Knobs, Network};
use simlink_carriers::{
    CardRef, CardStatus, CardView, CarrierEvent, Clock, EventSink, Iccid, Instruction, Operation,
};

/// The ICCID of card `number`, as in the example gateway.
pub fn iccid(number: u64) -> Iccid {
    format!("898600{number:014}").parse().unwrap()
}

/// Order `order` on card `card`.
pub fn instruction(order: u64, card: u64, operation: Operation) -> Instruction {
    Instruction::new(order, card, CardRef::new(iccid(card)), operation, 4_000_000_000_000)
}

/// A network of `cards` cards in use.
pub fn network(seed: u64, knobs: Knobs, cards: u64) -> Network {
    let mut network = Network::new(seed, knobs);
    for card in 0..cards {
        network.put_card(iccid(card), CardView::new(CardStatus::Active));
    }
    network
}

/// A clock that stands until it is moved.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }

    pub fn clock(&self) -> Clock {
        let now_ms = Arc::clone(&self.0);
        Arc::new(move || now_ms.load(Ordering::Relaxed))
    }
}

/// A sink that keeps what it gets.
#[derive(Clone, Default)]
pub struct Collected(pub Arc<Mutex<Vec<CarrierEvent>>>);

impl Collected {
    pub fn sink(&self) -> EventSink {
        let events = Arc::clone(&self.0);
        Arc::new(move |mut fresh| {
            events.lock().append(&mut fresh);
            Box::pin(std::future::ready(()))
        })
    }
}

/// Every fault at once.
pub fn storm() -> Knobs {
    Knobs {
        latency_ms: 5,
        latency_jitter_ms: 20,
        lose_request_rate: 0.1,
        lose_answer_rate: 0.2,
        carrier_error_rate: 0.1,
        fail_rate: 0.1,
        accept_rate: 0.6,
        push_delay_ms: 500,
        push_jitter_ms: 5_000,
        silence_rate: 0.2,
        early_push_rate: 0.2,
        duplicate_rate: 0.3,
        contradict_rate: 0.1,
        stray_rate: 0.1,
        drift_rate: 0.05,
        ..Knobs::default()
    }
}
