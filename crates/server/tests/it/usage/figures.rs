//! What files make of the figures of days, cycles, cards and lists.

use serde_json::json;
use simlink::usage::{recount, roll_over};

use super::{MOBILE, UNICOM, card, cycle, day, file, masked};
use crate::support::{ACME_ADMIN, Ask, TestApp};
use crate::work_orders::{all_physical, ask};

#[tokio::test]
async fn an_imported_figure_is_booked_on_the_first_day_of_its_cycle() {
    // Shows that what a card was imported with is its cycle and a day: the first of the calendar month, or Unicom's
    // 27th of the month before; that later days add to it, and that a file with that day takes its place.
    for app in TestApp::on_every_engine().await {
        assert_eq!(cycle(&app, MOBILE, "2024-01").await, json!(67.61));
        assert_eq!(
            (day(&app, MOBILE, 20_240_101).await, day(&app, MOBILE, 20_240_102).await),
            (json!(67.61), json!(0))
        );
        assert_eq!(cycle(&app, UNICOM, "202401").await, json!(59.17));
        assert_eq!(day(&app, UNICOM, 20_231_227).await, json!(59.17));
        app.take_usage(&file(&[(MOBILE, 20_240_102, "0.39")]), app.usage_terms()).await.expect("a good file");
        assert_eq!(cycle(&app, MOBILE, "2024-01").await, json!(68));
        app.take_usage(&file(&[(MOBILE, 20_240_101, "1")]), app.usage_terms()).await.expect("a good file");
        assert_eq!(cycle(&app, MOBILE, "2024-01").await, json!(1.39));
    }
}

