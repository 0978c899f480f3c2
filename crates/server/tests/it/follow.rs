//! Following the change log: what one process writes, every other process soon shows, and none ever misses a change.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use simlink::changes::Subject;
use simlink::limits;
use simlink::randomness::Randomness;
use simlink::sims;
use simlink_db::testing::engines;
use simlink_db::{Db, DbError, Engine, Options, Tx, params};
use simlink_fleet::AccountId;

use crate::support::app::{Kind, record};
use crate::support::{ACME_ADMIN, TestApp};

/// Cards written by one transaction of the tests.
const CARDS_PER_WRITE: usize = 3;

/// Marks cards as their nth writer does, with the change in the same transaction.
fn write(tx: &mut Tx<'_>, account: AccountId, ids: &[i64], mark: &str) -> Result<(), DbError> {
    for id in ids {
        tx.execute(
            "UPDATE sim_card SET customer_attribute6 = $3, sim_status = 20, operator_status = -1, act_ms = 1 \
             WHERE account_id = $1 AND sim_card_id = $2",
            params![account.0, *id, mark],
        )?;
    }
    record(tx, Subject::SimCard, account, ids)
}

/// Waits until `holds`, as long as following may take on a busy machine; polls, since no event says so.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut beat = tokio::time::interval(Duration::from_millis(limits::FOLLOW_INTERVAL_MS / 10));
    let wait = async {
        while !holds().await {
            beat.tick().await;
        }
    };
    let deadline = Duration::from_millis(limits::FOLLOW_INTERVAL_MS * 50);
    assert!(tokio::time::timeout(deadline, wait).await.is_ok(), "not in time: {what}");
}

/// The ids of acme's cards, oldest first.
async fn ids(app: &TestApp) -> Vec<i64> {
    let list = app.acme("/v1/sim-cards?limit=500").await;
    let cards = list["sim_cards"].as_array().expect("a list").iter();
    let mut ids: Vec<i64> = cards.map(|card| card["sim_card_id"].as_i64().expect("an id")).collect();
    ids.sort_unstable();
    ids
}

/// Everything that the node shows of acme's cards.
async fn shown(app: &TestApp) -> Vec<Value> {
    let mut shown = Vec::new();
    for target in [
        "/v1/sim-cards?limit=500",
        "/v1/sim-cards?limit=500&sort=flow_used",
        "/v1/sim-cards?limit=500&sort=act_date&order=desc",
        "/v1/sim-cards?limit=500&sim_status=20",
        "/v1/sim-cards?limit=500&customer_attribute6=CANARY-acme-mark-1",
        "/v1/sim-cards-multiply?limit=500",
    ] {
        shown.push(app.acme(target).await);
    }
    shown
}

/// Shows that a node's memory is the database: every index holds, the count is the table's, and every list is byte
/// for byte that of a node that has only just loaded everything.
async fn assert_equals_database(app: &TestApp) {
    app.app.follower.catch_up().await;
    let account = app.account("acme");
    let counted = app.app.db.read(move |tx| sims::store::count(tx, account)).await.expect("counts");
    {
        let reader = app.app.fleet.read(account);
        reader.verify().expect("the indexes hold");
        assert_eq!(reader.count(), counted);
    }
    assert_eq!(shown(app).await, shown(&app.join().await).await, "memory differs from the database");
}

#[tokio::test]
async fn a_write_is_visible_when_it_answers() {
    // Shows that whoever wrote through a node sees the effect there at once: no wait, no second look.
    for app in TestApp::on_every_engine().await {
        let (account, ids) = (app.account("acme"), ids(&app).await);
        for (number, id) in ids.into_iter().enumerate().take(20) {
            let mark = format!("CANARY-acme-{number}");
            let written = mark.clone();
            app.app.write(move |tx| Ok(write(tx, account, &[id], &written)?)).await.expect("writes");
            let card = app.acme(&format!("/v1/sim-cards/{id}")).await;
            assert_eq!((&card["customer_attribute6"], &card["sim_status"]), (&mark.into(), &20.into()));
        }
        assert_equals_database(&app).await;
    }
}

