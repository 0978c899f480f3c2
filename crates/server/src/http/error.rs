//! Refusals and their bodies: the only room that knows how an error looks on the wire and in which language.

use std::fmt;

use axum::http::StatusCode;
use serde_json::json;

use super::language::Language;
use super::reply::Reply;
use crate::error_codes::ErrorCode;
use crate::limits;

/// Keystone's words for a credential that is missing or does not hold.
const REQUIRES_AUTHENTICATION: &str = "The request you have made requires authentication.";

/// Why a request is not carried out. Slices return one; the gateway renders it.
#[derive(Debug)]
pub enum Refusal {
    /// A business error of the table, with what fills `{0}`, `{1}` of its text.
    Business(ErrorCode, Vec<String>),
    /// A business error of the table whose `{0}` is a word that differs between languages.
    Worded(ErrorCode, Wording),
    /// A parameter that breaks the contract: `GSL.00010004`, in the tag and attribute groups `GSL.00020004`.
    Parameter(BadParameter),
    /// An error of the gateway in front: `APIGW.*`, always in English.
    Gateway(GatewayError),
    /// An error of an IAM path, in Keystone's form.
    Iam(StatusCode, &'static str),
    /// Something that should not happen: the client learns nothing of it, the log has the cause.
    Internal(anyhow::Error),
}

/// A word in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Wording {
    /// The word in that language.
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }
}

/// Errors of the gateway in front.
#[derive(Debug)]
pub enum GatewayError {
    /// No such path, or not with this method.
    UnknownApi {
        /// Whether the path exists with another method.
        path_exists: bool,
    },
    /// No credential, one that does not hold, or one that is locked for a while; the text says why.
    Unauthorized(String),
    /// The user's role does not reach this far.
    Forbidden,
    /// The project named is not one of the account's.
    UnavailableProject,
    /// Over the allowance.
    TooManyRequests {
        /// Requests a second.
        limit: u32,
        /// Seconds until the next request passes.
        retry_after_s: u64,
    },
    /// The body exceeds [`crate::limits::BODY_BYTES_MAX`].
    BodyTooLarge,
    /// The body could not be read.
    BodyUnreadable,
    /// The body came slower than the listener allows.
    BodyTooSlow,
    /// A queue is full or the database does not answer: try again later.
    Unavailable,
}

/// A parameter and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub struct BadParameter {
    /// The name on the wire.
    pub field: &'static str,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a parameter.
#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    /// It must be given.
    Required,
    /// It is given more than once.
    Repeated,
    /// It is not a whole number.
    NotInteger,
    /// It is neither `true` nor `false`.
    NotBoolean,
    /// It is not within these bounds.
    OutOfRange(i64, i64),
    /// Its length in characters is not within these bounds.
    Length(usize, usize),
    /// It has more than this many elements.
    TooMany(usize),
    /// Its number of elements is not within these bounds.
    Count(usize, usize),
    /// It has more than this many bytes.
    TooLarge(usize),
    /// It is given beside this one, of which one must be given alone.
    Beside(&'static str),
    /// It is none of these.
    NotOneOf(&'static [&'static str]),
    /// It names nothing that there is.
    Unknown,
    /// It cannot be read at all: bad percent escapes, not UTF-8, not JSON.
    Malformed,
    /// It is a file that cannot be read, and why.
    Unreadable(String),
    /// It is a file with bad lines: how many, and the first of them with what is wrong.
    BadLines(u64, Vec<(u64, String)>),
}

