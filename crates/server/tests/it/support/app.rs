//! A server over a fresh database, with a clock that stands and seeded randomness.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use simlink::app::App;
use simlink::changes::{self, Change, Subject};
use simlink::clock::Clock;
use simlink::config::{CarrierConfig, Config, GatewayConfig};
use simlink::http::flow_control::Allowances;
use simlink::http::router;
use simlink::iam::Vault;
use simlink::import::ImportError;
use simlink::migrations::MIGRATIONS;
use simlink::plans::import::PlanImporter;
use simlink::pools::import::PoolImporter;
use simlink::randomness::Randomness;
use simlink::sims::import::CardImporter;
use simlink::usage::receive::{self, Taken, Terms};
use simlink::{files, import};
use simlink_carriers::LinkLimits;
use simlink_carriers::simulator::{Knobs, Simulator};
use simlink_db::testing::{TestDb, engines};
use simlink_db::{DbError, Engine, Options, Tx, params};
use simlink_fleet::AccountId;
use tempfile::TempDir;

use super::{people, seeds};

/// 2024-01-15T03:36:55Z: the moment at which the SDK's vectors were signed.
pub const NOW_MS: i64 = 1_705_289_815_000;

/// A running server without sockets.
pub struct TestApp {
    pub app: Arc<App>,
    pub router: Router,
    pub engine: Engine,
    /// A second door to the same database, as another process has one.
    pub database: Arc<TestDb>,
    data_dir: Arc<TempDir>,
}

/// What an import is of.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Plans,
    Pools,
    Cards,
}

impl TestApp {
    /// One with the whole seed on each engine.
    pub async fn on_every_engine() -> Vec<Self> {
        let mut apps = Vec::new();
        for engine in engines() {
            apps.push(Self::seeded(engine).await);
        }
        apps
    }

    /// One with the whole seed on the embedded engine, where the database does not matter.
    pub async fn embedded() -> Self {
        Self::seeded(Engine::Sqlite).await
    }

    /// One with the whole seed.
    pub async fn seeded(engine: Engine) -> Self {
        Self::start(engine, true, |_| ()).await
    }

    /// One with accounts, users and plans, but without cards.
    pub async fn without_cards(engine: Engine) -> Self {
        Self::start(engine, false, |_| ()).await
    }

    /// One without cards whose rules fire.
    pub async fn with_rules(engine: Engine) -> Self {
        Self::start(engine, false, |config| config.automation = true).await
    }

    /// One with the whole seed and flow control.
    pub async fn with_flow_control(allowances: Allowances) -> Self {
        Self::start(Engine::Sqlite, true, |config| config.flow_control = Some(allowances)).await
    }

    /// One with the whole seed whose simulated carriers are asked what cards used.
    pub async fn reading_usage(engine: Engine) -> Self {
        let ask = |config: &mut Config| {
            for carrier in config.carriers.values_mut() {
                carrier.usage = carrier.simulator.is_some();
            }
        };
        Self::start(engine, true, ask).await
    }

    /// One with the whole seed whose clock and carriers nobody moves by request.
    pub async fn without_sandbox() -> Self {
        Self::start(Engine::Sqlite, true, |config| config.sandbox = false).await
    }

