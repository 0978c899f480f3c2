//! Pools: what the members of each make of it in a billing cycle, on both engines.

use serde_json::{Value, json};
use simlink_db::{Tx, params};

use crate::model;
use crate::support::app::Kind;
use crate::support::{ACME_ADMIN, TestApp};

/// What a pool of acme must show for a cycle, recounted from the lines of the seed: bytes are hundredths of megabytes,
/// `used` those of the cycle.
fn expected(pool: &str, plan_hundredths: i64, ends: &str, used: impl Fn(&model::Line) -> i64) -> Value {
    let cards = model::acme_cards();
    let members: Vec<_> =
        cards.iter().filter(|card| card.get("pool_id").map(String::as_str) == Some(pool)).collect();
    let count =
        |states: &[&str]| members.iter().filter(|card| states.contains(&card["sim_status"].as_str())).count();
    let brings = |card: &model::Line| {
        matches!(card["sim_status"].as_str(), "14" | "20")
            && card["act_date"].as_str() < ends
            && card.contains_key("price_plan_id")
    };
    let total = members.iter().filter(|card| brings(card)).count();
    let total = i64::try_from(total).expect("few") * plan_hundredths;
    let used: i64 = members.iter().map(|card| used(card)).sum();
    let mut orders: Vec<&str> =
        members.iter().filter_map(|card| card.get("order_id")).map(String::as_str).collect();
    orders.sort_unstable();
    orders.dedup();
    json!({
        "quantity": members.len(),
        "activated_sim_quantity": count(&["14", "20"]),
        "inactive_sim_quantity": count(&["10", "11", "13"]),
        "disassembled_sim_quantity": count(&["30"]),
        "order_ids": orders.join(","),
        "total": total,
        "used": used,
    })
}

/// A pool as the list shows it, in the form of [`expected`].
fn shown(pool: &Value) -> Value {
    let mut shown = json!({});
    for name in [
        "quantity",
        "activated_sim_quantity",
        "inactive_sim_quantity",
        "disassembled_sim_quantity",
        "order_ids",
    ] {
        shown[name] = pool[name].clone();
    }
    let hundredths = |name: &str| (pool[name].as_f64().expect("a figure") * 100.0).round() as i64;
    shown["used"] = json!(hundredths("flow_used"));
    if !pool["flow_total"].is_null() {
        shown["total"] = json!(hundredths("flow_total"));
        assert_eq!(hundredths("flow_left"), hundredths("flow_total") - hundredths("flow_used"));
    }
    shown
}

fn imported(card: &model::Line) -> i64 {
    card.get("used_hundredths").map_or(0, |text| text.parse().expect("a number"))
}

/// Makes every member of the pool one of China Mobile's plan, so that the plan's flow is one figure.
async fn with_one_plan(app: &TestApp) {
    let work = |tx: &mut Tx<'_>| {
        let members = "(SELECT sim_card_id FROM sim_card WHERE sim_pool_id IN (501, 502))";
        tx.execute(
            &format!("UPDATE sim_price_plan SET flow_total = 31457280 WHERE sim_card_id IN {members}"),
            &[],
        )?;
        Ok(())
    };
    app.app.write(work).await.expect("writes");
}

#[tokio::test]
async fn forward_pools_are_the_sum_of_their_members() {
    // Shows the members' counts, the flow that their plans bring, what they used and what is left, which may be
    // negative, of the running cycle and of an earlier one, against a recount of the imported lines.
    for app in TestApp::on_every_engine().await {
        with_one_plan(&app).await;
        let list = app.acme("/v1/sim-pools").await;
        assert_eq!((&list["count"], list["pools"].as_array().map(Vec::len)), (&json!(1), Some(1)));
        let pool = &list["pools"][0];
        // Unicom's cycle of the same name holds what its members were imported with.
        let wanted = expected("501", 3_000, "2024-02-01", imported);
        assert_eq!(shown(pool), wanted);
        assert!(pool["flow_left"].as_f64() < Some(0.0), "{pool}");
        let stated = ["id", "pool_name", "price_plan_id", "price_plan_name", "status", "billing_cycle"];
        let stated = stated.map(|name| pool[name].clone());
        let name = "CANARY-acme-forward";
        assert_eq!(
            stated,
            [json!(501), json!(name), json!("m30"), json!("移动 30M 月包"), json!(1), json!("2024-01")]
        );
        assert_eq!(pool["effective_time"], "2023-12-31T16:00:00.000+00:00");
        assert_eq!(pool["expired_time"], "2024-01-31T15:59:59.000+00:00");
        let earlier = app.acme("/v1/sim-pools?billing_cycle=2023-08").await;
        assert_eq!(shown(&earlier["pools"][0]), expected("501", 3_000, "2023-09-01", |_| 0));
        assert_eq!(earlier["pools"][0]["billing_cycle"], "2023-08");
    }
}

