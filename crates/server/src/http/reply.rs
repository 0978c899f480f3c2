//! What a handler answers: status, headers, body. The gateway adds what every answer carries.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use serde::Serialize;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    content_type: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Content,
}

/// A body.
#[derive(Debug)]
enum Content {
    /// All of it.
    Whole(Bytes),
    /// Bit by bit.
    Stream(Body),
}

impl Reply {
    /// 200 with a JSON body.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::json_of_about(value, 1024)
    }

    /// 200 with a JSON body of about so many bytes: a good guess spares a large body its way through ever larger
    /// buffers.
    pub fn json_of_about<T: Serialize + ?Sized>(value: &T, bytes: usize) -> Self {
        let mut body = Vec::with_capacity(bytes);
        // A view serialises into memory and has string keys only: it cannot fail.
        if sonic_rs::to_writer(&mut body, value).is_err() {
            body.clear();
        }
        Self::json_bytes(body)
    }

    /// 200 with a body that is JSON already.
    pub fn json_bytes(body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: "application/json",
            headers: Vec::new(),
            body: Content::Whole(Bytes::from(body)),
        }
    }

    /// 200 with a text of another kind.
    pub fn text(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type, headers: Vec::new(), body: Content::Whole(body.into()) }
    }

    /// 200 with a body that comes bit by bit.
    pub fn stream(content_type: &'static str, body: Body) -> Self {
        Self { status: StatusCode::OK, content_type, headers: Vec::new(), body: Content::Stream(body) }
    }

    /// No body at all.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, content_type: "", headers: Vec::new(), body: Content::Whole(Bytes::new()) }
    }

    /// The same answer with another status.
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same answer with a further header. A value that no header can carry is left out.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// The body, where it does not come bit by bit.
    pub fn body(&self) -> Option<&[u8]> {
        match &self.body {
            Content::Whole(body) => Some(body),
            Content::Stream(_) => None,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer as HTTP.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(match self.body {
            Content::Whole(body) => Body::from(body),
            Content::Stream(body) => body,
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(self.headers.len() + 6);
        if !self.content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}
