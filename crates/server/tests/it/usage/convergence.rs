//! Whatever the order, repetition and interruption of files: the figures are those of the last word on each day.
//! Drawn from seeds, compared with a naive model that shares no code with the product.

use std::collections::BTreeMap;
use std::io::Cursor;

use serde_json::Value;
use simlink::randomness::Randomness;
use simlink::usage::receive::{Intake, Terms};
use simlink::usage::recount;
use simlink_db::testing::engines;
use simlink_db::{DbError, Engine, Tx, params};

use super::file;
use crate::support::TestApp;
use crate::support::app::NOW_MS;

/// Cards that lines name: of Mobile, Telecom, Unicom and overseas, in 19 and 20 digits, in use, stopped and testable;
/// with the hundredths of a megabyte that each was imported with and the day that stands for them.
const CARDS: [(&str, i64, i32); 7] = [
    ("8986100000000000023", 6_761, 20_240_101),
    ("89861000000000000037", 8_721, 20_240_101),
    ("8986100000000000008", 11_256, 20_240_101),
    ("8986100000000000031", 5_917, 20_231_227),
    ("89861000000000000337", 11_731, 20_231_227),
    ("8986100000000000056", 6_492, 20_240_101),
    ("8986100000000000002", 0, 20_240_101),
];
/// Days around every cut of the cycles that the API shows.
const DATES: [i32; 14] = [
    20_240_115, 20_240_114, 20_240_101, 20_231_231, 20_231_228, 20_231_227, 20_231_226, 20_231_201,
    20_231_130, 20_231_127, 20_231_126, 20_230_831, 20_230_827, 20_230_826,
];

/// Days by ICCID and date, in hundredths of a megabyte.
type Model = BTreeMap<(&'static str, i32), i64>;

struct Draw(Randomness);

impl Draw {
    fn below(&self, bound: usize) -> usize {
        usize::try_from(u64::from_le_bytes(self.0.bytes())).expect("64 bits") % bound
    }

    /// A file of up to twelve lines and its words, the later on a day holding.
    fn file(&self) -> (String, Model) {
        let (mut lines, mut words) = (Vec::new(), Model::new());
        for _ in 0..1 + self.below(12) {
            let (iccid, date) = (CARDS[self.below(CARDS.len())].0, DATES[self.below(DATES.len())]);
            // Quarters are exact in bytes, so that sums of hundredths are.
            let hundredths = i64::try_from(self.below(400)).expect("small") * 25;
            words.insert((iccid, date), hundredths);
            lines.push((iccid, date, format!("{}.{:02}", hundredths / 100, hundredths % 100)));
        }
        let lines: Vec<_> = lines.iter().map(|(iccid, date, mb)| (*iccid, *date, mb.as_str())).collect();
        (file(&lines), words)
    }
}

/// The cycle of a day: Unicom's begin on the 27th.
fn cycle_of(iccid: &str, date: i32) -> i32 {
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let is_unicom = matches!(iccid, "8986100000000000031" | "89861000000000000337");
    match (is_unicom && day >= 27, month) {
        (false, _) => year * 100 + month,
        (true, 12) => (year + 1) * 100 + 1,
        (true, _) => year * 100 + month + 1,
    }
}

fn imported() -> Model {
    CARDS.iter().filter(|card| card.1 > 0).map(|(iccid, used, date)| ((*iccid, *date), *used)).collect()
}

/// Every figure that follows from usage, in one text, in bytes.
async fn figures(app: &TestApp) -> BTreeMap<String, i64> {
    let work = |tx: &mut Tx<'_>| {
        let mut found = BTreeMap::new();
        for (name, sql) in [
            (
                "day",
                "SELECT card.iccid, used.month * 100 + used.day, used.bytes FROM usage_day used JOIN sim_card card ON card.sim_card_id = used.sim_card_id",
            ),
            (
                "cycle",
                "SELECT card.iccid, used.cycle, used.bytes FROM usage_cycle used JOIN sim_card card ON card.sim_card_id = used.sim_card_id",
            ),
            ("card", "SELECT iccid, 0, flow_used FROM sim_card WHERE flow_used IS NOT NULL"),
            ("all", "SELECT iccid, 0, flow_used + flow_left FROM sim_card WHERE flow_left IS NOT NULL"),
            (
                "plan",
                "SELECT card.iccid, 0, held.flow_used FROM sim_price_plan held JOIN sim_card card ON card.sim_card_id = held.sim_card_id",
            ),
        ] {
            let rows = tx.rows(sql, params![], |row| {
                Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?))
            })?;
            found.extend(rows.into_iter().map(|(iccid, at, bytes)| (format!("{name} {iccid} {at}"), bytes)));
        }
        Ok::<_, DbError>(found)
    };
    app.app.db.read(work).await.expect("reads")
}

