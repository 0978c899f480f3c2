//! The HTTP carrier gateway: one small signed protocol behind which any operator can be attached.
//!
//! What is written and read ([`wire`], [`answers`], [`events`], [`signature`]) is pure; [`HttpClient`] carries it within bounds;
//! [`HttpGateway`] puts both behind the [`Carrier`] trait. The protocol is described in `docs/adding-a-carrier.md`, and
//! `examples/carrier_gateway.rs` is a complete gateway.

pub mod answers;
pub mod events;
mod http_client;
pub mod signature;
mod tls;
pub mod wire;

use std::sync::Arc;

use bytes::Bytes;

pub use self::events::{Callback, CallbackError, read_callback};
pub use self::http_client::{ANSWER_BYTES_MAX, AddressError, CallTimes, HttpClient, Resolver};
use self::signature::{
    KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, SharedKey, Signed, TIMESTAMP_HEADER, sign,
};
pub use self::tls::{CertificatesError, trust};
pub use self::wire::Answer;
use crate::{
    Answering, Capabilities, CardReading, CardRef, Carrier, Clock, Inquiry, Instruction, LinkLimits,
    OrderKey, Outcome, ReadError, Reference, UnknownCause, UsagePeriod, UsageReading,
};

/// Makes texts that are used once: 1 to 64 letters, digits, `-` or `_`.
pub type NonceSource = Arc<dyn Fn() -> String + Send + Sync>;

/// A signed way to one gateway.
pub struct GatewayClient {
    http: HttpClient,
    key: SharedKey,
    clock: Clock,
    nonces: NonceSource,
}

impl GatewayClient {
    /// Signs with `key` what it sends over `http`.
    pub fn new(http: HttpClient, key: SharedKey, clock: Clock, nonces: NonceSource) -> Self {
        Self { http, key, clock, nonces }
    }

    /// Asks the gateway what it can do; `limits` is what holds where it does not say.
    pub async fn capabilities(&self, limits: &LinkLimits) -> Result<(Capabilities, LinkLimits), ReadError> {
        let answer =
            self.call("GET", "/v1/capabilities", Vec::new(), None).await.map_err(ReadError::Unknown)?;
        wire::decode_capabilities(&answer, limits)
    }

    /// One signed call. `target` begins with `/` or, to stay on the address itself, is empty.
    pub async fn call(
        &self,
        method: &str,
        target: &str,
        body: Vec<u8>,
        idempotency_key: Option<OrderKey>,
    ) -> Result<Answer, UnknownCause> {
        let target = self.http.full_target(target);
        let timestamp_s = (self.clock)().div_euclid(1_000);
        let nonce = (self.nonces)();
        let signature =
            sign(&self.key.secret, timestamp_s, &nonce, Signed { method, target: &target, body: &body });
        let timestamp = timestamp_s.to_string();
        let idempotency_key = idempotency_key.map(|key| key.to_string());
        let mut headers = vec![
            (KEY_HEADER, self.key.name.as_str()),
            (TIMESTAMP_HEADER, &timestamp),
            (NONCE_HEADER, &nonce),
            (SIGNATURE_HEADER, &signature),
        ];
        headers.extend(idempotency_key.as_deref().map(|key| ("idempotency-key", key)));
        self.http.send(method, &target, &headers, Bytes::from(body)).await
    }
}

/// A carrier behind a gateway.
pub struct HttpGateway {
    client: GatewayClient,
    capabilities: Capabilities,
    callback_url: String,
}

impl HttpGateway {
    /// The carrier behind `client`, which can do `capabilities` and tells what happens to `callback_url`.
    pub fn new(client: GatewayClient, capabilities: Capabilities, callback_url: &str) -> Self {
        Self { client, capabilities, callback_url: callback_url.to_owned() }
    }
}

impl Carrier for HttpGateway {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit<'a>(&'a self, instruction: &'a Instruction) -> Answering<'a, Outcome> {
        Box::pin(async move {
            let body = wire::encode_operation(instruction, &self.callback_url);
            match self.client.call("POST", "/v1/operations", body, Some(instruction.key)).await {
                Ok(answer) => wire::decode_outcome(instruction.key, &answer),
                Err(cause) => Outcome::Unknown(cause),
            }
        })
    }

    fn inquire<'a>(
        &'a self,
        instruction: &'a Instruction,
        _reference: Option<&'a Reference>,
    ) -> Answering<'a, Inquiry> {
        Box::pin(async move {
            let target = format!("/v1/operations/{}", instruction.key);
            match self.client.call("GET", &target, Vec::new(), None).await {
                Ok(answer) => wire::decode_inquiry(instruction.key, &answer),
                Err(cause) => Inquiry::Known(Outcome::Unknown(cause)),
            }
        })
    }

    fn read_cards<'a>(&'a self, cards: &'a [CardRef]) -> Answering<'a, Result<Vec<CardReading>, ReadError>> {
        Box::pin(async move {
            let body = wire::encode_cards_query(cards);
            let answer = self.client.call("POST", "/v1/cards/query", body, None).await;
            wire::decode_cards(cards, &answer.map_err(ReadError::Unknown)?)
        })
    }

    fn read_usage<'a>(
        &'a self,
        cards: &'a [CardRef],
        period: UsagePeriod,
    ) -> Answering<'a, Result<Vec<UsageReading>, ReadError>> {
        Box::pin(async move {
            let body = wire::encode_usage_query(cards, period);
            let answer = self.client.call("POST", "/v1/usage/query", body, None).await;
            wire::decode_usage(cards, &answer.map_err(ReadError::Unknown)?)
        })
    }
}
