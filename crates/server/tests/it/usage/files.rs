//! Receiving files: by the operator's door and by the import, repeated, bad, in either form.

use axum::http::Method;
use serde_json::json;
use simlink::import::ImportError;
use simlink::usage::receive::{Intake, Terms};

use super::{MOBILE, UNICOM, cycle, day, file};
use crate::support::app::Kind;
use crate::support::{ACME_ADMIN, Answer, Ask, OPERATOR, TestApp};

async fn upload(app: &TestApp, query: &str, text: impl Into<Vec<u8>>) -> Answer {
    let ask = Ask::new(Method::POST, format!("/ops/v1/usage-files{query}")).with_body(text);
    app.send(ask.token_of(&OPERATOR)).await
}

#[tokio::test]
async fn the_operator_hands_files_in() {
    // Shows the answer to a CSV with its columns in any order and to JSON lines, the figures right after it, and that
    // the same bytes again do nothing.
    for app in TestApp::on_every_engine().await {
        let text = format!("mb,iccid,date\n0.39,{MOBILE},20240102\n");
        let answer = upload(&app, "", text.clone()).await.success();
        let expected = |repeated: bool, id: &serde_json::Value| json!({"usage_file_id": id, "repeated": repeated, "lines": 1, "bad_lines": 0, "errors": []});
        assert_eq!(answer, expected(false, &answer["usage_file_id"]));
        assert_eq!(cycle(&app, MOBILE, "2024-01").await, json!(68));
        let lines = format!("{{\"iccid\": \"{MOBILE}\", \"date\": 20240102, \"mb\": 1.39}}\n");
        let second = upload(&app, "", lines).await.success();
        assert!(second["usage_file_id"].as_i64() > answer["usage_file_id"].as_i64());
        assert_eq!(cycle(&app, MOBILE, "2024-01").await, json!(69));
        let again = upload(&app, "", text).await.success();
        assert_eq!(again, expected(true, &answer["usage_file_id"]));
        assert_eq!(cycle(&app, MOBILE, "2024-01").await, json!(69));
    }
}

#[tokio::test]
async fn bad_files_are_refused_whole() {
    // Shows every reason a line can be refused for, by line and column, and that nothing of such a file is applied;
    // the good lines of it are with `partial`. A file that is none is refused in a sentence.
    for app in TestApp::on_every_engine().await {
        let text = file(&[
            (MOBILE, 20_240_102, "1"),
            ("8986999999999999999", 20_240_102, "1"),
            (MOBILE, 20_240_116, "1"),
            (MOBILE, 20_230_630, "1"),
            (MOBILE, 20_240_230, "1"),
            (MOBILE, 20_240_103, "-1"),
            ("1", 20_240_103, "1"),
            (UNICOM, 20_240_104, "2"),
        ]);
        let answer = upload(&app, "", text.clone()).await;
        assert_eq!(answer.refusal(), (400, "GSL.00010004".to_owned()));
        insta::assert_json_snapshot!("bad_usage_file", answer.json());
        assert_eq!(
            (day(&app, MOBILE, 20_240_102).await, cycle(&app, MOBILE, "2024-01").await),
            (json!(0), json!(67.61))
        );
        let answer = upload(&app, "?partial=true", text).await.success();
        assert_eq!((&answer["lines"], &answer["bad_lines"]), (&json!(2), &json!(6)));
        assert_eq!(
            (day(&app, MOBILE, 20_240_102).await, day(&app, UNICOM, 20_240_104).await),
            (json!(1), json!(2))
        );
        for text in ["", "iccid,date\n", "iccid,date,mb,mb\n", "a,b\n\u{0}"] {
            let answer = upload(&app, "", text).await;
            assert_eq!(answer.refusal(), (400, "GSL.00010004".to_owned()), "{text}");
            assert!(answer.error_message().starts_with("file: "), "{}", answer.body);
        }
        assert_eq!(upload(&app, "", "iccid,date,mb\n").await.success()["lines"], 0);
    }
}

#[tokio::test]
async fn what_was_left_out_can_be_sent_again() {
    // Shows that a file of which lines were left out is gone through again when it is sent again: lines of cards that
    // are there by now count, with the place in the order of receipt that the file had, so that a later file holds.
    for app in TestApp::on_every_engine().await {
        let new = "8986199000000000001";
        let text = file(&[(MOBILE, 20_240_103, "1"), (new, 20_240_103, "5"), (UNICOM, 20_240_103, "1")]);
        let partial = || Terms { partial: true, ..app.usage_terms() };
        let first = app.take_usage(&text, partial()).await.expect("its good lines");
        assert_eq!((first.report.records, first.report.error_count), (2, 1));
        let later = file(&[(MOBILE, 20_240_103, "9")]);
        app.take_usage(&later, app.usage_terms()).await.expect("a good file");
        let cards = format!("account,sim_type,carrier,iccid,sim_status\nacme,3,1,{new},10\n");
        app.import(Kind::Cards, &cards, false).await.expect("a good card");
        let again = app.take_usage(&text, app.usage_terms()).await.expect("all lines are good by now");
        assert_eq!(
            (again.usage_file_id, again.repeated, again.report.records),
            (first.usage_file_id, false, 3)
        );
        assert_eq!(
            (day(&app, new, 20_240_103).await, day(&app, MOBILE, 20_240_103).await),
            (json!(5), json!(9))
        );
        let last = app.take_usage(&text, app.usage_terms()).await.expect("nothing to do");
        assert!(last.repeated);
    }
}

#[tokio::test]
async fn only_the_operator_may() {
    // Shows that a tenant's admin cannot hand usage in, and that a file it sends leaves no trace.
    let app = TestApp::embedded().await;
    let text = file(&[(MOBILE, 20_240_103, "1")]);
    let ask = Ask::new(Method::POST, "/ops/v1/usage-files").with_body(text.clone());
    assert_eq!(app.send(ask.token_of(&ACME_ADMIN)).await.refusal(), (403, "APIGW.0302".to_owned()));
    let taken = app.take_usage(&text, app.usage_terms()).await.expect("a good file");
    assert!(!taken.repeated);
    let bad = app.take_usage("iccid,date,mb\nx,1,1\n", app.usage_terms()).await;
    assert!(matches!(bad, Err(ImportError::BadLines(report)) if report.error_count == 1));
}

#[tokio::test]
async fn what_was_left_out_before_a_crash_counts_too() {
    // Shows that a file interrupted after a chunk of which a line was left out does not go on behind that line: sent
    // again when the card is there, all of its lines count.
    for app in TestApp::on_every_engine().await {
        let new = "8986199000000000001";
        let text = file(&[(new, 20_240_103, "5"), (MOBILE, 20_240_103, "1"), (UNICOM, 20_240_103, "2")]);
        let terms = Terms { partial: true, lines_per_chunk: 1, ..app.usage_terms() };
        let input = std::io::Cursor::new(text.clone());
        let mut intake = Intake::open(&app.app.db, input, terms, |_| ()).await.expect("its good lines");
        assert_eq!(intake.step().await, Ok(true));
        drop(intake);
        let cards = format!("account,sim_type,carrier,iccid,sim_status\nacme,3,1,{new},10\n");
        app.import(Kind::Cards, &cards, false).await.expect("a good card");
        let taken = app.take_usage(&text, app.usage_terms()).await.expect("all lines are good by now");
        assert_eq!((taken.repeated, taken.report.records), (false, 3));
        for (iccid, used) in [(new, 5), (MOBILE, 1), (UNICOM, 2)] {
            assert_eq!(day(&app, iccid, 20_240_103).await, json!(used), "{iccid}");
        }
    }
}
