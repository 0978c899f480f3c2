//! Renewals of the cards of an order.

use serde_json::{Value, json};

use super::{expires, iccid, operate, orders, with_cards};
use crate::support::TestApp;
use crate::support::app::Kind;

/// Renews an order of acme's.
async fn renew(app: &TestApp, order: i64, periods: i64) -> Result<i64, String> {
    let path = format!("/ops/v1/orders/{order}/renew");
    let answer = operate(app, &path, &json!({"account": "acme", "periods": periods})).await;
    if answer.status.is_success() {
        Ok(answer.json()["order_id"].as_i64().expect("an id"))
    } else {
        Err(answer.refusal().1)
    }
}

#[tokio::test]
async fn the_cards_of_an_order_are_renewed() {
    // Shows that plans in use go on from their end and ended ones from now; that cards never activated, disassembled,
    // without a plan, or in back pools are left out; the order as it stands before and after; and the three codes of the
    // seed for what cannot be renewed.
    for app in TestApp::on_every_engine().await {
        let cards = [
            "1,3,3,20,-1,u-month,2024-01-26 23:59:59",
            "2,3,1,14,5,m30,2024-06-30 23:59:59",
            "3,3,3,14,4,u-month,2023-12-26 23:59:59",
            "4,3,1,13,-1,m30,",
            "5,3,1,30,-1,m30,2024-01-31 23:59:59",
            "6,3,1,20,-1,,",
        ];
        with_cards(&app, &cards).await;
        let pooled = format!(
            "account,order_id,iccid,sim_type,carrier,sim_status,operator_status,price_plan_id,act_date,expire_time,pool_id\n\
             acme,9000,{},3,2,20,-1,t100,2023-11-05 08:00:00,2024-01-31 23:59:59,502\n\
             acme,9001,{},3,1,13,-1,m30,,,\n",
            iccid(7),
            iccid(8)
        );
        app.import(Kind::Cards, &pooled, false).await.expect("good cards");
        let renewal = renew(&app, 9000, 2).await.expect("it has cards");
        assert_eq!(renew(&app, 9000, 1).await, Err("GSL.00013011".to_owned()));
        let open = orders(&app, &format!("order_id={renewal}")).await["orders"][0].clone();
        let shown = |order: &Value| {
            ["kind", "status", "source_order_id", "quantity", "periods", "price"]
                .map(|name| order[name].clone())
        };
        assert_eq!(
            shown(&open),
            [json!("renewal"), json!("under_way"), json!(9000), json!(0), json!(2), json!(0)]
        );
        assert!(open["finish_time"].is_null());
        assert_eq!(renew(&app, renewal, 1).await, Err("GSL.00011012".to_owned()));
        app.settle().await;
        for (number, end) in [
            (1, "2024-03-26T15:59:59.000+00:00"),
            (2, "2026-06-30T15:59:59.000+00:00"),
            (3, "2024-02-26T15:59:59.000+00:00"),
            (5, "2024-01-31T15:59:59.000+00:00"),
            (7, "2024-01-31T15:59:59.000+00:00"),
        ] {
            assert_eq!(expires(&app, number).await, json!(end), "{number}");
        }
        let done = orders(&app, &format!("order_id={renewal}")).await["orders"][0].clone();
        assert_eq!(
            shown(&done),
            [
                json!("renewal"),
                json!("completed"),
                json!(9000),
                json!(3),
                json!(2),
                json!(2 * (700 + 300 + 700))
            ]
        );
        assert!(done["finish_time"].is_string());
        for (order, code) in [
            (9001, "GSL.00013012"),
            (renewal, "GSL.00013012"),
            (9_999, "GSL.00013012"),
            (14_000, "GSL.00013012"),
        ] {
            assert_eq!(renew(&app, order, 1).await, Err(code.to_owned()), "{order}");
        }
        renew(&app, 9000, 1).await.expect("the first renewal is done");
    }
}

#[tokio::test]
async fn imported_orders_are_listed() {
    // Shows that cards from a file have their order with how many they are, that another file adds to it, and the list's
    // filters, order and exact count.
    for app in TestApp::on_every_engine().await {
        with_cards(&app, &["1,3,1,13,-1,m30,", "2,3,1,13,-1,m30,"]).await;
        with_cards(&app, &["3,3,1,13,-1,m30,"]).await;
        let found = orders(&app, "order_id=9000&account=acme&kind=cards&status=completed").await;
        assert_eq!((&found["count"], &found["orders"][0]["quantity"]), (&json!(1), &json!(3)));
        assert_eq!(orders(&app, "order_id=9000&account=rival").await["count"], json!(0));
        // The seed: four orders of each tenant.
        let all = orders(&app, "limit=500").await;
        assert_eq!((&all["count"], all["orders"].as_array().map(Vec::len)), (&json!(9), Some(9)));
        assert_eq!(orders(&app, "account=rival").await["count"], json!(4));
        assert_eq!(orders(&app, "kind=transfer").await["count"], json!(0));
    }
}
