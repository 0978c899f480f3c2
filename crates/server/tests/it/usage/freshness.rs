//! How old the figures are: by carrier for those who run the service, in one moment for those who look at an overview.

use axum::http::Method;
use serde_json::{Value, json};
use simlink_db::testing::engines;

use super::{MOBILE, UNICOM, file};
use crate::support::{ACME_ADMIN, Ask, TestApp};

/// A metric of `/metrics` by carrier.
async fn metric(app: &TestApp, name: &str) -> Vec<(String, i64)> {
    let answer = app.send(Ask::new(Method::GET, "/metrics")).await;
    let prefix = format!("simlink_{name}{{carrier=\"");
    let lines = answer.body.lines().filter_map(|line| line.strip_prefix(prefix.as_str()));
    let mut found: Vec<(String, i64)> = lines
        .filter_map(|line| line.split_once("\"} "))
        .map(|(carrier, value)| (carrier.to_owned(), value.parse().expect("a figure")))
        .collect();
    found.sort();
    found
}

/// What the overview says.
async fn as_of(app: &TestApp) -> Value {
    let ask = Ask::get("/v1/overview").signed_by(&ACME_ADMIN, app.app.clock.now_ms());
    app.send(ask).await.success()["usage_as_of"].clone()
}

#[tokio::test]
async fn figures_say_how_old_they_are() {
    // Shows that a carrier's usage is known to the end of the newest day that came in, or to now where that is today;
    // that an older day or a repetition moves nothing back; that the lag grows with time; and that the overview has the
    // carrier that is furthest behind.
    for app in TestApp::on_every_engine().await {
        assert_eq!((metric(&app, "usage_lag_seconds").await, as_of(&app).await), (vec![], json!(null)));
        let take = async |lines: &[(&str, i32, &str)]| {
            app.take_usage(&file(lines), app.usage_terms()).await.expect("a good file");
        };
        take(&[(UNICOM, 20_240_113, "1"), (MOBILE, 20_240_115, "1"), (MOBILE, 20_240_114, "1")]).await;
        take(&[(UNICOM, 20_240_110, "1")]).await;
        // 2024-01-15T03:36:55Z, and 2024-01-13T16:00:00Z.
        let expected = [("1".to_owned(), 1_705_289_815), ("3".to_owned(), 1_705_161_600)];
        assert_eq!(metric(&app, "usage_as_of_seconds").await, expected);
        let lags = [("1".to_owned(), 0), ("3".to_owned(), 128_215)];
        assert_eq!(metric(&app, "usage_lag_seconds").await, lags);
        assert_eq!(as_of(&app).await, json!("2024-01-13T16:00:00.000+00:00"));
        app.app.clock.advance(60_000);
        assert_eq!(metric(&app, "usage_lag_seconds").await[0], ("1".to_owned(), 60));
        take(&[(UNICOM, 20_240_114, "1")]).await;
        assert_eq!(as_of(&app).await, json!("2024-01-14T16:00:00.000+00:00"));
    }
}

#[tokio::test]
async fn a_nights_reading_is_as_fresh_as_the_day_before() {
    // Shows that after the night every carrier that is asked is known to the midnight before.
    for engine in engines() {
        let app = TestApp::reading_usage(engine).await;
        // To the 16th at 2:31 in Shanghai.
        app.app.clock.advance(53_700_000);
        app.settle().await;
        let known = metric(&app, "usage_as_of_seconds").await;
        assert!(known.len() >= 3, "{known:?}");
        assert!(known.iter().all(|(_, seconds)| *seconds == 1_705_334_400), "{known:?}");
    }
}
