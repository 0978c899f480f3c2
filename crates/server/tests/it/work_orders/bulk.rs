//! Bulk orders: any number of cards, begun bit by bit, held, taken back and tried again.

use serde_json::{Value, json};
use simlink::changes::Subject;
use simlink_carriers::simulator::Knobs;
use simlink_db::{Tx, params};

use super::counts;
use crate::support::app::{Kind, record};
use crate::support::{ACME_ADMIN, OPERATOR, RIVAL_ADMIN, TestApp};

/// The batch of the cards that these tests add.
const BATCH: i64 = 9_001;
const FILTER: &str = "order_id=9001";
/// Cards of the batch in use at China Mobile: three chunks and a half.
const MOBILE: usize = 350;
/// Stopped ones beside them, and cards in use at China Telecom.
const STOPPED: usize = 20;
const TELECOM: usize = 120;
/// Cards that are under way with their carrier down: the first chunk begins with those that fail at once.
const OPEN: i64 = 200 - STOPPED as i64;
/// All of them.
const ALL: usize = MOBILE + STOPPED + TELECOM;

/// Adds the batch.
async fn with_batch() -> Vec<TestApp> {
    let apps = TestApp::on_every_engine().await;
    let mut lines =
        "account,order_id,sim_type,carrier,iccid,sim_status,operator_status,act_date\n".to_owned();
    for number in 0..ALL {
        let (carrier, state) = match number {
            _ if number < MOBILE => (1, "20,"),
            _ if number < MOBILE + STOPPED => (1, "14,5"),
            _ => (2, "20,"),
        };
        lines += &format!("acme,{BATCH},3,{carrier},89869{number:014},{state},2023-06-01 00:00:00\n");
    }
    for app in &apps {
        let report = app.import(Kind::Cards, &lines, false).await.expect("the batch is good");
        assert_eq!(report.error_count, 0);
    }
    apps
}

/// Asks for an order by acme's admin; the answer.
async fn ask(app: &TestApp, path: &str, body: &Value) -> Value {
    app.post_json(&ACME_ADMIN, path, body).await.success()
}

/// Stops the batch; the order.
async fn stop_all(app: &TestApp) -> i64 {
    let placed = ask(app, "/v1/work-orders", &json!({"operation": "stop", "filter": FILTER})).await;
    placed["work_order_id"].as_i64().expect("an id")
}

/// What somebody does with an order; status and code.
async fn act(app: &TestApp, id: i64, what: &str) -> (u16, String) {
    app.post_json(&ACME_ADMIN, &format!("/v1/work-orders/{id}/{what}"), &json!({})).await.refusal_or_success()
}

/// `state`, `open_count` and `queued_count` of an order.
async fn progress(app: &TestApp, id: i64) -> (String, i64, i64) {
    let progress = app.acme(&format!("/v1/work-orders/{id}/progress")).await;
    let number = |name: &str| progress[name].as_i64().expect("a number");
    (progress["state"].as_str().expect("a word").to_owned(), number("open_count"), number("queued_count"))
}

/// How many cards of the batch are in a state.
async fn in_state(app: &TestApp, sim_status: u8) -> i64 {
    let list = app.acme(&format!("/v1/sim-cards?{FILTER}&sim_status={sim_status}")).await;
    list["count"].as_i64().expect("a number")
}

const fn int(count: usize) -> i64 {
    count as i64
}

/// A carrier that does not answer.
fn down() -> Knobs {
    Knobs { down: true, ..Knobs::default() }
}

