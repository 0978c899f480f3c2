//! The import of files: wholly in or wholly out, every bad line named.

use simlink::files::LineError;
use simlink::import::ImportError;
use simlink_db::testing::engines;
use simlink_db::{DbError, Tx, params};

use crate::support::app::Kind;
use crate::support::{ACME_ADMIN, TestApp};

const HEADER: &str = "account,sim_type,carrier,iccid,sim_status,price_plan_id,pool_id,order_id,tags\n";

/// A good line for the number, with another ICCID for each.
fn good(number: usize) -> String {
    format!("acme,3,1,8986199{number:012},10,m30,,,\n")
}

/// How many rows each table has.
async fn rows(app: &TestApp) -> Vec<i64> {
    let count = |tx: &mut Tx<'_>| -> Result<Vec<i64>, DbError> {
        const TABLES: [&str; 8] = [
            "sim_card",
            "sim_price_plan",
            "sim_tag",
            "tag",
            "multi_sim",
            "attribute",
            "sim_pool",
            "change_log",
        ];
        let count =
            |table: &&str| tx.get(&format!("SELECT COUNT(*) FROM {table}"), params![], |row| row.get(0));
        TABLES.iter().map(count).collect()
    };
    app.app.db.read(count).await.expect("counts")
}

/// Imports a file that must be refused, and shows that nothing of it stayed. Answers the lines as text.
async fn refused(app: &TestApp, kind: Kind, text: &str) -> Vec<String> {
    let before = rows(app).await;
    let error = app.import(kind, text, false).await.expect_err("the file is bad");
    let ImportError::BadLines(report) = error else { panic!("not the lines: {error}") };
    assert_eq!(rows(app).await, before, "nothing may stay of a refused file");
    assert_eq!(report.error_count, report.errors.len() as u64);
    report.errors.iter().map(shown).collect()
}

fn shown(error: &LineError) -> String {
    format!("{} {}: {}", error.line, error.column.unwrap_or("-"), error.reason)
}

#[tokio::test]
async fn bad_lines_are_named_and_nothing_changes() {
    // Shows every reason that only the database knows, each with its line and column, in a file whose other lines are
    // good; and that neither tables nor fleet nor log change.
    for app in TestApp::on_every_engine().await {
        let lines = [
            good(1),
            "nobody,3,1,8986199000000000101,10,,,,\n".to_owned(),
            "acme,3,1,8986199000000000102,10,none,,,\n".to_owned(),
            "acme,3,1,8986199000000000103,10,t100,,,\n".to_owned(),
            "acme,3,1,8986199000000000104,10,e101,,,\n".to_owned(),
            "acme,3,1,8986199000000000105,10,,999,,\n".to_owned(),
            "acme,3,1,8986199000000000106,10,,601,,\n".to_owned(),
            "acme,3,1,8986100000000000001,10,,,,\n".to_owned(),
            "acme,3,1,89861000000000000015,10,,,,\n".to_owned(),
            "acme,3,1,8986100000000000003,10,,,,\n".to_owned(),
            "acme,3,1,8986200000000000001,10,,,,\n".to_owned(),
            "acme,3,1,x,10,,,,\n".to_owned(),
            "acme,3,1,8986199000000000001,10,,,,\n".to_owned(),
            "acme,3,1,89861990000000000019,10,,,,\n".to_owned(),
            good(2),
        ];
        let found = refused(&app, Kind::Cards, &(HEADER.to_owned() + &lines.concat())).await;
        insta::assert_snapshot!("bad_lines", found.join("\n"));
        assert_eq!(app.acme("/v1/sim-cards").await["count"], 60);
    }
}

#[tokio::test]
async fn partial_takes_the_good_lines() {
    // Shows that with --partial the good lines are in, visible at once, and the bad ones are named all the same.
    for app in TestApp::on_every_engine().await {
        let text = HEADER.to_owned() + &good(1) + "acme,3,1,8986100000000000001,10,,,,\n" + &good(2);
        let report = app.import(Kind::Cards, &text, true).await.expect("the good lines are taken");
        assert_eq!((report.records, report.error_count), (2, 1));
        assert_eq!(shown(&report.errors[0]), "3 iccid: 8986100000000000001 exists already");
        assert_eq!(app.acme("/v1/sim-cards").await["count"], 62);
        let newest = app.acme("/v1/sim-cards").await["sim_cards"][0]["iccid"].clone();
        assert_eq!(newest, "8986199000000000002");
    }
}

