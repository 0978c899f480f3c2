//! One run: orders and faults (safety), then none (liveness).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use simlink::http::error::Refusal;
use simlink::work_orders::review::{self, Decider};
use simlink::work_orders::{NewOrder, Source, place, place_many};
use simlink_carriers::simulator::Knobs;
use simlink_carriers::{BreakerState, MobileNetwork, Operation, PolicyRules, SwitchPolicy};
use simlink_db::{DbError, Tx, params};

use super::dice::Dice;
use super::ledger::{self, Ledger, OVERDUE, Tables};
use super::model::{Facts, Model};
use super::plan::{LINKS, Plan};
use super::world::World;

const DAY_MS: i64 = 24 * 3_600_000;
/// Settlings of the second phase: more than its day has steps.
const CALM_STEPS_MAX: usize = 500;

/// What a run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Orders placed.
    pub orders: usize,
    /// How often each window and each fault was hit.
    pub hits: BTreeMap<String, u64>,
    /// A digest of the journals and tables at the end.
    pub digest: u64,
}

struct Run<'a> {
    plan: &'a Plan,
    world: World,
    dice: Dice,
    model: Model,
    ledger: Ledger,
    placed: Vec<i64>,
    journal: DefaultHasher,
}

/// Runs a plan; says which invariant broke.
pub async fn run(plan: &Plan) -> Result<Report, String> {
    let world = World::start(plan).await.map_err(|error| format!("{error:#}"))?;
    let mut model = Model::default();
    let mut ledger = Ledger::default();
    for card in &world.cards {
        model.cards.insert(card.order_card.sim_card_id, card.facts.clone());
        ledger.cards.insert(card.order_card.sim_card_id, card.facts.clone());
    }
    let dice = Dice::new(plan.seed ^ 0xABCD);
    let (placed, journal) = (Vec::new(), DefaultHasher::new());
    let mut run = Run { plan, world, dice, model, ledger, placed, journal };
    run.safety().await?;
    run.liveness().await?;
    let report = run.conclude().await;
    run.world.app.stop().await;
    report
}

