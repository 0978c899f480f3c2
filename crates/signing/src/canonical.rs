//! The canonical request: one text for all spellings of the same request.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::{Algorithm, Headers, Request, RequestError, SignedHeaders, date::DATE_HEADER, hash::HexDigest};

/// What is percent-encoded: all but the unreserved characters of RFC 3986 §2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The content hash of a body that is left out of the signature.
const UNSIGNED_PAYLOAD: &[u8] = b"UNSIGNED-PAYLOAD";

/// Content types whose bodies are always signed, by prefix.
const SIGNED_CONTENT_TYPES: [&[u8]; 2] = [b"application/json", b"application/bson"];

/// How the values of one query key are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueOrder {
    /// Sorted as text: the documented rule.
    Text,
    /// As on the wire. The Python SDK sorts values before it makes text of them, so it signs and sends `9` before `10`.
    Wire,
}

/// What a request and its list of signed headers settle before any query is looked at.
pub(crate) struct Canonical<'a, H: Headers + ?Sized> {
    request: &'a Request<'a, H>,
    signed_headers: SignedHeaders<'a>,
    payload: Payload,
    /// The trimmed `X-Sdk-Date`, signed once more in the string to sign.
    pub(crate) date: &'a [u8],
}

impl<'a, H: Headers + ?Sized> Canonical<'a, H> {
    pub(crate) fn new(
        request: &'a Request<'a, H>,
        algorithm: Algorithm,
        signed_headers: SignedHeaders<'a>,
    ) -> Result<Self, RequestError> {
        let date = request.header(DATE_HEADER)?.ok_or(RequestError::MissingDate)?;
        if !signed_headers.contains(DATE_HEADER) {
            return Err(RequestError::DateNotSigned);
        }
        let payload = Payload::of(request, algorithm)?;
        Ok(Self { request, signed_headers, payload, date })
    }

    /// The canonical request as bytes: header values need not be UTF-8.
    pub(crate) fn text(&self, order: ValueOrder) -> Result<Vec<u8>, RequestError> {
        let request = self.request;
        let mut text = Vec::with_capacity(512 + request.raw_path.len() + request.raw_query.len());
        text.extend_from_slice(request.method.as_bytes());
        text.push(b'\n');
        write_path(&mut text, request.raw_path);
        text.push(b'\n');
        write_query(&mut text, request.raw_query, order);
        text.push(b'\n');
        for name in self.signed_headers.names() {
            let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
            let value = request
                .header(name)?
                .ok_or_else(|| RequestError::MissingSignedHeader { name: name.to_ascii_lowercase() })?;
            text.extend(lower);
            text.push(b':');
            text.extend_from_slice(value);
            text.push(b'\n');
        }
        text.push(b'\n');
        text.extend_from_slice(self.signed_headers.as_str().as_bytes());
        text.push(b'\n');
        text.extend_from_slice(self.payload.as_bytes());
        Ok(text)
    }
}

/// The last line of the canonical request.
enum Payload {
    Hash(HexDigest),
    Unsigned,
}

impl Payload {
    /// The body's hash, unless the client announced `UNSIGNED-PAYLOAD` and may do so. An announced hash must be the
    /// body's own, so that a signature over the header's value is a signature over the body. With an empty body the
    /// announcement does not count.
    fn of<H: Headers + ?Sized>(request: &Request<'_, H>, algorithm: Algorithm) -> Result<Self, RequestError> {
        let announced = match request.body {
            [] => None,
            _ => request.header(algorithm.content_hash_header())?,
        };
        if announced == Some(UNSIGNED_PAYLOAD) {
            let content_type = request.header("content-type")?.unwrap_or_default();
            if content_type.is_empty()
                || SIGNED_CONTENT_TYPES.iter().any(|signed| starts_with(content_type, signed))
            {
                return Err(RequestError::UnsignedPayloadNotAllowed);
            }
            return Ok(Self::Unsigned);
        }
        let hash = algorithm.digest(request.body);
        match announced {
            Some(value) if value != hash.as_bytes() => Err(RequestError::PayloadHashMismatch),
            _ => Ok(Self::Hash(hash)),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Hash(hash) => hash.as_bytes(),
            Self::Unsigned => UNSIGNED_PAYLOAD,
        }
    }
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The path, split before it is decoded: `%2F` stays inside its segment, as it does for the router.
fn write_path(text: &mut Vec<u8>, raw_path: &str) {
    for (index, segment) in raw_path.split('/').enumerate() {
        if index > 0 {
            text.push(b'/');
        }
        write_encoded(text, &decode(segment));
    }
    if !raw_path.ends_with('/') {
        text.push(b'/');
    }
}

/// The pairs sorted by decoded key and, within one key, as `order` says.
fn write_query(text: &mut Vec<u8>, raw_query: &str, order: ValueOrder) {
    let mut pairs: Vec<_> = raw_query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            (decode(key), decode(value))
        })
        .collect();
    match order {
        ValueOrder::Text => pairs.sort_unstable(),
        ValueOrder::Wire => pairs.sort_by(|(one, _), (other, _)| one.cmp(other)),
    }
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.push(b'&');
        }
        write_encoded(text, key);
        text.push(b'=');
        write_encoded(text, value);
    }
}