#[tokio::test]
async fn every_card_of_a_filter_comes_to_its_end() {
    // Shows on both engines: a dry run says what becomes of 490 cards and changes nothing; the order then does exactly
    // that, each card once, over several chunks; each card has its detail; another dry run says that it is too soon.
    for app in with_batch().await {
        let body = json!({"operation": "stop", "filter": FILTER});
        let forecast = ask(&app, "/v1/work-orders?dry_run=true", &body).await;
        let refused = json!([{
            "error_code": "GSL.00016020",
            "error_msg": "您操作的卡状态非在用，无法发起该操作。",
            "count": STOPPED,
            "sim_card_ids": forecast["forecast"]["refusals"][0]["sim_card_ids"],
        }]);
        let expected = json!({
            "work_order_type": 7,
            "reviewed": false,
            "total_count": ALL,
            "accepted_count": MOBILE + TELECOM,
            "refused_count": STOPPED,
            "refusals": refused,
        });
        assert_eq!(forecast, json!({"forecast": expected}));
        assert_eq!(refused[0]["sim_card_ids"].as_array().map(Vec::len), Some(STOPPED));
        assert_eq!(app.acme("/v1/work-orders").await["count"], 0);

        let order = stop_all(&app).await;
        assert_eq!(progress(&app, order).await, ("running".to_owned(), 0, int(ALL)));
        app.settle().await;
        let done = int(MOBILE + TELECOM);
        assert_eq!(counts(&app, order).await, (4, [int(ALL), done, int(STOPPED), 0]));
        assert_eq!(progress(&app, order).await, ("ended".to_owned(), 0, 0));
        assert_eq!(in_state(&app, 14).await, int(ALL));
        for (status, count) in [(1, done), (3, int(STOPPED))] {
            let details = app.acme(&format!("/v1/work-orders/{order}/details?status={status}")).await;
            assert_eq!(details["count"], count);
        }
        let mobile = app.simulator("mobile").network().journal().executed();
        let telecom = app.simulator("telecom").network().journal().executed();
        assert_eq!((mobile, telecom), (MOBILE as u64, TELECOM as u64));
        assert!(app.simulator("mobile").network().journal().executed_twice().is_empty());

        let again = json!({"operation": "reset", "filter": format!("{FILTER}&sim_status=14")});
        let placed = ask(&app, "/v1/work-orders", &again).await["work_order_id"].as_i64().expect("an id");
        app.settle().await;
        assert_eq!(counts(&app, placed).await.1[1], int(ALL));
        let forecast = ask(&app, "/v1/work-orders?dry_run=true", &body).await;
        assert_eq!(forecast["forecast"]["refusals"][0]["error_code"], "GSL.00016016");
        assert_eq!(forecast["forecast"]["refused_count"], done);
        // What the dry run says is what comes of it.
        let soon = stop_all(&app).await;
        app.settle().await;
        assert_eq!(counts(&app, soon).await, (4, [int(ALL), int(STOPPED), done, 0]));
    }
}

#[tokio::test]
async fn a_slow_carrier_holds_up_its_own_cards_only() {
    // Shows on both engines: with China Mobile down, two chunks of its cards are under way and the others wait, while
    // every card of China Telecom is done; once it answers again, the rest follows.
    for app in with_batch().await {
        app.turn("mobile", down());
        let order = stop_all(&app).await;
        app.settle().await;
        assert_eq!(counts(&app, order).await, (3, [int(ALL), int(TELECOM), int(STOPPED), int(MOBILE)]));
        assert_eq!(progress(&app, order).await, ("running".to_owned(), OPEN, int(MOBILE) - OPEN));
        app.turn("mobile", Knobs::default());
        for _ in 0..10 {
            app.app.clock.advance(60_000);
            app.settle().await;
        }
        assert_eq!(counts(&app, order).await.1, [int(ALL), int(MOBILE + TELECOM), int(STOPPED), 0]);
    }
}