impl Run<'_> {
    async fn safety(&mut self) -> Result<(), String> {
        while self.placed.len() < self.plan.orders {
            for (index, simulator) in self.world.simulators.iter().enumerate() {
                simulator.network().set_knobs(self.plan.knobs(index, self.placed.len()));
            }
            for _ in 0..=self.dice.below(self.plan.orders_at_once) {
                self.place().await?;
            }
            if self.dice.percent(10) {
                self.decide().await?;
            }
            self.settle(self.plan.cut_off_percent).await?;
            self.check().await?;
            let wait_ms = match self.dice.below(100) {
                0..10 => self.until_deadline().await? - self.dice.between(1, 5_000),
                10..55 => self.dice.between(0, 10_000),
                55..80 => self.dice.between(0, 120_000),
                80..97 => self.dice.between(0, 900_000),
                _ => self.dice.between(1_800_000, 2_400_000),
            };
            self.world.app.clock.advance(wait_ms.max(0));
        }
        Ok(())
    }

    /// How long the next order still has that may run out of time.
    async fn until_deadline(&self) -> Result<i64, String> {
        let sql = "SELECT MIN(deadline_ms) FROM work_order_detail WHERE status = 2 AND deadline_ms > $1";
        let now_ms = self.world.app.clock.now_ms();
        let found: Option<i64> = self.read(move |tx| tx.get(sql, params![now_ms], |row| row.get(0))).await?;
        Ok(found.map_or(0, |deadline_ms| (deadline_ms - now_ms).min(DAY_MS)))
    }

    /// Goes from one moment at which something is due towards the next, until nothing is, and to the end of the day.
    async fn liveness(&mut self) -> Result<(), String> {
        for simulator in &self.world.simulators {
            simulator.network().set_knobs(Knobs::default());
        }
        self.approve_all().await?;
        let end_ms = self.world.app.clock.now_ms() + DAY_MS;
        for step in 0..CALM_STEPS_MAX {
            self.settle(0).await?;
            self.check().await?;
            let Some(due_ms) = self.next_due().await?.filter(|due_ms| *due_ms < end_ms) else { break };
            let now_ms = self.world.app.clock.now_ms();
            // From moment to moment at first, then in steps: the slow are polled every minute for hours.
            let step_ms = [1, 60_000, 600_000][(step / 20).min(2)];
            self.world.app.clock.advance((due_ms - now_ms).max(step_ms));
        }
        let now_ms = self.world.app.clock.now_ms();
        self.world.app.clock.advance((end_ms - now_ms).max(0));
        self.settle(0).await?;
        self.check().await
    }

    async fn next_due(&self) -> Result<Option<i64>, String> {
        let sql =
            "SELECT MIN(CASE state WHEN 1 THEN lease_until_ms ELSE run_at_ms END) FROM job WHERE state < 2";
        let job: Option<i64> = self.read(move |tx| tx.get(sql, &[], |row| row.get(0))).await?;
        let networks = self.world.simulators.iter().filter_map(|simulator| simulator.network().next_due_ms());
        Ok(networks.chain(job).min())
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, String> {
        self.world.app.db.read(work).await.map_err(|error| error.to_string())
    }

    async fn place(&mut self) -> Result<(), String> {
        let first = self.dice.pick(&self.world.cards).clone();
        let mut cards = vec![first.order_card.clone()];
        if self.dice.percent(10) {
            let many = usize::try_from(self.dice.between(2, 12)).expect("it is small");
            let begin = usize::try_from(self.dice.below(self.world.cards.len() as u64)).expect("it is small");
            let others = self.world.cards.iter().cycle().skip(begin).take(many);
            let others = others.filter(|card| card.account == first.account).map(|card| &card.order_card);
            cards.extend(others.filter(|card| **card != first.order_card).cloned());
        }
        let operation = self.operation();
        let order = NewOrder {
            account: first.account,
            operation: operation.clone(),
            source: *self.dice.pick(&[Source::Rule, Source::Rule, Source::Pool, Source::Api]),
            cards,
            request: None,
            stop_cause: self.dice.between(1, 5),
            reviewed: self.dice.percent(3),
            actor: "simulation".to_owned(),
        };
        let (engine, now_ms) = (self.world.app.engine.clone(), self.world.app.clock.now_ms());
        let work = move |tx: &mut Tx<'_>| match order.cards.len() {
            1 => place(&engine, tx, &order, now_ms),
            _ => place_many(&engine, tx, &order, now_ms),
        };
        let asked = self.world.app.db.write(work).await;
        match asked {
            Ok(id) => {
                self.placed.push(id);
                self.model.asked.insert(id.unsigned_abs(), operation);
                Ok(())
            }
            Err(Refusal::Business(code, _)) => {
                self.ledger.note(&format!("{code:?}"));
                Ok(())
            }
            Err(other) => Err(format!("an order was not placed: {other:?}")),
        }
    }

    fn operation(&mut self) -> Operation {
        let network = *self.dice.pick(&MobileNetwork::ALL);
        let amount = u32::try_from(self.dice.below(1_000)).expect("it is small");
        let some = self.dice.percent(70);
        let imei = format!("49015420323{amount:04}");
        let rules = PolicyRules::Plain { order: MobileNetwork::ALL, blacklist: None };
        match self.dice.below(16) {
            0..3 => Operation::Stop,
            3..6 => Operation::Resume,
            6 => Operation::Activate,
            7 => Operation::CutNet,
            8 => Operation::RestoreNet,
            9 => Operation::SetThreshold { quota_mb: some.then_some(amount) },
            10 => Operation::CancelThreshold,
            11 => Operation::BindDevice { imei: some.then_some(imei) },
            12 => Operation::ClearRealName,
            13 => Operation::LimitSpeed { kbps: some.then_some(amount + 1) },
            14 => Operation::SwitchNetwork { target: network },
            _ => Operation::SetPolicy { policy: SwitchPolicy { id: u64::from(amount % 2 + 1), rules } },
        }
    }

    /// Somebody takes an order back, approves it or does not.
    async fn decide(&mut self) -> Result<(), String> {
        if self.placed.is_empty() {
            return Ok(());
        }
        let recent = self.placed.len().saturating_sub(20);
        let order = *self.dice.pick(&self.placed[recent..]);
        let choice = self.dice.below(3);
        let decider = Decider { account: None, actor: "simulation".to_owned() };
        let (engine, now_ms) = (self.world.app.engine.clone(), self.world.app.clock.now_ms());
        let work = move |tx: &mut Tx<'_>| match choice {
            0 => review::approve(&engine, tx, &decider, order, now_ms),
            1 => review::reject(&engine, tx, &decider, order, now_ms),
            _ => review::cancel(&engine, tx, &decider, order, now_ms),
        };
        match self.world.app.db.write(work).await {
            Ok(()) | Err(Refusal::Business(..)) => Ok(()),
            Err(other) => Err(format!("a decision failed: {other:?}")),
        }
    }

    async fn approve_all(&mut self) -> Result<(), String> {
        let sql = "SELECT work_order_id FROM work_order WHERE status = 1";
        let waiting: Vec<i64> = self.read(move |tx| tx.rows(sql, &[], |row| row.get(0))).await?;
        for order in waiting {
            let decider = Decider { account: None, actor: "simulation".to_owned() };
            let (engine, now_ms) = (self.world.app.engine.clone(), self.world.app.clock.now_ms());
            let work = move |tx: &mut Tx<'_>| review::approve(&engine, tx, &decider, order, now_ms);
            self.world.app.db.write(work).await.map_err(|error| format!("{error:?}"))?;
        }
        Ok(())
    }

    /// Runs what is due while time goes on, or is cut off in the middle of it, as if the process had ended there.
    async fn settle(&mut self, cut_off_percent: u64) -> Result<(), String> {
        let app = self.world.app.clone();
        // Less than a lease: attempts are overtaken by deadlines and sweeps, not by one another.
        let passes_ms = if self.dice.percent(40) { self.dice.between(1_000, 25_000) } else { 0 };
        let (passes_after, ends_after) = (self.dice.below(60), self.dice.below(200));
        let cut_off = self.dice.percent(cut_off_percent);
        let work = async {
            let time = async {
                turns(passes_after).await;
                app.clock.advance(passes_ms);
            };
            tokio::join!(app.background.settle(), time).0.map(|_| ()).map_err(|error| format!("{error:#}"))
        };
        if !cut_off {
            return work.await;
        }
        tokio::select! {
            biased;
            () = turns(ends_after) => {}
            settled = work => return settled,
        }
        // Tasks that are cut off end when their turn comes.
        tokio::task::yield_now().await;
        let sql = "SELECT detail.work_order_id, detail.sim_card_id FROM job JOIN work_order_detail AS detail \
                   ON job.payload = CAST(detail.work_order_detail_id AS TEXT) \
                   WHERE job.state = 1 AND job.kind LIKE 'carry%'";
        let left: Vec<(i64, i64)> =
            self.read(move |tx| tx.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))).await?;
        self.follow_journals()?;
        for (order, card) in left {
            let sent = self
                .model
                .received
                .iter()
                .any(|key| (key.order, key.card) == (order.unsigned_abs(), card.unsigned_abs()));
            self.ledger.note(if sent { "cut off after sending" } else { "cut off before sending" });
        }
        Ok(())
    }

    fn follow_journals(&mut self) -> Result<(), String> {
        for (index, simulator) in self.world.simulators.iter().enumerate() {
            let mut network = simulator.network();
            let entries = network.journal().take_unwritten();
            self.model.follow(index, &entries)?;
            for entry in &entries {
                (entry.at_ms, entry.key, entry.call, format!("{:?}", entry.step)).hash(&mut self.journal);
            }
            if !network.journal().executed_twice().is_empty() {
                return Err(format!("I2: executed twice: {:?}", network.journal().executed_twice()));
            }
            drop(network);
            let link = self.world.app.engine.links.named(LINKS[index]).expect("it is configured");
            if !matches!(link.link.health().breaker, BreakerState::Closed { .. }) {
                self.ledger.note("breaker open");
            }
        }
        Ok(())
    }

    /// What holds at every moment.
    async fn check(&mut self) -> Result<(), String> {
        self.follow_journals()?;
        for card in &self.world.cards {
            let network = self.world.simulators[card.link()].network();
            let view = network.card(&card.iccid).ok_or("a card left its network")?;
            let id = card.order_card.sim_card_id;
            if self.model.cards.get(&id) != Some(&Facts::of_view(view)) {
                return Err(format!("the model has {:?}, the network {view:?}", self.model.cards.get(&id)));
            }
        }
        let after = self.ledger.sequence;
        let look = self.read(move |tx| ledger::look(tx, after)).await?;
        self.ledger.follow(look)
    }

    /// What holds when all is quiet.
    async fn conclude(&mut self) -> Result<Report, String> {
        let tables = self.read(ledger::tables).await?;
        self.ledger.check_replay(&tables)?;
        if let Some((id, order)) = tables.orders.iter().find(|(_, order)| !(4..=7).contains(&order.status)) {
            return Err(format!("I1: order {id} never ended: {order:?}; jobs {:?}", tables.jobs));
        }
        if !tables.jobs.is_empty() || tables.taken > 0 || tables.unsettled > 0 {
            return Err(format!(
                "I1: left over: {} cards taken, {} details unsettled, jobs {:?}",
                tables.taken, tables.unsettled, tables.jobs
            ));
        }
        self.check_executions(&tables)?;
        for card in &self.world.cards {
            let id = card.order_card.sim_card_id;
            let (is, must) = (&tables.cards[&id], &self.model.cards[&id]);
            if is != must {
                return Err(format!("I3: card {id} is {is:?}, at its carrier {must:?}"));
            }
            let reader = self.world.app.fleet.read(card.account);
            let shown = reader.by_id(id).map(|shown| (i64::from(shown.sim_status()), shown.cut_net()));
            if shown != Some((is.status, is.net_cut)) {
                return Err(format!("I7: card {id} is {is:?}, in memory {shown:?}"));
            }
        }
        Ok(self.report(&tables))
    }

    /// I2: executed once if the order says done, never if it says failed, unless it ran out of time.
    fn check_executions(&mut self, tables: &Tables) -> Result<(), String> {
        let executed: BTreeMap<(u64, u64), u64> =
            self.model.executed.iter().map(|(key, times)| ((key.order, key.card), *times)).collect();
        for (id, detail) in &tables.details {
            let key = (detail.order.unsigned_abs(), detail.card.unsigned_abs());
            let times = executed.get(&key).copied().unwrap_or(0);
            let overdue = detail.description.as_deref() == Some(OVERDUE);
            if overdue && self.model.received.iter().any(|received| (received.order, received.card) == key) {
                self.ledger.note(if times == 1 { "looked after: done" } else { "looked after: not done" });
            }
            if !overdue && times != u64::from(detail.status == 1) {
                return Err(format!("I2: detail {id} was executed {times} times: {detail:?}"));
            }
        }
        Ok(())
    }

    fn report(&mut self, tables: &Tables) -> Report {
        let mut hits = std::mem::take(&mut self.ledger.seen);
        let mut add = |name: String, count: u64| *hits.entry(name).or_default() += count;
        for (step, count) in &self.model.steps {
            add(format!("journal: {step}"), *count);
        }
        for simulator in &self.world.simulators {
            for (fault, count) in simulator.network().struck() {
                add(format!("fault: {fault}"), *count);
            }
        }
        add("fault: pushes out of order".to_owned(), self.model.overtaken);
        add("accepted and confirmed".to_owned(), tables.confirmed.unsigned_abs());
        add("events taken".to_owned(), tables.events.unsigned_abs());
        format!("{tables:?}").hash(&mut self.journal);
        Report { orders: self.placed.len(), hits, digest: self.journal.finish() }
    }
}

/// Lets other tasks go first, that often.
async fn turns(count: u64) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}
