//! The idempotency key of a write: work order, card and operation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::OperationKind;

/// Names one write for ever. A carrier executes a key at most once, so a write whose fate is unknown may be asked
/// about, and sent again, under the same key. Written `<order>-<card>-<kind>`, such as `81-12-stop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OrderKey {
    /// The work order's number.
    pub order: u64,
    /// The card's number in the platform.
    pub card: u64,
    /// The kind of operation.
    pub kind: OperationKind,
}

/// A text that is no [`OrderKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order key reads <order>-<card>-<operation>")]
pub struct OrderKeyError;

impl fmt::Display for OrderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.order, self.card, self.kind.name())
    }
}

impl FromStr for OrderKey {
    type Err = OrderKeyError;

    fn from_str(text: &str) -> Result<Self, OrderKeyError> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(OrderKeyError);
        let (order, card, kind) = (number(part()?)?, number(part()?)?, part()?);
        Ok(Self { order, card, kind: OperationKind::from_name(kind).ok_or(OrderKeyError)? })
    }
}

/// One spelling a number: no sign, no leading zero, so that a key has one text.
fn number(text: &str) -> Result<u64, OrderKeyError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().map_err(|_| OrderKeyError) } else { Err(OrderKeyError) }
}

impl From<OrderKey> for String {
    fn from(key: OrderKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for OrderKey {
    type Error = OrderKeyError;

    fn try_from(text: String) -> Result<Self, OrderKeyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that every key comes back from its text, and that nothing but its one text is taken for it.
    #[test]
    fn a_key_has_one_text() {
        for &kind in OperationKind::ALL {
            let key = OrderKey { order: u64::MAX, card: 0, kind };
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for wrong in [
            "",
            "1",
            "1-2",
            "1-2-",
            "1-2-halt",
            "-1-2-stop",
            "+1-2-stop",
            "01-2-stop",
            "1-2-stop ",
            "1--stop",
        ] {
            assert_eq!(wrong.parse::<OrderKey>(), Err(OrderKeyError), "{wrong}");
        }
    }
}
