//! An endpoint: where a client wants to be told, of what, and in which form.

use serde::Serialize;
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::event::is_pattern;
use super::reach::{Fault, Reach};
use crate::error_codes::ErrorCode;
use crate::http::error::{Problem, Refusal};
use crate::http::members::Members;
use crate::http::parameter::Parameter;
use crate::limits;
use crate::units::Moment;

/// How events look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// CloudEvents 1.0, structured JSON.
    CloudEvents,
    /// The service's push form, a card at a time.
    Push,
    /// The same with up to 500 cards in one request.
    PushMerged,
}

impl Form {
    /// Words, in the order of the numbers from 1.
    pub const WORDS: &[&str] = &["cloudevents", "push", "push_merged"];
    const ALL: [Self; 3] = [Self::CloudEvents, Self::Push, Self::PushMerged];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The form of a number; the column holds no other by its CHECK.
    pub fn of_number(number: i64) -> Self {
        Self::ALL.into_iter().find(|form| form.number() == number).unwrap_or(Self::CloudEvents)
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().position(|known| *known == word).and_then(|place| Self::ALL.get(place)).copied()
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// Whether it is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Active,
    /// A user has switched it off.
    Disabled,
    /// It was switched off because everything failed for a day, or the receiver said that it is gone for good.
    Failed,
}

impl Status {
    /// Words, in the order of the numbers from 1.
    pub const WORDS: &[&str] = &["active", "disabled", "failed"];
    const ALL: [Self; 3] = [Self::Active, Self::Disabled, Self::Failed];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The status of a number; the column holds no other by its CHECK.
    pub fn of_number(number: i64) -> Self {
        Self::ALL.into_iter().find(|status| status.number() == number).unwrap_or(Self::Disabled)
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// An endpoint as it is stored.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// What of it a client sets.
    pub terms: Terms,
    /// Whether it is sent to.
    pub status: Status,
    /// The secret that deliveries are signed with, sealed by the vault for [`Endpoint::vault_name`].
    pub sealed_secret: String,
    /// Changes up to this sequence have become events.
    pub position: i64,
    /// Rounds in a row in which everything failed.
    pub failures: i64,
    /// Since when.
    pub failing_since_ms: Option<i64>,
    /// Nothing is sent before.
    pub paused_until_ms: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it last took an event.
    pub last_success_ms: Option<i64>,
    /// When it was made.
    pub created_ms: i64,
}

impl Endpoint {
    /// What the secret of an endpoint is sealed for.
    pub fn vault_name(id: i64) -> String {
        format!("webhook/{id}")
    }
}

/// What a client sets of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The address.
    pub url: String,
    /// The client's words on it.
    pub description: String,
    /// Patterns of the types of events.
    pub event_types: Vec<String>,
    /// How events look.
    pub form: Form,
}

/// `webhook_id` in a path.
pub const WEBHOOK_ID: Parameter =
    Parameter::integer("webhook_id", 0, i64::MAX, "The endpoint's id.").in_path();
/// `url` in a body.
pub const URL: Parameter = Parameter::text("url", 1, 2048, "`https://host[:port][/path][?query]`.").in_body();
/// `event_types` in a body.
pub const EVENT_TYPES: Parameter = Parameter::texts(
    "event_types",
    limits::WEBHOOK_EVENT_TYPES_MAX,
    "Types of events: `*`, `sim_card.*`, `sim_card.stopped`; at least one.",
)
.in_body();
/// `form` in a body.
pub const FORM: Parameter = Parameter::choice(
    "form",
    Form::WORDS,
    "CloudEvents 1.0, or the push form with one card or with up to 500.",
)
.in_body();
/// `description` in a body.
pub const DESCRIPTION: Parameter = Parameter::text("description", 0, 200, "Words of your own.").in_body();

impl Terms {
    /// The terms of a body; what it leaves out is as in `before`, or as it is by default.
    pub fn read(members: &Members, reach: &Reach, before: Option<Self>) -> Result<Self, Refusal> {
        let given = |text: Option<String>, of: fn(&Self) -> &String| {
            text.or_else(|| before.as_ref().map(|before| of(before).clone()))
        };
        let url = given(members.text(&URL)?, |terms| &terms.url).ok_or_else(|| URL.bad(Problem::Required))?;
        reach.check(&url).map_err(|fault| match fault {
            Fault::Malformed => Refusal::from(URL.bad(Problem::Malformed)),
            Fault::PlainHttp | Fault::NotPublic => ErrorCode::AddressNotPermitted.into(),
        })?;
        let event_types = match (members.texts(&EVENT_TYPES)?, &before) {
            (None, Some(before)) => before.event_types.clone(),
            (None, None) => return Err(EVENT_TYPES.bad(Problem::Required).into()),
            (Some(types), _) if types.is_empty() || !types.iter().all(|text| is_pattern(text)) => {
                return Err(EVENT_TYPES.bad(Problem::Malformed).into());
            }
            (Some(types), _) => types,
        };
        let form = match members.text(&FORM)? {
            Some(word) => Form::of_word(&word),
            None => before.as_ref().map(|before| before.form),
        };
        let description = given(members.text(&DESCRIPTION)?, |terms| &terms.description).unwrap_or_default();
        Ok(Self { url, description, event_types, form: form.unwrap_or(Form::CloudEvents) })
    }
}

/// An endpoint as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct EndpointView {
    webhook_id: i64,
    url: String,
    description: String,
    event_types: Vec<String>,
    /// `cloudevents`, `push` or `push_merged`.
    form: &'static str,
    /// `active`, `disabled` by a user, or `failed`: switched off after a day of failures only.
    status: &'static str,
    /// Since when everything fails.
    failing_since: Option<Moment>,
    last_error: Option<String>,
    last_success_time: Option<Moment>,
    create_time: Moment,
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        let Terms { url, description, event_types, form } = endpoint.terms;
        Self {
            webhook_id: endpoint.id,
            url,
            description,
            event_types,
            form: form.word(),
            status: endpoint.status.word(),
            failing_since: endpoint.failing_since_ms.map(Moment),
            last_error: endpoint.last_error,
            last_success_time: endpoint.last_success_ms.map(Moment),
            create_time: Moment(endpoint.created_ms),
        }
    }
}
