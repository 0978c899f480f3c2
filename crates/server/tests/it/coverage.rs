//! A walk over the whole table of operations: who may call each, and what strangers learn (nothing).

mod credentials;
pub mod entries;
mod order_entries;
mod rights;
mod usage_entries;
mod watching_entries;

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::json;
use simlink::changes::Subject;
use simlink::http::error::ErrorStyle;
use simlink::http::operation::{Access, Operation};
use simlink::http::router::OPERATIONS;
use simlink_db::{Tx, params};
use simlink_fleet::{CardRef, Query};

use self::entries::{ACME_ICCID, ENTRIES, Entry, Ids, NO_ICCID, RIVAL_ICCID};
use self::order_entries::ORDER_ENTRIES;
use self::usage_entries::USAGE_ENTRIES;
use self::watching_entries::{WATCHING_ENTRIES, webhook_ids};
use crate::support::app::record;
use crate::support::{
    ACME_ADMIN, ACME_VIEWER, Answer, Ask, FROZEN_ADMIN, OPERATOR, Person, RIVAL_ADMIN, RIVAL_VIEWER, TestApp,
};

/// Operations that name no object of an account in their request: none that does may stand here.
const NAME_NOTHING: &[&str] = &[
    "KeystoneCreateUserTokenByPassword",
    "CreateSession",
    "ShowSession",
    "DeleteSession",
    "ShowOverview",
    "KeystoneListAuthDomains",
    "ListProPricePlans",
    "ListAttributes",
    "ListNetworkSwitchPolicies",
    "CreateTag",
    "CreateAttribute",
    "AddNetworkSwitchPolicy",
    "CreateTempFile",
    "TakeCarrierEvents",
    "ListChanges",
    "ListAuditEntries",
    "CreateWebhook",
    "ListWebhooks",
];

fn entries() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().chain(ORDER_ENTRIES).chain(USAGE_ENTRIES).chain(WATCHING_ENTRIES)
}

/// Who may make an operation's good request.
pub fn caller_of(operation: &Operation) -> &'static Person {
    if operation.access == Access::Operate { &OPERATOR } else { &ACME_ADMIN }
}

/// Every operation with its entry.
pub fn walk() -> impl Iterator<Item = (&'static Operation, &'static Entry)> {
    let found = |id: &str| entries().find(|entry| entry.id == id);
    OPERATIONS.iter().map(move |operation| {
        let entry =
            found(operation.id).unwrap_or_else(|| panic!("{} has no entry in the walk", operation.id));
        (*operation, entry)
    })
}

pub async fn ids(app: &TestApp) -> Ids {
    let first = async |person: &'static Person, target: &str, list: &str, id: &str| {
        app.get(person, target).await.success()[list][0][id].as_i64().expect("an id")
    };
    let account = app.account("acme");
    let room = move |tx: &mut Tx<'_>| {
        Ok(tx.execute("DELETE FROM attribute WHERE account_id = $1 AND slot = 5", params![account.0])?)
    };
    // The seed fills all slots, and no operation frees one.
    assert_eq!(app.app.write(room).await.expect("the attribute is there"), 1);
    let orders = order_ids(app, webhook_ids(app).await).await;
    Ids {
        acme_card: first(&ACME_ADMIN, "/v1/sim-cards", "sim_cards", "sim_card_id").await,
        rival_card: first(&RIVAL_ADMIN, "/v1/sim-cards", "sim_cards", "sim_card_id").await,
        acme_tag: first(&ACME_ADMIN, "/v1/tags", "tags", "id").await,
        rival_tag: first(&RIVAL_ADMIN, "/v1/tags", "tags", "id").await,
        acme_attribute: first(&ACME_ADMIN, "/v1/attributes", "attributes", "id").await,
        rival_attribute: first(&RIVAL_ADMIN, "/v1/attributes", "attributes", "id").await,
        rival_file: app.upload(&RIVAL_ADMIN, &format!("iccid\n{RIVAL_ICCID}\n")).await,
        file_of_rivals: app.upload(&ACME_ADMIN, &format!("iccid\n{ACME_ICCID}\n{RIVAL_ICCID}\n")).await,
        file_of_nothing: app.upload(&ACME_ADMIN, &format!("iccid\n{ACME_ICCID}\n{NO_ICCID}\n")).await,
        ..orders
    }
}

