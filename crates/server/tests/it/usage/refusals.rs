//! What the operations about usage refuse, and in which order.

use serde_json::{Value, json};

use super::{MOBILE, UNICOM, card};
use crate::support::{ACME_ADMIN, TestApp};

const MONTHLY: &str = "/v1/sim-cards/month-usages";
const DAILY: &str = "/v1/sim-cards/batch-daily-flow";
const PLANS: &str = "/v1/sim-price-plans/usage/batch-query";

async fn refused(app: &TestApp, target: &str, body: Value) -> (u16, String, String) {
    let answer = app.post_json(&ACME_ADMIN, target, &body).await;
    let (status, code) = answer.refusal();
    (status, code, answer.error_message())
}

#[tokio::test]
async fn lists_of_cards_are_checked() {
    // Shows for the three operations: nobody named, both lists, too many ids and ICCIDs, unknown ids, unknown ICCIDs
    // with all of them in the order of the request, and lists that are none.
    let app = TestApp::embedded().await;
    for (target, iccids, max) in [(MONTHLY, "iccids", 500), (DAILY, "iccids", 100), (PLANS, "iccid", 50)] {
        let rest = json!({"billing_cycles": ["2024-01"], "month": "202401"});
        let body = |members: Value| {
            let mut body = rest.clone();
            body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
            body
        };
        let parameter = |message: &str| (400, "GSL.00010004".to_owned(), message.to_owned());
        for nobody in
            [json!({}), json!({"sim_card_ids": []}), json!({"sim_card_ids": [], "iccids": [], "iccid": null})]
        {
            assert_eq!(
                refused(&app, target, body(nobody)).await,
                parameter("sim_card_ids:不能为null"),
                "{target}"
            );
        }
        let id = card(&app, MOBILE).await["sim_card_id"].clone();
        let both = body(json!({"sim_card_ids": [id], "iccids": [UNICOM]}));
        if target == MONTHLY {
            let answer = app.post_json(&ACME_ADMIN, target, &both).await.success();
            assert_eq!(answer["month_usages"][0]["iccid"], MOBILE);
        } else {
            assert_eq!(
                refused(&app, target, both).await,
                parameter(&format!("sim_card_ids:不能与{iccids}同时传递"))
            );
        }
        let too_many = (400, "GSL.00011010".to_owned(), "iccid 超过个数限制。".to_owned());
        for name in ["sim_card_ids", "iccids", "iccid"] {
            let of = |count: usize| {
                if name == "sim_card_ids" { json!(vec![&id; count]) } else { json!(vec![MOBILE; count]) }
            };
            assert_eq!(
                refused(&app, target, body(json!({name: of(max + 1)}))).await,
                too_many,
                "{target} {name}"
            );
            let most = app.post_json(&ACME_ADMIN, target, &body(json!({name: of(max)}))).await;
            assert_eq!(most.status, 200, "{target} {name}: {}", most.body);
        }
        let (status, code, _) = refused(&app, target, body(json!({"sim_card_ids": [id, 1, -1]}))).await;
        assert_eq!((status, code.as_str()), (400, "GSL.00011001"));
        let unknown = json!({"iccids": ["8986999999999999999", MOBILE, "x", "8986999999999999999"]});
        let message = "iccid: [8986999999999999999, x] 不存在";
        assert_eq!(
            refused(&app, target, body(unknown)).await,
            (400, "GSL.00011011".to_owned(), message.to_owned())
        );
        assert_eq!(
            refused(&app, target, body(json!({"sim_card_ids": 7}))).await,
            parameter("sim_card_ids:格式错误")
        );
        assert_eq!(
            refused(&app, target, body(json!({"sim_card_ids": ["a"]}))).await,
            parameter("sim_card_ids:必须是整数")
        );
    }
}

#[tokio::test]
async fn cycles_are_checked() {
    // Shows the window of six months, the forms of a cycle, too many of them, none, and an empty list.
    let app = TestApp::embedded().await;
    let ask = async |cycles: Value| {
        let body = json!({"iccids": [MOBILE], "billing_cycles": cycles});
        app.post_json(&ACME_ADMIN, MONTHLY, &body).await
    };
    for cycle in ["2024-02", "2023-07", "202307", "202402", "2023-13", "2024/01", "", "x", "2024-01-01"] {
        let answer = ask(json!(["2024-01", cycle])).await;
        assert_eq!(answer.refusal(), (403, "GSL.00011004".to_owned()), "{cycle}");
        assert_eq!(answer.error_message(), "账期不合法，请检查！");
    }
    let shown = ask(json!([202_401, "2023-08", "202401"])).await.success();
    let cycles = shown["month_usages"][0]["flow_usages"].as_array().expect("a list");
    let cycles: Vec<&Value> = cycles.iter().map(|usage| &usage["billing_cycle"]).collect();
    assert_eq!(cycles, [&json!("202401"), &json!("202308")]);
    assert_eq!(ask(json!([])).await.success()["month_usages"][0]["flow_usages"], json!([]));
    assert_eq!(ask(json!(vec!["2024-01"; 7])).await.error_message(), "billing_cycles:个数不能超过6");
    assert_eq!(ask(Value::Null).await.error_message(), "billing_cycles:不能为null");
}

#[tokio::test]
async fn days_are_checked() {
    // Shows the months and days that may be asked for at their bounds, month beside date, neither, wrong lengths and
    // days that do not exist, each a parameter error that names the member.
    let app = TestApp::embedded().await;
    for (members, message) in [
        (json!({}), "month:不能为null"),
        (json!({"month": "202401", "date": "20240101"}), "month:不能与date同时传递"),
        (json!({"month": "202311"}), "month:必须在202312和202401之间"),
        (json!({"month": "202402"}), "month:必须在202312和202401之间"),
        (json!({"month": "2024-1"}), "month:必须是整数"),
        (json!({"month": "2024-01"}), "month:长度必须在6和6之间"),
        (json!({"date": "20231130"}), "date:必须在20231201和20240114之间"),
        (json!({"date": 20_240_115}), "date:必须在20231201和20240114之间"),
        (json!({"date": "20231232"}), "date:格式错误"),
        (json!({"date": "2024-01-01"}), "date:长度必须在8和8之间"),
        (json!({"date": true}), "date:格式错误"),
    ] {
        let mut body = json!({"iccids": [MOBILE]});
        body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        let expected = (400, "GSL.00010004".to_owned(), message.to_owned());
        assert_eq!(refused(&app, DAILY, body).await, expected);
    }
    for date in [20_231_201, 20_231_231, 20_240_101, 20_240_114] {
        let answer =
            app.post_json(&ACME_ADMIN, DAILY, &json!({"iccids": [MOBILE], "date": date})).await.success();
        assert_eq!(answer[0]["date"], date.to_string());
    }
}

#[tokio::test]
async fn plans_of_three_network_cards_are_asked_for_by_id() {
    // Shows that an ICCID of a three-network card, its own or one at a carrier, is refused there.
    let app = TestApp::embedded().await;
    for iccid in ["89861000000000000517", "8986180000000000051"] {
        let (status, code, _) = refused(&app, PLANS, json!({"iccid": [MOBILE, iccid]})).await;
        assert_eq!((status, code.as_str()), (403, "GSL.00011015"), "{iccid}");
    }
}