#[tokio::test]
async fn an_order_is_held_and_goes_on() {
    // Shows on both engines: while an order is held no card begins, not even one that waited for another order which
    // ends meanwhile; let on, every card comes to its end; neither can be done twice.
    for app in with_batch().await {
        app.turn("telecom", Knobs { accept_rate: 1.0, ..Knobs::default() });
        let cut = json!({"operation": "cut-net", "filter": format!("{FILTER}&sim_status=20")});
        let cut = ask(&app, "/v1/work-orders", &cut).await["work_order_id"].as_i64().expect("an id");
        app.settle().await;
        let order = stop_all(&app).await;
        assert_eq!(act(&app, order, "pause").await.0, 204);
        app.settle().await;
        assert_eq!(progress(&app, order).await, ("paused".to_owned(), 0, int(ALL)));
        assert_eq!(act(&app, order, "pause").await, (409, "SIMLINK.0002".to_owned()));
        assert_eq!(act(&app, order, "resume").await.0, 204);
        assert_eq!(act(&app, order, "resume").await, (409, "SIMLINK.0002".to_owned()));
        app.settle().await;
        // The cards of China Telecom wait for the order before.
        assert_eq!(counts(&app, order).await.1, [int(ALL), int(MOBILE), int(STOPPED), int(TELECOM)]);
        assert_eq!(act(&app, order, "pause").await.0, 204);
        for _ in 0..5 {
            app.app.clock.advance(60 * 60 * 1000);
            app.settle().await;
        }
        assert_eq!(counts(&app, cut).await.0, 4);
        assert_eq!(counts(&app, order).await.1, [int(ALL), int(MOBILE), int(STOPPED), int(TELECOM)]);
        app.turn("telecom", Knobs::default());
        assert_eq!(act(&app, order, "resume").await.0, 204);
        app.settle().await;
        assert_eq!(counts(&app, order).await, (4, [int(ALL), int(MOBILE + TELECOM), int(STOPPED), 0]));
    }
}

#[tokio::test]
async fn what_has_not_begun_is_taken_back() {
    // Shows on both engines: an order taken back at once ends as 5 and reaches no carrier; one that is half way ends
    // what is at the carrier and nothing else; every card has its detail; it cannot be done twice.
    for app in with_batch().await {
        let order = stop_all(&app).await;
        assert_eq!(act(&app, order, "cancel").await.0, 204);
        assert_eq!(act(&app, order, "cancel").await, (409, "SIMLINK.0002".to_owned()));
        assert_eq!(progress(&app, order).await.0, "ending");
        app.settle().await;
        assert_eq!(counts(&app, order).await, (5, [int(ALL), 0, int(ALL), 0]));
        assert_eq!(app.simulator("mobile").network().journal().executed(), 0);
        let details = app.acme(&format!("/v1/work-orders/{order}/details?limit=500")).await;
        assert_eq!(details["count"], ALL);
        let reasons = app.acme(&format!("/v1/work-orders/{order}/progress")).await["failures"].clone();
        assert_eq!(reasons, json!([{"description": "cancelled", "count": ALL}]));

        app.turn("mobile", down());
        let order = stop_all(&app).await;
        app.settle().await;
        assert_eq!(act(&app, order, "cancel").await.0, 204);
        app.settle().await;
        let rest = int(MOBILE + STOPPED) - OPEN;
        assert_eq!(counts(&app, order).await, (3, [int(ALL), int(TELECOM), rest, OPEN]));
        app.turn("mobile", Knobs::default());
        for _ in 0..10 {
            app.app.clock.advance(60_000);
            app.settle().await;
        }
        assert_eq!(counts(&app, order).await, (4, [int(ALL), int(TELECOM) + OPEN, rest, 0]));
        assert_eq!(in_state(&app, 14).await, int(TELECOM + STOPPED) + OPEN);
    }
}