#[tokio::test]
async fn a_file_twice_is_refused_line_by_line() {
    // Shows that a file imported a second time changes nothing and names every line, across several chunks.
    for engine in engines() {
        let app = TestApp::without_cards(engine).await;
        let lines: Vec<String> = (0..1_234).map(good).collect();
        let text = HEADER.to_owned() + &lines.concat();
        let report = app.import(Kind::Cards, &text, false).await.expect("a good file");
        assert_eq!((report.records, report.error_count), (1_234, 0));
        assert_eq!(app.acme("/v1/sim-cards").await["count"], 1_234);
        let before = rows(&app).await;
        let error = app.import(Kind::Cards, &text, false).await.expect_err("all lines exist");
        let ImportError::BadLines(report) = error else { panic!("{error}") };
        assert_eq!((report.error_count, report.errors[0].line, report.errors[999].line), (1_234, 2, 1_001));
        assert_eq!(rows(&app).await, before);
        let reader = app.app.fleet.read(app.account("acme"));
        reader.verify().expect("the fleet is consistent");
    }
}

#[tokio::test]
async fn tags_are_made_up_to_their_limit() {
    // Shows that an import makes the tags that it names, up to 200 of an account, and refuses the line that would
    // make one more; the tags of another account do not count.
    for engine in engines() {
        let app = TestApp::without_cards(engine).await;
        let line = |number: usize, tags: std::ops::Range<usize>, account: &str| {
            let tags: Vec<String> = tags.map(|tag| format!("CANARY-{account}-{tag}")).collect();
            format!("{account},3,1,8986199{number:012},10,,,,{}\n", tags.join(";"))
        };
        let lines: String =
            (0..20).map(|number| line(number, number * 10..number * 10 + 10, "acme")).collect();
        app.import(Kind::Cards, &(HEADER.to_owned() + &lines), false).await.expect("200 tags fit");
        let next = HEADER.to_owned() + &line(20, 195..201, "acme") + &line(21, 0..1, "rival");
        assert_eq!(
            refused(&app, Kind::Cards, &next).await,
            ["2 tags: CANARY-acme-200 would be the account's tag number 201"]
        );
        let known = HEADER.to_owned() + &line(20, 190..200, "acme") + &line(21, 0..1, "rival");
        app.import(Kind::Cards, &known, false).await.expect("known tags fit");
        assert_eq!(app.acme("/v1/tags?status=1").await["count"], 200);
    }
}

#[tokio::test]
async fn pools_are_opened_by_their_first_order() {
    // Shows the flag of each card of a forward and of a back pool: the first order of the file opens, in this file and
    // in a later one; a card without an order joins.
    for engine in engines() {
        let app = TestApp::without_cards(engine).await;
        app.import(Kind::Pools, &crate::support::seeds::pools(), false).await.expect("good pools");
        let line = |number: usize, pool: usize, order: &str| {
            format!("acme,3,1,8986199{number:012},10,,{pool},{order},\n")
        };
        let text = HEADER.to_owned()
            + &line(0, 501, "")
            + &line(1, 501, "9")
            + &line(2, 501, "9")
            + &line(3, 501, "8")
            + &line(4, 502, "8")
            + &line(5, 502, "7");
        app.import(Kind::Cards, &text, false).await.expect("good cards");
        let later = HEADER.to_owned() + &line(6, 501, "9") + &line(7, 502, "9");
        app.import(Kind::Cards, &later, false).await.expect("good cards");
        for (flag, expected) in [(0, 0), (1, 3), (2, 2), (11, 1), (12, 2)] {
            let body = app.acme(&format!("/v1/sim-cards?pool_flag={flag}")).await;
            assert_eq!(body["count"], expected, "{engine:?} {flag}");
        }
    }
}