#[tokio::test]
async fn back_pools_have_no_total() {
    // Shows a back pool's members, use and status, and that it has no flow to be used up.
    for app in TestApp::on_every_engine().await {
        let list = app.acme("/v1/back-pools?pool_name=BACK").await;
        assert_eq!(list["count"], 1);
        let mut wanted = expected("502", 0, "2024-02-01", imported);
        wanted.as_object_mut().expect("an object").remove("total");
        assert_eq!(shown(&list["pools"][0]), wanted);
        assert_eq!(
            (&list["pools"][0]["pool_status"], &list["pools"][0]["status_time"]),
            (&json!(2), &Value::Null)
        );
        assert_eq!(app.acme("/v1/back-pools?pool_name=forward").await["count"], 0);
    }
}

#[tokio::test]
async fn six_cycles_have_a_record_each() {
    // Shows the records of the last six cycles, newest first and pool by pool, with what usage files brought to each;
    // that pages are cut between records and count them exactly; and that the one cycle gives way to all.
    for app in TestApp::on_every_engine().await {
        let text = "account,pool_id,pool_name,kind,price_plan_id,effective_time\n\
                    acme,503,CANARY-acme-second,forward,u1024,2023-12-01\n\
                    acme,504,CANARY-acme-third,forward,t100,2023-12-01\n";
        app.import(Kind::Pools, text, false).await.expect("good pools");
        let member = "8986100000000000041";
        let usage =
            format!("iccid,date,mb\n{member},20231231,10\n{member},20230801,0.25\n{member},20230731,99\n");
        app.take_usage(&usage, app.usage_terms()).await.expect("a good file");
        let all = app.acme("/v1/sim-pools?all_billing_cycle=true&limit=500&billing_cycle=2023-10").await;
        assert_eq!(all["count"], 18);
        let records = all["pools"].as_array().expect("a list");
        let keys: Vec<(i64, &str)> = records
            .iter()
            .map(|record| {
                (record["id"].as_i64().expect("an id"), record["billing_cycle"].as_str().expect("a cycle"))
            })
            .collect();
        let cycles = ["2024-01", "2023-12", "2023-11", "2023-10", "2023-09", "2023-08"];
        let wanted: Vec<(i64, &str)> =
            [501, 503, 504].iter().flat_map(|id| cycles.iter().map(|cycle| (*id, *cycle))).collect();
        assert_eq!(keys, wanted);
        assert_eq!((&records[1]["flow_used"], &records[5]["flow_used"]), (&json!(10), &json!(0.25)));
        assert_eq!(records[6]["effective_time"], "2023-12-26T16:00:00.000+00:00");
        assert_eq!(records[7]["expired_time"], "2023-12-26T15:59:59.000+00:00");
        let mut paged = Vec::new();
        for page in 1..=3 {
            let part = app.acme(&format!("/v1/sim-pools?all_billing_cycle=true&offset={page}")).await;
            assert_eq!(part["count"], 18);
            paged.extend(part["pools"].as_array().expect("a list").clone());
        }
        assert_eq!(&paged, records);
        let back = app.acme("/v1/back-pools?all_billing_cycle=TRUE").await;
        assert_eq!((&back["count"], back["pools"].as_array().map(Vec::len)), (&json!(6), Some(6)));
    }
}

