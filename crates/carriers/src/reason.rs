//! Why carriers refuse, in one vocabulary for all of them.

use serde::{Deserialize, Serialize};

/// The longest carrier's code and text kept, in characters.
const CODE_LENGTH_MAX: usize = 64;
const TEXT_LENGTH_MAX: usize = 256;

/// The longest wait a carrier can ask for, in milliseconds.
const RETRY_AFTER_MS_MAX: u64 = 600_000;

macro_rules! reasons {
    ($($variant:ident $name:literal $retryable:literal $carrier:literal $doc:literal;)*) => {
        /// A normalised reason. A card that is already as wished is no refusal but done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {
            $(#[doc = $doc] $variant,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for it on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether the same write can succeed later without anybody changing the card.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }

            /// Whether it says something about the carrier or our account there rather than about the card:
            /// only these count for the circuit breaker.
            pub const fn blames_carrier(self) -> bool {
                match self { $(Self::$variant => $carrier,)* }
            }
        }
    };
}

reasons! {
    // name                              retryable blames the carrier
    NotFound "not_found"                    false false "No such card.";
    NotOwned "not_owned"                    false false "A card of somebody else's account.";
    BadState "bad_state"                    false false "The card's state forbids it.";
    PendingOperation "pending_operation"    true  false "An earlier operation on the card is not finished.";
    LimitReached "limit_reached"            false false "Too often this month.";
    NotSupported "not_supported"            false false "The carrier has no such operation for this card.";
    NotSubscribed "not_subscribed"          false false "The product behind it is not subscribed to.";
    RealNameRequired "real_name_required"   false false "Nobody is registered for the card.";
    ManagedByCarrier "managed_by_carrier"   false false "The carrier froze the card.";
    BadParameter "bad_parameter"            false false "A parameter that the carrier does not take.";
    AuthFailed "auth_failed"                true  true  "The carrier does not accept our credentials.";
    AddressNotAllowed "address_not_allowed" true  true  "The carrier does not accept our network address.";
    RateLimited "rate_limited"              true  false "Too many calls.";
    Busy "busy"                             true  true  "The carrier is busy.";
    DataNotReady "data_not_ready"           true  false "The figures asked for are not ready yet.";
    CarrierInternal "carrier_internal"      true  true  "The carrier failed and says that nothing was executed.";
    Other "other"                           false false "Anything else; the carrier's code and text say what.";
}

impl Reason {
    /// The reason of that name; unknown names are [`Reason::Other`].
    pub fn from_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|reason| reason.name() == name).unwrap_or(Self::Other)
    }
}

/// A refusal: our reason beside the carrier's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// What it means.
    pub reason: Reason,
    /// The carrier's code; at most 64 characters.
    pub code: String,
    /// The carrier's text; at most 256 characters, no control characters.
    pub text: String,
    /// How long the carrier wants to be left alone, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Rejection {
    /// A refusal in the carrier's words, which are cut to what may be stored and shown.
    pub fn new(reason: Reason, code: &str, text: &str) -> Self {
        Self {
            reason,
            code: tidy(code, CODE_LENGTH_MAX),
            text: tidy(text, TEXT_LENGTH_MAX),
            retry_after_ms: None,
        }
    }

    /// The same, with the wait that the carrier asks for (at most ten minutes).
    pub fn after(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms.min(RETRY_AFTER_MS_MAX));
        self
    }
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self::new(reason, reason.name(), "")
    }
}

fn tidy(text: &str, length_max: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(length_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that names and reasons are one to one, that an unknown name is `Other`, and which are about the carrier.
    #[test]
    fn names_and_blame() {
        for &reason in Reason::ALL {
            assert_eq!(Reason::from_name(reason.name()), reason);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert!(
                !reason.blames_carrier() || reason.is_retryable(),
                "{reason:?}: it can pass once the carrier recovers"
            );
        }
        assert_eq!(Reason::from_name("no such thing"), Reason::Other);
        let blamed: Vec<_> = Reason::ALL.iter().filter(|reason| reason.blames_carrier()).collect();
        use Reason::{AddressNotAllowed, AuthFailed, Busy, CarrierInternal};
        assert_eq!(blamed, [&AuthFailed, &AddressNotAllowed, &Busy, &CarrierInternal]);
    }

    /// Shows that a carrier's words are bounded and free of control characters.
    #[test]
    fn words_are_tidied() {
        let rejection = Rejection::new(Reason::Other, &"7".repeat(99), &"长\n".repeat(999)).after(u64::MAX);
        assert_eq!((rejection.code.chars().count(), rejection.text.chars().count()), (64, 256));
        assert!(!rejection.text.contains('\n'));
        assert_eq!(rejection.retry_after_ms, Some(600_000));
    }
}