/// The ids of cards in the states that orders need, and of orders: one of acme's ended, one in review, one of rival's.
async fn order_ids(app: &TestApp, others: Ids) -> Ids {
    let account = app.account("acme");
    let review = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE account SET reviewed_types = '4' WHERE account_id = $1", params![account.0])?;
        Ok(record(tx, Subject::Account, account, &[account.0])?)
    };
    app.app.write(review).await.expect("the account is there");
    let cards = |tenant: &str, fits: &dyn Fn(CardRef<'_>) -> bool| -> Vec<i64> {
        let reader = app.app.fleet.read(app.account(tenant));
        let found = reader.select(&Query { limit: 500, ..Query::default() });
        found.cards.into_iter().filter(|card| fits(*card)).map(|card| card.id()).collect()
    };
    let plain = |card: CardRef<'_>, state: (u8, u16)| {
        card.sim_type() == 3 && card.multi().is_none() && (card.sim_status(), card.carrier()) == state
    };
    let place = async |person: &'static Person, path: String| {
        app.post_json(person, &path, &json!({})).await.success()["work_order_id"].as_i64().expect("an id")
    };
    let ended = cards("acme", &|card| plain(card, (20, 3)))[0];
    let ended_order = place(&ACME_ADMIN, format!("/v1/sim-cards/{ended}/stop")).await;
    let bulk = async |operation: &str| {
        let body = json!({"operation": operation, "filter": "sim_status=20"});
        let placed = app.post_json(&ACME_ADMIN, "/v1/work-orders", &body).await.success();
        placed["work_order_id"].as_i64().expect("an id")
    };
    // No card in use can be activated.
    let failed_order = bulk("enable").await;
    app.settle().await;
    let stopped = cards("acme", &|card| card.sim_status() == 14 && !matches!(card.operator_status(), 1..=3));
    let acme_order = place(&ACME_ADMIN, format!("/v1/sim-cards/{}/reset", stopped[0])).await;
    let rivals = cards("rival", &|card| card.sim_status() == 20)[0];
    let rival_order = place(&RIVAL_ADMIN, format!("/v1/sim-cards/{rivals}/stop")).await;
    app.app.follower.catch_up().await;
    let takes_messages = cards("acme", &|card| matches!(card.carrier(), 1 | 2) && card.sms_enabled());
    let cid = |id: i64| {
        let reader = app.app.fleet.read(account);
        reader.by_id(id).map(|card| card.cid().to_owned()).expect("a card")
    };
    let (sms_cid, listed) = (cid(takes_messages[0]), cid(takes_messages[1]));
    let sms_file = app.upload(&ACME_ADMIN, &format!("cid\n{listed}\n")).await;
    app.post_json(&ACME_ADMIN, "/v1/sms-send-infos", &json!({"sms_content": "x", "cids": [sms_cid]}))
        .await
        .success();
    app.settle().await;
    let (running_order, held_order) = (bulk("cut-net").await, bulk("restore-net").await);
    let held = app.post_json(&ACME_ADMIN, &format!("/v1/work-orders/{held_order}/pause"), &json!({})).await;
    assert_eq!(held.status, 204);
    let park = |tx: &mut Tx<'_>| {
        tx.get(
            "UPDATE job SET state = 2 WHERE job_id = (SELECT MIN(job_id) FROM job WHERE state = 0) RETURNING job_id",
            &[],
            |row| row.get(0),
        )
    };
    let parked_job: i64 = app.app.db.write(park).await.expect("a job waits");
    app.app.follower.catch_up().await;
    let multi_card = cards("acme", &|card| card.multi().is_some() && card.sim_status() != 30)[0];
    let reader = app.app.fleet.read(account);
    let multi = reader.by_id(multi_card).and_then(|card| card.multi()).expect("a three-network card");
    Ids {
        in_use_card: cards("acme", &|card| plain(card, (20, 2)))[0],
        stopped_card: stopped[1],
        fresh_card: cards("acme", &|card| card.sim_type() == 3 && card.sim_status() == 13)[0],
        multi_card,
        multi_target: if multi.online_carrier == 1 { 3 } else { 1 },
        multi_policy: i64::from(multi.version),
        sms_cid,
        sms_file,
        acme_order,
        ended_order,
        failed_order,
        running_order,
        parked_job,
        held_order,
        rival_order,
        ..others
    }
}

#[test]
fn every_operation_is_in_the_walk() {
    // Shows that the walk has exactly one row an operation, and that those without a foreign id are listed.
    let ids: BTreeSet<&str> = entries().map(|entry| entry.id).collect();
    assert_eq!(ids, OPERATIONS.iter().map(|operation| operation.id).collect());
    assert_eq!(entries().count(), OPERATIONS.len());
    // The operator sees every account.
    let nothing: BTreeSet<&str> = walk()
        .filter(|(operation, entry)| operation.access != Access::Operate && entry.foreign.is_empty())
        .map(|(_, entry)| entry.id)
        .collect();
    assert_eq!(nothing, NAME_NOTHING.iter().copied().collect());
}

