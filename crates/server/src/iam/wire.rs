//! What the IAM operations share on the wire: moments, bodies, addresses, refusals.

use axum::http::{StatusCode, header};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{BadParameter, Problem, Refusal};

/// Largest body of an IAM operation; the largest sensible one has a few hundred bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The links of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListLinks {
    /// The list itself.
    #[serde(rename = "self")]
    pub own: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

/// The link of one thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Link {
    /// The thing itself.
    #[serde(rename = "self")]
    pub own: String,
}

/// `2020-01-08T06:25:19.014000Z`: UTC with six fractional digits.
pub fn moment(epoch_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(epoch_ms).map(|moment| format!("{moment:.6}")).unwrap_or_default()
}

/// Reads a JSON body, an object.
pub fn body<T: DeserializeOwned>(call: &Call) -> Result<T, BadParameter> {
    let malformed = || BadParameter { field: "body", problem: Problem::Malformed };
    if call.body.len() > BODY_BYTES_MAX {
        return Err(malformed());
    }
    let members: Map<String, Value> = serde_json::from_slice(&call.body).map_err(|_| malformed())?;
    T::deserialize(Value::Object(members)).map_err(|_| malformed())
}

/// Reads a member that is an object. Serde by itself takes a list of the members' values for one, too.
///
/// # Errors
/// Those of the format.
pub fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let members = Option::<Map<String, Value>>::deserialize(from)?;
    members.map(|members| T::deserialize(Value::Object(members)).map_err(D::Error::custom)).transpose()
}

/// What must be given.
pub fn required<T>(value: Option<T>, field: &'static str) -> Result<T, BadParameter> {
    value.ok_or(BadParameter { field, problem: Problem::Required })
}

/// 404 in words that fit what is missing and what is another's alike.
pub fn could_not_find(message: &'static str) -> Refusal {
    Refusal::Iam(StatusCode::NOT_FOUND, message)
}

/// Scheme and authority under which the client reached this server; empty where its `Host` is not fit to be echoed,
/// which makes addresses relative.
pub fn base(call: &Call) -> String {
    let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let scheme = if call.app.config.tls.is_some() { "https" } else { "http" };
    host.filter(|host| is_authority(host)).map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}

fn is_authority(host: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows which hosts are echoed into addresses.
    #[test]
    fn hosts_are_checked() {
        for (host, expected) in [
            ("gsl.example:8780", true),
            ("[::1]:8780", true),
            ("", false),
            ("a/b", false),
            ("user@host", false),
            ("host\"", false),
        ] {
            assert_eq!(is_authority(host), expected, "{host}");
        }
        assert!(!is_authority(&"a".repeat(256)));
    }

    /// Shows moments with six fractional digits.
    #[test]
    fn moments_have_six_digits() {
        assert_eq!(moment(1_578_464_719_014), "2020-01-08T06:25:19.014000Z");
        assert_eq!(moment(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(moment(i64::MAX), "");
    }
}
