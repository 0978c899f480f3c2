//! What carriers tell unasked.

use std::sync::Arc;

use crate::{Answering, CardStatus, Iccid, OrderKey, Rejection, StopCause, UsageFigure, UsagePeriod};

/// Something a carrier told. It is a hint: repeated, late, early, out of order, contradictory and foreign events all
/// occur. Recognise repetitions by [`CarrierEvent::id`], and settle orders by inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierEvent {
    /// The carrier's name for the event; at most 128 printable ASCII characters, the same when it is told again.
    pub id: String,
    /// When it happened, in epoch milliseconds.
    pub occurred_at_ms: i64,
    /// The card it is about.
    pub iccid: Iccid,
    /// What happened.
    pub happening: Happening,
}

/// What happened to a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A write ended.
    OperationFinished {
        /// Which.
        key: OrderKey,
        /// How.
        result: Result<(), Rejection>,
    },
    /// The card's state is another one, on whosever behalf.
    StatusChanged {
        /// The new state.
        to: CardStatus,
        /// Why, if it is suspended and the carrier says.
        cause: Option<StopCause>,
    },
    /// The card was seen in another device.
    ImeiChanged {
        /// The device's 15 digits.
        imei: String,
    },
    /// A person was registered for the card, or no longer is.
    RealNameChanged {
        /// Whether one is.
        real_named: bool,
    },
    /// A usage figure.
    UsageReported {
        /// Of which period.
        period: UsagePeriod,
        /// The total so far.
        figure: UsageFigure,
    },
}

/// Takes the events of an in-process carrier. It returns once they are taken care of, so that an event can be made to
/// arrive before the answer to the write that caused it.
pub type EventSink = Arc<dyn Fn(Vec<CarrierEvent>) -> Answering<'static, ()> + Send + Sync>;

/// A sink for those who only ask.
pub fn discard_events() -> EventSink {
    Arc::new(|_| Box::pin(std::future::ready(())))
}
