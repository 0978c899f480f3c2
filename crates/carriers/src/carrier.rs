//! The one trait behind which every carrier stands, and what a write carries.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::{
    Capabilities, CardReading, CardRef, Inquiry, Operation, OrderKey, Outcome, ReadError, Reference,
    UsagePeriod, UsageReading,
};

/// A carrier's answer on its way.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The clock, in epoch milliseconds. A sandbox and the tests move it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// One write for one card.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// What makes a repetition recognisable: the same key is executed at most once, however often it is sent.
    pub key: OrderKey,
    /// The card it is for.
    pub card: CardRef,
    /// What shall be done. Its kind is the key's.
    pub operation: Operation,
    /// When the platform gives the order up, in epoch milliseconds.
    pub deadline_ms: i64,
}

impl Instruction {
    /// The instruction of work order `order` for the card whose number in the platform is `card_id`.
    pub fn new(order: u64, card_id: u64, card: CardRef, operation: Operation, deadline_ms: i64) -> Self {
        Self { key: OrderKey { order, card: card_id, kind: operation.kind() }, card, operation, deadline_ms }
    }
}

/// A carrier platform. An implementation does protocol only: no database, no repetition of its own, no clock or
/// randomness except the injected ones; rate, concurrency, time-out and breaker are the [`crate::Link`]'s.
pub trait Carrier: Send + Sync {
    /// What the carrier can do on which cards.
    fn capabilities(&self) -> &Capabilities;

    /// Asks for a write. Whatever goes wrong after the request may have left is [`Outcome::Unknown`].
    fn submit<'a>(&'a self, instruction: &'a Instruction) -> Answering<'a, Outcome>;

    /// Asks what became of a write that was accepted (then with the carrier's `reference`) or is unknown.
    fn inquire<'a>(
        &'a self,
        instruction: &'a Instruction,
        reference: Option<&'a Reference>,
    ) -> Answering<'a, Inquiry>;

    /// Reads the carrier's view of up to [`Capabilities::cards_per_read`] cards; one reading a card, in any order.
    fn read_cards<'a>(&'a self, cards: &'a [CardRef]) -> Answering<'a, Result<Vec<CardReading>, ReadError>>;

    /// Reads the usage of up to [`Capabilities::cards_per_read`] cards.
    fn read_usage<'a>(
        &'a self,
        cards: &'a [CardRef],
        period: UsagePeriod,
    ) -> Answering<'a, Result<Vec<UsageReading>, ReadError>>;
}
