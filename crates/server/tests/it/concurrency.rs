//! Many clients set tags and attributes on overlapping cards while others list by them: what each list shows is a state
//! between its start and its end, no write is lost, and memory and database agree afterwards.
//!
//! The change log says in which order the writes took effect; a model applies them in that order to the cards as they
//! were, and every list must equal the model after one of the writes: not before one that its node had answered when the
//! list began, not after one that began when the list had answered.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use simlink_db::params;

use crate::support::{ACME_ADMIN, TestApp};

const WRITERS: usize = 50;
const WRITES_EACH: usize = 6;
const READERS: usize = 3;
const CARDS_EACH: usize = 7;

/// What the test looks at of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Card {
    tags: BTreeSet<i64>,
    value: Option<String>,
}

type Cards = BTreeMap<i64, Card>;

#[derive(Debug, Clone)]
enum Write {
    Tags(Vec<i64>),
    Value(String),
}

/// A write, and the moments between which it happened.
#[derive(Debug)]
struct Written {
    node: usize,
    write: Write,
    began: u64,
    answered: u64,
}

/// What a list was asked, what it answered, and the moments between which it did.
#[derive(Debug)]
struct Listed {
    node: usize,
    filter: Filter,
    began: u64,
    answered: u64,
    ids: Vec<i64>,
}

#[derive(Debug, Clone)]
enum Filter {
    Tag(i64),
    TenTags(Vec<i64>),
    Value(String),
}

impl Filter {
    fn target(&self) -> String {
        let query = match self {
            Self::Tag(id) => format!("tag_id={id}"),
            Self::TenTags(ids) => ids.iter().map(|id| format!("tag_id={id}")).collect::<Vec<_>>().join("&"),
            Self::Value(value) => format!("customer_attribute3={value}"),
        };
        format!("/v1/sim-cards?limit=500&{query}")
    }

    fn of(&self, cards: &Cards) -> Vec<i64> {
        let passes = |card: &Card| match self {
            Self::Tag(id) => card.tags.contains(id),
            Self::TenTags(ids) => ids.iter().any(|id| card.tags.contains(id)),
            Self::Value(value) => card.value.as_ref() == Some(value),
        };
        cards.iter().filter(|(_, card)| passes(card)).map(|(id, _)| *id).collect()
    }
}

/// Steps through numbers in an order that looks like chance and is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).expect("a few sides")
    }

    /// So many different ones of these, ascending.
    fn some(&mut self, of: &[i64], count: usize) -> Vec<i64> {
        let mut chosen = BTreeSet::new();
        while chosen.len() < count {
            chosen.insert(of[self.roll(of.len())]);
        }
        chosen.into_iter().collect()
    }
}

/// What all clients share.
struct Run {
    nodes: [TestApp; 2],
    /// Counts moments.
    moments: AtomicU64,
    /// The writes that have answered, by their cards: no two writes are to the same.
    done: Mutex<HashMap<Vec<i64>, Written>>,
    /// Writers that have ended.
    ended: AtomicUsize,
    filters: Vec<Filter>,
}

impl Run {
    fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst)
    }
}

/// The cards as the node lists them, by id.
async fn shown(app: &TestApp, tags: &HashMap<String, i64>) -> Cards {
    let list = app.acme("/v1/sim-cards?limit=500").await;
    let card = |card: &Value| {
        let names = card["tag_names"].as_str().unwrap_or_default();
        let tags = names.split(',').filter(|name| !name.is_empty()).map(|name| tags[name]).collect();
        let value = card["customer_attribute3"].as_str().map(str::to_owned);
        (card["sim_card_id"].as_i64().expect("an id"), Card { tags, value })
    };
    list["sim_cards"].as_array().expect("a list").iter().map(card).collect()
}

