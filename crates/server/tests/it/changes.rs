//! The feed of changes: pages, long poll and events, in order, each once, whatever the order of commits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simlink::changes::Subject;
use simlink::limits;
use simlink_db::testing::engines;
use simlink_db::{DbError, Engine, Tx, params};
use tower::ServiceExt;

use crate::support::app::record;
use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, OPERATOR, RIVAL_ADMIN, TestApp};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl TestApp {
    /// Waits until the feed of this node has everything that was written so far.
    pub async fn feed(&self) {
        self.app.follower.catch_up().await;
        self.app.engine.feed.catch_up(&self.app.db, &self.app.follower).await.expect("the database answers");
    }

    /// The cursor of now.
    async fn latest(&self) -> String {
        self.feed().await;
        text(&self.acme("/v1/changes?after=latest").await["next"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Everything after a cursor, page by page.
async fn all_after(app: &TestApp, cursor: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), cursor.to_owned());
    loop {
        let page = app.acme(&format!("/v1/changes?limit=10&after={cursor}")).await;
        all.extend(page["changes"].as_array().expect("a list").iter().cloned());
        cursor = text(&page["next"]);
        if page["more"] == false {
            return all;
        }
    }
}

#[tokio::test]
async fn changes_are_listed_in_order_and_filtered() {
    // Shows what a change tells, the order, the filters, that bulk work is one row with its cards, and that another
    // tenant's changes are none of ours while the operator sees whose each is.
    for app in TestApp::on_every_engine().await {
        let before = app.latest().await;
        let tag =
            app.post_json(&ACME_ADMIN, "/v1/tags", &json!({"tag_name": "CANARY-acme-feed"})).await.success();
        let cards = app.acme("/v1/sim-cards?limit=10").await;
        let ids: BTreeSet<i64> = cards["sim_cards"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|card| card["sim_card_id"].as_i64().expect("an id"))
            .collect();
        let body = json!({"sim_card_ids": ids, "tag_ids": [tag["id"]]});
        app.post_json(&ACME_ADMIN, "/v1/sim-tags/batch-set", &body).await.success();
        app.post_json(&RIVAL_ADMIN, "/v1/tags", &json!({"tag_name": "CANARY-rival-feed"})).await.success();
        app.feed().await;

        let seen = all_after(&app, &before).await;
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!((&seen[0]["subject"], &seen[0]["kind"]), (&json!("tag"), &json!("created")));
        assert_eq!((&seen[0]["ids"], &seen[0]["actor"]), (&json!([tag["id"]]), &json!("acme0admin")));
        assert_eq!(seen[0]["time"], "2024-01-15T03:36:55.000+00:00");
        assert_eq!((&seen[1]["subject"], &seen[1]["kind"]), (&json!("sim_card"), &json!("tags_set")));
        assert_eq!((&seen[1]["ids"], &seen[1]["detail"]), (&json!(ids), &json!({"tag_ids": [tag["id"]]})));
        assert_eq!(all_after(&app, &text(&seen[0]["cursor"])).await, seen[1..]);

        for (filter, count) in [("subject=tag", 1), ("kind=tags_set", 1), ("subject=tag&kind=tags_set", 0)] {
            let page = app.acme(&format!("/v1/changes?after={before}&{filter}")).await;
            assert_eq!(page["changes"].as_array().map(Vec::len), Some(count), "{filter}");
        }
        let whole =
            app.get(&OPERATOR, &format!("/ops/v1/changes?after={before}&subject=tag")).await.success();
        let whose: Vec<&str> = whole["changes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|change| change["domain_id"].as_str().expect("a domain"))
            .collect();
        assert_eq!(whose, ["CANARY-acme-domain", "CANARY-rival-domain"]);
    }
}

#[tokio::test]
async fn cursors_that_are_none_or_too_old_are_told() {
    // Shows the refusals of a malformed cursor and of one that the retention has passed, as page and as stream, and
    // that reading from the oldest goes on; sweeping twice changes nothing more.
    for app in TestApp::on_every_engine().await {
        let old = app.latest().await;
        app.post_json(&ACME_ADMIN, "/v1/tags", &json!({"tag_name": "CANARY-acme-old"})).await.success();
        app.app.clock.advance(31 * DAY_MS);
        let fresh = app.app.clock.now_ms();
        let account = app.account("acme");
        let work = move |tx: &mut Tx<'_>| {
            record(tx, Subject::SimPool, account, &[501])?;
            Ok(tx.execute(
                "UPDATE change_log SET created_ms = $1 WHERE subject = 'sim_pool' AND kind = 'changed'",
                params![fresh],
            )?)
        };
        app.app.write(work).await.expect("writes");
        app.feed().await;
        for _ in 0..2 {
            app.app.clock.advance(limits::CHANGES_SWEEP_INTERVAL_MS);
            app.settle().await;
            let token = app.app.clock.now_ms();
            let swept =
                app.send(Ask::get(format!("/v1/changes?after={old}")).signed_by(&ACME_ADMIN, token)).await;
            assert_eq!(swept.refusal(), (410, "SIMLINK.0101".to_owned()));
            let stream = Ask::get("/v1/changes")
                .with_header("accept", "text/event-stream")
                .with_header("last-event-id", &old);
            assert_eq!(
                app.send(stream.signed_by(&ACME_ADMIN, token)).await.refusal(),
                (410, "SIMLINK.0101".to_owned())
            );
            let kept = app.send(Ask::get("/v1/changes").signed_by(&ACME_ADMIN, token)).await.success();
            assert_eq!(kept["changes"][0]["ids"], json!([501]), "{kept}");
            let tags = Ask::get("/v1/changes?subject=tag").signed_by(&ACME_ADMIN, token);
            assert_eq!(app.send(tags).await.success()["changes"], json!([]));
        }
        for malformed in ["x", "c1", "c1-5", "c1fffffffffffffffff"] {
            let ask = Ask::get(format!("/v1/changes?after={malformed}"))
                .signed_by(&ACME_ADMIN, app.app.clock.now_ms());
            assert_eq!(app.send(ask).await.refusal(), (400, "GSL.00010004".to_owned()), "{malformed}");
        }
    }
}

#[tokio::test]
async fn a_gap_holds_back_what_comes_after_it() {
    // Shows on PostgreSQL that a change whose transaction committed later than one with a higher sequence is neither
    // skipped nor out of order: the reader sees nothing until the older transaction has ended, then both.
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let app = TestApp::seeded(Engine::Postgres).await;
    let (cursor, account) = (app.latest().await, app.account("acme"));
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (written, is_written) = tokio::sync::oneshot::channel();
    let db = app.app.db.clone();
    let early = tokio::spawn(async move {
        db.write(move |tx: &mut Tx<'_>| {
            record(tx, Subject::SimPool, account, &[1])?;
            tx.settled_before()?;
            written.send(()).expect("the test waits");
            released.recv().map_err(|_| DbError::NotFound)
        })
        .await
    });
    is_written.await.expect("it wrote");
    app.app.write(move |tx| Ok(record(tx, Subject::SimPool, account, &[2])?)).await.expect("writes");
    assert_eq!(all_after(&app, &cursor).await, [json!(null); 0], "the older one is under way");
    release.send(()).expect("it waits");
    early.await.expect("no panic").expect("it commits");
    app.feed().await;
    let ids: Vec<Value> =
        all_after(&app, &cursor).await.iter().map(|change| change["ids"][0].clone()).collect();
    assert_eq!(ids, [1, 2]);
}

#[tokio::test]
async fn waiting_ends_with_news_and_is_bounded() {
    // Shows that a long poll answers as soon as something is written, and that an account has only so many readers
    // that wait, beside which others still have theirs.
    let app = Arc::new(TestApp::embedded().await);
    let cursor = app.latest().await;
    let waiting = tokio::spawn({
        let (app, cursor) = (app.clone(), cursor.clone());
        async move { app.acme(&format!("/v1/changes?wait_seconds=20&after={cursor}")).await }
    });
    tokio::task::yield_now().await;
    app.post_json(&ACME_ADMIN, "/v1/tags", &json!({"tag_name": "CANARY-acme-news"})).await.success();
    let page = waiting.await.expect("it answers");
    assert_eq!(page["changes"].as_array().map(Vec::len), Some(1), "{page}");

    let feed = &app.app.engine.feed;
    let seats: Vec<_> =
        (0..limits::FEED_READERS_PER_ACCOUNT_MAX).map(|_| feed.seat(app.account("acme"))).collect();
    assert!(seats.iter().all(Option::is_some));
    let latest = app.latest().await;
    let target = format!("/v1/changes?wait_seconds=20&after={latest}");
    let full = app.get(&ACME_VIEWER, &target).await;
    assert_eq!(full.refusal(), (429, "SIMLINK.0102".to_owned()));
    let stream = Ask::get("/v1/changes").with_header("accept", "text/event-stream");
    assert_eq!(app.send(stream.token_of(&ACME_ADMIN)).await.refusal(), (429, "SIMLINK.0102".to_owned()));
    assert!(feed.seat(app.account("rival")).is_some());
    drop(seats);
    assert!(feed.seat(app.account("acme")).is_some());
    // The process ends: whoever waits is answered at once.
    feed.close();
    assert_eq!(app.get(&ACME_VIEWER, &target).await.success()["changes"], json!([]));
}

/// A stream of events, read bit by bit.
struct Stream {
    body: Body,
    buffered: String,
}

impl Stream {
    async fn open(app: &TestApp, last: &str) -> Self {
        let request = Request::get("/v1/changes")
            .header("x-auth-token", ACME_ADMIN.token)
            .header("accept", "text/event-stream")
            .header("last-event-id", last)
            .body(Body::empty())
            .expect("a request");
        let response = app.router.clone().oneshot(request).await.expect("the router does not fail");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), buffered: String::new() }
    }

    /// The next change; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.buffered.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
                let id = event.lines().find_map(|line| line.strip_prefix("id: ")).map(str::to_owned);
                self.buffered = rest.to_owned();
                let Some(data) = data else { continue };
                let change: Value = serde_json::from_str(&data).expect("data is JSON");
                assert_eq!(Some(text(&change["cursor"])), id);
                return Some(change);
            }
            let frame = self.body.frame().await?.expect("no error");
            self.buffered.push_str(std::str::from_utf8(frame.data_ref().expect("data")).expect("UTF-8"));
        }
    }
}

