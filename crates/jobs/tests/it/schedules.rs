//! Schedules: each firing once over all processes, missed ones made up for once.

use jiff::tz::TimeZone;
use simlink_jobs::{
    JobError, KindSettings, Outcome, Rule, Schedule, put_schedule, remove_schedule, schedules,
};

use crate::{Node, PARKED, START_MS, always, effects, nodes};

const MINUTE_MS: i64 = 60_000;

fn every_minute() -> Schedule<'static> {
    Schedule { name: "sweep", kind: "effect", payload: "swept", rule: Rule::Every { interval_ms: MINUTE_MS } }
}

async fn put(node: &Node, schedule: Schedule<'static>) -> Result<(), JobError> {
    let now_ms = node.now_ms();
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    node.db.write(move |tx| put_schedule(tx, &schedule, now_ms, &zone)).await
}

async fn next_run_ms(node: &Node) -> i64 {
    node.db.read(schedules).await.unwrap()[0].next_run_ms
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_fire_once_at_the_same_tick() {
    // Shows 40 ticks at which two processes look at the same time: one run each.
    for (test, node) in nodes().await {
        let other = node.beside(&test).await;
        put(&node, every_minute()).await.unwrap();
        put(&other, every_minute()).await.unwrap();
        let (here, there) = (node.worker(effects(&node.db)), other.worker(effects(&other.db)));
        assert_eq!(tokio::join!(here.run_until_idle(), there.run_until_idle()), (Ok(0), Ok(0)));
        for tick in 1..=40 {
            node.clock.advance(MINUTE_MS);
            let (ran_here, ran_there) = tokio::join!(here.run_until_idle(), there.run_until_idle());
            assert!(ran_here.unwrap() + ran_there.unwrap() >= 1);
            // Who fires may leave the run to the other, who was idle already.
            here.run_until_idle().await.unwrap();
            assert_eq!(node.effects().await.len(), tick);
        }
    }
}

#[tokio::test]
async fn a_gap_is_made_up_for_once() {
    // Shows one run after a day without any process, then the next tick as usual, and which due time was fired.
    for (_test, node) in nodes().await {
        put(&node, every_minute()).await.unwrap();
        let worker = node.worker(effects(&node.db));
        node.clock.advance(86_400_000 + 30_000);
        assert_eq!(worker.run_until_idle().await, Ok(1));
        assert_eq!(worker.run_until_idle().await, Ok(0));
        let row = node.db.read(schedules).await.unwrap().remove(0);
        assert_eq!(row.last_run_ms, Some(START_MS + MINUTE_MS));
        assert_eq!(row.next_run_ms, START_MS + 86_400_000 + MINUTE_MS);
        assert_eq!(
            (row.name.as_str(), row.kind.as_str(), row.payload.as_str()),
            ("sweep", "effect", "swept")
        );
        assert_eq!(row.rule, every_minute().rule);
        node.clock.advance(30_000);
        assert_eq!(worker.run_until_idle().await, Ok(1));
    }
}

#[tokio::test]
async fn a_day_begins_in_the_business_zone() {
    // Shows a daily schedule at 00:05 in Shanghai, which is 16:05 of the day before in UTC.
    for (_test, node) in nodes().await {
        put(&node, Schedule { rule: Rule::Daily { minute: 5 }, ..every_minute() }).await.unwrap();
        let worker = node.worker(effects(&node.db));
        node.clock.advance(16 * 3_600_000 + 5 * MINUTE_MS - 1);
        assert_eq!(worker.run_until_idle().await, Ok(0));
        node.clock.advance(1);
        assert_eq!(worker.run_until_idle().await, Ok(1));
        assert_eq!(next_run_ms(&node).await, node.now_ms() + 86_400_000);
    }
}

#[tokio::test]
async fn schedules_change_and_go() {
    // Shows that putting the same schedule keeps its time, a new rule gives a new one, a senseless one is refused, and
    // a removed schedule fires no more.
    for (_test, node) in nodes().await {
        put(&node, every_minute()).await.unwrap();
        node.clock.advance(MINUTE_MS);
        put(&node, Schedule { payload: "other", ..every_minute() }).await.unwrap();
        assert_eq!(next_run_ms(&node).await, START_MS + MINUTE_MS);
        put(&node, Schedule { rule: Rule::Every { interval_ms: 7 * MINUTE_MS }, ..every_minute() })
            .await
            .unwrap();
        let next_ms = next_run_ms(&node).await;
        assert!(next_ms > node.now_ms() && next_ms % (7 * MINUTE_MS) == 0);
        let senseless = [
            Schedule { rule: Rule::Every { interval_ms: 0 }, ..every_minute() },
            Schedule { rule: Rule::Daily { minute: 1440 }, ..every_minute() },
            Schedule { name: "", ..every_minute() },
        ];
        for schedule in senseless {
            assert!(matches!(put(&node, schedule).await, Err(JobError::Invalid(_))));
        }
        assert_eq!(node.db.write(|tx| remove_schedule(tx, "sweep")).await, Ok(true));
        assert_eq!(node.db.write(|tx| remove_schedule(tx, "sweep")).await, Ok(false));
        node.clock.advance(86_400_000);
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(0));
    }
}

#[tokio::test]
async fn a_firing_revives_the_parked_job() {
    // Shows that a schedule whose job was parked is not stopped by it, and that there is never more than one job of it.
    for (_test, node) in nodes().await {
        put(&node, every_minute()).await.unwrap();
        let parking = always("effect", KindSettings::default(), Outcome::Park { reason: "no".into() });
        let parking = node.worker(parking);
        for _ in 0..3 {
            node.clock.advance(MINUTE_MS);
            assert_eq!(parking.run_until_idle().await, Ok(1));
            let rows = node.rows().await;
            assert_eq!((rows.len(), rows[0].state), (1, PARKED));
        }
        node.clock.advance(MINUTE_MS);
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(1));
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn a_schedule_that_cannot_fire_stops_no_other() {
    // Shows that with a full queue of its kind one schedule stays due while another fires, and fires once there is room.
    for (_test, node) in nodes().await {
        let node = Node { queue: simlink_jobs::Queue::new(100, &[("full", 1)]), ..node };
        put(&node, Schedule { name: "stuck", kind: "full", ..every_minute() }).await.unwrap();
        put(&node, every_minute()).await.unwrap();
        let later_ms = START_MS + 10 * MINUTE_MS;
        node.enqueue(simlink_jobs::NewJob::new("full", "1", later_ms)).await.unwrap();
        let worker = || {
            let mut registry = effects(&node.db);
            registry.register("full", KindSettings::default(), |_, _| async { Ok(Outcome::Done) }).unwrap();
            node.worker(registry)
        };
        node.clock.advance(MINUTE_MS);
        assert_eq!(worker().run_until_idle().await, Ok(1));
        assert_eq!(node.effects().await.len(), 1);
        node.clock.advance(9 * MINUTE_MS);
        // The job that filled the queue, the sweep, and on the next look what had been kept from firing.
        assert_eq!(worker().run_until_idle().await, Ok(2));
        node.clock.advance(1_000);
        assert_eq!(worker().run_until_idle().await, Ok(1));
    }
}