#[tokio::test]
async fn bad_pools_are_refused() {
    // Shows the reasons of pool lines that only the database knows, with a repeated id and a repeated name.
    for app in TestApp::on_every_engine().await {
        let text = "account,pool_id,pool_name,kind,price_plan_id,effective_time\n\
                    nobody,701,a,forward,m30,2023-11-01\n\
                    acme,702,b,forward,none,2023-11-01\n\
                    acme,501,c,forward,m30,2023-11-01\n\
                    rival,501,d,forward,m30,2023-11-01\n\
                    acme,703,e,forward,m30,2023-11-01\n";
        let found = refused(&app, Kind::Pools, text).await;
        assert_eq!(
            found,
            [
                "2 account: no account is called nobody",
                "3 price_plan_id: there is no plan none",
                "4 pool_id: pool 501 exists already",
                "5 pool_id: '501' stands on line 4 already",
            ]
        );
        let taken = "account,pool_id,pool_name,kind,price_plan_id,effective_time\n\
                     acme,704,CANARY-acme-back,back,m30,2023-11-01\n";
        let found = refused(&app, Kind::Pools, taken).await;
        assert_eq!(found, ["2 pool_name: the account has a pool called CANARY-acme-back already"]);
    }
}

#[tokio::test]
async fn a_plan_again_replaces_the_plan() {
    // Shows that a corrected plan shows in the catalogue and as the plan's name of the cards, at once.
    for app in TestApp::on_every_engine().await {
        let text = "price_plan_id,price_plan_name,flow_total,period,period_type,sim_type,carrier_type,price\n\
                    t100,renamed,100,1,20,3,2,500\n";
        app.import(Kind::Plans, text, false).await.expect("a good plan");
        let plan = app.acme("/v1/price-plans?main_search_key=renamed").await;
        assert_eq!(plan["price_plans"][0]["price_plan_id"], "t100");
        let cards = app.acme("/v1/sim-cards?price_plan_id=t100").await;
        assert_eq!(cards["sim_cards"][0]["price_plan_name"], "renamed");
        assert_eq!(app.acme("/v1/price-plans").await["count"], 13);
    }
}

#[tokio::test]
async fn three_network_numbers_are_unique() {
    // Shows that an ICCID which a three-network card has at a carrier cannot come in again with another such card,
    // in 19 or in 20 digits, as a network of its own or as its own ICCID.
    for app in TestApp::on_every_engine().await {
        let header =
            "account,sim_type,carrier,iccid,sim_status,version,iccid_mobile,iccid_unicom,online_carrier\n";
        let line = |iccid: &str, mobile: &str| {
            format!("{header}acme,3,1,{iccid},10,1,{mobile},8986177777777777777,1\n")
        };
        for (iccid, mobile) in
            [("8986199000000000001", "8986180000000000052"), ("8986199000000000001", "89861800000000000521")]
        {
            let found = refused(&app, Kind::Cards, &line(iccid, mobile)).await;
            assert_eq!(found, [format!("2 iccid_mobile: {mobile} exists already")]);
        }
        let own = "8986180000000000052";
        let found = refused(&app, Kind::Cards, &line(own, "8986166666666666666")).await;
        assert_eq!(found, [format!("2 iccid: {own} exists already")]);
        let of_another = "8986100000000000001";
        let found = refused(&app, Kind::Cards, &line("8986199000000000001", of_another)).await;
        assert_eq!(found, [format!("2 iccid_mobile: {of_another} exists already")]);
        let fits = line("8986199000000000001", "8986166666666666666");
        app.import(Kind::Cards, &fits, false).await.expect("new numbers");
    }
}

#[tokio::test]
async fn imported_cards_belong_to_their_account() {
    // Shows that a file for several accounts gives each its own, and that a cid is unique over all of them.
    for app in TestApp::on_every_engine().await {
        let header = "account,sim_type,carrier,cid,iccid,sim_status\n";
        let text =
            format!("{header}acme,3,1,C1,8986199000000000001,10\nrival,3,1,C2,8986199000000000002,10\n");
        app.import(Kind::Cards, &text, false).await.expect("a good file");
        assert_eq!(app.get(&ACME_ADMIN, "/v1/sim-cards/0?iccid=8986199000000000001").await.status, 200);
        assert_eq!(app.get(&ACME_ADMIN, "/v1/sim-cards/0?iccid=8986199000000000002").await.status, 400);
        let again = format!("{header}rival,3,1,C1,8986199000000000003,10\n");
        assert_eq!(refused(&app, Kind::Cards, &again).await, ["2 cid: C1 exists already"]);
    }
}
