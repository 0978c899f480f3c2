//! From the headers of a request to its verified caller, in two steps: [`Claim::of`] looks at the credential before
//! the body is read, [`Claim::confirm`] verifies it with the body at hand.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;
use simlink_signing::{Authorization, HeaderValue, Headers, Request, VerifyError};

use super::directory::{Directory, KeyHolder, TokenHolder};
use super::lock_outs::LockOuts;
use super::{Caller, PeerAddress, TokenKind, session, tokens};
use crate::app::App;
use crate::error_codes::ErrorCode;
use crate::http::error::{GatewayError, Refusal};

/// Longest access key that is echoed to whoever sent it.
const ACCESS_KEY_ECHO_CHARACTERS_MAX: usize = 64;
/// Longest canonical request that is echoed; the rest is cut off.
const CANONICAL_ECHO_BYTES_MAX: usize = 2048;

/// Whom a request claims to come from.
pub struct Claim<'a> {
    credential: Credential<'a>,
    peer: PeerAddress,
}

enum Credential<'a> {
    /// `X-Auth-Token`, as its hash.
    Token([u8; 32]),
    /// The cookie of a session, as its hash.
    Session([u8; 32]),
    /// `Authorization: SDK-HMAC-…`.
    Signature(Authorization<'a>),
}

impl<'a> Claim<'a> {
    /// The claim of a request that could hold: a good token, a signature by a key that may sign, or the cookie of a
    /// session. `Authorization` comes before `X-Auth-Token`, and that before the cookie.
    ///
    /// # Errors
    /// 401 without a credential, with an unreadable one, with an unknown or locked key; `GSL.00010001` for a token
    /// that is not good (any more), `GSL.00010002` for one of a frozen account.
    pub fn of(app: &App, headers: &'a HeaderMap, peer: PeerAddress, now_ms: i64) -> Result<Self, Refusal> {
        let claim = Self::read(headers, peer)?;
        claim.check(&app.directory, &app.lock_outs, (now_ms, app.clock.world_ms()))?;
        Ok(claim)
    }

    /// The caller, verified over the raw bytes of the request.
    ///
    /// # Errors
    /// Those of [`Claim::of`] once more, since reading a body takes its time; 401 for a signature that does not match
    /// or is stale, 403 for a project that is not the account's.
    pub fn confirm(self, app: &App, parts: &Parts, body: &Bytes, now_ms: i64) -> Result<Caller, Refusal> {
        // A client signs by the world's clock, wherever a sandbox's stands.
        self.verify(&app.directory, &app.lock_outs, parts, body, (now_ms, app.clock.world_ms()))
    }

    fn read(headers: &'a HeaderMap, peer: PeerAddress) -> Result<Self, GatewayError> {
        let credential = if let Some(authorization) = single(headers, "authorization")? {
            if headers.contains_key("x-security-token") {
                return Err(unauthorized("temporary access keys are not supported"));
            }
            Credential::Signature(Authorization::parse(authorization).map_err(unauthorized)?)
        } else if let Some(token) = single(headers, "x-auth-token")? {
            Credential::Token(tokens::hash(token))
        } else if let Some(text) = session::text(headers)? {
            Credential::Session(tokens::hash(text))
        } else {
            return Err(unauthorized("x-auth-token not found"));
        };
        Ok(Self { credential, peer })
    }

    fn check(
        &self,
        directory: &Directory,
        lock_outs: &LockOuts,
        (now_ms, world_ms): (i64, i64),
    ) -> Result<(), Refusal> {
        match &self.credential {
            Credential::Token(hash) => token_holder(directory, TokenKind::Api, hash, now_ms).map(drop),
            Credential::Session(hash) => {
                token_holder(directory, TokenKind::Session, hash, world_ms).map(drop)
            }
            Credential::Signature(authorization) => {
                Ok(self.key_holder(authorization, directory, lock_outs, now_ms).map(drop)?)
            }
        }
    }

    fn verify(
        &self,
        directory: &Directory,
        lock_outs: &LockOuts,
        parts: &Parts,
        body: &[u8],
        (now_ms, world_ms): (i64, i64),
    ) -> Result<Caller, Refusal> {
        let authorization = match &self.credential {
            Credential::Signature(authorization) => authorization,
            Credential::Token(hash) => {
                let holder = token_holder(directory, TokenKind::Api, hash, now_ms)?;
                return Ok(Caller::new(&holder.account, &holder.user, holder.token().project_id.clone()));
            }
            Credential::Session(hash) => {
                let holder = token_holder(directory, TokenKind::Session, hash, world_ms)?;
                let project_id = holder.token().project_id.clone();
                let caller = Caller::new(&holder.account, &holder.user, project_id);
                return Ok(Caller { in_console: true, ..caller });
            }
        };
        let holder = self.key_holder(authorization, directory, lock_outs, now_ms)?;
        let access_key = &holder.key().id;
        match verify_signature(authorization, &holder, parts, body, world_ms) {
            Ok(()) => lock_outs.succeeded(access_key, self.peer),
            Err(refused) => {
                // Only a wrong signature is a guess at the secret; a stale or unfit request is a mistake.
                if matches!(refused, Unverified::Mismatch(_)) {
                    lock_outs.failed(access_key, self.peer, now_ms);
                }
                return Err(refused.into_error().into());
            }
        }
        if holder.account.frozen {
            return Err(ErrorCode::AccountFrozen.into());
        }
        let project = match single(&parts.headers, "x-project-id")? {
            Some(id) => Some(holder.account.project(id).ok_or(GatewayError::UnavailableProject)?),
            None => holder.account.projects.first(),
        };
        Ok(Caller::new(&holder.account, &holder.user, project.map(|project| project.id.clone())))
    }