impl BadParameter {
    fn message(&self, language: Language) -> String {
        let field = self.field;
        match language {
            Language::Chinese => match &self.problem {
                Problem::Required => format!("{field}:不能为null"),
                Problem::Repeated => format!("{field}:不能重复"),
                Problem::NotInteger => format!("{field}:必须是整数"),
                Problem::NotBoolean => format!("{field}:必须是true或false"),
                Problem::OutOfRange(min, max) => format!("{field}:必须在{min}和{max}之间"),
                Problem::Length(min, max) => format!("{field}:长度必须在{min}和{max}之间"),
                Problem::TooMany(max) => format!("{field}:个数不能超过{max}"),
                Problem::Count(min, max) => format!("{field}:个数必须在{min}和{max}之间"),
                Problem::TooLarge(max) => format!("{field}:不能超过{max}字节"),
                Problem::Beside(other) => format!("{field}:不能与{other}同时传递"),
                Problem::NotOneOf(values) => format!("{field}:只能是{}", values.join(", ")),
                Problem::Unknown => format!("{field}:不存在"),
                Problem::Malformed => format!("{field}:格式错误"),
                Problem::Unreadable(reason) => format!("{field}:无法读取：{reason}"),
                Problem::BadLines(count, lines) => {
                    let lines = lines.iter().map(|(line, reason)| format!("第{line}行 {reason}"));
                    listed(format!("{field}:{count}行有误："), lines, "；")
                }
            },
            Language::English => match &self.problem {
                Problem::Required => format!("{field}: must not be null"),
                Problem::Repeated => format!("{field}: must be given once"),
                Problem::NotInteger => format!("{field}: must be an integer"),
                Problem::NotBoolean => format!("{field}: must be true or false"),
                Problem::OutOfRange(min, max) => format!("{field}: must be between {min} and {max}"),
                Problem::Length(min, max) => format!("{field}: length must be between {min} and {max}"),
                Problem::TooMany(max) => format!("{field}: must have at most {max} elements"),
                Problem::Count(min, max) => format!("{field}: must have between {min} and {max} elements"),
                Problem::TooLarge(max) => format!("{field}: must have at most {max} bytes"),
                Problem::Beside(other) => format!("{field}: must not be given beside {other}"),
                Problem::NotOneOf(values) => format!("{field}: must be one of {}", values.join(", ")),
                Problem::Unknown => format!("{field}: does not exist"),
                Problem::Malformed => format!("{field}: malformed"),
                Problem::Unreadable(reason) => format!("{field}: cannot be read: {reason}"),
                Problem::BadLines(count, lines) => {
                    let lines = lines.iter().map(|(line, reason)| format!("line {line} {reason}"));
                    listed(format!("{field}: {count} bad lines: "), lines, "; ")
                }
            },
        }
    }
}

/// Appends as many items as a message may have room for; an ellipsis stands for the rest.
pub fn listed(mut message: String, items: impl IntoIterator<Item = String>, separator: &str) -> String {
    let mut length = message.chars().count();
    for (index, item) in items.into_iter().enumerate() {
        let separator = if index == 0 { "" } else { separator };
        length += separator.chars().count() + item.chars().count();
        if length > limits::LISTED_CHARS_MAX {
            message.push_str(separator);
            message.push('…');
            break;
        }
        message.push_str(separator);
        message.push_str(&item);
    }
    message
}

impl GatewayError {
    /// Status, code and text.
    fn parts(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::UnknownApi { path_exists: false } => (
                StatusCode::NOT_FOUND,
                "APIGW.0101",
                "The API does not exist or has not been published in the environment.".to_owned(),
            ),
            Self::UnknownApi { path_exists: true } => {
                (StatusCode::NOT_FOUND, "APIGW.0101", "The API does not exist.".to_owned())
            }
            Self::Unauthorized(reason) => (
                StatusCode::UNAUTHORIZED,
                "APIGW.0301",
                format!("Incorrect IAM authentication information: {reason}"),
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "APIGW.0302",
                "The IAM user is not authorized to access the API.".to_owned(),
            ),
            Self::UnavailableProject => {
                (StatusCode::FORBIDDEN, "APIGW.0310", "The project is unavailable.".to_owned())
            }
            Self::TooManyRequests { limit, .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "APIGW.0308",
                format!(
                    "The throttling threshold has been reached: \
                     policy user over ratelimit,limit:{limit},time:1 second"
                ),
            ),
            Self::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "APIGW.0201", "Request entity too large.".to_owned())
            }
            Self::BodyUnreadable => (StatusCode::BAD_REQUEST, "APIGW.0201", "API request error.".to_owned()),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "APIGW.0201", "API request error.".to_owned()),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "APIGW.0201", "Backend unavailable.".to_owned())
            }
        }
    }
}

/// A list as it stands in a message: `[1, 2, 3]`.
pub fn bracketed(values: impl IntoIterator<Item = String>) -> String {
    listed("[".to_owned(), values, ", ") + "]"
}

/// How the operation that refuses wants its errors to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorStyle {
    /// `{"error_code","error_msg"}` with the codes of the SIM groups.
    Business,
    /// The same, with the codes of the tag and attribute groups for bad parameters and failures.
    TagsAndAttributes,
    /// Keystone's `{"error":{"code","message","title"}}`.
    Iam,
}

impl Refusal {
    /// A business error whose `{0}` is filled with what kind of thing is meant and `{1}` with the list of those at
    /// fault, in the request's order.
    pub fn of_list(code: ErrorCode, kind: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self::Business(code, vec![kind.to_owned(), bracketed(values)])
    }

    /// A business error without anything to fill in.
    pub fn code(code: ErrorCode) -> Self {
        Self::Business(code, Vec::new())
    }

