//! The members of a JSON body, read by declared parameters with the leniency of behaviour, section 1: unknown members
//! are ignored, a text accepts a number and a number a numeric text, `null` is absent.

use bytes::Bytes;
use serde_json::{Map, Number, Value};

use super::error::{BadParameter, Problem};
use super::parameter::{Kind, Parameter};
use crate::limits;

const MALFORMED: BadParameter = BadParameter { field: "body", problem: Problem::Malformed };

/// The members of a request's JSON object; none where there is no body.
#[derive(Debug, Default)]
pub struct Members {
    members: Map<String, Value>,
}

impl Members {
    /// Reads a body: a JSON object, or nothing at all.
    pub fn parse(body: &Bytes) -> Result<Self, BadParameter> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members }),
            _ => Err(MALFORMED),
        }
    }

    fn value(&self, parameter: &Parameter) -> Result<Option<&Value>, BadParameter> {
        match self.members.get(parameter.name) {
            None | Some(Value::Null) if parameter.required => Err(parameter.bad(Problem::Required)),
            None | Some(Value::Null) => Ok(None),
            found => Ok(found),
        }
    }

    /// A whole number within its bounds.
    pub fn integer(&self, parameter: &Parameter) -> Result<Option<i64>, BadParameter> {
        self.value(parameter)?.map(|value| integer(parameter, value)).transpose()
    }

    /// A text of an allowed length, or one of the allowed words.
    pub fn text(&self, parameter: &Parameter) -> Result<Option<String>, BadParameter> {
        self.value(parameter)?.map(|value| text(parameter, value)).transpose()
    }

    /// `true` or `false`, as such or as a text in any case of letters.
    pub fn boolean(&self, parameter: &Parameter) -> Result<Option<bool>, BadParameter> {
        match self.value(parameter)? {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(parameter.bad(Problem::NotBoolean)),
        }
    }

    /// A list of whole numbers; `None` where the member is absent.
    pub fn integers(&self, parameter: &Parameter) -> Result<Option<Vec<i64>>, BadParameter> {
        self.list(parameter, integer)
    }

    /// A list of texts; `None` where the member is absent.
    pub fn texts(&self, parameter: &Parameter) -> Result<Option<Vec<String>>, BadParameter> {
        self.list(parameter, text)
    }

    /// A list of objects, each with its own members; `None` where the member is absent.
    pub fn objects(&self, parameter: &Parameter) -> Result<Option<Vec<Members>>, BadParameter> {
        let Some(value) = self.value(parameter)? else { return Ok(None) };
        let Kind::Objects(min, max, _) = parameter.kind else { return Ok(None) };
        let Value::Array(elements) = value else { return Err(parameter.bad(Problem::Malformed)) };
        if !(min..=max).contains(&elements.len()) {
            return Err(parameter.bad(Problem::Count(min, max)));
        }
        let object = |element: &Value| match element {
            Value::Object(members) => Ok(Self { members: members.clone() }),
            _ => Err(parameter.bad(Problem::Malformed)),
        };
        elements.iter().map(object).collect::<Result<_, _>>().map(Some)
    }

    fn list<T>(
        &self,
        parameter: &Parameter,
        element: impl Fn(&Parameter, &Value) -> Result<T, BadParameter>,
    ) -> Result<Option<Vec<T>>, BadParameter> {
        let Some(value) = self.value(parameter)? else { return Ok(None) };
        let (Kind::Integers(max) | Kind::Texts(max)) = parameter.kind else { return Ok(None) };
        let Value::Array(elements) = value else { return Err(parameter.bad(Problem::Malformed)) };
        if elements.len() > max {
            return Err(parameter.bad(Problem::TooMany(max)));
        }
        elements.iter().map(|value| element(parameter, value)).collect::<Result<_, _>>().map(Some)
    }
}

fn integer(parameter: &Parameter, value: &Value) -> Result<i64, BadParameter> {
    match value {
        Value::Number(number) => match whole(number) {
            Some(value) => parameter.read_integer(&value.to_string()),
            None => parameter.read_integer(&number.to_string()),
        },
        Value::String(text) => parameter.read_integer(text.trim()),
        _ => Err(parameter.bad(Problem::NotInteger)),
    }
}

/// What a number written with a point or an exponent says where it is whole all the same, as 2.0 is, and exact.
fn whole(number: &Number) -> Option<i64> {
    let value = number.as_f64().filter(|_| number.is_f64())?;
    // The bounds are exact, and beyond them neighbours are more than one apart.
    let is_whole = value.fract() == 0.0 && value.abs() <= limits::EXACT_INTEGER_MAX;
    is_whole.then(|| format!("{value:.0}").parse().ok()).flatten()
}