#[tokio::test]
async fn days_move_cards_plans_lists_and_sorts() {
    // Shows that a file of the running cycle moves the card's flow, its plan, filters and sort orders of the list at
    // once, leaving what it has in all as it is; that a later file replaces the day; and that the change is in the
    // log, one row for the chunk, where nothing changed none.
    for app in TestApp::on_every_engine().await {
        let logged = async || {
            app.app.follower.catch_up().await;
            app.app.follower.followed()
        };
        let text =
            file(&[(MOBILE, 20_240_101, "2"), (MOBILE, 20_240_115, "0.5"), (UNICOM, 20_240_114, "900")]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        let shown = card(&app, MOBILE).await;
        assert_eq!((&shown["flow_used"], &shown["flow_left"]), (&json!(2.5), &json!(27.5)));
        let shown = card(&app, UNICOM).await;
        assert_eq!((&shown["flow_used"], &shown["flow_left"]), (&json!(959.17), &json!(64.83)));
        let plan = app.acme(&format!("/v1/sim-price-plans?iccid={UNICOM}")).await[0].clone();
        let figures = ["flow_total", "flow_used", "flow_left"].map(|name| plan[name].clone());
        assert_eq!(figures, [json!(1024), json!(959.17), json!(64.83)]);
        let most = app.acme("/v1/sim-cards?sort=flow_used&order=desc").await;
        assert_eq!(most["sim_cards"][0]["iccid"], UNICOM);
        let few = app.acme("/v1/sim-cards?min_used_flow=900").await;
        assert_eq!((&few["count"], &few["sim_cards"][0]["iccid"]), (&json!(1), &json!(UNICOM)));

        let before = logged().await;
        let lower = file(&[(UNICOM, 20_240_114, "1"), (MOBILE, 20_240_115, "0.5")]);
        app.take_usage(&lower, app.usage_terms()).await.expect("a good file");
        assert_eq!(card(&app, UNICOM).await["flow_used"], json!(60.17));
        assert!(logged().await > before, "the change is logged");
        let before = logged().await;
        app.take_usage(&(lower + "\n"), app.usage_terms()).await.expect("another file with the same words");
        assert_eq!(logged().await, before, "nothing changed, nothing is logged");
    }
}

#[tokio::test]
async fn late_records_correct_closed_cycles_alone() {
    // Shows that days of a closed cycle, on both sides of each cut, change that cycle and its days and leave the card's
    // running figures as they are.
    for app in TestApp::on_every_engine().await {
        let before = [card(&app, MOBILE).await, card(&app, UNICOM).await];
        let text = file(&[
            (MOBILE, 20_231_231, "10"),
            (MOBILE, 20_231_127, "20"),
            (UNICOM, 20_231_226, "3.25"),
            (UNICOM, 20_231_127, "0.75"),
            (UNICOM, 20_231_126, "7"),
            (MOBILE, 20_230_801, "1"),
        ]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        assert_eq!([card(&app, MOBILE).await, card(&app, UNICOM).await], before);
        let body = json!({
            "iccids": [UNICOM, MOBILE],
            "billing_cycles": ["2024-01", "2023-12", "202311", "2023-10", "2023-09", "2023-08"],
        });
        let answer = app.post_json(&ACME_ADMIN, "/v1/sim-cards/month-usages", &body).await.success();
        insta::assert_json_snapshot!("month_usages", masked(&answer));
        assert_eq!(day(&app, UNICOM, 20_231_226).await, json!(3.25));
    }
}

#[tokio::test]
async fn networks_of_a_card_add_up() {
    // Shows that a three-network card named by several of its ICCIDs has the sum of what each of them used on a day,
    // in 19 and 20 digits, and that each is replaced for itself.
    for app in TestApp::on_every_engine().await {
        let (own, mobile, unicom) = ("89861000000000000517", "8986180000000000051", "89861700000000000514");
        let text = file(&[(own, 20_240_110, "1"), (mobile, 20_240_110, "2"), (unicom, 20_240_110, "4")]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        assert_eq!(day(&app, own, 20_240_110).await, json!(7));
        assert_eq!(cycle(&app, own, "2024-01").await, json!(46.57));
        app.take_usage(&file(&[(mobile, 20_240_110, "3")]), app.usage_terms()).await.expect("a good file");
        assert_eq!(day(&app, unicom, 20_240_110).await, json!(8));
        assert_eq!(card(&app, own).await["flow_used"], json!(47.57));
    }
}

#[tokio::test]
async fn cards_that_are_not_in_use_keep_no_flow() {
    // Shows that usage of a card which is not active is kept by day and cycle while the card itself shows none.
    for app in TestApp::on_every_engine().await {
        let testable = "8986100000000000002";
        app.take_usage(&file(&[(testable, 20_240_110, "1.5")]), app.usage_terms())
            .await
            .expect("a good file");
        assert_eq!(cycle(&app, testable, "2024-01").await, json!(1.5));
        assert!(card(&app, testable).await["flow_used"].is_null());
    }
}

#[tokio::test]
async fn an_activated_card_shows_what_it_used_before() {
    // Shows that with its activation a card and its plan show what the card used in the running cycle before, as doctor
    // counts it, that the next file goes on from there, and that the scheduled turn of the cycle begins both anew.
    for app in TestApp::on_every_engine().await {
        let fresh = all_physical(&app, 2, 13).await.into_iter().chain(all_physical(&app, 1, 13).await);
        let mut with_plan = None;
        for id in fresh {
            let shown = app.acme(&format!("/v1/sim-cards/{id}")).await;
            let iccid = shown["iccid"].as_str().expect("an ICCID").to_owned();
            let plans = app.acme(&format!("/v1/sim-price-plans?iccid={iccid}")).await;
            if let Some(total) = plans[0]["flow_total"].as_f64() {
                with_plan = Some((id, iccid, total));
            }
        }
        let (id, iccid, total) = with_plan.expect("an activatable card with a plan");
        // Of the card, then of its plan: used and left.
        let flows = async || {
            let get = async |target: String| {
                app.send(Ask::get(target).signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success()
            };
            let card = get(format!("/v1/sim-cards/{id}")).await;
            let plan = get(format!("/v1/sim-price-plans?iccid={iccid}")).await[0].clone();
            [&card, &plan].map(|of| ["flow_used", "flow_left"].map(|name| of[name].as_f64()))
        };
        let differing = async || {
            let now_ms = app.app.clock.now_ms();
            app.app.db.read(move |tx| recount::cards_that_differ(tx, now_ms)).await.expect("counts")
        };
        let text = file(&[(&iccid, 20_231_231, "9"), (&iccid, 20_240_110, "1.5")]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        assert_eq!(flows().await[0], [None, None]);

        ask(&app, id, "enable", &json!({})).await.expect("an activatable card");
        app.settle().await;
        assert_eq!(flows().await, [[Some(1.5), Some(total - 1.5)]; 2]);
        assert_eq!(differing().await, 0);

        app.take_usage(&file(&[(&iccid, 20_240_111, "2")]), app.usage_terms()).await.expect("a good file");
        assert_eq!(flows().await, [[Some(3.5), Some(total - 3.5)]; 2]);

        app.app.clock.advance(17 * 86_400_000);
        assert!(differing().await > 0, "the cycle is over and nobody turned it");
        app.settle().await;
        assert_eq!(flows().await, [[Some(0.0), Some(total)]; 2]);
        assert_eq!(differing().await, 0);
    }
}

#[tokio::test]
async fn days_are_answered_one_element_each() {
    // Shows the days of last month and of this one until yesterday, ascending, each with every card in the order asked
    // for; and the leniency of names and numbers.
    for app in TestApp::on_every_engine().await {
        let text = file(&[(MOBILE, 20_240_103, "0.125"), (UNICOM, 20_240_114, "2")]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        let ask =
            async |body| app.post_json(&ACME_ADMIN, "/v1/sim-cards/batch-daily-flow", &body).await.success();
        let january = ask(json!({"iccid": [UNICOM, MOBILE], "month": 202_401})).await;
        let days = january.as_array().expect("a list");
        let dates: Vec<&str> = days.iter().filter_map(|day| day["date"].as_str()).collect();
        let expected: Vec<String> = (1..=14).map(|day| format!("202401{day:02}")).collect();
        assert_eq!(dates, expected);
        let flows = |at: usize| {
            let flows = days[at]["sim_flow"].as_array().expect("a list");
            flows.iter().map(|flow| (flow["iccid"].clone(), flow["flow"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(flows(2), [(json!(UNICOM), json!(0)), (json!(MOBILE), json!(0.13))]);
        assert_eq!(flows(13), [(json!(UNICOM), json!(2)), (json!(MOBILE), json!(0))]);
        let december = ask(json!({"iccids": [UNICOM], "month": "202312"})).await;
        assert_eq!(december.as_array().map(Vec::len), Some(31));
        assert_eq!(december[26]["sim_flow"][0]["flow"], json!(59.17));
        let id = card(&app, MOBILE).await["sim_card_id"].clone();
        let by_id = ask(json!({"sim_card_ids": [id, id], "iccids": [], "date": 20_240_103})).await;
        assert_eq!(
            by_id,
            json!([{"date": "20240103", "sim_flow": [{"sim_card_id": id, "iccid": MOBILE, "flow": 0.13}]}])
        );
    }
}

#[tokio::test]
async fn plans_of_cards_show_their_flow() {
    // Shows the flow of several cards' plans by ids and by ICCIDs under either name, that cards without a plan are left
    // out, and that a three-network card shows the ICCID it is using.
    for app in TestApp::on_every_engine().await {
        let ask = async |body| {
            app.post_json(&ACME_ADMIN, "/v1/sim-price-plans/usage/batch-query", &body).await.success()
        };
        let answer = ask(json!({"iccids": [MOBILE, "8986100000000000043", UNICOM]})).await;
        insta::assert_json_snapshot!("plan_flows", masked(&answer));
        let again = ask(json!({"iccid": [MOBILE, UNICOM]})).await;
        assert_eq!(again, answer);
        let multi = card(&app, "8986100000000000055").await;
        let by_id = ask(json!({"sim_card_ids": [multi["sim_card_id"]]})).await;
        assert_eq!(by_id[0]["iccid"], "8986160000000000055");
        assert_eq!(
            (&by_id[0]["flow_used"], &by_id[0]["flow_left"]),
            (&multi["flow_used"], &multi["flow_left"])
        );
    }
}

#[tokio::test]
async fn a_new_cycle_begins_with_nothing_used() {
    // Shows that at its cut a cycle is closed for the carriers that cut there and for them alone: flows begin with what
    // is known of the new cycle, with all that the plan has, nothing rolls over, and the closed cycle keeps its sum; and
    // that a second run finds nothing to do.
    for app in TestApp::on_every_engine().await {
        let run = async || {
            let changed = roll_over::run(&app.app.db, app.app.clock.now_ms()).await.expect("runs");
            app.app.follower.catch_up().await;
            changed
        };
        let flows = async |iccid: &str| {
            let ask = Ask::get(format!("/v1/sim-cards/0?iccid={iccid}"));
            let card = app.send(ask.signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success();
            (card["flow_used"].clone(), card["flow_left"].clone())
        };
        assert_eq!(run().await, 0);
        // From the 15th at noon to the last second of Unicom's cycle, and one more.
        app.app.clock.advance(11 * 86_400_000 + 44_584_000);
        assert_eq!(run().await, 0);
        assert_eq!(flows(UNICOM).await, (json!(59.17), json!(964.83)));
        app.app.clock.advance(1_000);
        let text = file(&[(UNICOM, 20_240_127, "0.17")]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        assert_eq!(flows(UNICOM).await, (json!(0.17), json!(1023.83)));
        assert_eq!(flows(MOBILE).await, (json!(67.61), json!(-37.61)));
        assert_eq!(run().await, 0);
        app.app.clock.advance(5 * 86_400_000);
        assert!(run().await > 10);
        assert_eq!(flows(MOBILE).await, (json!(0), json!(30)));
        assert_eq!(flows(UNICOM).await, (json!(0.17), json!(1023.83)));
        let body = json!({"iccids": [UNICOM, MOBILE], "billing_cycles": ["2024-01", "2024-02"]});
        let ask = Ask::post("/v1/sim-cards/month-usages", &body);
        let answer = app.send(ask.signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success();
        let used = |card: usize, cycle: usize| {
            answer["month_usages"][card]["flow_usages"][cycle]["flow_used"].clone()
        };
        assert_eq!(
            [used(0, 0), used(0, 1), used(1, 0), used(1, 1)],
            [json!(59.17), json!(0.17), json!(67.61), json!(0)]
        );
        assert_eq!(run().await, 0);
    }
}

#[tokio::test]
async fn a_leap_day_is_a_day() {
    // Shows in March 2024 that the 29th of February is a day of its month, of the calendar's cycle of February and of
    // Unicom's of March.
    for app in TestApp::on_every_engine().await {
        app.app.clock.advance(55 * 86_400_000);
        let text = file(&[
            (UNICOM, 20_240_226, "1"),
            (UNICOM, 20_240_229, "2"),
            (UNICOM, 20_240_301, "4"),
            (MOBILE, 20_240_229, "8"),
            (MOBILE, 20_240_301, "16"),
        ]);
        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
        let ask = async |target: &str, body: serde_json::Value| {
            let ask = Ask::post(target, &body).signed_by(&ACME_ADMIN, app.app.clock.now_ms());
            app.send(ask).await.success()
        };
        let body = json!({"iccids": [UNICOM, MOBILE], "billing_cycles": ["2024-02", "2024-03"]});
        let usages = ask("/v1/sim-cards/month-usages", body).await;
        let used = |card: usize, cycle: usize| {
            usages["month_usages"][card]["flow_usages"][cycle]["flow_used"].clone()
        };
        assert_eq!([used(0, 0), used(0, 1)], [json!(1), json!(6)]);
        assert_eq!([used(1, 0), used(1, 1)], [json!(8), json!(16)]);
        let body = json!({"iccids": [UNICOM, MOBILE], "month": "202402"});
        let days = ask("/v1/sim-cards/batch-daily-flow", body).await;
        assert_eq!(days.as_array().map(Vec::len), Some(29));
        assert_eq!(days[28]["date"], "20240229");
        assert_eq!(
            [&days[28]["sim_flow"][0]["flow"], &days[28]["sim_flow"][1]["flow"]],
            [&json!(2), &json!(8)]
        );
    }
}
