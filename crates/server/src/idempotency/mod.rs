//! `Idempotency-Key`: a write that a client sends again has one effect and the same answer.
//!
//! The key and the answer are written in the transaction that has the effect ([`Once::around`]): after a crash there are
//! both or neither. A refused request leaves its key unused. Keys belong to their user and are forgotten after
//! [`limits::IDEMPOTENCY_LIFE_MS`].

pub mod clear;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use simlink_db::Tx;
use simlink_fleet::AccountId;

use self::store::{Known, Named};
use crate::app::App;
use crate::error_codes::ErrorCode;
use crate::http::error::{BadParameter, Problem, Refusal};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::{Caller, Vault};
use crate::limits;
use crate::randomness::Randomness;

/// The header, a parameter of every write.
pub const KEY: Parameter = Parameter::text(
    "Idempotency-Key",
    1,
    limits::IDEMPOTENCY_KEY_CHARS_MAX,
    "Chosen by the client: the same request sent again with it has one effect and the same answer for 24 hours.",
)
.in_header();

/// A request that must have one effect however often it is sent.
#[derive(Clone)]
pub struct Once {
    account: AccountId,
    user_id: Arc<str>,
    key: Arc<str>,
    digest: Arc<str>,
    now_ms: i64,
    vault: Arc<Vault>,
    randomness: Arc<Randomness>,
    /// Whether the transaction of the effect keeps or finds the answer.
    is_kept: Arc<AtomicBool>,
}

impl Once {
    /// What the headers of a write ask for.
    ///
    /// # Errors
    /// A key that is none.
    pub fn of(
        app: &App,
        caller: &Caller,
        parts: &Parts,
        body: &Bytes,
        now_ms: i64,
    ) -> Result<Option<Self>, BadParameter> {
        let Some(key) = key(&parts.headers)? else { return Ok(None) };
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let mut digest = Sha256::new();
        digest.update(format!("{} {target}\n", parts.method));
        digest.update(body);
        Ok(Some(Self {
            account: caller.account,
            user_id: caller.user_id.clone(),
            key: key.into(),
            digest: hex::encode(digest.finalize()).into(),
            now_ms,
            vault: app.vault.clone(),
            randomness: app.randomness.clone(),
            is_kept: Arc::default(),
        }))
    }

    /// The answer to the same request, where it had its effect before.
    ///
    /// # Errors
    /// `SIMLINK.0401` for another request with the same key; those of the database.
    pub async fn find(&self, app: &App) -> Result<Option<Reply>, Refusal> {
        let once = self.clone();
        app.db.read(move |tx| once.found(tx)).await
    }

    /// `work` and the keeping of its answer in one transaction, or the answer that was kept before and no work.
    ///
    /// # Errors
    /// What `work` refuses; `SIMLINK.0401` for another request with the same key; those of the database.
    pub fn around<T>(
        &self,
        tx: &mut Tx<'_>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>,
        reply: impl FnOnce(T) -> Reply,
    ) -> Result<Reply, Refusal> {
        self.is_kept.store(true, Ordering::Relaxed);
        if let Some(known) = self.take(tx)? {
            return Ok(known);
        }
        let reply = reply(work(tx)?);
        self.keep(tx, &reply)?;
        Ok(reply)
    }

    /// What the client gets for what its handler came to. The answer of a write of several transactions is kept now; a
    /// twin that was overtaken gets the answer of the one that was first.
    ///
    /// # Errors
    /// The handler's refusal; those of the database.
    pub async fn conclude(self, app: &App, outcome: Result<Reply, Refusal>) -> Result<Reply, Refusal> {
        match outcome {
            Ok(reply) if reply.status().is_success() && !self.is_kept.load(Ordering::Relaxed) => {
                app.db.write(move |tx| self.around(tx, |_| Ok(reply), |reply| reply)).await
            }
            Err(refusal @ (Refusal::Internal(_) | Refusal::Gateway(_))) => Err(refusal),
            Err(refusal) => self.find(app).await?.ok_or(refusal),
            Ok(reply) => Ok(reply),
        }
    }

    fn named(&self) -> Named<'_> {
        Named { account: self.account, user_id: &self.user_id, key: &self.key }
    }

    /// Takes the key, or finds what was kept under it.
    fn take(&self, tx: &mut Tx<'_>) -> Result<Option<Reply>, Refusal> {
        let expires_ms = self.now_ms + limits::IDEMPOTENCY_LIFE_MS;
        if store::take(tx, self.named(), &self.digest, self.now_ms, expires_ms)? {
            return Ok(None);
        }
        self.found(tx)
    }

    fn found(&self, tx: &mut Tx<'_>) -> Result<Option<Reply>, Refusal> {
        store::find(tx, self.named(), self.now_ms)?.map(|known| self.replay(known)).transpose()
    }

    fn keep(&self, tx: &mut Tx<'_>, reply: &Reply) -> Result<(), Refusal> {
        // JSON, or nothing at all: what comes bit by bit is a read.
        let body = reply.body().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
        let sealed = self.vault.seal(&self.randomness, &self.seal_name(), body);
        Ok(store::keep(tx, self.named(), reply.status().as_u16(), &sealed)?)
    }

    fn replay(&self, known: Known) -> Result<Reply, Refusal> {
        if known.digest != *self.digest {
            return Err(ErrorCode::IdempotencyKeyReused.into());
        }
        let body = self.vault.open_sealed(&self.seal_name(), &known.answer_sealed);
        let body = body.map_err(|error| Refusal::Internal(error.into()))?;
        let status = StatusCode::from_u16(known.status).map_err(|error| Refusal::Internal(error.into()))?;
        let reply = if body.is_empty() { Reply::empty(status) } else { Reply::json_bytes(body) };
        Ok(reply.with_status(status).with_header("idempotent-replayed", "true"))
    }

    /// What an answer is bound to when it is sealed.
    fn seal_name(&self) -> String {
        format!("{} {}", self.user_id, self.key)
    }
}

/// The one key of the headers: printable ASCII.
fn key(headers: &HeaderMap) -> Result<Option<&str>, BadParameter> {
    let mut values = headers.get_all(KEY.name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(KEY.bad(Problem::Repeated));
    }
    let text = value.to_str().map_err(|_| KEY.bad(Problem::Malformed))?.trim_ascii();
    KEY.check_text(text)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows which keys are taken: one, printable, of 1 to 128 characters.
    #[test]
    fn keys_are_checked() {
        let read = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = axum::http::HeaderValue::from_bytes(value).expect("a header");
                headers.append("idempotency-key", value);
            }
            key(&headers).map(|key| key.map(str::to_owned))
        };
        let long = "k".repeat(limits::IDEMPOTENCY_KEY_CHARS_MAX);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b" 6f1c-\"x\" "]), Ok(Some("6f1c-\"x\"".to_owned())));
        assert_eq!(read(&[long.as_bytes()]), Ok(Some(long.clone())));
        let wrong_length = KEY.bad(Problem::Length(1, limits::IDEMPOTENCY_KEY_CHARS_MAX));
        assert_eq!(read(&[format!("{long}k").as_bytes()]).as_ref(), Err(&wrong_length));
        assert_eq!(read(&[b""]).as_ref(), Err(&wrong_length));
        assert_eq!(read(&["中".as_bytes()]), Err(KEY.bad(Problem::Malformed)));
        assert_eq!(read(&[b"a", b"a"]), Err(KEY.bad(Problem::Repeated)));
    }
}