    /// The holder of the key that signed. To a stranger an inactive key is an unknown one.
    fn key_holder(
        &self,
        authorization: &Authorization<'_>,
        directory: &Directory,
        lock_outs: &LockOuts,
        now_ms: i64,
    ) -> Result<KeyHolder, GatewayError> {
        let access_key = authorization.access_key;
        let holder = directory.key(access_key).filter(|holder| holder.key().active && holder.user.enabled);
        let Some(holder) = holder else {
            let shown = if is_echoed(access_key) { access_key } else { "" };
            return Err(unauthorized(format_args!("Get secretKey failed,ak:{shown},err:ak not exist")));
        };
        if lock_outs.is_locked(access_key, self.peer, now_ms) {
            return Err(unauthorized("AK access failed to reach the limit,forbidden"));
        }
        Ok(holder)
    }
}

/// Why a signed request is not believed.
enum Unverified {
    /// The signature is another one; the server's canonical request.
    Mismatch(String),
    /// Anything that says nothing about the secret.
    Unfit(String),
}

impl Unverified {
    fn into_error(self) -> GatewayError {
        let reason = match self {
            Self::Mismatch(canonical) => format!("canonicalRequest:{}", echo(&canonical)),
            Self::Unfit(reason) => reason,
        };
        unauthorized(format_args!("verify aksk signature fail, {reason}"))
    }
}

fn verify_signature(
    authorization: &Authorization<'_>,
    holder: &KeyHolder,
    parts: &Parts,
    body: &[u8],
    now_ms: i64,
) -> Result<(), Unverified> {
    let request = Request {
        method: parts.method.as_str(),
        raw_path: parts.uri.path(),
        raw_query: parts.uri.query().unwrap_or_default(),
        headers: &RawHeaders(&parts.headers),
        body,
    };
    let signed_ms =
        simlink_signing::signed_at(&request).map_err(|error| Unverified::Unfit(error.to_string()))?;
    if !simlink_signing::within_skew(signed_ms, now_ms) {
        let (signed, now) = (sdk_date(signed_ms), sdk_date(now_ms));
        return Err(Unverified::Unfit(format!(
            "signature expired, signature time:{signed},server time:{now}"
        )));
    }
    simlink_signing::verify(&request, authorization, &holder.secret).map_err(|error| match error {
        VerifyError::SignatureMismatch { canonical_request } => Unverified::Mismatch(canonical_request),
        VerifyError::Request(error) => Unverified::Unfit(error.to_string()),
    })
}

/// The headers as the signature reads them.
struct RawHeaders<'a>(&'a HeaderMap);

impl Headers for RawHeaders<'_> {
    fn value(&self, name: &str) -> HeaderValue<'_> {
        self.0.get_all(name).iter().map(axum::http::HeaderValue::as_bytes).collect()
    }
}

fn token_holder(
    directory: &Directory,
    kind: TokenKind,
    hash: &[u8; 32],
    now_ms: i64,
) -> Result<TokenHolder, Refusal> {
    let holder = directory.token(kind, hash).filter(|holder| holder.is_good(now_ms));
    let holder = holder.ok_or(ErrorCode::InvalidToken)?;
    if holder.account.frozen {
        return Err(ErrorCode::AccountFrozen.into());
    }
    Ok(holder)
}

/// The one value of a header; repeated or unreadable it is no credential.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, GatewayError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| unauthorized(format_args!("{name} is not ASCII text")))?;
            Ok(Some(text.trim_ascii()))
        }
        (Some(_), Some(_)) => Err(unauthorized(format_args!("{name} is repeated"))),
    }
}

pub(super) fn unauthorized(reason: impl std::fmt::Display) -> GatewayError {
    GatewayError::Unauthorized(reason.to_string())
}

fn is_echoed(access_key: &str) -> bool {
    access_key.len() <= ACCESS_KEY_ECHO_CHARACTERS_MAX
        && access_key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The canonical request on one line, cut at a character.
fn echo(canonical: &str) -> String {
    let mut end = canonical.len().min(CANONICAL_ECHO_BYTES_MAX);
    while !canonical.is_char_boundary(end) {
        end -= 1;
    }
    canonical[..end].replace('\n', "|")
}

fn sdk_date(epoch_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(epoch_ms)
        .map(|moment| moment.strftime("%Y%m%dT%H%M%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
