//! Plans and add-on packages that are bought.

use serde_json::json;

use super::{DAY_MS, buy, expires, flows, get, iccid, operate, orders, plans_of, used, with_cards};
use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, TestApp};
use crate::work_orders::ask;

#[tokio::test]
async fn packages_add_to_the_running_cycle() {
    // Shows that a package adds to what the card has; that usage beyond the plan is the package's and beyond both the
    // plan's; that corrections are shared anew, replays change nothing; and that the package ends with its cycle, also
    // where neither cycle has any usage.
    for app in TestApp::on_every_engine().await {
        with_cards(&app, &["1,3,1,20,-1,m30,", "2,3,1,20,-1,m30,", "3,3,1,14,1,m30,"]).await;
        used(&app, &[(1, 20_240_103, "20"), (3, 20_240_103, "31")]).await;
        buy(&app, "add5", &[1, 2, 3]).await;
        buy(&app, "add5", &[1]).await;
        assert_eq!(flows(&app, 1).await, [json!(20), json!(20)]);
        assert_eq!(flows(&app, 2).await, [json!(0), json!(35)]);
        assert_eq!(flows(&app, 3).await, [json!(31), json!(4)]);
        used(&app, &[(1, 20_240_104, "16")]).await;
        let shared = [json!(["m30", 2, 30, 30, 0]), json!(["add5", 3, 5, 5, 0]), json!(["add5", 2, 5, 1, 4])];
        assert_eq!((flows(&app, 1).await, plans_of(&app, 1).await), ([json!(36), json!(4)], shared.to_vec()));
        used(&app, &[(1, 20_240_104, "25")]).await;
        assert_eq!(plans_of(&app, 1).await[0], json!(["m30", 2, 30, 35, -5]));
        assert_eq!(flows(&app, 1).await, [json!(45), json!(-5)]);
        used(&app, &[(1, 20_240_103, "2"), (1, 20_240_104, "1")]).await;
        assert_eq!(plans_of(&app, 1).await[1], json!(["add5", 2, 5, 0, 5]));
        assert_eq!(flows(&app, 1).await, [json!(3), json!(37)]);
        // Late records of the cycle before are that cycle's.
        used(&app, &[(1, 20_231_231, "9")]).await;
        assert_eq!(flows(&app, 1).await, [json!(3), json!(37)]);
        app.app.clock.advance(17 * DAY_MS);
        for _ in 0..2 {
            app.settle().await;
            assert_eq!(flows(&app, 1).await, [json!(0), json!(30)]);
            assert_eq!(flows(&app, 2).await, [json!(0), json!(30)]);
            assert_eq!(plans_of(&app, 2).await, [json!(["m30", 2, 30, 0, 30]), json!(["add5", 5, 5, 0, 5])]);
        }
        used(&app, &[(2, 20_240_131, "33")]).await;
        assert_eq!(flows(&app, 2).await, [json!(0), json!(30)]);
    }
}

#[tokio::test]
async fn plans_begin_by_their_effect_type() {
    // Shows cards without a plan that buy one: before their activation it begins with that (1), at once (2) or with the
    // cycle after it (3); afterwards at once, or with the next cycle (3), whose periods count from there.
    for app in TestApp::on_every_engine().await {
        let inactive = ["1,3,1,13,-1,,", "2,3,1,13,-1,,", "3,3,1,13,-1,,"];
        let active = ["4,3,1,20,-1,,", "5,3,1,20,-1,,", "6,3,3,20,-1,,"];
        with_cards(&app, &[inactive, active].concat()).await;
        used(&app, &[(4, 20_240_110, "1.5")]).await;
        for (plan, numbers) in [("m30", &[1, 4][..]), ("m-now", &[2]), ("m-next", &[3, 5]), ("u-month", &[6])]
        {
            buy(&app, plan, numbers).await;
        }
        let statuses = async || {
            let mut statuses = Vec::new();
            for number in 1..=6 {
                let plans = plans_of(&app, number).await;
                assert_eq!(plans.len(), 1);
                statuses.push(plans[0][1].as_i64().expect("a status"));
            }
            statuses
        };
        assert_eq!(statuses().await, [1, 2, 1, 2, 2, 2]);
        let ends = [
            (1, json!(null)),
            (2, json!("2024-02-29T15:59:59.000+00:00")),
            (3, json!(null)),
            (4, json!("2024-12-31T15:59:59.000+00:00")),
            (5, json!("2024-03-31T15:59:59.000+00:00")),
            (6, json!("2024-01-26T15:59:59.000+00:00")),
        ];
        for (number, end) in ends {
            assert_eq!(expires(&app, number).await, end, "{number}");
        }
        assert_eq!(flows(&app, 1).await, [json!(null), json!(null)]);
        assert_eq!(flows(&app, 4).await, [json!(1.5), json!(28.5)]);
        assert_eq!(flows(&app, 6).await, [json!(0), json!(70)]);
        for number in 1..=3 {
            let card = get(&app, &format!("/v1/sim-cards/0?iccid={}", iccid(number))).await;
            let id = card["sim_card_id"].as_i64().expect("an id");
            ask(&app, id, "enable", &json!({})).await.expect("an activatable card");
        }
        app.settle().await;
        assert_eq!(statuses().await, [2; 6]);
        assert_eq!(expires(&app, 1).await, json!("2024-12-31T15:59:59.000+00:00"));
        assert_eq!(expires(&app, 2).await, json!("2024-02-29T15:59:59.000+00:00"));
        assert_eq!(expires(&app, 3).await, json!("2024-03-31T15:59:59.000+00:00"));
        assert_eq!(flows(&app, 2).await, [json!(0), json!(40)]);
    }
}

