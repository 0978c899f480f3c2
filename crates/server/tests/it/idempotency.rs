//! A write sent again with its key has one effect and the same answer; with another body it is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::Method;
use serde_json::json;
use simlink::http::operation::Operation;
use simlink::limits;
use simlink::migrations::MIGRATIONS;
use simlink_db::{Tx, params};

use crate::coverage::entries::{Entry, Ids};
use crate::coverage::{caller_of, ids, walk};
use crate::support::{ACME_ADMIN, Answer, Ask, RIVAL_ADMIN, TestApp};

/// The rows of every table but those of the keys, and where the log ends.
pub async fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    let after = |words: &'static str| {
        let found = MIGRATIONS.iter().flat_map(move |migration| migration.sql.split(words).skip(1));
        found.filter_map(|rest| rest.split([' ', '(', ';']).next().map(str::to_owned))
    };
    let mut tables: BTreeSet<String> = after("CREATE TABLE ").collect();
    for gone in after("DROP TABLE ").chain(["idempotency_key".to_owned()]) {
        assert!(tables.remove(&gone), "{gone}");
    }
    assert!(tables.len() > 15, "{tables:?}");
    let count = move |tx: &mut Tx<'_>| {
        let mut rows = BTreeMap::new();
        for table in tables {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            rows.insert(table, tx.get(&sql, params![], |row| row.get::<i64>(0))?);
        }
        Ok::<_, simlink_db::DbError>(rows)
    };
    app.app.db.read(count).await.expect("the tables of the migrations are there")
}

/// Status and body: what a client works with.
fn told(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.body.clone())
}

fn good(operation: &Operation, entry: &Entry, ids: &Ids, key: &str) -> Ask {
    (entry.good)(ids).token_of(caller_of(operation)).with_header("idempotency-key", key)
}

#[tokio::test]
async fn every_write_sent_again_has_one_effect_and_the_same_answer() {
    // Shows for every operation of the route table that writes, on both engines: sent twice with a key, the second time
    // changes no row and answers what the first did, and says so; with another body the key is refused and nothing
    // happens; a read takes no key.
    for mut app in TestApp::on_every_engine().await {
        let engine = app.engine;
        let mut known = ids(&app).await;
        let mut writes = 0;
        // What takes things away comes last.
        let in_order = [Method::POST, Method::PUT, Method::DELETE];
        for (operation, entry) in
            in_order.iter().flat_map(|method| walk().filter(move |(found, _)| found.method == *method))
        {
            if !operation.writes() {
                continue;
            }
            let key = format!("key of {}", operation.id);
            let mut first = app.send(good(operation, entry, &known, &key)).await;
            if !first.status.is_success() {
                // Another operation has had its way with the same thing.
                app = TestApp::seeded(engine).await;
                known = ids(&app).await;
                first = app.send(good(operation, entry, &known, &key)).await;
            }
            assert!(first.status.is_success(), "{}: {} {}", operation.id, first.status, first.body);
            assert_eq!(first.header("idempotent-replayed"), "");
            let before = rows(&app).await;

            let second = app.send(good(operation, entry, &known, &key)).await;
            assert_eq!(told(&second), told(&first), "{engine:?} {}", operation.id);
            assert_eq!(second.header("idempotent-replayed"), "true", "{}", operation.id);

            let body = String::from_utf8_lossy(&good(operation, entry, &known, &key).body).into_owned();
            let other = good(operation, entry, &known, &key).with_body(format!("{body} "));
            let refused = app.send(other.with_header("x-language", "en-us")).await;
            assert_eq!(refused.status.as_u16(), 409, "{}: {}", operation.id, refused.body);
            if operation.method != Method::HEAD {
                assert_eq!(refused.error_message(), "The Idempotency-Key was used for another request.");
            }
            assert_eq!(rows(&app).await, before, "{engine:?} {}", operation.id);
            writes += 1;
        }
        assert!(writes >= 34, "only {writes} writes");
    }
}