#[tokio::test]
async fn the_failed_are_tried_again() {
    // Shows on both engines: a retry is a new order for the failed cards alone, at once, and says beforehand what it
    // would come to; of an order on its way, or without failed cards, there is none.
    for app in with_batch().await {
        app.turn("mobile", Knobs { fail_rate: 1.0, ..Knobs::default() });
        let order = stop_all(&app).await;
        assert_eq!(act(&app, order, "retry").await, (409, "SIMLINK.0002".to_owned()));
        app.settle().await;
        let failed = int(MOBILE + STOPPED);
        assert_eq!(counts(&app, order).await, (4, [int(ALL), int(TELECOM), failed, 0]));
        app.turn("mobile", Knobs::default());
        let path = format!("/v1/work-orders/{order}/retry");
        let forecast = ask(&app, &format!("{path}?dry_run=true"), &json!({})).await;
        assert_eq!(forecast["forecast"]["accepted_count"], MOBILE);
        assert_eq!(forecast["forecast"]["refused_count"], STOPPED);
        let retry = ask(&app, &path, &json!({})).await["work_order_id"].as_i64().expect("an id");
        app.settle().await;
        assert_eq!(counts(&app, retry).await, (4, [failed, int(MOBILE), int(STOPPED), 0]));
        assert_eq!(in_state(&app, 14).await, int(ALL));

        let again = ask(&app, &format!("/v1/work-orders/{retry}/retry"), &json!({})).await;
        app.settle().await;
        let again = again["work_order_id"].as_i64().expect("an id");
        assert_eq!(counts(&app, again).await, (6, [int(STOPPED), 0, int(STOPPED), 0]));
        let one = json!({"operation": "cut-net", "filter": "main_search_type=1&main_search_key=8986900000000000400"});
        let one = ask(&app, "/v1/work-orders", &one).await["work_order_id"].as_i64().expect("an id");
        app.settle().await;
        assert_eq!(act(&app, one, "retry").await, (409, "SIMLINK.0002".to_owned()));
    }
}

#[tokio::test]
async fn an_operator_decides_about_bulk_orders() {
    // Shows on both engines: no card of an order in review begins; approved, all do; rejected, each ends so. The
    // operator places orders for an account, and holds, lets go on, follows and retries those of any.
    for app in with_batch().await {
        let account = app.account("acme");
        let work = move |tx: &mut Tx<'_>| {
            let sql = "UPDATE account SET reviewed_types = '7' WHERE account_id = $1";
            tx.execute(sql, params![account.0])?;
            Ok(record(tx, Subject::Account, account, &[account.0])?)
        };
        app.app.write(work).await.expect("the account is there");
        let ops =
            async |path: &str, body: Value| app.post_json(&OPERATOR, &format!("/ops/v1{path}"), &body).await;
        let rejected = stop_all(&app).await;
        app.settle().await;
        assert_eq!(progress(&app, rejected).await, ("in_review".to_owned(), 0, int(ALL)));
        assert_eq!(
            ops(&format!("/work-orders/{rejected}/reject"), json!({})).await.refusal_or_success().0,
            204
        );
        app.settle().await;
        assert_eq!(counts(&app, rejected).await, (7, [int(ALL), 0, int(ALL), 0]));

        let body = json!({"account": "acme", "operation": "stop", "filter": FILTER});
        let order =
            ops("/work-orders", body.clone()).await.success()["work_order_id"].as_i64().expect("an id");
        assert_eq!(
            ops(&format!("/work-orders/{order}/approve"), json!({})).await.refusal_or_success().0,
            204
        );
        assert_eq!(ops(&format!("/work-orders/{order}/pause"), json!({})).await.refusal_or_success().0, 204);
        app.settle().await;
        let shown = app.get(&OPERATOR, &format!("/ops/v1/work-orders/{order}/progress")).await.success();
        assert_eq!((&shown["state"], &shown["queued_count"]), (&json!("paused"), &json!(ALL)));
        assert_eq!(ops(&format!("/work-orders/{order}/resume"), json!({})).await.refusal_or_success().0, 204);
        app.settle().await;
        assert_eq!(counts(&app, order).await.1, [int(ALL), int(MOBILE + TELECOM), int(STOPPED), 0]);
        let listed = app.acme("/v1/work-orders?limit=10").await;
        assert_eq!(listed["work_orders"][0]["work_order_source"], 1);
        let retried = ops(&format!("/work-orders/{order}/retry?dry_run=true"), json!({})).await.success();
        assert_eq!(retried["forecast"]["refused_count"], STOPPED);
        let mut nobody = body;
        nobody["account"] = json!("nobody");
        assert_eq!(ops("/work-orders", nobody).await.refusal(), (404, "SIMLINK.0060".to_owned()));
    }
}