/// Ids of acme's tags by name, ten of them made for this test.
async fn tags(app: &TestApp) -> HashMap<String, i64> {
    for number in 0..10 {
        let body = json!({"tag_name": format!("CANARY-acme-{number}")});
        app.post_json(&ACME_ADMIN, "/v1/tags", &body).await.success();
    }
    let list = app.acme("/v1/tags?limit=500").await;
    let tags = list["tags"].as_array().expect("a list").iter();
    tags.map(|tag| (tag["tag_name"].as_str().expect("a name").to_owned(), tag["id"].as_i64().expect("an id")))
        .collect()
}

/// One writer's writes, one after the other.
async fn write(run: Arc<Run>, node: usize, plan: Vec<(Vec<i64>, Write)>) {
    for (cards, write) in plan {
        let (path, body) = match &write {
            Write::Tags(ids) => ("/v1/sim-tags/batch-set", json!({"sim_card_ids": cards, "tag_ids": ids})),
            Write::Value(value) => {
                let set = |id: &i64| json!({"sim_card_id": id, "customer_attribute3": value});
                let cards: Vec<Value> = cards.iter().map(set).collect();
                ("/v1/sim-cards/attributes/batch-set", json!({"attributes": cards}))
            }
        };
        let began = run.moment();
        assert_eq!(run.nodes[node].post_json(&ACME_ADMIN, path, &body).await.success(), true);
        let written = Written { node, write, began, answered: run.moment() };
        run.done.lock().expect("nobody panicked").insert(cards, written);
    }
    run.ended.fetch_add(1, Ordering::SeqCst);
}

/// Lists by one filter after the other until all writers have ended.
async fn list(run: Arc<Run>, node: usize, first: usize) -> Vec<Listed> {
    let mut lists = Vec::new();
    for filter in run.filters.iter().cycle().skip(first) {
        if run.ended.load(Ordering::SeqCst) == WRITERS {
            break;
        }
        let began = run.moment();
        let answer = run.nodes[node].acme(&filter.target()).await;
        let answered = run.moment();
        let cards = answer["sim_cards"].as_array().expect("a list").iter();
        let mut ids: Vec<i64> = cards.map(|card| card["sim_card_id"].as_i64().expect("an id")).collect();
        ids.sort_unstable();
        assert_eq!(answer["count"], ids.len());
        lists.push(Listed { node, filter: filter.clone(), began, answered, ids });
        tokio::task::yield_now().await;
    }
    lists
}

/// The writes in the order of the change log.
async fn in_order(app: &TestApp, mut done: HashMap<Vec<i64>, Written>) -> Vec<(Vec<i64>, Written)> {
    let read = |tx: &mut simlink_db::Tx<'_>| {
        let sql = "SELECT subject_ids FROM change_log WHERE kind IN ('tags_set', 'attributes_set') ORDER BY sequence";
        tx.rows(sql, params![], |row| row.get::<String>(0))
    };
    let logged = app.app.db.read(read).await.expect("a log");
    let ordered: Vec<_> = logged
        .into_iter()
        .map(|ids| {
            let ids: Vec<i64> = ids.split(',').map(|id| id.parse().expect("an id")).collect();
            let written = done.remove(&ids).expect("each write is logged once");
            (ids, written)
        })
        .collect();
    assert!(done.is_empty(), "not in the log: {done:?}");
    ordered
}

/// The states from the cards as they were to the cards after all writes.
fn states(mut cards: Cards, writes: &[(Vec<i64>, Written)]) -> Vec<Cards> {
    let mut states = vec![cards.clone()];
    for (ids, written) in writes {
        for id in ids {
            let card = cards.get_mut(id).expect("a card");
            match &written.write {
                Write::Tags(tags) => card.tags = tags.iter().copied().collect(),
                Write::Value(value) => card.value = Some(value.clone()),
            }
        }
        states.push(cards.clone());
    }
    states
}