/// Compares every figure of the cards with the model, and the recount with the cycles.
async fn assert_is(app: &TestApp, model: &Model, before: &BTreeMap<String, i64>, what: &str) {
    let megabyte = |hundredths: i64| (hundredths * 1_048_576 + 50) / 100;
    let mut expected: BTreeMap<String, i64> = before
        .iter()
        .filter(|(name, _)| !CARDS.iter().any(|card| name.contains(card.0)) || name.starts_with("all"))
        .map(|(name, bytes)| (name.clone(), *bytes))
        .collect();
    for (iccid, _, _) in CARDS {
        for name in ["card", "plan"] {
            let name = format!("{name} {iccid} 0");
            if before.contains_key(&name) {
                expected.insert(name, 0);
            }
        }
    }
    for ((iccid, date), hundredths) in model {
        let (bytes, cycle) = (megabyte(*hundredths), cycle_of(iccid, *date));
        expected.insert(format!("day {iccid} {date}"), bytes);
        *expected.entry(format!("cycle {iccid} {cycle}")).or_default() += bytes;
        if cycle == 202_401 && *iccid != "8986100000000000002" {
            *expected.entry(format!("card {iccid} 0")).or_default() += bytes;
            *expected.entry(format!("plan {iccid} 0")).or_default() += bytes;
        }
    }
    assert_eq!(figures(app).await, expected, "{what}");
    let recounted = |tx: &mut Tx<'_>| {
        let mut wrong = recount::cards_that_differ(tx, NOW_MS)?;
        for cycle in recount::cycles(tx)? {
            wrong += recount::differences(tx, cycle)?.len();
            wrong += recount::account_days_that_differ(tx, cycle)?;
        }
        Ok::<_, DbError>(wrong)
    };
    assert_eq!(app.app.db.read(recounted).await, Ok(0), "{what}");
}

/// The memory shows what the database holds.
async fn assert_is_followed(app: &TestApp) {
    app.app.follower.catch_up().await;
    let target = "/v1/sim-cards?limit=500&sort=flow_used";
    let (here, fresh): (Value, Value) = (app.acme(target).await, app.join().await.acme(target).await);
    assert_eq!(here, fresh);
}

#[tokio::test]
async fn any_sequence_of_files_ends_in_their_last_words() {
    // Shows over drawn sequences of files, with repetitions, with crashes after any number of chunks and before any
    // statement of one is kept, and with the interrupted file sent again only after others, that days, cycles, cards
    // and plans are those of the last word in the order of receipt; and that a recount finds nothing to correct.
    for engine in engines() {
        let rounds = if engine == Engine::Sqlite { 12 } else { 4 };
        for seed in 0..rounds {
            let (app, draw) = (TestApp::seeded(engine).await, Draw(Randomness::seeded(100 + seed)));
            let (before, mut model) = (figures(&app).await, imported());
            let (mut sent, mut open): (Vec<String>, Vec<(String, Model)>) = (Vec::new(), Vec::new());
            for step in 0..14 {
                let what = format!("{engine:?} seed {seed} step {step}");
                let (text, words) = draw.file();
                match draw.below(4) {
                    // Stopped after some of its chunks: the words count from here, even if they are written later.
                    0 => {
                        let terms = Terms { lines_per_chunk: 1 + draw.below(4), ..app.usage_terms() };
                        let mut intake = Intake::open(&app.app.db, Cursor::new(text.clone()), terms, |_| ())
                            .await
                            .expect("a good file");
                        for _ in 0..draw.below(4) {
                            intake.step().await.expect("a chunk");
                        }
                        open.push((text, words.clone()));
                    }
                    1 if !sent.is_empty() => {
                        let again = sent[draw.below(sent.len())].clone();
                        assert!(
                            app.take_usage(&again, app.usage_terms()).await.expect("a repetition").repeated,
                            "{what}"
                        );
                        continue;
                    }
                    _ => {
                        app.take_usage(&text, app.usage_terms()).await.expect("a good file");
                        sent.push(text);
                    }
                }
                model.extend(words);
                if open.is_empty() {
                    assert_is(&app, &model, &before, &what).await;
                }
                if draw.below(3) == 0 && !open.is_empty() {
                    let (text, _) = open.remove(draw.below(open.len()));
                    app.take_usage(&text, app.usage_terms()).await.expect("goes on");
                    sent.push(text);
                }
            }
            for (text, _) in open {
                app.take_usage(&text, app.usage_terms()).await.expect("goes on");
            }
            assert_is(&app, &model, &before, &format!("{engine:?} seed {seed}")).await;
            assert_is_followed(&app).await;
        }
    }
}

