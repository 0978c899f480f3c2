//! Webhooks: what a receiver gets, whatever state it is in.

mod terms;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use simlink::changes::Subject;
use simlink::limits;
use simlink_fleet::Query;

use crate::support::app::record;
use crate::support::receiver::{Mood, Received, Receiver};
use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, RIVAL_ADMIN, TestApp};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// An endpoint of acme's, its id as a text.
struct Hook<'a> {
    app: &'a TestApp,
    id: String,
    secret: String,
}

impl<'a> Hook<'a> {
    async fn new(app: &'a TestApp, url: &str, event_types: &[&str], form: &str) -> Self {
        let body = json!({"url": url, "event_types": event_types, "form": form, "description": "mine"});
        let made = app.send(signed(app, Ask::post("/v1/webhooks", &body))).await.success();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self { app, id: made["webhook_id"].to_string(), secret: text("secret") }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/webhooks/{}{rest}", self.id)
    }

    async fn get(&self, rest: &str) -> Value {
        self.app.send(signed(self.app, Ask::get(self.path(rest)))).await.success()
    }

    async fn post(&self, rest: &str, body: &Value) -> Value {
        self.app.send(signed(self.app, Ask::post(self.path(rest), body))).await.success()
    }

    async fn put(&self, body: &Value) -> Value {
        let ask = Ask::new(axum::http::Method::PUT, self.path("")).with_json(body);
        self.app.send(signed(self.app, ask)).await.success()
    }

    /// Lets hours pass, and does after each what is due.
    async fn wait_hours(&self, hours: i64) {
        for _ in 0..hours {
            self.app.app.clock.advance(HOUR_MS);
            self.app.settle().await;
        }
    }
}

/// Tokens end after a day; signatures go with the clock.
fn signed(app: &TestApp, ask: Ask) -> Ask {
    ask.signed_by(&ACME_ADMIN, app.app.clock.now_ms())
}

/// Changes of cards, each a transaction.
async fn change(app: &TestApp, cards: &[i64]) {
    let account = app.account("acme");
    for card in cards {
        let card = *card;
        app.app.write(move |tx| Ok(record(tx, Subject::SimCard, account, &[card])?)).await.expect("writes");
    }
}

fn cards(app: &TestApp, count: usize) -> Vec<i64> {
    let reader = app.app.fleet.read(app.account("acme"));
    let found = reader.select(&Query { limit: 500, ..Query::default() });
    let in_use = found.cards.into_iter().filter(|card| {
        card.sim_status() == 20 && card.sim_type() == 3 && card.multi().is_none() && card.carrier() <= 3
    });
    in_use.map(|card| card.id()).take(count).collect()
}

async fn tag(app: &TestApp, name: &str) {
    let ask = Ask::post("/v1/tags", &json!({"tag_name": format!("CANARY-acme-{name}")}));
    app.send(signed(app, ask)).await.success();
}

fn ids(received: &[Received]) -> Vec<String> {
    received.iter().map(|one| one.id().to_owned()).collect()
}

