//! What carriers answer when they are only asked: states and usage of cards.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{CardView, Iccid, NotSent, Rejection, UnknownCause};

/// One card's state, or why the carrier does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardReading {
    /// The card.
    pub iccid: Iccid,
    /// Its state; a refusal concerns this card alone.
    pub view: Result<CardView, Rejection>,
}

/// Which usage is asked for; dates are the carrier's (Asia/Shanghai unless it says otherwise).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsagePeriod {
    /// One day's total, so far if it is today.
    Day(Date),
    /// The total of the calendar month around a day, so far if it is this one.
    Month(Date),
}

/// One card's usage, or why the carrier does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReading {
    /// The card.
    pub iccid: Iccid,
    /// Its figure; a refusal concerns this card alone.
    pub figure: Result<UsageFigure, Rejection>,
}

/// A usage figure: the total of its period so far, never an increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageFigure {
    /// In bytes.
    pub bytes: u64,
    /// The moment it is true of, in epoch milliseconds.
    pub as_of_ms: i64,
}

/// Why a read brought nothing. Reads change nothing and may simply be repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The carrier refused all of it.
    #[error("the carrier refused: {}", .0.reason.name())]
    Refused(Rejection),
    /// No readable answer.
    #[error(transparent)]
    Unknown(UnknownCause),
    /// More cards than one read takes.
    #[error("at most {max} cards in one read")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// The link did not let it through.
    #[error(transparent)]
    NotSent(NotSent),
}