#[tokio::test]
async fn files_about_different_days_commute() {
    // Shows that files which speak of different days end in the same figures in every order.
    let parts: [&[(&str, i32, &str)]; 3] = [
        &[(CARDS[0].0, 20_240_101, "1"), (CARDS[3].0, 20_231_227, "2")],
        &[(CARDS[0].0, 20_240_102, "4"), (CARDS[3].0, 20_231_226, "8")],
        &[(CARDS[0].0, 20_231_231, "16"), (CARDS[3].0, 20_240_101, "32")],
    ];
    let mut found = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let app = TestApp::embedded().await;
        for part in order {
            app.take_usage(&file(parts[part]), app.usage_terms()).await.expect("a good file");
        }
        found.push(figures(&app).await);
    }
    assert!(found.iter().all(|figures| *figures == found[0]));
}

#[tokio::test]
async fn two_takers_of_one_file_do_its_chunks_once() {
    // Shows that the same file taken in by two at once, step by step in turns, is applied once: whoever comes second
    // to a chunk applies nothing and goes on from where the file stands.
    for app in TestApp::on_every_engine().await {
        let lines: Vec<(&str, i32, &str)> = DATES.iter().map(|date| (CARDS[0].0, *date, "1.25")).collect();
        let open = async || {
            let text = Cursor::new(file(&lines));
            Intake::open(&app.app.db, text, app.usage_terms(), |_| ()).await.expect("a good file")
        };
        let (mut first, mut second) = (open().await, open().await);
        let mut steps = 0;
        while first.step().await.expect("a chunk") | second.step().await.expect("a chunk") {
            steps += 1;
        }
        assert!(steps >= 2, "{steps}");
        let before = figures(&app).await;
        let mut expected: Model = DATES.iter().map(|date| ((CARDS[0].0, *date), 125)).collect();
        expected.extend(imported().into_iter().filter(|((iccid, _), _)| *iccid != CARDS[0].0));
        assert_is(&app, &expected, &before, &format!("{:?}", app.engine)).await;
    }
}

#[tokio::test]
async fn a_recount_repairs_what_is_wrong() {
    // Shows that sums which are not those of their days, too high, too low and missing, are found and put right, with
    // the figures of the cards.
    for app in TestApp::on_every_engine().await {
        let good = figures(&app).await;
        let damage = |tx: &mut Tx<'_>| {
            tx.execute("UPDATE usage_cycle SET bytes = bytes + 7 WHERE sim_card_id IN (SELECT sim_card_id FROM sim_card WHERE iccid = $1)", params![CARDS[0].0])?;
            tx.execute(
                "UPDATE sim_card SET flow_used = flow_used + 7, flow_left = flow_left - 7 WHERE iccid = $1",
                params![CARDS[0].0],
            )?;
            tx.execute("DELETE FROM usage_cycle WHERE sim_card_id IN (SELECT sim_card_id FROM sim_card WHERE iccid = $1)", params![CARDS[3].0])?;
            tx.execute("UPDATE usage_of_account SET bytes = bytes + 1 WHERE date = 20240101 AND account_id IN (SELECT account_id FROM sim_card WHERE iccid = $1)", params![CARDS[0].0])?;
            Ok::<_, DbError>(())
        };
        app.app.db.write(damage).await.expect("damages");
        let terms = app.usage_terms();
        let wrong = app.app.db.read(|tx| recount::account_days_that_differ(tx, 202_401)).await;
        assert_eq!(wrong, Ok(1), "one account has that day");
        let found =
            app.app.db.write_bulk(move |tx| recount::recount(tx, 202_401, &terms)).await.expect("recounts");
        let mut changes: Vec<i64> = found.iter().map(|difference| difference.change.bytes).collect();
        changes.sort_unstable();
        assert_eq!(changes, [-7, (5_917 * 1_048_576 + 50) / 100]);
        assert_eq!(figures(&app).await, good);
        let terms = app.usage_terms();
        assert_eq!(app.app.db.write_bulk(move |tx| recount::recount(tx, 202_401, &terms)).await, Ok(vec![]));
        assert_eq!(app.app.db.read(|tx| recount::account_days_that_differ(tx, 202_401)).await, Ok(0));
    }
}