#[tokio::test]
async fn events_are_cloudevents_and_signed() {
    // Shows the request of an event (headers, signature, body), that other types and other tenants' changes are none,
    // the log of deliveries, the test event, sending again and replaying with the same ids, a rotated secret, and that
    // no secret is shown twice.
    for app in TestApp::on_every_engine().await {
        let receiver = Receiver::start().await;
        tag(&app, "before").await;
        app.app.clock.advance(1_000);
        app.settle().await;
        let mut hook = Hook::new(&app, &receiver.url(), &["tag.*", "attribute.created"], "cloudevents").await;
        assert_eq!(receiver.received().len(), 0);
        app.app.clock.advance(1_000);
        let began_ms = app.app.clock.now_ms();
        tag(&app, "one").await;
        let rivals = Ask::post("/v1/tags", &json!({"tag_name": "CANARY-rival-tag"}));
        app.send(rivals.signed_by(&RIVAL_ADMIN, app.app.clock.now_ms())).await.success();
        change(&app, &cards(&app, 1)).await;
        app.settle().await;
        let received = receiver.take();
        assert_eq!(received.len(), 1, "{received:?}");
        let [event] = &received[..] else { panic!("one event") };
        assert_eq!(event.target, "/hooks?from=simlink");
        assert_eq!(event.headers["content-type"], "application/cloudevents+json");
        assert_eq!(event.headers["webhook-signature"], signature(&hook.secret, event));
        let change = &app.send(signed(&app, Ask::get("/v1/changes?subject=tag"))).await.success()["changes"];
        let change = change.as_array().and_then(|all| all.last()).expect("the second tag");
        assert_eq!(
            event.body,
            json!({"specversion": "1.0", "id": event.id(), "source": "/accounts/CANARY-acme-domain",
                   "type": "tag.created", "subject": format!("tag/{}", change["ids"][0]), "time": change["time"],
                   "datacontenttype": "application/json",
                   "data": {"id": change["ids"][0], "cursor": change["cursor"], "actor": change["actor"],
                            "detail": change["detail"]}})
        );

        let log = hook.get("/deliveries").await;
        let delivery = &log["deliveries"][0];
        assert_eq!((log["count"].as_i64(), &delivery["event_id"]), (Some(1), &json!(event.id())));
        assert_eq!((&delivery["status"], &delivery["response_status"]), (&json!("delivered"), &json!(200)));
        assert_eq!((&delivery["attempts"], &delivery["event_type"]), (&json!(1), &json!("tag.created")));
        assert_eq!(hook.get("/deliveries?status=pending").await["count"], 0);

        assert_eq!(hook.post("/test", &json!({})).await, true);
        app.settle().await;
        let tested = receiver.take();
        assert_eq!(tested[0].body["type"], "webhook.test");
        assert_eq!(hook.post("/resend", &json!({"event_id": event.id()})).await, true);
        app.settle().await;
        assert_eq!(ids(&receiver.take()), [event.id()]);
        app.app.clock.advance(1_000);
        hook.secret =
            hook.post("/rotate-secret", &json!({})).await["secret"].as_str().expect("a text").to_owned();
        let since = jiff::Timestamp::from_millisecond(began_ms).expect("a time").to_string();
        assert_eq!(hook.post("/replay", &json!({"since": since})).await, true);
        app.settle().await;
        let replayed = receiver.take();
        // Events about different things have no order among each other.
        let texts = |all: &[Received]| {
            all.iter().map(|one| (one.id().to_owned(), one.text.clone())).collect::<BTreeSet<_>>()
        };
        assert_eq!(texts(&replayed), texts(&[event.clone(), tested[0].clone()]));
        assert_eq!(replayed[0].headers["webhook-signature"], signature(&hook.secret, &replayed[0]));

        let shown = app.get(&ACME_VIEWER, "/v1/webhooks").await;
        assert!(shown.body.contains(&receiver.url()) && !shown.body.contains("whsec"), "{}", shown.body);
        assert_eq!(hook.get("").await, shown.success()["webhooks"][0]);
        let unknown = Ask::post(hook.path("/resend"), &json!({"event_id": "c1ff-0"}));
        assert_eq!(app.send(signed(&app, unknown)).await.refusal(), (404, "SIMLINK.0106".to_owned()));
        let gone = Ask::new(axum::http::Method::DELETE, hook.path(""));
        assert_eq!(app.send(signed(&app, gone)).await.success(), true);
        let gone = app.send(signed(&app, Ask::get(hook.path("")))).await;
        assert_eq!(gone.refusal(), (404, "SIMLINK.0103".to_owned()));
        tag(&app, "after").await;
        app.settle().await;
        assert_eq!(receiver.take().len(), 0);
    }
}