fn text(parameter: &Parameter, value: &Value) -> Result<String, BadParameter> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(parameter.bad(Problem::Malformed)),
    };
    parameter.check_text(&text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Parameter = Parameter::text("quota", 1, 10, "").in_body();
    const ACTION: Parameter = Parameter::integer("action", 1, 2, "").in_body().required();
    const IDS: Parameter = Parameter::integers("ids", 3, "").in_body();
    const CARDS: Parameter = Parameter::objects("cards", 1, 2, &[QUOTA], "").in_body();
    const SWITCH: Parameter = Parameter::boolean("switch", "").in_body();

    fn members(body: &'static str) -> Members {
        Members::parse(&Bytes::from(body)).expect("a body")
    }

    /// Shows the leniency: numbers for texts and texts for numbers, `null` and nothing alike, unknown members ignored.
    #[test]
    fn members_are_read_leniently() {
        let lenient =
            members(r#"{"quota": 10, "action": "2", "ids": ["7", 8], "switch": "TRUE", "other": {}}"#);
        assert_eq!(lenient.text(&QUOTA), Ok(Some("10".to_owned())));
        assert_eq!(lenient.integer(&ACTION), Ok(Some(2)));
        assert_eq!(lenient.integers(&IDS), Ok(Some(vec![7, 8])));
        assert_eq!(lenient.boolean(&SWITCH), Ok(Some(true)));
        for empty in ["", " \n", "{}", r#"{"quota": null, "ids": null}"#] {
            assert_eq!(members(empty).text(&QUOTA), Ok(None));
            assert_eq!(members(empty).integers(&IDS), Ok(None));
            assert_eq!(members(empty).integer(&ACTION), Err(ACTION.bad(Problem::Required)));
        }
    }

    /// Shows that a whole number may be written with a point or an exponent, as JSON's numbers may.
    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        assert_eq!(members(r#"{"action": 2.0}"#).integer(&ACTION), Ok(Some(2)));
        assert_eq!(
            members(r#"{"ids": [1e1, -0.0, 9007199254740992.0]}"#).integers(&IDS),
            Ok(Some(vec![10, 0, 1 << 53]))
        );
        for body in [r#"{"action": 1.5}"#, r#"{"action": 1e300}"#, r#"{"action": 18014398509481984.0}"#] {
            assert_eq!(members(body).integer(&ACTION), Err(ACTION.bad(Problem::NotInteger)), "{body}");
        }
    }

    /// Shows that lists of objects are bounded on both sides and that each element is read by the same rules.
    #[test]
    fn objects_are_read_one_by_one() {
        let read = |body| members(body).objects(&CARDS);
        let cards = read(r#"{"cards": [{"quota": 7}, {}]}"#).expect("a list").expect("some");
        assert_eq!(cards[0].text(&QUOTA), Ok(Some("7".to_owned())));
        assert_eq!(cards[1].text(&QUOTA), Ok(None));
        assert!(read("{}").expect("nothing").is_none());
        for (body, problem) in [
            (r#"{"cards": []}"#, Problem::Count(1, 2)),
            (r#"{"cards": [{}, {}, {}]}"#, Problem::Count(1, 2)),
            (r#"{"cards": [7]}"#, Problem::Malformed),
            (r#"{"cards": {}}"#, Problem::Malformed),
        ] {
            assert_eq!(read(body).err(), Some(CARDS.bad(problem)), "{body}");
        }
    }

    /// Shows what is refused: other types, values out of bounds, lists too long, bodies that are no object.
    #[test]
    fn members_are_checked() {
        let wrong = members(r#"{"quota": "", "action": 3, "ids": [1, 2, 3, 4], "switch": 1}"#);
        assert_eq!(wrong.text(&QUOTA), Err(QUOTA.bad(Problem::Length(1, 10))));
        assert_eq!(wrong.integer(&ACTION), Err(ACTION.bad(Problem::OutOfRange(1, 2))));
        assert_eq!(wrong.integers(&IDS), Err(IDS.bad(Problem::TooMany(3))));
        assert_eq!(wrong.boolean(&SWITCH), Err(SWITCH.bad(Problem::NotBoolean)));
        let other = members(r#"{"quota": ["a"], "action": 1.5, "ids": 7}"#);
        assert_eq!(other.text(&QUOTA), Err(QUOTA.bad(Problem::Malformed)));
        assert_eq!(other.integer(&ACTION), Err(ACTION.bad(Problem::NotInteger)));
        assert_eq!(other.integers(&IDS), Err(IDS.bad(Problem::Malformed)));
        for body in ["[]", "7", "{", "\"x\"", "{\"a\": }", "\u{feff}{}"] {
            assert_eq!(Members::parse(&Bytes::from(body)).err(), Some(MALFORMED), "{body}");
        }
    }
}