/// Percent-decoding, not form-decoding: `+` is a plus, a malformed escape stands for itself.
fn decode(raw: &str) -> Cow<'_, [u8]> {
    percent_decode_str(raw).into()
}

fn write_encoded(text: &mut Vec<u8>, decoded: &[u8]) {
    for part in percent_encode(decoded, ENCODED) {
        text.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> String {
        let mut text = Vec::new();
        write_path(&mut text, raw);
        String::from_utf8(text).unwrap()
    }

    fn query(raw: &str, order: ValueOrder) -> String {
        let mut text = Vec::new();
        write_query(&mut text, raw, order);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn paths() {
        // Segments are decoded and re-encoded one by one; the path always ends in a slash.
        for (raw, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/v1/tags", "/v1/tags/"),
            ("/v1/tags/", "/v1/tags/"),
            ("/v1//tags", "/v1//tags/"),
            ("/v1/./../tags", "/v1/./../tags/"),
            ("/v1/%74ags", "/v1/tags/"),
            ("/v1/a%2fb", "/v1/a%2Fb/"),
            ("/v1/a+b@c:~", "/v1/a%2Bb%40c%3A~/"),
            ("/v1/%zz%4", "/v1/%25zz%254/"),
            ("/v1/新", "/v1/%E6%96%B0/"),
            ("/v1/%ff", "/v1/%FF/"),
            ("/v1/a%0Ab", "/v1/a%0Ab/"),
        ] {
            assert_eq!(path(raw), expected, "{raw}");
        }
    }

    #[test]
    fn queries() {
        // Pairs are sorted by key; the values of one key as text or as on the wire.
        for (raw, text, wire) in [
            ("", "", ""),
            ("&&", "", ""),
            ("b=2&a=1", "a=1&b=2", "a=1&b=2"),
            ("a=9&b=0&a=10", "a=10&a=9&b=0", "a=9&a=10&b=0"),
            ("a", "a=", "a="),
            ("=1", "=1", "=1"),
            ("a=b=c", "a=b%3Dc", "a=b%3Dc"),
            ("a=+%20*~", "a=%2B%20%2A~", "a=%2B%20%2A~"),
            ("a=%", "a=%25", "a=%25"),
            ("a%5B%5D=1", "a%5B%5D=1", "a%5B%5D=1"),
            ("~=1&a=2", "a=2&~=1", "a=2&~=1"),
            ("a.b=1&a=2", "a=2&a.b=1", "a=2&a.b=1"),
        ] {
            assert_eq!(query(raw, ValueOrder::Text), text, "{raw}");
            assert_eq!(query(raw, ValueOrder::Wire), wire, "{raw}");
        }
    }

    #[test]
    fn documented_layout() {
        // The lines of a canonical request, with the trimmed values in the list's order.
        let headers: &[(&str, &[u8])] =
            &[("Host", b" h:1 "), ("X-Sdk-Date", b"20240115T033655Z"), ("X-Name", b"a  b\xff")];
        let request = Request { method: "PUT", raw_path: "/v1/x", raw_query: "b&a=1", headers, body: b"" };
        let list = SignedHeaders::parse("x-name;x-sdk-date;Host").unwrap();
        let canonical = Canonical::new(&request, Algorithm::HmacSm3, list).unwrap();
        assert_eq!(
            canonical.text(ValueOrder::Text).unwrap(),
            b"PUT\n/v1/x/\na=1&b=\nx-name:a  b\xff\nx-sdk-date:20240115T033655Z\nhost:h:1\n\nx-name;x-sdk-date;Host\n\
              1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
        );
    }
}
