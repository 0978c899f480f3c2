//! A request as the wire shows it, and what makes one unfit to be signed or verified.

use thiserror::Error;

/// What a request says for one header name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderValue<'a> {
    /// The header is not there.
    Absent,
    /// The header stands once; raw bytes, in whatever encoding the client sent.
    Single(&'a [u8]),
    /// The header stands more than once. Wherever its value matters this is refused, so that nobody can have one
    /// value signed and another one read.
    Repeated,
}

impl<'a> FromIterator<&'a [u8]> for HeaderValue<'a> {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(values: I) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Single(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}

/// The headers of a request, looked up by name in any case. [`HeaderValue`] collects from an iterator of values.
pub trait Headers {
    /// The value of the header `name`, an ASCII token in any case.
    fn value(&self, name: &str) -> HeaderValue<'_>;
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn value(&self, name: &str) -> HeaderValue<'_> {
        self.iter()
            .filter(|(header, _)| header.as_ref().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref())
            .collect()
    }
}

/// The raw parts of a request, before any decoding.
#[derive(Debug)]
pub struct Request<'a, H: Headers + ?Sized> {
    /// `GET`, `POST`, …, signed as it stands.
    pub method: &'a str,
    /// The path as on the wire, without query.
    pub raw_path: &'a str,
    /// The query as on the wire, without `?`; empty if there is none.
    pub raw_query: &'a str,
    /// All headers.
    pub headers: &'a H,
    /// The whole body.
    pub body: &'a [u8],
}

impl<H: Headers + ?Sized> Clone for Request<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Headers + ?Sized> Copy for Request<'_, H> {}

impl<'a, H: Headers + ?Sized> Request<'a, H> {
    /// The value of a header without white space around it.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&'a [u8]>, RequestError> {
        match self.headers.value(name) {
            HeaderValue::Absent => Ok(None),
            HeaderValue::Single(value) => Ok(Some(value.trim_ascii())),
            HeaderValue::Repeated => Err(RequestError::RepeatedHeader { name: name.to_ascii_lowercase() }),
        }
    }
}

/// Why a request can be neither signed nor verified.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// There is no `X-Sdk-Date`.
    #[error("X-Sdk-Date is missing")]
    MissingDate,
    /// `X-Sdk-Date` is not `YYYYMMDDTHHMMSSZ` or names no moment.
    #[error("X-Sdk-Date must have the form YYYYMMDDTHHMMSSZ")]
    InvalidDate,
    /// `SignedHeaders` leaves `x-sdk-date` out.
    #[error("X-Sdk-Date must be among the signed headers")]
    DateNotSigned,
    /// `SignedHeaders` names a header that the request does not have.
    #[error("the signed header {name} is missing")]
    MissingSignedHeader {
        /// The header in lower case.
        name: String,
    },
    /// A header that counts for the signature stands more than once.
    #[error("the header {name} is repeated")]
    RepeatedHeader {
        /// The header in lower case.
        name: String,
    },
    /// `UNSIGNED-PAYLOAD` with a JSON or BSON body, or with no content type at all.
    #[error("UNSIGNED-PAYLOAD is not allowed for this content type")]
    UnsignedPayloadNotAllowed,
    /// The announced content hash is not the lower-case hex hash of the body.
    #[error("the content hash header does not match the body")]
    PayloadHashMismatch,
}
