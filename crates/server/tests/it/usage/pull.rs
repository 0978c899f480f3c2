//! What carriers are asked each night, and when they say that there is news.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::{Value, json};
use simlink::southbound::take_events;
use simlink_carriers::simulator::Knobs;
use simlink_carriers::{CardRef, CarrierEvent, Happening, Lane, UsageFigure, UsagePeriod};
use simlink_db::testing::engines;

use super::{MOBILE, UNICOM, file};
use crate::support::{ACME_ADMIN, Ask, TestApp};

const DAY_MS: i64 = 86_400_000;
/// From the tests' time, the 15th at 11:36 in Shanghai, to the 16th at 2:31.
const TO_THE_NIGHT_MS: i64 = 53_700_000;
const LINKS: [&str; 3] = ["mobile", "telecom", "unicom"];

/// MB of acme's cards on a day, by ICCID.
async fn stored(app: &TestApp, iccids: &[String], day: Date) -> BTreeMap<String, Value> {
    let body = json!({"iccids": iccids, "date": day.strftime("%Y%m%d").to_string()});
    let ask = Ask::post("/v1/sim-cards/batch-daily-flow", &body);
    let answer = app.send(ask.signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success();
    let flows = answer[0]["sim_flow"].as_array().expect("a list").clone();
    flows
        .iter()
        .map(|flow| (flow["iccid"].as_str().expect("an ICCID").to_owned(), flow["flow"].clone()))
        .collect()
}

/// What the carrier says now that cards used on a day, in MB.
async fn said(app: &TestApp, link: &str, iccids: &[String], day: Date) -> BTreeMap<String, Value> {
    let cards: Vec<CardRef> = iccids
        .iter()
        .map(|iccid| CardRef { iccid: iccid.parse().expect("an ICCID"), msisdn: None, imsi: None })
        .collect();
    let link = app.app.engine.links.named(link).expect("a link of the tests");
    let readings = link.link.read_usage(Lane::Bulk, &cards, UsagePeriod::Day(day)).await.expect("an answer");
    let shown = |bytes: u64| (bytes as f64 * 100.0 / 1_048_576.0).round() / 100.0;
    readings
        .into_iter()
        .map(|reading| {
            let megabytes = shown(reading.figure.expect("a figure").bytes);
            let whole = megabytes.fract() == 0.0;
            let value = if whole { json!(megabytes as i64) } else { json!(megabytes) };
            (reading.iccid.as_str().to_owned(), value)
        })
        .collect()
}

/// Acme's cards in use or stopped that a link leads to.
fn cards_of(app: &TestApp, link: &str) -> Vec<String> {
    let reader = app.app.fleet.read(app.account("acme"));
    let all = reader.select(&simlink_fleet::Query { limit: 500, ..simlink_fleet::Query::default() });
    let leads =
        |carrier| app.app.engine.links.of_carrier(carrier).is_some_and(|found| found.link.name() == link);
    let asked =
        |card: &&simlink_fleet::CardRef<'_>| matches!(card.sim_status(), 14 | 20) && leads(card.carrier());
    all.cards.iter().filter(asked).map(|card| card.iccid().to_owned()).collect()
}

#[tokio::test]
async fn yesterday_is_read_each_night_and_the_two_days_before_once_more() {
    // Shows that after the night the last three days of every active card are as its carrier says, and no other day;
    // that what was late comes in the night after; that a night's reading replaces the files before it, as it is
    // replaced by one after it; and that the rest of the day changes nothing.
    for engine in engines() {
        let app = TestApp::reading_usage(engine).await;
        let late = Knobs { late_usage_share: 0.5, ..Knobs::default() };
        for link in LINKS {
            app.turn(link, late);
            assert!(cards_of(&app, link).len() > 2, "{link}");
        }
        let text = file(&[(MOBILE, 20_240_114, "5000"), (MOBILE, 20_240_111, "7")]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        app.app.clock.advance(TO_THE_NIGHT_MS);
        app.settle().await;
        let (first, before) = (date(2024, 1, 13), date(2024, 1, 12));
        for night in 0..2 {
            for link in LINKS {
                let cards = cards_of(&app, link);
                for day in first.series(jiff::Span::new().days(1)).take(3 + night) {
                    assert_eq!(
                        stored(&app, &cards, day).await,
                        said(&app, link, &cards, day).await,
                        "{day} {link}"
                    );
                }
                let untouched = stored(&app, &cards, before).await;
                assert!(untouched.values().all(|flow| *flow == json!(0)), "{untouched:?}");
            }
            if night == 0 {
                let text = file(&[(MOBILE, 20_240_113, "0.25")]);
                app.take_usage(&text, app.usage_terms()).await.expect("a good file");
                app.app.clock.advance(3 * 3_600_000);
                app.settle().await;
                let shown = stored(&app, &[MOBILE.to_owned()], first).await;
                assert_eq!(shown[MOBILE], json!(0.25), "the later word holds");
                app.app.clock.advance(DAY_MS - 3 * 3_600_000);
                app.settle().await;
                let shown = stored(&app, &[MOBILE.to_owned()], first).await;
                assert_eq!(shown[MOBILE], json!(0.25), "three days are read, this is the fourth");
                let again = said(&app, "mobile", &[MOBILE.to_owned()], first).await[MOBILE].clone();
                let text = file(&[(MOBILE, 20_240_113, &again.to_string())]);
                app.take_usage(&text, app.usage_terms()).await.expect("a good file");
            }
        }
    }
}

#[tokio::test]
async fn a_carrier_that_is_down_is_read_when_it_is_back() {
    // Shows that a night's reading that is cut off goes on where it stood and ends as if nothing had happened, and that
    // other carriers do not wait for it.
    for engine in engines() {
        let app = TestApp::reading_usage(engine).await;
        app.turn("unicom", Knobs { down: true, ..Knobs::default() });
        app.app.clock.advance(TO_THE_NIGHT_MS);
        app.settle().await;
        let (day, cards) = (date(2024, 1, 15), cards_of(&app, "unicom"));
        assert!(stored(&app, &cards, day).await.values().all(|flow| *flow == json!(0)));
        let mobile = cards_of(&app, "mobile");
        assert_eq!(stored(&app, &mobile, day).await, said(&app, "mobile", &mobile, day).await);
        app.turn("unicom", Knobs::default());
        for _ in 0..5 {
            app.app.clock.advance(10 * 60 * 1000);
            app.settle().await;
        }
        assert_eq!(stored(&app, &cards, day).await, said(&app, "unicom", &cards, day).await);
    }
}

#[tokio::test]
async fn a_report_of_usage_has_the_day_read() {
    // Shows that a carrier's report, of a day or of a month so far, has that day of the card read at the carrier and no
    // other; whatever it claims, and however often; and that one of another link's card, or a day out of reach, does
    // nothing.
    for engine in engines() {
        let app = TestApp::reading_usage(engine).await;
        let now_ms = app.app.clock.now_ms();
        let report = |id: &str, iccid: &str, period| CarrierEvent {
            id: id.to_owned(),
            occurred_at_ms: now_ms,
            iccid: iccid.parse().expect("an ICCID"),
            happening: Happening::UsageReported {
                period,
                figure: UsageFigure { bytes: 123_456_789_012, as_of_ms: now_ms },
            },
        };
        let link = app.app.engine.links.named("mobile").expect("a link of the tests").clone();
        let events = vec![
            report("a", MOBILE, UsagePeriod::Day(date(2024, 1, 10))),
            report("a", MOBILE, UsagePeriod::Day(date(2024, 1, 9))),
            report("b", MOBILE, UsagePeriod::Month(date(2024, 1, 1))),
            report("c", MOBILE, UsagePeriod::Day(date(2022, 1, 10))),
            report("d", UNICOM, UsagePeriod::Day(date(2024, 1, 10))),
        ];
        for _ in 0..2 {
            take_events(&app.app.engine, &link, events.clone()).await.expect("events are taken");
            app.settle().await;
        }
        let cards = [MOBILE.to_owned()];
        let tenth = date(2024, 1, 10);
        assert_eq!(stored(&app, &cards, tenth).await, said(&app, "mobile", &cards, tenth).await);
        assert_eq!(stored(&app, &cards, date(2024, 1, 9)).await[MOBILE], json!(0));
        assert_eq!(stored(&app, &[UNICOM.to_owned()], tenth).await[UNICOM], json!(0));
        // Today is answered from tomorrow on.
        app.app.clock.advance(DAY_MS);
        let today = date(2024, 1, 15);
        let shown = stored(&app, &cards, today).await[MOBILE].clone();
        assert_ne!(shown, json!(0));
        let (full, part) = (said(&app, "mobile", &cards, today).await[MOBILE].clone(), shown);
        assert!(part.as_f64() < full.as_f64(), "{part} was read before noon, {full} is the whole day");
    }
}