/// A path with something in place of its parameters.
pub fn plain(path: &str) -> String {
    let path = path.replace("{sim_pool_id}", "501").replace("{back_pool_id}", "502");
    [
        "{sim_card_id}",
        "{tag_id}",
        "{attribute_id}",
        "{access_key}",
        "{work_order_id}",
        "{webhook_id}",
        "{link}",
        "{name}",
    ]
    .into_iter()
    .fold(path, |path, parameter| path.replace(parameter, "1"))
}

/// What refuses a request for its credential, in the form of the operation; without a body for `HEAD`.
#[track_caller]
fn assert_refused(operation: &Operation, answer: &Answer, status: u16, code: &str) {
    let shown = format!("{}: {} {}", operation.id, answer.status, answer.body);
    if operation.method == Method::HEAD {
        let status = if operation.errors == ErrorStyle::Iam && code == "GSL.00010001" { 401 } else { status };
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""), "{shown}");
        return;
    }
    if operation.errors == ErrorStyle::Iam {
        // Keystone has no code for a token that is not good beside 401.
        let status = if code == "GSL.00010001" { 401 } else { status };
        assert_eq!(answer.refusal(), (status, status.to_string()), "{shown}");
    } else {
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{shown}");
    }
}

#[tokio::test]
async fn nobody_passes_without_a_good_credential() {
    // Shows for every operation: no credential, a garbage token, an expired one, one of a frozen account, a key of a
    // frozen account, an unknown key, an unreadable Authorization, two tokens at once.
    let app = TestApp::embedded().await;
    let ids = ids(&app).await;
    let now_ms = app.app.clock.now_ms();
    for (operation, entry) in walk().filter(|(operation, _)| operation.access != Access::Public) {
        let good = || (entry.good)(&ids);
        let nobody = app.send(good()).await;
        assert_refused(operation, &nobody, 401, "APIGW.0301");
        for garbage in ["", "none", "token-of-the-admin-of-acm", "token-of-the-admin-of-acmee"] {
            let answer = app.send(good().with_header("x-auth-token", garbage)).await;
            assert_refused(operation, &answer, 403, "GSL.00010001");
        }
        let frozen = app.send(good().token_of(&FROZEN_ADMIN)).await;
        assert_refused(operation, &frozen, 403, "GSL.00010002");
        let frozen = app.send(good().signed_by(&FROZEN_ADMIN, now_ms)).await;
        assert_refused(operation, &frozen, 403, "GSL.00010002");
        for value in [
            "Basic YTpi",
            "SDK-HMAC-SHA256",
            "SDK-HMAC-SHA256 Access=none, SignedHeaders=host;x-sdk-date, Signature=00",
        ] {
            let answer = app.send(good().with_header("authorization", value)).await;
            assert_refused(operation, &answer, 401, "APIGW.0301");
        }
        let twice = good().with_header("x-auth-token", ACME_ADMIN.token).with_header("x-auth-token", "x");
        assert_refused(operation, &app.send(twice).await, 401, "APIGW.0301");
    }
    app.app.clock.advance(24 * 60 * 60 * 1000);
    for (operation, entry) in walk().filter(|(operation, _)| operation.access != Access::Public) {
        let expired = app.send((entry.good)(&ids).token_of(caller_of(operation))).await;
        assert_refused(operation, &expired, 403, "GSL.00010001");
    }
}

#[tokio::test]
async fn roles_reach_as_far_as_they_should() {
    // Shows that a viewer may call whatever only reads and is refused whatever writes, with token and with key, and
    // that admin and operator pass; a refused write changes nothing.
    for (operation, entry) in walk().filter(|(operation, _)| operation.access != Access::Public) {
        let app = TestApp::embedded().await;
        let ids = ids(&app).await;
        let now_ms = app.app.clock.now_ms();
        for ask in
            [(entry.good)(&ids).token_of(&ACME_VIEWER), (entry.good)(&ids).signed_by(&ACME_VIEWER, now_ms)]
        {
            let changes = app.app.follower.followed();
            let answer = app.send(ask).await;
            if operation.access != Access::Read {
                assert_refused(operation, &answer, 403, "APIGW.0302");
                app.app.follower.catch_up().await;
                assert_eq!(app.app.follower.followed(), changes, "{}", operation.id);
            } else {
                // Looking after the admin's keys is beyond a viewer; a token revoked a moment ago is gone.
                let allowed = answer.status.is_success() || matches!(answer.status.as_u16(), 404 | 401);
                assert!(allowed, "{}: {} {}", operation.id, answer.status, answer.body);
            }
        }
        let app = TestApp::embedded().await;
        let ids = self::ids(&app).await;
        if operation.access == Access::Operate {
            let answer = app.send((entry.good)(&ids).token_of(&ACME_ADMIN)).await;
            assert_refused(operation, &answer, 403, "APIGW.0302");
        }
        let answer = app.send((entry.good)(&ids).token_of(caller_of(operation))).await;
        assert!(answer.status.is_success(), "{}: {} {}", operation.id, answer.status, answer.body);
        // The platform's own account has nothing that a request could name.
        let names_its_own = operation.access == Access::Write && !entry.foreign.is_empty();
        if operation.path.starts_with("/v1/")
            && !operation.path.contains('{')
            && operation.method == Method::GET
            && operation.id != "ListSimPricePlans"
            && !names_its_own
        {
            let answer = app.send((entry.good)(&ids).token_of(&OPERATOR)).await;
            assert!(answer.status.is_success(), "{}: {} {}", operation.id, answer.status, answer.body);
        }
    }
}

