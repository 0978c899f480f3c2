//! Claims against a directory of two accounts: tokens, signatures, projects, lock-outs.

use simlink_fleet::AccountId;
use simlink_signing::{Algorithm, SignedHeaders};

use super::*;
use crate::http::error::ErrorStyle;
use crate::http::language::Language;
use crate::iam::records::{AccessKey, Account, Project, Role, Token, TokenKind, User};
use crate::iam::vault::Vault;
use crate::limits;
use crate::randomness::Randomness;

/// 2023-05-27T00:04:31Z.
const NOW_MS: i64 = 1_685_145_871_000;
const SECRET: &str = "a-secret-of-the-demo";

struct World {
    directory: Directory,
    lock_outs: LockOuts,
}

fn peer(last: u8) -> PeerAddress {
    PeerAddress(([127, 0, 0, last], 4000).into())
}

fn account(id: i64, frozen: bool) -> Account {
    let project = |name: &str| Project { id: format!("project-{id}-{name}").into(), name: name.into() };
    Account {
        id: AccountId(id),
        domain_id: format!("domain-{id}").into(),
        name: format!("name-{id}").into(),
        frozen,
        allowances: None,
        reviewed_types: None,
        projects: vec![project("first"), project("second")],
    }
}

/// A user `u{id}` with key `AK{id}` (and the inactive `OFF{id}`) and the token `token-{id}`.
fn user(id: i64, vault: &Vault) -> User {
    let key = |name: &str, active| {
        let access_key = format!("{name}{id}");
        let secret_sealed = vault.seal(&Randomness::seeded(1), &access_key, SECRET);
        AccessKey { id: access_key.into(), secret_sealed, active, description: String::new(), created_ms: 0 }
    };
    let token = Token {
        hash: tokens::hash(&format!("token-{id}")),
        project_id: Some(format!("project-{id}-second").into()),
        domain_scope: false,
        kind: TokenKind::Api,
        issued_ms: NOW_MS,
        expires_ms: NOW_MS + limits::TOKEN_LIFE_MS,
    };
    User {
        id: format!("u{id}").into(),
        account: AccountId(id),
        name: "ann".into(),
        role: Role::Viewer,
        enabled: id != 3,
        password_hash: "".into(),
        keys: vec![key("AK", true), key("OFF", false)],
        tokens: vec![token],
    }
}

/// Account 1 is in order, 2 is frozen, the user of 3 is disabled.
fn world() -> World {
    let (directory, vault) = (Directory::default(), Vault::with_key([1; 32]));
    directory.put_accounts(None, vec![account(1, false), account(2, true), account(3, false)]);
    directory.put_users(None, (1..=3).map(|id| user(id, &vault)).collect(), &vault);
    World { directory, lock_outs: LockOuts::default() }
}

impl World {
    fn call(&self, parts: &Parts, body: &[u8], peer: PeerAddress, now_ms: i64) -> Result<Caller, Refusal> {
        let claim = Claim::read(&parts.headers, peer)?;
        claim.check(&self.directory, &self.lock_outs, (now_ms, now_ms))?;
        claim.verify(&self.directory, &self.lock_outs, parts, body, (now_ms, now_ms))
    }
}

fn parts(headers: &[(&str, &str)]) -> Parts {
    let mut request = axum::http::Request::post("/v1/sim-cards/1/stop?tag_id=9&tag_id=10&b=%20");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request").into_parts().0
}

/// A request signed at `signed` with these headers beside the usual.
fn signed(access_key: &str, secret: &str, date: &str, body: &[u8], headers: &[(&str, &str)]) -> Parts {
    let mut all = vec![("host", "gsl.example:8780"), ("x-sdk-date", date)];
    all.extend_from_slice(headers);
    let mut parts = parts(&all);
    let request = Request {
        method: parts.method.as_str(),
        raw_path: parts.uri.path(),
        raw_query: parts.uri.query().expect("a query"),
        headers: &RawHeaders(&parts.headers),
        body,
    };
    let names = SignedHeaders::parse("host;x-sdk-date").expect("a list");
    let value = simlink_signing::sign(&request, Algorithm::HmacSha256, access_key, secret.as_bytes(), names);
    parts.headers.insert("authorization", value.expect("signs").parse().expect("a header"));
    parts
}

/// Status and text of an outcome, as a client sees them.
fn seen(outcome: &Result<Caller, Refusal>) -> (u16, String) {
    match outcome {
        Ok(caller) => (200, format!("{} {}", caller.user_id, caller.project_id.as_deref().unwrap_or("-"))),
        Err(refusal) => {
            let status = refusal.render(ErrorStyle::Business, Language::English, "").status().as_u16();
            (status, refusal.to_string())
        }
    }
}

const DATE: &str = "20230527T000431Z";
const PREFIX: &str = "Incorrect IAM authentication information: ";

