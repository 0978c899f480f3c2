//! The four outcomes of a write, and what an inquiry can say.

use serde::{Deserialize, Serialize};

use crate::Rejection;

/// What a carrier said to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Executed, or the card was already as wished.
    Done,
    /// Taken, and carried out later: the carrier tells, or is asked.
    Accepted {
        /// The carrier's own name for it.
        reference: Reference,
        /// When the carrier suggests to ask, in milliseconds from now.
        poll_after_ms: Option<u64>,
    },
    /// Not executed, and will not be.
    Rejected(Rejection),
    /// Perhaps executed, perhaps not. Inquire; never blindly repeat.
    Unknown(UnknownCause),
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum UnknownCause {
    /// No connection.
    #[error("the carrier cannot be reached")]
    Unreachable,
    /// No complete answer in time.
    #[error("the carrier did not answer in time")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection to the carrier broke")]
    Broken,
    /// An answer that is too large or makes no sense.
    #[error("the carrier's answer cannot be read")]
    Unreadable,
    /// The carrier failed (an answer of the 5xx class).
    #[error("the carrier reports a failure of its own")]
    CarrierFailed,
}

/// What a carrier says about a write that it was asked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// Its outcome so far: `Accepted` is still under way, `Unknown` is no answer to the inquiry itself.
    Known(Outcome),
    /// The carrier never got it: send it again under the same key.
    NeverReceived,
}

/// The longest reference kept, in bytes.
const REFERENCE_LENGTH_MAX: usize = 128;

/// A carrier's own name for an accepted write: at most 128 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference(String);

impl Reference {
    /// The reference, or nothing for a text that is empty, too long or not printable.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = (1..=REFERENCE_LENGTH_MAX).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the bounds of a reference.
    #[test]
    fn references_are_bounded() {
        assert!(Reference::new("x".repeat(128)).is_some());
        for wrong in [String::new(), "x".repeat(129), "a b".into(), "a\nb".into(), "é".into()] {
            assert_eq!(Reference::new(wrong), None);
        }
    }
}