#[tokio::test]
async fn what_is_anothers_is_what_never_existed() {
    // Shows for every operation and every place that names something: rival's live thing and one that never existed
    // answer byte for byte the same to admin and viewer, by token and by key, on both engines; and rival notices
    // nothing: its lists, keys and tokens stay what they were, and the log has no row more.
    for app in TestApp::on_every_engine().await {
        let ids = ids(&app).await;
        let now_ms = app.app.clock.now_ms();
        let before = rivals_view(&app).await;
        app.app.follower.catch_up().await;
        let changes = app.app.follower.followed();
        let mut compared = 0;
        for (operation, entry) in walk() {
            for place in entry.foreign {
                for person in [&ACME_ADMIN, &ACME_VIEWER] {
                    let (foreign, missing) = place(&ids);
                    let by_token = [foreign.clone().token_of(person), missing.clone().token_of(person)];
                    let by_key = [foreign.signed_by(person, now_ms), missing.signed_by(person, now_ms)];
                    for [foreign, missing] in [by_token, by_key] {
                        let asked = foreign.target.clone();
                        let (foreign, missing) = (app.send(foreign).await, app.send(missing).await);
                        let (foreign, missing) =
                            (ids.unnamed(&foreign.masked()), ids.unnamed(&missing.masked()));
                        assert_eq!(foreign, missing, "{} {asked}", operation.id);
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared >= 80, "only {compared} pairs");
        assert_eq!(rivals_view(&app).await, before);
        app.app.follower.catch_up().await;
        assert_eq!(app.app.follower.followed(), changes, "nothing may have been written");
    }
}

/// What rival sees of itself.
async fn rivals_view(app: &TestApp) -> Vec<String> {
    let mut seen = Vec::new();
    for target in [
        "/v1/sim-cards?limit=500",
        "/v1/tags",
        "/v1/attributes",
        "/v1/sim-price-plans?limit=500",
        "/v3.0/OS-CREDENTIAL/credentials",
    ] {
        for person in [&RIVAL_ADMIN, &RIVAL_VIEWER] {
            seen.push(app.get(person, target).await.success().to_string());
        }
    }
    seen
}

#[tokio::test]
async fn unknown_paths_and_methods_are_404() {
    // Shows that unknown paths, other methods, slashes too many, dot segments and odd cases are 404 in the form of
    // their group, with or without a credential, and never a redirect.
    let app = TestApp::embedded().await;
    let mut targets: Vec<(Method, String)> = Vec::new();
    let paths: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.path).collect();
    for path in paths {
        let plain = plain(path);
        let known: Vec<&Method> = OPERATIONS
            .iter()
            .filter(|operation| operation.path == path)
            .map(|operation| &operation.method)
            .collect();
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            if !known.contains(&&method) {
                targets.push((method, plain.clone()));
            }
        }
        for odd in [
            format!("{plain}/"),
            format!("/{plain}"),
            format!("{plain}/x/x"),
            format!("{plain}//"),
            plain.to_uppercase(),
        ] {
            targets.push((Method::GET, odd));
        }
    }
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/sim-cards",
        "/v1/sim-cards/1/none",
        "/v1/./tags",
        "/v1/../v1/tags",
        "/v1/%74ags/x",
        "/metrics/",
        "/.env",
    ] {
        targets.push((Method::GET, path.to_owned()));
    }
    for (method, target) in targets {
        for ask in
            [Ask::new(method.clone(), &target), Ask::new(method.clone(), &target).token_of(&ACME_ADMIN)]
        {
            let answer = app.send(ask).await;
            let code = if target.starts_with("/v3") { "404" } else { "APIGW.0101" };
            assert_eq!(answer.refusal(), (404, code.to_owned()), "{method} {target}");
            assert_eq!(answer.header("x-request-id").len(), 32, "{method} {target}");
        }
    }
}