    /// The answer that the client sees. `request_id` stands in the gateway's bodies.
    pub fn render(&self, style: ErrorStyle, language: Language, request_id: &str) -> Reply {
        match self {
            // What a credential meets before an IAM path: a bad token, a frozen account.
            Self::Business(ErrorCode::InvalidToken, _) if style == ErrorStyle::Iam => {
                iam(StatusCode::UNAUTHORIZED, REQUIRES_AUTHENTICATION)
            }
            Self::Business(code, _) if style == ErrorStyle::Iam => iam(status(*code), code.text().en),
            Self::Business(code, arguments) => business(*code, arguments, language),
            Self::Worded(code, word) => business(*code, &[word.text(language).to_owned()], language),
            Self::Parameter(bad) => match style {
                ErrorStyle::Iam => iam(StatusCode::BAD_REQUEST, &bad.message(Language::English)),
                ErrorStyle::Business => parameter(ErrorCode::ParameterError, bad, language),
                ErrorStyle::TagsAndAttributes => parameter(ErrorCode::TagParameterError, bad, language),
            },
            Self::Gateway(error) => gateway(error, style, request_id),
            Self::Iam(status, message) => iam(*status, message),
            Self::Internal(_) => match style {
                ErrorStyle::Iam => iam(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "An unexpected error prevented the server from fulfilling your request.",
                ),
                ErrorStyle::Business => business(ErrorCode::SystemBusy, &[], language),
                ErrorStyle::TagsAndAttributes => business(ErrorCode::TagSystemBusy, &[], language),
            },
        }
    }
}

fn business(code: ErrorCode, arguments: &[String], language: Language) -> Reply {
    let text = code.text();
    let mut message = match language {
        Language::Chinese => text.zh.to_owned(),
        Language::English => text.en.to_owned(),
    };
    for (index, argument) in arguments.iter().enumerate() {
        message = message.replace(&format!("{{{index}}}"), argument);
    }
    Reply::json(&json!({"error_code": text.code, "error_msg": message})).with_status(status(code))
}

fn status(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.text().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn parameter(code: ErrorCode, bad: &BadParameter, language: Language) -> Reply {
    Reply::json(&json!({"error_code": code.text().code, "error_msg": bad.message(language)}))
        .with_status(StatusCode::BAD_REQUEST)
}

fn gateway(error: &GatewayError, style: ErrorStyle, request_id: &str) -> Reply {
    let (status, code, message) = error.parts();
    let reply = match style {
        // Keystone's own words for a missing or wrong credential.
        ErrorStyle::Iam if status == StatusCode::UNAUTHORIZED => iam(status, REQUIRES_AUTHENTICATION),
        ErrorStyle::Iam => iam(status, &message),
        _ => Reply::json(&json!({"error_code": code, "error_msg": message, "request_id": request_id}))
            .with_status(status),
    };
    match error {
        GatewayError::TooManyRequests { retry_after_s, .. } => {
            reply.with_header("retry-after", &retry_after_s.to_string())
        }
        GatewayError::Unavailable => reply.with_header("retry-after", "1"),
        _ => reply,
    }
}

fn iam(status: StatusCode, message: &str) -> Reply {
    let title = status.canonical_reason().unwrap_or("Error");
    Reply::json(&json!({"error": {"code": status.as_u16(), "message": message, "title": title}}))
        .with_status(status)
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Business(code, _) | Self::Worded(code, _) => {
                write!(formatter, "{}: {}", code.text().code, code.text().en)
            }
            Self::Parameter(bad) => formatter.write_str(&bad.message(Language::English)),
            Self::Gateway(error) => formatter.write_str(&error.parts().2),
            Self::Iam(_, message) => formatter.write_str(message),
            Self::Internal(cause) => write!(formatter, "{cause:#}"),
        }
    }
}

impl From<BadParameter> for Refusal {
    fn from(bad: BadParameter) -> Self {
        Self::Parameter(bad)
    }
}

impl From<GatewayError> for Refusal {
    fn from(error: GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::code(code)
    }
}

impl From<simlink_db::DbError> for Refusal {
    fn from(error: simlink_db::DbError) -> Self {
        match error {
            simlink_db::DbError::Busy(_)
            | simlink_db::DbError::Unavailable(_)
            | simlink_db::DbError::Conflict => {
                tracing::warn!(%error, "the database refuses work for now");
                Self::Gateway(GatewayError::Unavailable)
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl From<simlink_jobs::JobError> for Refusal {
    fn from(error: simlink_jobs::JobError) -> Self {
        match error {
            simlink_jobs::JobError::Database(error) => error.into(),
            simlink_jobs::JobError::QueueFull { .. } => {
                tracing::warn!(%error, "a queue is full");
                Self::Gateway(GatewayError::Unavailable)
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}
