//! `GET /v1/overview` and the console's document.

use serde_json::{Value, json};
use simlink_db::{DbError, params};

use crate::support::{ACME_VIEWER, Ask, OPERATOR, TestApp};

/// How many cards the list has with this filter.
async fn listed(app: &TestApp, filter: &str) -> i64 {
    app.acme(&format!("/v1/sim-cards?{filter}")).await["count"].as_i64().expect("a number")
}

#[tokio::test]
async fn figures_are_those_of_the_list() {
    // Shows that each share of the overview is the count of the list filtered by it, that shares add up to all cards,
    // and that a viewer sees the same.
    for app in TestApp::on_every_engine().await {
        let view = app.acme("/v1/overview").await;
        let shares = |name: &str| view[name].as_array().expect("a list").clone();
        for (name, parameter) in [("by_sim_status", "sim_status"), ("by_sim_type", "sim_type")] {
            let mut sum = 0;
            for share in shares(name) {
                let count = share["count"].as_i64().expect("a number");
                assert_eq!(listed(&app, &format!("{parameter}={}", share["value"])).await, count, "{share}");
                sum += count;
            }
            assert_eq!((json!(sum), listed(&app, "limit=10").await), (view["sim_count"].clone(), sum));
        }
        let carriers: i64 = shares("by_carrier").iter().filter_map(|share| share["count"].as_i64()).sum();
        assert_eq!(json!(carriers), view["sim_count"]);
        assert!(shares("carriers").iter().all(|carrier| carrier["state"] == "healthy"), "{view}");
        assert_eq!(app.get(&ACME_VIEWER, "/v1/overview").await.success(), view);
    }
}

#[tokio::test]
async fn the_trend_is_the_sum_of_the_days() {
    // Shows that a usage file moves the trend by what it says and no more when it comes again, and that the trend
    // is the database's sum of the days of the account's cards.
    for app in TestApp::on_every_engine().await {
        let file = "iccid,date,mb\n8986100000000000008,20240110,12.5\n8986100000000000023,20240110,4\n";
        for _ in 0..2 {
            let ask = Ask::post("/ops/v1/usage-files", &Value::Null).with_body(file).token_of(&OPERATOR);
            app.send(ask).await.success();
        }
        let trend = app.acme("/v1/overview").await["daily_flow"].clone();
        let day = |date: &str| {
            let days = trend.as_array().expect("a list");
            days.iter().find(|day| day["date"] == date).map(|day| day["flow"].clone())
        };
        assert_eq!(day("20240110"), Some(json!(16.5)), "{trend}");
        let account = app.account("acme").0;
        let sum = move |tx: &mut simlink_db::Tx<'_>| {
            tx.get(
                "SELECT CAST(SUM(bytes) AS BIGINT) FROM usage_day WHERE account_id = $1 AND month = 202401 AND day = 1",
                params![account],
                |row| row.get::<i64>(0),
            )
        };
        let bytes = app.app.db.read::<_, DbError, _>(sum).await.expect("the seed has days");
        let megabytes = day("20240101").and_then(|flow| flow.as_f64()).expect("the seed has that day");
        assert!((megabytes * 1_048_576.0 - bytes as f64).abs() < 0.01 * 1_048_576.0, "{megabytes} {bytes}");
    }
}

#[tokio::test]
async fn the_console_lets_nothing_else_in() {
    // Shows for the console's pages, whichever: a policy that lets nothing but this server's own files style, run and
    // be asked, and an unknown file as such.
    let app = TestApp::embedded().await;
    for page in ["/console/", "/console/cards?sim_status=20", "/console/cards/1"] {
        let answer = app.send(Ask::get(page)).await;
        let policy = answer.header("content-security-policy").to_owned();
        assert_eq!(answer.status, 200);
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        assert!(!policy.contains("http:") && !policy.contains("https:"), "{policy}");
    }
    assert_eq!(app.send(Ask::get("/console/assets/none.js")).await.status, 404);
}
