//! The answers that the listener gives in the service's place.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};

/// The header that carries the id of a request.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Why the listener answers in the service's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request target is longer than allowed.
    UriTooLarge,
    /// A header, or all of them, are longer than allowed.
    HeadersTooLarge,
    /// The handler took too long.
    HandlerTimedOut,
    /// The handler panicked.
    Panicked,
}

/// Makes the answer to a refused request.
pub type Refuse = Box<dyn Fn(Refusal) -> Response<Body> + Send + Sync>;

/// The answer to a refused request in the form of the API: gateway errors in English with the request's id,
/// failures of the service itself in its own words without a cause.
pub fn render(refusal: Refusal, request_id: &str) -> Response<Body> {
    let (status, code, message) = match refusal {
        Refusal::UriTooLarge => (StatusCode::URI_TOO_LONG, "APIGW.0201", "Request URI too large."),
        Refusal::HeadersTooLarge => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "APIGW.0201", "Request headers too large.")
        }
        Refusal::HandlerTimedOut => (StatusCode::GATEWAY_TIMEOUT, "APIGW.0201", "Backend timeout."),
        Refusal::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "GSL.00010003", "系统繁忙，请稍后重试！"),
    };
    let mut body = serde_json::json!({ "error_code": code, "error_msg": message });
    if refusal != Refusal::Panicked {
        body["request_id"] = request_id.into();
    }
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(X_REQUEST_ID, request_id);
    }
    response
}