/// The signature that a request must have.
fn signature(secret: &str, received: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("Base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    let timestamp = &received.headers["webhook-timestamp"];
    mac.update(format!("{}.{timestamp}.{}", received.id(), received.text).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_receiver_in_every_state_gets_everything_in_order() {
    // Shows a receiver that is well, fails, is late, is down for hours and comes back, while changes go on: it gets
    // every event, those of a card in their order, and what comes twice has the same id and body.
    for app in TestApp::on_every_engine().await {
        let mut receiver = Receiver::start().await;
        let cards = cards(&app, 4);
        let start =
            text(&app.send(signed(&app, Ask::get("/v1/changes?after=latest"))).await.success()["next"]);
        let hook = Hook::new(&app, &receiver.url(), &["sim_card.changed"], "cloudevents").await;
        for mood in [Mood::Well, Mood::Answers(503), Mood::Late, Mood::Well, Mood::Answers(302), Mood::Late] {
            receiver.is(mood);
            change(&app, &cards).await;
            app.settle().await;
            change(&app, &cards[..2]).await;
            app.app.clock.advance(90_000);
            app.settle().await;
        }
        receiver.goes_down().await;
        for _ in 0..10 {
            change(&app, &cards).await;
            hook.wait_hours(1).await;
        }
        let waiting = hook.get("/deliveries?status=pending").await["count"].as_i64().expect("a count");
        assert!(waiting >= 40, "{waiting}");
        let shown = hook.get("").await;
        assert!(shown["failing_since"].is_string() && shown["status"] == "active", "{shown}");
        receiver.is(Mood::Well);
        receiver.comes_back().await;
        hook.wait_hours(2).await;
        assert_eq!(hook.get("/deliveries?status=pending").await["count"], 0);
        assert_eq!(hook.get("").await["failing_since"], json!(null));

        let written = expected(&app, &start).await;
        assert_eq!(written.values().map(Vec::len).sum::<usize>(), 6 * 6 + 40);
        let (mut taken, mut bodies) = (BTreeMap::<String, Vec<String>>::new(), BTreeMap::new());
        let mut sent_again = 0;
        for one in receiver.take() {
            if let Some(before) = bodies.insert(one.id().to_owned(), one.text.clone()) {
                assert_eq!(before, one.text);
                sent_again += 1;
            }
            if one.taken {
                let of_card = taken.entry(one.subject().to_owned()).or_default();
                assert!(!of_card.contains(&one.id().to_owned()), "what was taken is not sent again");
                of_card.push(one.id().to_owned());
            }
        }
        for (card, ids) in &written {
            assert_eq!(taken.get(card), Some(ids), "{:?} {card}", app.engine);
        }
        assert!(sent_again > 10, "{sent_again}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The ids of the events after a cursor, in order, by what they are about.
async fn expected(app: &TestApp, from: &str) -> BTreeMap<String, Vec<String>> {
    let mut expected = BTreeMap::<String, Vec<String>>::new();
    let target = format!("/v1/changes?limit=500&kind=changed&subject=sim_card&after={from}");
    for change in
        app.send(signed(app, Ask::get(target))).await.success()["changes"].as_array().expect("a list")
    {
        let of_card = expected.entry(format!("sim_card/{}", change["ids"][0])).or_default();
        of_card.push(format!("{}-0", text(&change["cursor"])));
    }
    expected
}

#[tokio::test]
async fn an_endpoint_that_fails_for_a_day_is_switched_off() {
    // Shows that a receiver which is down for more than a day is switched off and that the log of changes says so,
    // after some dozens of attempts; and that, switched on again, it gets what it missed. One that says that it is gone
    // is switched off at once.
    for app in TestApp::on_every_engine().await {
        let receiver = Receiver::start().await;
        let cards = cards(&app, 3);
        let hook = Hook::new(&app, &receiver.url(), &["sim_card.changed"], "cloudevents").await;
        receiver.is(Mood::Answers(500));
        change(&app, &cards).await;
        app.settle().await;
        let mut hours = 0;
        while hook.get("").await["status"] == "active" {
            hook.wait_hours(1).await;
            hours += 1;
        }
        assert!((24..=26).contains(&hours), "{hours}");
        let tries = receiver.take().len();
        assert!((20..70).contains(&tries), "{tries}");
        let off =
            app.send(signed(&app, Ask::get("/v1/changes?subject=webhook&kind=switched_off"))).await.success();
        assert_eq!(off["changes"][0]["ids"][0].to_string(), hook.id);
        assert_eq!(off["changes"][0]["detail"], json!({"reason": "the receiver answered 500"}));
        change(&app, &cards[..1]).await;
        hook.wait_hours(2).await;
        assert_eq!(receiver.take().len(), 0);

        receiver.is(Mood::Well);
        assert_eq!(hook.put(&json!({"enabled": true})).await["status"], "active");
        app.settle().await;
        let got: BTreeSet<String> = receiver.take().iter().map(|one| one.id().to_owned()).collect();
        assert_eq!(got.len(), 4);

        receiver.is(Mood::Answers(410));
        change(&app, &cards).await;
        app.settle().await;
        assert_eq!(hook.get("").await["status"], "failed");
        assert!(receiver.take().len() <= limits::WEBHOOK_LANES, "nobody asks again");
    }
}

#[tokio::test]
async fn one_event_that_is_never_taken_holds_up_its_card_alone() {
    // Shows that events of other cards go on while one is refused, that later events of its own card wait for it, and
    // that after a day it is given up and they come.
    for app in TestApp::on_every_engine().await {
        let receiver = Receiver::start().await;
        let cards = cards(&app, 2);
        let hook = Hook::new(&app, &receiver.url(), &["sim_card.changed"], "cloudevents").await;
        let refused = format!("sim_card/{}", cards[0]);
        receiver.is(Mood::Refuses(refused.clone(), 400));
        change(&app, &[cards[0], cards[0], cards[1]]).await;
        app.settle().await;
        for _ in 0..25 {
            change(&app, &cards[1..]).await;
            hook.wait_hours(1).await;
        }
        let mut received = receiver.take();
        let of_other = |received: &[Received]| received.iter().filter(|one| one.taken).count();
        // An attempt that a slow machine cut off is made again within these.
        for _ in 0..3 {
            if of_other(&received) < 26 {
                hook.wait_hours(1).await;
                received.extend(receiver.take());
            }
        }
        let of_first: Vec<&Received> = received.iter().filter(|one| one.subject() == refused).collect();
        let first_id = of_first[0].id();
        let before_it = of_first.iter().take_while(|one| one.id() == first_id).count();
        assert!(before_it >= 20, "{before_it}");
        assert!(of_first.len() > before_it, "after it was given up the next one is tried");
        assert_eq!(of_other(&received), 26, "the other card's");
        let failed = hook.get("/deliveries?status=failed").await;
        assert_eq!(
            (failed["count"].as_i64(), &failed["deliveries"][0]["event_id"]),
            (Some(1), &json!(first_id))
        );
        assert_eq!(failed["deliveries"][0]["error"], "the receiver answered 400");
        assert_eq!(hook.get("").await["status"], "active");
        receiver.is(Mood::Well);
        hook.wait_hours(2).await;
        assert_eq!(receiver.take().iter().filter(|one| one.subject() == refused).count(), 1);
    }
}