    async fn start(engine: Engine, cards: bool, adapt: impl FnOnce(&mut Config)) -> Self {
        let database = Arc::new(TestDb::new(engine, Options::default()).await);
        let data_dir = Arc::new(TempDir::new().expect("a temporary directory"));
        database.db.migrate(MIGRATIONS, NOW_MS).await.expect("the migrations fit");
        let vault = Vault::open(&key_file(&data_dir), &Randomness::seeded(2)).expect("a master key");
        let work = move |tx: &mut Tx<'_>| {
            people::seed(tx, &vault, &Randomness::seeded(3))?;
            take(tx, Kind::Plans, seeds::PLANS, false).expect("the plans of the seed are good");
            if cards {
                take(tx, Kind::Pools, &seeds::pools(), false).expect("the pools of the seed are good");
                take(tx, Kind::Cards, &seeds::cards(), false).expect("the cards of the seed are good");
            }
            Ok::<_, anyhow::Error>(())
        };
        database.db.write_bulk(work).await.expect("the seed fits");
        Self::over(database, data_dir, Clock::fixed(NOW_MS), 4, adapt).await
    }

    /// A second node over the same database, with the same clock and randomness of its own.
    pub async fn join(&self) -> Self {
        Self::over(self.database.clone(), self.data_dir.clone(), self.app.clock.clone(), 5, |_| ()).await
    }

    async fn over(
        database: Arc<TestDb>,
        data_dir: Arc<TempDir>,
        clock: Clock,
        seed: u64,
        adapt: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config {
            database: database.url.clone(),
            data_dir: data_dir.path().to_owned(),
            flow_control: None,
            scan_threads: 1,
            carriers: carriers(),
            sandbox: true,
            // The seed's cards are what tests say they are, whatever rules would make of them.
            automation: false,
            ..Config::default()
        };
        adapt(&mut config);
        let app = App::start(config, clock, Randomness::seeded(seed), |_| ()).await.expect("the app starts");
        let (router, engine) = (router::router(&app), app.db.engine());
        Self { app, router, engine, database, data_dir }
    }

    /// Imports a text as a file, as the command line does, and waits until this node has followed it.
    pub async fn import(&self, kind: Kind, text: &str, partial: bool) -> Result<files::Report, ImportError> {
        let text = text.to_owned();
        let report = self.app.db.write_bulk(move |tx| take(tx, kind, &text, partial)).await;
        self.app.follower.catch_up().await;
        report
    }

    /// Takes in a text as a usage file at the clock's time, in chunks of so many lines, and waits until this node has
    /// followed it.
    pub async fn take_usage(&self, text: &str, terms: Terms) -> Result<Taken, ImportError> {
        let file = std::io::Cursor::new(text.to_owned());
        let taken = receive::file(&self.app.db, file, terms, |_| ()).await;
        self.app.follower.catch_up().await;
        taken
    }

    /// The terms of a usage file of a test: chunks so small that every file has several.
    pub fn usage_terms(&self) -> Terms {
        Terms { lines_per_chunk: 3, ..Terms::new("test", self.app.clock.now_ms()) }
    }

    /// Gives an account allowances of its own, as JSON, and waits until they hold.
    pub async fn set_flow_control(&self, tenant: &str, figures: &'static str) {
        let account = self.account(tenant);
        let work = move |tx: &mut Tx<'_>| {
            tx.execute(
                "UPDATE account SET flow_control = $2 WHERE account_id = $1",
                params![account.0, figures],
            )?;
            Ok(record(tx, Subject::Account, account, &[account.0])?)
        };
        self.app.write(work).await.expect("the account is there");
    }

    /// Runs whatever is due by the clock, and what that makes due, and follows it.
    pub async fn settle(&self) -> u64 {
        self.app.background.settle().await.expect("it comes to rest")
    }

    /// Turns the knobs of a simulated carrier.
    pub fn turn(&self, link: &str, knobs: Knobs) {
        self.simulator(link).network().set_knobs(knobs);
    }

    /// A simulated carrier.
    pub fn simulator(&self, link: &str) -> Arc<Simulator> {
        let link = self.app.engine.links.named(link).expect("a link of the tests");
        link.simulator.clone().expect("it is simulated")
    }

    /// The account of a tenant.
    pub fn account(&self, tenant: &str) -> AccountId {
        self.app.directory.account_by_name(tenant).expect("a seeded tenant").id
    }
}

/// A simulated carrier for each number that the seed's cards have, all of them perfect and fast.
fn carriers() -> BTreeMap<String, CarrierConfig> {
    let limits = LinkLimits { calls_per_second: 0, burst: 1_000, concurrency: 16, ..LinkLimits::default() };
    let serving = |serves: &[u16]| CarrierConfig {
        serves: serves.to_vec(),
        limits: limits.clone(),
        simulator: Some(Knobs::default()),
        ..CarrierConfig::default()
    };
    // Nothing listens there: what it is told comes by callbacks.
    let gateway = GatewayConfig {
        url: "http://127.0.0.1:1".to_owned(),
        key: ATTACHED_KEY.to_owned(),
        secret: ATTACHED_SECRET.to_owned(),
        trust: None,
    };
    let attached = CarrierConfig { serves: vec![505], gateway: Some(gateway), ..CarrierConfig::default() };
    [
        ("mobile", serving(&[1])),
        ("telecom", serving(&[2])),
        ("unicom", serving(&[3])),
        ("others", serving(&[])),
        ("attached", attached),
    ]
    .map(|(name, config)| (name.to_owned(), config))
    .into()
}

/// What the gateway of the link `attached` signs with.
pub const ATTACHED_KEY: &str = "attached-key";
pub const ATTACHED_SECRET: &str = "a secret of the tests";

/// Writes a change of the account's things into the log, as whoever changes them does.
pub fn record(tx: &mut Tx<'_>, subject: Subject, account: AccountId, ids: &[i64]) -> Result<(), DbError> {
    let change = Change {
        account: Some(account),
        subject,
        ids,
        kind: "changed",
        detail: None,
        actor: "test",
        now_ms: NOW_MS,
    };
    changes::record(tx, &change)
}

fn key_file(data_dir: &TempDir) -> PathBuf {
    data_dir.path().join("master.key")
}

fn take(tx: &mut Tx<'_>, kind: Kind, text: &str, partial: bool) -> Result<files::Report, ImportError> {
    let format = Some(files::Format::Csv);
    let (input, now_ms) = (text.as_bytes(), NOW_MS);
    match kind {
        Kind::Plans => {
            let mut importer = PlanImporter { actor: "test".to_owned(), now_ms };
            import::file(tx, &mut importer, input, format, partial, |_| ())
        }
        Kind::Pools => {
            let mut importer = PoolImporter::new(tx, "test", now_ms)?;
            import::file(tx, &mut importer, input, format, partial, |_| ())
        }
        Kind::Cards => {
            let mut importer = CardImporter::new(tx, "test", now_ms)?;
            import::file(tx, &mut importer, input, format, partial, |_| ())
        }
    }
}