#[tokio::test]
async fn keys_are_of_their_user_and_of_their_path() {
    // Shows on both engines: the same key of another tenant's user is another key; the same user's key on another path
    // is refused; a refused request leaves its key unused; keys that are none are parameter errors.
    for app in TestApp::on_every_engine().await {
        let make = |name: &str| Ask::post("/v1/tags", &json!({"tag_name": name}));
        let keyed = |ask: Ask| ask.with_header("idempotency-key", "one");
        let refused = app.send(keyed(make("").token_of(&ACME_ADMIN))).await;
        assert_eq!(refused.refusal(), (400, "GSL.00022001".to_owned()));
        let ours = app.send(keyed(make("CANARY-acme-x").token_of(&ACME_ADMIN))).await.success();
        let theirs = app.send(keyed(make("CANARY-rival-x").token_of(&RIVAL_ADMIN))).await.success();
        assert_ne!(ours["id"], theirs["id"]);
        let path = format!("/v1/tags/{}", ours["id"]);
        let elsewhere = app.send(keyed(Ask::new(Method::DELETE, path).token_of(&ACME_ADMIN))).await;
        assert_eq!(elsewhere.refusal(), (409, "SIMLINK.0401".to_owned()));
        let long = "k".repeat(limits::IDEMPOTENCY_KEY_CHARS_MAX + 1);
        for wrong in ["", &*long, "中"] {
            let ask = make("CANARY-acme-y").token_of(&ACME_ADMIN).with_header("idempotency-key", wrong);
            let refused = app.send(ask).await;
            assert_eq!(refused.refusal(), (400, "GSL.00020004".to_owned()));
            assert!(refused.error_message().starts_with("Idempotency-Key:"), "{}", refused.body);
        }
        // A read takes none: whatever stands there means nothing to it.
        let read = Ask::get("/v1/tags").token_of(&ACME_ADMIN).with_header("idempotency-key", &long);
        assert_eq!(app.send(read).await.success()["count"], app.acme("/v1/tags").await["count"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twins_at_the_same_time_have_one_effect() {
    // Shows on both engines, at two nodes: of twelve equal requests at once, by a write that has the account to itself,
    // an order and a list of cards, one has its effect and all have its answer.
    for app in TestApp::on_every_engine().await {
        let known = ids(&app).await;
        let nodes = Arc::new([app.join().await, app]);
        let stop = format!("/v1/sim-cards/{}/stop", known.in_use_card);
        for (what, table, ask) in [
            ("a tag", "tag", Ask::post("/v1/tags", &json!({"tag_name": "CANARY-acme-twin"}))),
            ("an order", "work_order", Ask::post(stop, &json!({"down_up_switch": 1}))),
            ("a list", "temp_file", Ask::upload(b"iccid\n8986100000000000001\n")),
        ] {
            let before = rows(&nodes[0]).await[table];
            let ask = ask.token_of(&ACME_ADMIN).with_header("idempotency-key", what);
            let send = |number: usize| {
                let (nodes, ask) = (nodes.clone(), ask.clone());
                tokio::spawn(async move { nodes[number % 2].send(ask).await })
            };
            let asked: Vec<_> = (0..12).map(send).collect();
            let mut answers = Vec::new();
            for answer in asked {
                answers.push(answer.await.expect("an answer"));
            }
            assert!(answers[0].status.is_success(), "{what}: {}", answers[0].body);
            for answer in &answers {
                assert_eq!(told(answer), told(&answers[0]), "{what}");
            }
            let first =
                answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty()).count();
            assert_eq!((first, rows(&nodes[0]).await[table]), (1, before + 1), "{what}");
        }
    }
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    // Shows on both engines: until 24 hours have passed a key has its answer, then it can be used anew, whether or not its
    // row has been cleared away; the job clears what has expired, and its second run finds nothing to do.
    for app in TestApp::on_every_engine().await {
        // Tokens live no longer than keys: these requests are signed.
        let upload = async |key: &str| {
            let ask = Ask::upload(b"iccid\n8986100000000000001\n").with_header("idempotency-key", key);
            app.send(ask.signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success()["file_temp_id"]
                .clone()
        };
        let kept = async || {
            let count = |tx: &mut Tx<'_>| {
                let sql = "SELECT COUNT(*) FROM idempotency_key";
                tx.get(sql, params![], |row| row.get::<i64>(0))
            };
            app.app.db.read(count).await.expect("a count")
        };
        let first = upload("one").await;
        app.app.clock.advance(limits::IDEMPOTENCY_LIFE_MS - 1);
        assert_eq!(upload("one").await, first);
        upload("two").await;
        app.app.clock.advance(1);
        let anew = upload("one").await;
        assert_ne!(anew, first);
        assert_eq!((upload("one").await, kept().await), (anew, 2));
        app.app.clock.advance(limits::IDEMPOTENCY_LIFE_MS - 1);
        app.settle().await;
        assert_eq!(kept().await, 1);
        app.app.clock.advance(limits::IDEMPOTENCY_CLEAR_INTERVAL_MS);
        for _ in 0..2 {
            app.settle().await;
            assert_eq!(kept().await, 0);
        }
    }
}