#[tokio::test]
async fn another_node_follows_within_the_interval() {
    // Shows that a node which nobody wakes shows what another one wrote: cards, removals, tags, plans, users, freezes.
    for app in TestApp::on_every_engine().await {
        let (other, account) = (app.join().await, app.account("acme"));
        let ids = ids(&app).await;
        let (changed, gone) = (ids[0], ids[7]);
        let work = move |tx: &mut Tx<'_>| {
            write(tx, account, &[changed], "CANARY-acme-followed")?;
            tx.execute("DELETE FROM sim_tag WHERE sim_card_id = $1", params![gone])?;
            tx.execute("DELETE FROM multi_sim WHERE sim_card_id = $1", params![gone])?;
            tx.execute("DELETE FROM sim_price_plan WHERE sim_card_id = $1", params![gone])?;
            tx.execute("DELETE FROM sim_card WHERE sim_card_id = $1", params![gone])?;
            Ok(record(tx, Subject::SimCard, account, &[gone])?)
        };
        app.app.write(work).await.expect("writes");
        eventually("the changed card", async || {
            let card = other.acme(&format!("/v1/sim-cards/{changed}")).await;
            card["customer_attribute6"] == "CANARY-acme-followed"
        })
        .await;
        assert_eq!(
            other.get(&ACME_ADMIN, &format!("/v1/sim-cards/{gone}")).await.refusal().1,
            "GSL.00011001"
        );

        let text = "account,sim_type,carrier,iccid,sim_status,tags\n\
                    acme,3,1,8986199000000000001,10,CANARY-acme-new\n";
        app.import(Kind::Cards, text, false).await.expect("a good card");
        eventually("the new card with its new tag", async || {
            let newest = other.acme("/v1/sim-cards").await["sim_cards"][0].clone();
            newest["tag_names"] == "CANARY-acme-new"
        })
        .await;

        let freeze = move |tx: &mut Tx<'_>| {
            Ok(simlink::iam::store::freeze_account(tx, account, true, 0, "test").map(drop)?)
        };
        app.app.write(freeze).await.expect("freezes");
        let refused = async || other.get(&ACME_ADMIN, "/v1/sim-cards").await.status == 403;
        eventually("the frozen account", refused).await;
    }
}

#[tokio::test]
async fn a_foreign_process_is_followed() {
    // Shows that what another process writes with nothing but the database's address is followed: SQLite's file is
    // watched through the log, too.
    for app in TestApp::on_every_engine().await {
        let (account, ids) = (app.account("acme"), ids(&app).await);
        let foreign = Db::open(&app.database.url, Options::default()).await.expect("opens");
        for round in 0..5 {
            let (mark, ids) =
                (format!("CANARY-acme-foreign-{round}"), ids[round * 3..round * 3 + 3].to_vec());
            let (written, last) = (mark.clone(), ids[2]);
            foreign.write(move |tx| write(tx, account, &ids, &written)).await.expect("writes");
            eventually("the foreign write", async || {
                app.acme(&format!("/v1/sim-cards/{last}")).await["customer_attribute6"] == mark.as_str()
            })
            .await;
        }
        foreign.close().await;
        assert_equals_database(&app).await;
    }
}

/// A transaction that has written and waits to be told whether to commit.
struct Held {
    release: std::sync::mpsc::Sender<bool>,
    done: tokio::task::JoinHandle<Result<(), DbError>>,
}

/// Writes in a transaction and holds it open.
async fn hold(db: &Db, account: AccountId, ids: Vec<i64>, mark: String) -> Held {
    let (release, released) = std::sync::mpsc::channel();
    let (written, is_written) = tokio::sync::oneshot::channel();
    let db = db.clone();
    let work = move |tx: &mut Tx<'_>| {
        write(tx, account, &ids, &mark)?;
        written.send(()).expect("the test waits");
        if released.recv() == Ok(true) { Ok(()) } else { Err(DbError::NotFound) }
    };
    let done = tokio::spawn(async move { db.write(work).await });
    is_written.await.expect("it wrote");
    Held { release, done }
}