#[tokio::test]
async fn what_names_no_cards_is_refused() {
    // Shows: a filter with a slip of the pen, none at all or an order of its own is refused, so that nobody stops cards
    // that were not meant; so are two ways of naming cards, figures that are missing, and orders that are not bulk,
    // another's or nobody's.
    let app = TestApp::embedded().await;
    let refused = async |body: Value| app.post_json(&ACME_ADMIN, "/v1/work-orders", &body).await.refusal();
    for filter in ["sim_statu=20", "sim_status=20&sort=cid", "limit=10", "&", "sim_status=x", ""] {
        let body = json!({"operation": "stop", "filter": filter});
        assert_eq!(refused(body).await, (400, "GSL.00010004".to_owned()), "{filter}");
    }
    for body in [
        json!({"operation": "stop", "filter": "sim_status=20", "file_temp_id": 1}),
        json!({"operation": "speed-limit", "filter": "sim_status=20"}),
        json!({"operation": "set-threshold", "filter": "sim_status=20"}),
    ] {
        assert_eq!(refused(body.clone()).await, (400, "GSL.00010004".to_owned()), "{body}");
    }
    let nothing = json!({"operation": "stop", "filter": "order_id=4711"});
    assert_eq!(refused(nothing).await, (400, "GSL.00011001".to_owned()));
    let no_file = json!({"operation": "stop", "file_temp_id": 4711});
    assert_eq!(refused(no_file).await, (400, "GSL.00012016".to_owned()));

    let card = super::physical(&app, 1, 20).await;
    let single = super::stop(&app, card).await.expect("it is accepted");
    for what in ["pause", "resume", "retry"] {
        assert_eq!(act(&app, single, what).await, (409, "SIMLINK.0002".to_owned()), "{what}");
        let path = format!("/v1/work-orders/{single}/{what}");
        let foreign = app.post_json(&RIVAL_ADMIN, &path, &json!({})).await.refusal();
        assert_eq!(foreign, (404, "SIMLINK.0001".to_owned()), "{what}");
    }
}

#[tokio::test]
async fn single_operations_say_what_they_would_come_to() {
    // Shows: each operation on a card answers a dry run with its type and what is against it, and places no order.
    let app = TestApp::embedded().await;
    let card = super::physical(&app, 2, 20).await;
    for (operation, body, order_type, refused) in [
        ("stop", json!({}), 5, None),
        ("reset", json!({}), 4, Some("GSL.00016019")),
        ("enable", json!({}), 10, Some("GSL.00016014")),
        ("cut-net", json!({"action": "ADD"}), 11, None),
        ("exceed-cut-net", json!({"action": 1, "quota": "100"}), 12, None),
        ("bind-device", json!({"bind_type": 1}), 13, None),
        ("clear-real-name", json!({}), 14, None),
        ("speed-limit", json!({"speed_value": 7}), 15, Some("GSL.00011016")),
    ] {
        let path = format!("/v1/sim-cards/{card}/{operation}?dry_run=true");
        let forecast = app.post_json(&ACME_ADMIN, &path, &body).await.success()["forecast"].clone();
        assert_eq!(forecast["work_order_type"], order_type, "{operation}");
        assert_eq!(forecast["accepted_count"], i64::from(refused.is_none()), "{operation}: {forecast}");
        let code = forecast["refusals"][0]["error_code"].as_str();
        assert_eq!(code, refused, "{operation}");
    }
    assert_eq!(app.acme("/v1/work-orders").await["count"], 0);
    super::stop(&app, card).await.expect("nothing is in its way");
    let path = format!("/v1/sim-cards/{card}/stop?dry_run=true");
    let forecast = app.post_json(&ACME_ADMIN, &path, &json!({})).await.success()["forecast"].clone();
    assert_eq!(forecast["refusals"][0]["error_code"], "GSL.00016010");
}
