//! What an endpoint is told: the events of a change, and how they look on the wire. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::endpoint::{Endpoint, Form};
use crate::changes::Subject;
use crate::changes::entries::{Entry, cursor_text, read_cursor};
use crate::plans::cycle::BUSINESS_OFFSET;
use crate::sims::lifecycle::status_name;
use crate::units::Moment;

/// The kind of the change that tests an endpoint.
pub const TEST: &str = "test";
/// The template of a card whose state changed (push form).
const STATUS_TEMPLATE: &str = "api_rule_sim_status_modify";
const STATUS_RULE_TYPE: i64 = 4;

/// The type of a change's events: `sim_card.stopped`.
pub fn event_type(entry: &Entry) -> String {
    format!("{}.{}", entry.subject, entry.kind)
}

/// What the event of a change about this id is about; events about the same keep their order.
pub fn ordering_key(entry: &Entry, id: &str) -> String {
    format!("{}/{id}", entry.subject)
}

/// The id of an event: the same however often it is sent.
pub fn id_text(sequence: i64, place: i64) -> String {
    format!("{}-{place}", cursor_text(sequence))
}

/// Sequence and place of an event's id; `None` for what is none.
pub fn read_id(text: &str) -> Option<(i64, i64)> {
    let (cursor, place) = text.split_once('-')?;
    let place = place.parse().ok().filter(|place: &i64| *place >= 0 && place.to_string().len() <= 4)?;
    Some((read_cursor(cursor)?, place))
}

/// Whether the endpoint is told of a change.
pub fn concerns(endpoint: &Endpoint, entry: &Entry) -> bool {
    if entry.subject == Subject::Webhook.name() && entry.kind == TEST {
        return entry.ids.iter().any(|id| *id == endpoint.id.to_string());
    }
    let wanted = endpoint.terms.event_types.iter().any(|pattern| matches(pattern, &event_type(entry)));
    wanted && (endpoint.terms.form == Form::CloudEvents || template(entry).is_some())
}

/// Whether a type is one of a pattern's: `*`, `sim_card.*`, `sim_card.stopped`.
fn matches(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => event_type.starts_with(beginning),
        None => pattern == event_type,
    }
}

/// Whether a text is a pattern of types.
pub fn is_pattern(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match text.split_once('.') {
        None => text == "*",
        Some((subject, kind)) => is_word(subject) && (kind == "*" || is_word(kind)),
    }
}

/// The CloudEvents 1.0 body of an event, in structured mode.
pub fn cloud_event(entry: &Entry, place: i64, domain_id: &str) -> Value {
    let id = usize::try_from(place).ok().and_then(|place| entry.ids.get(place)).cloned().unwrap_or_default();
    json!({
        "specversion": "1.0",
        "id": id_text(entry.sequence, place),
        "source": format!("/accounts/{domain_id}"),
        "type": event_type(entry),
        "subject": ordering_key(entry, &id),
        "time": Moment(entry.created_ms),
        "datacontenttype": "application/json",
        "data": {
            "id": entry.subject_id(&id),
            "cursor": cursor_text(entry.sequence),
            "actor": entry.actor,
            "detail": entry.detail,
        },
    })
}

/// What a template is filled with; every value is a text.
#[derive(Debug, PartialEq)]
pub struct Push {
    /// The number of the rule's type: 1 orders, 2 usage, 4 states of cards.
    pub rule_type: i64,
    /// The template's name.
    pub template: String,
    /// The card's container id.
    pub cid: String,
    /// Keys and values.
    pub params: Vec<(String, String)>,
}

/// The template and the rule's type that a change is pushed with; `None` where the push form has none for it.
fn template(entry: &Entry) -> Option<(i64, &str)> {
    let detail = entry.detail.as_ref()?;
    if entry.subject == Subject::SimCard.name() && old_and_new(detail).is_some() {
        return Some((STATUS_RULE_TYPE, STATUS_TEMPLATE));
    }
    None
}

/// The card's state before and after.
fn old_and_new(detail: &Value) -> Option<(i64, i64)> {
    let state = |member: &str| detail.get(member)?.get("sim_status")?.as_i64();
    Some((state("old")?, state("new")?))
}