/// Reads until the last change is seen, and comes anew now and then with the last cursor it has.
async fn read(app: Arc<TestApp>, number: usize, from: String) -> Vec<Value> {
    let (mut seen, mut cursor): (Vec<Value>, String) = (Vec::new(), from);
    let ends = |seen: &Vec<Value>| seen.last().is_some_and(|change| change["subject"] == "sms_message");
    while !ends(&seen) {
        if number.is_multiple_of(2) {
            let page = app.acme(&format!("/v1/changes?limit=50&wait_seconds=20&after={cursor}")).await;
            seen.extend(page["changes"].as_array().expect("a list").iter().cloned());
            cursor = text(&page["next"]);
            continue;
        }
        let mut stream = Stream::open(&app, &cursor).await;
        // The connection is lost after some changes, in the middle of whatever was under way.
        for _ in 0..40 + number {
            let change = stream.next().await.expect("the stream goes on");
            cursor = text(&change["cursor"]);
            seen.push(change);
            if ends(&seen) {
                break;
            }
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_reader_sees_every_change_once_and_in_order() {
    // Shows on both engines that ten readers, half of them on streams that break off, see exactly the log while four
    // writers write at two nodes, with transactions that take places early and commit late; and that the log has the
    // writes to one row in the order of their commits.
    // SIMLINK_TEST_FEED_SECONDS is how long they write; two by default.
    #[expect(clippy::disallowed_methods, reason = "a test is told by its environment how long to run")]
    let seconds =
        std::env::var("SIMLINK_TEST_FEED_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    for app in TestApp::on_every_engine().await {
        let other = Arc::new(app.join().await);
        let app = Arc::new(app);
        app.app
            .db
            .write(|tx| tx.execute("CREATE TABLE turn (number BIGINT NOT NULL)", &[]))
            .await
            .expect("DDL");
        app.app.db.write(|tx| tx.execute("INSERT INTO turn (number) VALUES (0)", &[])).await.expect("writes");
        let (from, account) = (app.latest().await, app.account("acme"));
        other.feed().await;
        let nodes = [app.clone(), other.clone()];
        let readers: Vec<_> = (0..10)
            .map(|number| tokio::spawn(read(nodes[number / 2 % 2].clone(), number, from.clone())))
            .collect();
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4_i64)
            .map(|writer| {
                let (node, stop) =
                    (nodes[usize::try_from(writer % 2).expect("a node")].clone(), stop.clone());
                tokio::spawn(async move {
                    let mut round = 0;
                    while !stop.load(Ordering::Relaxed) {
                        round += 1;
                        // Takes a place, works on, takes another and commits: others pass it meanwhile.
                        let work = move |tx: &mut Tx<'_>| {
                            let number = writer * 1_000_000 + round;
                            record(tx, Subject::SimPool, account, &[number])?;
                            for _ in 0..round % 5 * 4 {
                                tx.rows("SELECT COUNT(*) FROM sim_card", &[], |row| row.get::<i64>(0))?;
                            }
                            let turn =
                                tx.get("UPDATE turn SET number = number + 1 RETURNING number", &[], |row| {
                                    row.get(0)
                                })?;
                            record(tx, Subject::Policy, account, &[turn])
                        };
                        node.app.db.write(work).await.expect("writes");
                        if round % 4 == 0 {
                            node.app.follower.catch_up().await;
                        }
                    }
                    round
                })
            })
            .collect();
        let until = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < until {
            app.app.write(move |tx| Ok(record(tx, Subject::Tag, account, &[7])?)).await.expect("writes");
        }
        stop.store(true, Ordering::Relaxed);
        let mut rounds = 0;
        for writer in writers {
            rounds += writer.await.expect("no writer panics");
        }
        app.app.write(move |tx| Ok(record(tx, Subject::SmsMessage, account, &[1])?)).await.expect("writes");
        app.feed().await;
        let log = all_after(&app, &from).await;
        let cursors: BTreeSet<i64> = log.iter().map(place).collect();
        assert_eq!(cursors.len(), log.len());
        // What several transactions changed one after the other stands in that order.
        let turns: Vec<i64> =
            log.iter().filter(|change| change["subject"] == "policy").map(first_id).collect();
        assert!(turns == (1..=rounds).collect::<Vec<_>>(), "{:?}: out of order", app.engine);
        assert!(log.len() > 100 && rounds > 20, "{:?}: {} changes, {rounds} rounds", app.engine, log.len());
        for reader in readers {
            let seen = reader.await.expect("no reader panics");
            assert!(seen == log, "{:?}: {} of {} changes", app.engine, seen.len(), log.len());
        }
        println!("{:?}: 10 readers saw {} changes", app.engine, log.len());
    }
}

/// The place of a change in the log.
fn place(change: &Value) -> i64 {
    i64::from_str_radix(&text(&change["cursor"])[2..], 16).expect("a cursor")
}

fn first_id(change: &Value) -> i64 {
    change["ids"][0].as_i64().expect("an id")
}