/// Shows that a list is one of the states it may be. Gives how many different ones it could have been.
fn assert_is_a_state(listed: &Listed, states: &[Cards], writes: &[(Vec<i64>, Written)]) -> usize {
    let index = |holds: &dyn Fn(&Written) -> bool| {
        writes.iter().rposition(|(_, written)| holds(written)).map_or(0, |last| last + 1)
    };
    let earliest = index(&|written| written.node == listed.node && written.answered < listed.began);
    let latest = index(&|written| written.began < listed.answered);
    let possible: HashSet<Vec<i64>> =
        states[earliest..=latest].iter().map(|cards| listed.filter.of(cards)).collect();
    assert!(possible.contains(&listed.ids), "{listed:?} is none of {possible:?}");
    possible.len()
}

/// What each writer is to write.
fn plans(dice: &mut Dice, ids: &[i64], tags: &[i64], values: &[String]) -> Vec<Vec<(Vec<i64>, Write)>> {
    let mut taken = HashSet::new();
    let mut plan = || {
        let mut plan = Vec::new();
        while plan.len() < WRITES_EACH {
            let cards = dice.some(ids, CARDS_EACH);
            if taken.insert(cards.clone()) {
                let count = dice.roll(4);
                let write = match plan.len() % 2 {
                    0 => Write::Tags(dice.some(tags, count)),
                    _ => Write::Value(values[dice.roll(values.len())].clone()),
                };
                plan.push((cards, write));
            }
        }
        plan
    };
    (0..WRITERS).map(|_| plan()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lists_show_states_and_no_write_is_lost() {
    // Shows it on both engines with 50 writers at two nodes: overlapping cards, tags and attributes, lists by one tag, by ten tags and
    // by a value.
    for app in TestApp::on_every_engine().await {
        let names = tags(&app).await;
        let tag_ids: Vec<i64> = names.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let before = shown(&app, &names).await;
        let ids: Vec<i64> = before.keys().copied().collect();
        let values = ["a", "b", "c"].map(|letter| format!("CANARY-acme-{letter}"));
        let plans = plans(&mut Dice(7), &ids, &tag_ids, &values);
        let mut filters: Vec<Filter> = values.iter().cloned().map(Filter::Value).collect();
        filters.extend(tag_ids.iter().copied().map(Filter::Tag));
        filters.push(Filter::TenTags(tag_ids[..10].to_vec()));
        let (moments, done, ended) = (AtomicU64::new(0), Mutex::default(), AtomicUsize::new(0));
        let nodes = [app.join().await, app];
        let run = Arc::new(Run { nodes, moments, done, ended, filters });

        let readers: Vec<_> =
            (0..READERS).map(|number| tokio::spawn(list(run.clone(), number % 2, number * 3))).collect();
        let writers: Vec<_> = (0..)
            .zip(plans)
            .map(|(number, plan)| tokio::spawn(write(run.clone(), number % 2, plan)))
            .collect();
        for writer in writers {
            writer.await.expect("every write is answered");
        }
        let mut lists = Vec::new();
        for reader in readers {
            lists.extend(reader.await.expect("every list is answered"));
        }

        let [app, other] = &run.nodes;
        let engine = app.engine;
        let done = std::mem::take(&mut *run.done.lock().expect("nobody panicked"));
        let writes = in_order(app, done).await;
        assert_eq!(writes.len(), WRITERS * WRITES_EACH);
        let states = states(before, &writes);
        let mut uncertain = 0;
        for listed in &lists {
            uncertain += usize::from(assert_is_a_state(listed, &states, &writes) > 1);
        }
        assert!(lists.len() >= 100, "{engine:?}: only {} lists", lists.len());
        assert!(uncertain >= 10, "{engine:?}: only {uncertain} lists fell together with a write");
        let last = states.last().expect("a state");
        for node in [app, other, &app.join().await] {
            node.app.follower.catch_up().await;
            assert_eq!(&shown(node, &names).await, last, "{engine:?}: a write was lost");
            node.app.fleet.read(node.account("acme")).verify().expect("the indexes hold");
        }
    }
}