/// Shows every answer to a token: good until the last millisecond, unknown, disabled, frozen, absent, doubled.
#[test]
fn tokens_are_answered() {
    let world = world();
    let invalid = (403, "GSL.00010001: The token carried in the request is invalid.".to_owned());
    let frozen = (403, "GSL.00010002: The user has been frozen and cannot invoke the API.".to_owned());
    let good = (200, "u1 project-1-second".to_owned());
    let last_ms = NOW_MS + limits::TOKEN_LIFE_MS - 1;
    for (token, now_ms, expected) in [
        ("token-1", NOW_MS, &good),
        ("token-1", last_ms, &good),
        ("token-1", last_ms + 1, &invalid),
        ("token-9", NOW_MS, &invalid),
        ("", NOW_MS, &invalid),
        ("token-2", NOW_MS, &frozen),
        ("token-3", NOW_MS, &invalid),
    ] {
        let outcome = world.call(&parts(&[("x-auth-token", token)]), b"", peer(1), now_ms);
        assert_eq!(&seen(&outcome), expected, "{token} {now_ms}");
    }
    let none = world.call(&parts(&[]), b"", peer(1), NOW_MS);
    assert_eq!(seen(&none), (401, format!("{PREFIX}x-auth-token not found")));
    let doubled = [("x-auth-token", "token-1"), ("x-auth-token", "token-2")];
    let twice = world.call(&parts(&doubled), b"", peer(1), NOW_MS);
    assert_eq!(seen(&twice), (401, format!("{PREFIX}x-auth-token is repeated")));
}

/// Shows that a signature holds for its bytes, its quarter of an hour and the account's projects only.
#[test]
fn signatures_are_answered() {
    let world = world();
    let call = |parts: &Parts, body: &[u8]| seen(&world.call(parts, body, peer(1), NOW_MS));
    let sign = |headers: &[(&str, &str)]| signed("AK1", SECRET, DATE, b"{}", headers);
    assert_eq!(call(&sign(&[]), b"{}"), (200, "u1 project-1-first".to_owned()));
    assert_eq!(call(&sign(&[("x-project-id", "project-1-second")]), b"{}").1, "u1 project-1-second");
    let foreign = call(&sign(&[("x-project-id", "project-2-first")]), b"{}");
    assert_eq!(foreign, (403, "The project is unavailable.".to_owned()));
    assert_eq!(call(&sign(&[("x-project-id", "none")]), b"{}"), foreign);
    assert_eq!(call(&sign(&[("x-security-token", "t")]), b"{}").0, 401);
    let stale = "verify aksk signature fail, signature expired, signature time:20230526T234930Z,server time:20230527T000431Z";
    for (date, status) in [
        ("20230526T234931Z", 200),
        ("20230526T234930Z", 401),
        ("20230527T001931Z", 200),
        ("20230527T001932Z", 401),
    ] {
        let (found, text) = call(&signed("AK1", SECRET, date, b"{}", &[]), b"{}");
        assert_eq!(found, status, "{date} {text}");
        assert!(date != "20230526T234930Z" || text == format!("{PREFIX}{stale}"), "{text}");
    }
    let (status, text) = call(&sign(&[]), b"{ }");
    let canonical = "POST|/v1/sim-cards/1/stop/|b=%20&tag_id=10&tag_id=9|host:gsl.example:8780|x-sdk-date:20230527T000431Z||host;x-sdk-date|";
    assert_eq!(status, 401);
    assert!(
        text.starts_with(&format!("{PREFIX}verify aksk signature fail, canonicalRequest:{canonical}")),
        "{text}"
    );
}

/// Shows what is told about keys that may not sign: inactive, disabled and unknown ones alike; strange ones are not
/// echoed; other schemes are named; a frozen account learns it only after its signature held.
#[test]
fn unusable_keys_are_answered() {
    let world = world();
    let call = |parts: &Parts| seen(&world.call(parts, b"", peer(1), NOW_MS));
    let unknown = |shown: &str| (401, format!("{PREFIX}Get secretKey failed,ak:{shown},err:ak not exist"));
    for access_key in ["NONE", "OFF1", "AK3"] {
        assert_eq!(call(&signed(access_key, SECRET, DATE, b"", &[])), unknown(access_key));
    }
    for access_key in ["A".repeat(65), "A\tB".to_owned()] {
        assert_eq!(call(&signed(&access_key, SECRET, DATE, b"", &[])), unknown(""));
    }
    assert_eq!(call(&parts(&[("authorization", "Bearer x"), ("x-auth-token", "token-1")])).0, 401);
    assert_eq!(call(&signed("AK2", SECRET, DATE, b"", &[])).0, 403);
    assert_eq!(call(&signed("AK2", "wrong", DATE, b"", &[])).0, 401);
}

/// Shows that the sixth wrong signature in a row locks its address only, that stale ones do not count, and that the
/// long path of a hostile request is not echoed in full.
#[test]
fn wrong_signatures_lock_their_address() {
    let world = world();
    let call = |parts: &Parts, last: u8| seen(&world.call(parts, b"", peer(last), NOW_MS));
    let (right, wrong) = (signed("AK1", SECRET, DATE, b"", &[]), signed("AK1", "wrong", DATE, b"", &[]));
    let stale = signed("AK1", "wrong", "20230526T000000Z", b"", &[]);
    (0..20).for_each(|_| assert_eq!(call(&stale, 2).0, 401));
    (0..5).for_each(|_| assert_eq!(call(&wrong, 2).0, 401));
    assert_eq!(call(&right, 2).0, 200);
    (0..6).for_each(|_| assert_eq!(call(&wrong, 2).0, 401));
    let locked = (401, format!("{PREFIX}AK access failed to reach the limit,forbidden"));
    assert_eq!(call(&right, 2), locked);
    assert_eq!(call(&right, 1).0, 200);
    let later = world.call(&right, b"", peer(2), NOW_MS + limits::LOCK_OUT_MS);
    assert_eq!(seen(&later).0, 200);
    assert!(echo(&"é\n".repeat(10_000)).len() <= CANONICAL_ECHO_BYTES_MAX);
    assert_eq!(echo("GET\n/\n"), "GET|/|");
}