#[tokio::test]
async fn no_change_is_skipped_whatever_the_order_of_commits() {
    // Shows on two nodes over one PostgreSQL that transactions which took their place in the log early and commit
    // late, in any order, some of them rolled back, are all followed by both nodes: none is skipped for a cursor that
    // has passed its sequence. The order is drawn from a seed; nothing waits for time to pass.
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let app = TestApp::seeded(Engine::Postgres).await;
    let other = app.join().await;
    let (account, ids) = (app.account("acme"), ids(&app).await);
    let randomness = Randomness::seeded(5);
    let pick = |among: usize| usize::from(u16::from_le_bytes(randomness.bytes())) % among;
    let nodes = [&app, &other];
    let (mut held, mut number): (Vec<(Held, Vec<i64>)>, usize) = (Vec::new(), 0);
    let (mut late, mut committed) = (0, 0);
    while number < 120 || !held.is_empty() {
        let free: Vec<i64> =
            ids.iter().copied().filter(|id| held.iter().all(|(_, taken)| !taken.contains(id))).collect();
        let opens = number < 120 && held.len() < 6 && free.len() > CARDS_PER_WRITE;
        if opens && (held.is_empty() || pick(3) > 0) {
            // Rows are locked until the transaction ends: each takes cards that no open one has.
            let at = pick(free.len() - CARDS_PER_WRITE);
            let taken = free[at..at + CARDS_PER_WRITE].to_vec();
            let mark = format!("CANARY-acme-mark-{}", number % 4);
            let node = nodes[number % 2];
            held.push((hold(&node.app.db, account, taken.clone(), mark).await, taken));
            number += 1;
        } else {
            let at = pick(held.len());
            late += usize::from(at + 1 < held.len());
            let (open, _) = held.remove(at);
            let commits = pick(5) > 0;
            open.release.send(commits).expect("it waits");
            let ended = open.done.await.expect("no panic");
            assert_eq!(ended.is_ok(), commits);
            committed += usize::from(commits);
        }
        // Sometimes a node looks while transactions are open, sometimes several end between two looks.
        if pick(3) == 0 {
            nodes[pick(2)].app.follower.catch_up().await;
        }
    }
    assert!(late > 10 && committed > 60, "{late} commits out of order of {committed}");
    for node in nodes {
        assert_equals_database(node).await;
    }
}

#[tokio::test]
async fn concurrent_writers_leave_every_node_equal() {
    // Shows that four writers at once on each of two nodes, with overlapping cards, leave both nodes equal to the
    // database and to each other; on SQLite the nodes are two processes' worth of doors to one file.
    for app in TestApp::on_every_engine().await {
        let other = Arc::new(app.join().await);
        let (account, ids) = (app.account("acme"), Arc::new(ids(&app).await));
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let node = if writer % 2 == 0 { app.app.clone() } else { other.app.clone() };
            let ids = ids.clone();
            writers.spawn(async move {
                let randomness = Randomness::seeded(writer);
                for round in 0..15 {
                    let at = usize::from(randomness.bytes::<1>()[0]) % (ids.len() - CARDS_PER_WRITE);
                    let taken = ids[at..at + CARDS_PER_WRITE].to_vec();
                    let mark = format!("CANARY-acme-mark-{}", (writer + round) % 4);
                    node.write(move |tx| Ok(write(tx, account, &taken, &mark)?)).await.expect("writes");
                }
            });
        }
        while let Some(ended) = writers.join_next().await {
            ended.expect("no writer panics");
        }
        assert_equals_database(&app).await;
        assert_equals_database(&other).await;
    }
}