#[tokio::test]
async fn members_show_what_they_used() {
    // Shows that the members' use adds up to the pool's, in the running and in an earlier cycle, the filter by cid,
    // pages, and the state that back pools show besides.
    for app in TestApp::on_every_engine().await {
        let member = "8986100000000000041";
        let usage = format!("iccid,date,mb\n{member},20231231,10\n{member},20240102,1.5\n");
        app.take_usage(&usage, app.usage_terms()).await.expect("a good file");
        let hundredths =
            |value: &Value| (value["flow_used"].as_f64().expect("a figure") * 100.0).round() as i64;
        for (pools, id, query) in [
            ("sim-pools", 501, ""),
            ("sim-pools", 501, "&billing_cycle=2023-12"),
            ("sim-pools", 501, "&billing_cycle=2023-09"),
            ("back-pools", 502, ""),
        ] {
            let pool = app.acme(&format!("/v1/{pools}?limit=500{query}")).await["pools"][0].clone();
            let members = app.acme(&format!("/v1/{pools}/{id}/members?limit=500{query}")).await;
            let list = members["pool_members"].as_array().expect("a list");
            assert_eq!((&members["count"], json!(list.len())), (&pool["quantity"], pool["quantity"].clone()));
            assert_eq!(list.iter().map(hundredths).sum::<i64>(), hundredths(&pool), "{pools} {query}");
            assert!(list.iter().all(|member| member["id"] == id));
            assert!(list.iter().any(|member| member["sim_price_plan_id"].is_i64()));
            assert_eq!(list.iter().all(|member| member["sim_status"].is_i64()), pools == "back-pools");
        }
        let one = app.acme(&format!("/v1/sim-pools/501/members?cid={member}&billing_cycle=2023-12")).await;
        assert_eq!((&one["count"], &one["pool_members"][0]["flow_used"]), (&json!(1), &json!(10)));
        let other = app.acme(&format!("/v1/back-pools/502/members?cid={member}")).await;
        assert_eq!((&other["count"], &other["pool_members"]), (&json!(0), &json!([])));
        let beyond = app.acme("/v1/sim-pools/501/members?offset=9").await;
        assert_eq!((&beyond["offset"], &beyond["pool_members"]), (&json!(9), &json!([])));
    }
}

#[tokio::test]
async fn statuses_filter_and_cycles_are_checked() {
    // Shows the filter by status, an abandoned pool, and the refusal of cycles outside the window and of pools of the
    // other kind or of nobody, in all four operations.
    for app in TestApp::on_every_engine().await {
        let count = async |query: &str| app.acme(&format!("/v1/sim-pools?{query}")).await["count"].clone();
        assert_eq!(
            (count("status=1").await, count("status=0").await, count("status=0,1").await),
            (json!(1), json!(0), json!(1))
        );
        assert_eq!(count("status=7").await, 0);
        let abandon = |tx: &mut Tx<'_>| {
            tx.execute(
                "UPDATE sim_pool SET pool_status = -2, status_ms = $1 WHERE sim_pool_id < 600",
                params![0],
            )?;
            Ok(())
        };
        app.app.write(abandon).await.expect("writes");
        assert_eq!(
            (count("status=1").await, count("status=0").await, count("").await),
            (json!(0), json!(1), json!(1))
        );
        assert_eq!(app.acme("/v1/sim-pools").await["pools"][0]["status"], 0);
        let back = app.acme("/v1/back-pools").await["pools"][0].clone();
        assert_eq!(
            (&back["pool_status"], &back["status_time"]),
            (&json!(-2), &json!("1970-01-01T00:00:00.000+00:00"))
        );
        for target in
            ["/v1/sim-pools", "/v1/back-pools", "/v1/sim-pools/501/members", "/v1/back-pools/502/members"]
        {
            for cycle in ["2024-02", "2023-07", "2023-13", "2024/01", "0000000"] {
                let answer = app.get(&ACME_ADMIN, &format!("{target}?billing_cycle={cycle}")).await;
                assert_eq!(answer.refusal(), (403, "GSL.00011004".to_owned()), "{target} {cycle}");
            }
        }
        for target in ["/v1/sim-pools/502/members", "/v1/back-pools/501/members", "/v1/sim-pools/0/members"] {
            assert_eq!(
                app.get(&ACME_ADMIN, target).await.refusal(),
                (403, "GSL.00014003".to_owned()),
                "{target}"
            );
        }
    }
}