/// The push form of an event about the card with this container id. A test is told as such.
pub fn push(entry: &Entry, cid: String) -> Push {
    let (rule_type, template) = template(entry).unwrap_or((0, "api_test"));
    let mut params = vec![("cid".to_owned(), cid.clone())];
    if let Some((old, new)) = entry.detail.as_ref().and_then(old_and_new) {
        let name = |status: i64| status_name(u8::try_from(status).unwrap_or(0)).zh;
        params.push(("modifyTime".to_owned(), business_time(entry.created_ms)));
        params.push(("oldStatus".to_owned(), name(old).to_owned()));
        params.push(("newStatus".to_owned(), name(new).to_owned()));
    }
    Push { rule_type, template: template.to_owned(), cid, params }
}

impl Push {
    /// One card in one body.
    pub fn body(&self) -> Value {
        json!({
            "cid": self.cid,
            "ruleType": self.rule_type,
            "templateName": self.template,
            "templateParams": self.listed(),
        })
    }

    /// Many cards in one body: all of the first's type and template.
    pub fn merged(pushes: &[Push]) -> Value {
        let first = pushes.first();
        json!({
            "ruleType": first.map(|push| push.rule_type),
            "templateName": first.map(|push| push.template.as_str()),
            "templateParamsList":
                pushes.iter().map(|push| json!({"templateParams": push.listed()})).collect::<Vec<_>>(),
        })
    }

    fn listed(&self) -> Vec<Value> {
        self.params.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
    }
}

/// `2022-05-16 03:24:08`, in the time of business.
fn business_time(epoch_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(epoch_ms).unwrap_or_default();
    moment.to_zoned(TimeZone::fixed(BUSINESS_OFFSET)).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(subject: Subject, kind: &str, detail: Option<Value>) -> Entry {
        Entry {
            sequence: 1_000_000_000_017,
            account: None,
            subject: subject.name().to_owned(),
            ids: vec!["7".to_owned(), "8".to_owned()],
            kind: kind.to_owned(),
            detail,
            actor: "u1".to_owned(),
            created_ms: 1_652_642_648_000,
            origin: None,
        }
    }

    /// Shows which patterns there are and which types they name.
    #[test]
    fn patterns_name_types() {
        for good in ["*", "sim_card.*", "sim_card.stopped"] {
            assert!(is_pattern(good) && matches(good, "sim_card.stopped"), "{good}");
        }
        for other in ["work_order.*", "sim_card.stop", "sim_card.resumed"] {
            assert!(is_pattern(other) && !matches(other, "sim_card.stopped"), "{other}");
        }
        for bad in ["", "sim", "*.stopped", "sim_card.", ".x", "Sim.x", "sim_*", "a.b.c"] {
            assert!(!is_pattern(bad), "{bad}");
        }
    }

    /// Shows that ids of events are read back, and which texts are none.
    #[test]
    fn ids_are_read_back() {
        assert_eq!(read_id(&id_text(1_000_000_000_017, 499)), Some((1_000_000_000_017, 499)));
        for text in ["", "c1ff", "c1ff-", "c1ff--1", "c1ff-12345", "x-1", "-1"] {
            assert_eq!(read_id(text), None, "{text}");
        }
    }

    /// Shows the CloudEvents form of the second card of a change.
    #[test]
    fn the_second_card_of_a_change() {
        let event = cloud_event(&entry(Subject::SimCard, "stopped", Some(json!({"x": 1}))), 1, "d0");
        assert_eq!(
            event,
            json!({"specversion": "1.0", "id": "c1e8d4a51011-1", "source": "/accounts/d0",
                   "type": "sim_card.stopped", "subject": "sim_card/8", "time": "2022-05-15T19:24:08.000+00:00",
                   "datacontenttype": "application/json",
                   "data": {"id": 8, "cursor": "c1e8d4a51011", "actor": "u1", "detail": {"x": 1}}})
        );
    }

    /// Shows the push form, alone and merged (the service's own examples).
    #[test]
    fn pushes_look_as_the_service_has_them() {
        let change = entry(
            Subject::SimCard,
            "activated",
            Some(json!({"old": {"sim_status": 11}, "new": {"sim_status": 13}})),
        );
        let push = push(&change, "4441380627973120".to_owned());
        let params = json!([{"key": "cid", "value": "4441380627973120"},
                            {"key": "modifyTime", "value": "2022-05-16 03:24:08"},
                            {"key": "oldStatus", "value": "未激活"}, {"key": "newStatus", "value": "可激活"}]);
        assert_eq!(
            push.body(),
            json!({"cid": "4441380627973120", "ruleType": 4, "templateName": "api_rule_sim_status_modify",
                   "templateParams": params})
        );
        assert_eq!(
            Push::merged(&[push]),
            json!({"ruleType": 4, "templateName": "api_rule_sim_status_modify",
                   "templateParamsList": [{"templateParams": params}]})
        );
    }
}
