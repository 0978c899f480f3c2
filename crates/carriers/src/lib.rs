//! The southbound side: what a carrier is asked, what it answers, and how calls to it are kept within limits.
//!
//! ```text
//! work order → Instruction → Link (breaker, rate, slots, timeout) → Carrier → Outcome
//!                                                                      ├─ simulator::Simulator   in process
//!                                                                      └─ gateway::HttpGateway   signed HTTP
//! CarrierEvent ← a push of the simulator, or a verified callback (gateway::read_callback)
//! ```
//!
//! A carrier answers a write with one of four outcomes: [`Outcome::Done`], [`Outcome::Accepted`],
//! [`Outcome::Rejected`], [`Outcome::Unknown`]. Unknown is inquired about ([`Carrier::inquire`]), never blindly
//! repeated; an instruction that the carrier says it never received is sent again *with the same [`OrderKey`]*.
//! An event never settles anything by itself: it is a reason to inquire now instead of later.
//!
//! The crate cannot reach the database and knows no account, work order or card of the product; clock and randomness
//! are parameters.

mod capabilities;
mod card;
mod carrier;
mod dice;
mod event;
pub mod gateway;
mod key;
mod link;
mod operation;
mod outcome;
mod reading;
mod reason;
pub mod simulator;

pub use capabilities::{Capabilities, CardTraits, Grant, Unsupported};
pub use card::{
    CardKind, CardRef, CardStatus, CardView, Iccid, IccidError, MobileNetwork, StopCause, Threshold,
};
pub use carrier::{Answering, Carrier, Clock, Instruction};
pub use event::{CarrierEvent, EventSink, Happening, discard_events};
pub use key::{OrderKey, OrderKeyError};
pub use link::{
    BreakerState, Health, INTERACTIVE_SHARE_PERCENT, Lane, Link, LinkLimits, LinkLimitsError, NotSent,
    NotSentCause, Room,
};
pub use operation::{Operation, OperationKind, PolicyRules, SwitchPolicy};
pub use outcome::{Inquiry, Outcome, Reference, UnknownCause};
pub use reading::{CardReading, ReadError, UsageFigure, UsagePeriod, UsageReading};
pub use reason::{Reason, Rejection};
