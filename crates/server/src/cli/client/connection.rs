//! Signed requests to the server of a profile.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use clap::ArgMatches;
use serde_json::Value;
use simlink_carriers::gateway::{CallTimes, HttpClient, trust};
use simlink_signing::{Algorithm, SignedHeaders, sign};

use super::arguments::Request;
use super::profile::{self, Profile};
use crate::clock::Clock;

/// How long a request may take: a dry run over a million cards takes seconds.
const CALL_MS_MAX: u64 = 60_000;
/// How often a request is repeated that is over the allowance.
const REPEATS_MAX: u32 = 20;
/// Waits for the next allowance where the server names no time.
const WAIT: Duration = Duration::from_millis(300);

/// The way to a server.
pub struct Connection {
    http: HttpClient,
    host: String,
    profile: Profile,
    clock: Clock,
}

impl Connection {
    /// The connection of the profile that the flags name.
    ///
    /// # Errors
    /// No such profile, or one whose address or certificates are no good.
    pub fn open(matches: &ArgMatches) -> Result<Self> {
        Self::of(profile::read(matches)?)
    }

    /// The connection of a profile.
    ///
    /// # Errors
    /// An address or certificates that are no good.
    pub fn of(profile: Profile) -> Result<Self> {
        let tls = match &profile.trust {
            Some(path) => {
                let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                Some(trust(&pem)?)
            }
            None => None,
        };
        let times = CallTimes { total_ms: CALL_MS_MAX, ..CallTimes::default() };
        let http = HttpClient::new(&profile.endpoint, tls, times)?;
        let authority = profile.endpoint.split("://").nth(1).unwrap_or_default();
        let host = authority.split('/').next().unwrap_or_default().to_owned();
        Ok(Self { http, host, profile, clock: Clock::system() })
    }

    /// What the server answers: nothing is `null`.
    ///
    /// # Errors
    /// What the server refuses, in its words, and what becomes of the connection.
    pub async fn ask(&self, request: &Request) -> Result<Value> {
        let (target, body) = (request.target(), request.body());
        for _ in 0..REPEATS_MAX {
            let answer = self.send(request.method.as_str(), &target, &body).await?;
            match answer.status {
                200..300 if answer.body.is_empty() => return Ok(Value::Null),
                200..300 => return serde_json::from_slice(&answer.body).context("the answer is no JSON"),
                429 => {
                    let wait = answer.retry_after_s.map_or(WAIT, Duration::from_secs);
                    tokio::time::sleep(wait).await;
                }
                status => {
                    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
                    bail!("{status} {} {}", text("error_code"), text("error_msg"))
                }
            }
        }
        bail!("the server's allowance is used up by others: try again later")
    }

    async fn send(
        &self,
        method: &str,
        target: &str,
        body: &str,
    ) -> Result<simlink_carriers::gateway::Answer> {
        let moment = jiff::Timestamp::from_millisecond(self.clock.now_ms())?;
        let date = moment.strftime("%Y%m%dT%H%M%SZ").to_string();
        let full = self.http.full_target(target);
        let (path, query) = full.split_once('?').unwrap_or((&full, ""));
        let signed = [("host", self.host.as_str()), ("x-sdk-date", date.as_str())];
        let request = simlink_signing::Request {
            method,
            raw_path: path,
            raw_query: query,
            headers: &signed[..],
            body: body.as_bytes(),
        };
        let names = SignedHeaders::parse("host;x-sdk-date").map_err(|error| anyhow::anyhow!("{error}"))?;
        let secret = self.profile.secret_key.as_bytes();
        let value = sign(&request, Algorithm::HmacSha256, &self.profile.access_key, secret, names)
            .map_err(|error| anyhow::anyhow!("the request cannot be signed: {error}"))?;
        let headers = [
            ("x-sdk-date", date.as_str()),
            ("authorization", value.as_str()),
            ("x-language", self.profile.language()),
        ];
        let sent = self.http.send(method, &full, &headers, Bytes::from(body.to_owned())).await;
        sent.map_err(|cause| anyhow::anyhow!("{}: {cause}", self.profile.endpoint))
    }
}