#[tokio::test]
async fn purchases_are_refused_as_a_whole() {
    // Shows each refusal with its code, and that nothing of a refused purchase is left: no order, no plan.
    for app in TestApp::on_every_engine().await {
        let cards = [
            "1,3,1,20,-1,m30,",
            "2,3,1,20,-1,,",
            "3,3,1,30,-1,m30,",
            "4,3,1,14,5,m30,",
            "5,3,1,13,-1,m30,",
            "6,2,101,20,-1,e-first,",
        ];
        with_cards(&app, &cards).await;
        let before = orders(&app, "").await["count"].clone();
        let of = |plan: &str, numbers: &[u32]| {
            let iccids: Vec<String> = numbers.iter().map(|number| iccid(*number)).collect();
            json!({"account": "acme", "price_plan_id": plan, "iccids": iccids})
        };
        let mut rivals = of("m30", &[2]);
        rivals["account"] = json!("rival");
        for (body, code) in [
            (of("none", &[2]), "GSL.00012002"),
            (of("m30", &[2, 1]), "GSL.00011015"),
            (of("t100", &[2]), "GSL.00011015"),
            (of("e-first", &[2]), "GSL.00011015"),
            (of("m30", &[3]), "GSL.00011015"),
            (of("add5", &[2]), "GSL.00011015"),
            (of("add5", &[1, 4]), "GSL.00011015"),
            (of("add5", &[5]), "GSL.00011015"),
            (of("add5", &[6]), "GSL.00011015"),
            (of("m30", &[99]), "GSL.00011011"),
            (rivals, "GSL.00011011"),
            (of("m30", &[]), "GSL.00010004"),
            (json!({"account": "nobody", "price_plan_id": "m30", "iccids": [iccid(2)]}), "SIMLINK.0060"),
            (
                json!({"account": "acme", "price_plan_id": "m30", "iccids": [iccid(2)], "quantity": 2}),
                "GSL.00010004",
            ),
            (
                json!({"account": "acme", "price_plan_id": "add5", "sim_pool_id": 501, "iccids": [iccid(2)]}),
                "GSL.00010004",
            ),
            (json!({"account": "acme", "price_plan_id": "add5", "sim_pool_id": 601}), "GSL.00014003"),
            (json!({"account": "acme", "price_plan_id": "add5", "sim_pool_id": 502}), "GSL.00014003"),
            (json!({"account": "acme", "price_plan_id": "m30", "sim_pool_id": 501}), "GSL.00011015"),
            (json!({"account": "acme", "price_plan_id": "e-add", "sim_pool_id": 501}), "GSL.00011015"),
            (json!({"price_plan_id": "m30", "iccids": [iccid(2)]}), "GSL.00010004"),
        ] {
            assert_eq!(operate(&app, "/ops/v1/orders", &body).await.refusal().1, code, "{body}");
        }
        assert_eq!(orders(&app, "").await["count"], before);
        assert!(plans_of(&app, 2).await.is_empty());
        assert_eq!(plans_of(&app, 1).await.len(), 1);
        for person in [&ACME_ADMIN, &ACME_VIEWER] {
            let ask = Ask::post("/ops/v1/orders", &of("m30", &[2]));
            let answer = app.send(ask.signed_by(person, app.app.clock.now_ms())).await;
            assert_eq!(answer.refusal().0, 403, "it is the operator's");
        }
    }
}

#[tokio::test]
async fn pools_buy_packages_as_a_whole() {
    // Shows that packages add to the pool's flow in the running cycle alone, and that a member may buy none.
    for app in TestApp::on_every_engine().await {
        with_cards(&app, &[]).await;
        let totals = async || {
            let pools = get(&app, "/v1/sim-pools?all_billing_cycle=true").await;
            let records = pools["pools"].as_array().expect("a list").clone();
            let shown = |record: &serde_json::Value| {
                let figure = |name: &str| record[name].as_f64().expect("a figure");
                (figure("flow_total"), figure("flow_left"))
            };
            records.iter().map(shown).collect::<Vec<_>>()
        };
        let before = totals().await;
        let body = json!({"account": "acme", "price_plan_id": "add5", "sim_pool_id": 501, "quantity": 3});
        operate(&app, "/ops/v1/orders", &body).await.success();
        operate(
            &app,
            "/ops/v1/orders",
            &json!({"account": "acme", "price_plan_id": "add5", "sim_pool_id": 501}),
        )
        .await
        .success();
        let mut expected = before;
        expected[0] = (expected[0].0 + 20.0, expected[0].1 + 20.0);
        assert_eq!(totals().await, expected);
        let bought = orders(&app, "account=acme&kind=plans").await;
        assert_eq!((&bought["count"], &bought["orders"][0]["price"]), (&json!(2), &json!(50)));
        assert_eq!(bought["orders"][1]["price"], json!(150));
        // Number 41 of the seed: a member of China Mobile in use, were it not in the pool.
        let member =
            json!({"account": "acme", "price_plan_id": "add500", "iccids": ["89861000000000000417"]});
        let answer = operate(&app, "/ops/v1/orders", &member).await;
        assert!(matches!(answer.refusal().1.as_str(), "GSL.00011015" | "GSL.00011011"));
    }
}
