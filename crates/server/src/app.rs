//! The app: what every handler and background task reaches, wired together once.

use std::sync::Arc;

use anyhow::{Context, Result};
use simlink_db::{Db, DbError, Options, Tx};
use simlink_fleet::{AccountId, Fleet};

use crate::background::{self, Background};
use crate::changes::{Follower, Subject};
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::Engine;
use crate::http::error::Refusal;
use crate::http::flow_control::FlowControl;
use crate::http::listener;
use crate::http::metrics::Metrics;
use crate::http::request_id::RequestIds;
use crate::iam::{Directory, LockOuts, Passwords, Vault};
use crate::migrations::MIGRATIONS;
use crate::randomness::Randomness;
use crate::scans::Scans;
use crate::southbound::LiveQueries;
use crate::turns::Turns;
use crate::webhooks::{Hooks, Reach};
use crate::work_orders::OrderType;
use crate::{iam, plans, policies, sims, tags};

/// The running server, without its sockets.
pub struct App {
    /// What it was started with.
    pub config: Config,
    /// The clock of every rule.
    pub clock: Clock,
    /// Randomness for ids, tokens and keys.
    pub randomness: Arc<Randomness>,
    /// The database and what is held of it in memory.
    pub state: Arc<State>,
    /// Keeps the memory equal to the database.
    pub follower: Arc<Follower>,
    /// Buckets of the flow control.
    pub flow_control: FlowControl,
    /// Failed signatures and passwords.
    pub lock_outs: LockOuts,
    /// Password hashing, bounded.
    pub passwords: Passwords,
    /// Seals and opens secret keys.
    pub vault: Arc<Vault>,
    /// Threads for long scans.
    pub scans: Scans,
    /// Writers of one account, one after the other.
    pub turns: Turns,
    /// Makes request ids.
    pub request_ids: RequestIds,
    /// Metrics.
    pub metrics: Metrics,
    /// What became of connections.
    pub listener_stats: Arc<listener::Stats>,
    /// What work outside of requests is done with.
    pub engine: Arc<Engine>,
    /// Carries out jobs.
    pub background: Background,
    /// Where events may be sent.
    pub reach: Reach,
    /// Cards that carriers are being asked about.
    pub live_queries: LiveQueries,
    following: tokio::task::AbortHandle,
    feeding: tokio::task::AbortHandle,
}

/// The database and everything that is kept in memory of it.
pub struct State {
    /// The truth.
    pub db: Db,
    /// Every card.
    pub fleet: Fleet,
    /// Accounts, users, keys and tokens.
    pub directory: Directory,
    vault: Arc<Vault>,
}

impl std::ops::Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl App {
    /// Opens the database, brings it up to date where configured, loads the fleet and starts following the log.
    /// `progress` hears how many cards are loaded.
    ///
    /// # Errors
    /// A database that does not open or is too new, pending migrations where they are not applied by themselves, an
    /// unreadable master key: each in a sentence.
    pub async fn start(
        config: Config,
        clock: Clock,
        randomness: Randomness,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Arc<Self>> {
        let db = open_database(&config).await?;
        Self::over(db, config, clock, randomness, progress).await
    }

    /// The same over a database that is open already.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn over(
        db: Db,
        config: Config,
        clock: Clock,
        randomness: Randomness,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Arc<Self>> {
        if config.migrate {
            db.migrate(MIGRATIONS, clock.now_ms()).await.context("the migrations failed")?;
        } else {
            let pending = db.pending_migrations(MIGRATIONS).await?;
            anyhow::ensure!(
                pending.is_empty(),
                "{} migrations are pending: run `simlink migrate`",
                pending.len()
            );
        }
        let randomness = Arc::new(randomness);
        let vault = Arc::new(Vault::open(&config.master_key_path(), &randomness)?);
        let state = Arc::new(State {
            db,
            fleet: Fleet::new(),
            directory: Directory::default(),
            vault: vault.clone(),
        });
        let follower = Arc::new(Follower::default());
        follower.load(&state, progress).await.context("the fleet cannot be loaded")?;
        let following = tokio::spawn(follower.clone().run(state.clone())).abort_handle();
        let engine = background::engine(&config, &clock, &state, &follower, &randomness)?;
        let reach = Reach::new(&config.webhooks)?;
        let hooks = Hooks {
            state: state.clone(),
            vault: vault.clone(),
            reach: reach.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
        };
        let background = Background::new(engine.clone(), &state, hooks, &config, randomness.clone()).await?;
        let feeding =
            tokio::spawn(engine.feed.clone().run(state.db.clone(), follower.clone())).abort_handle();
        let app = Self {
            clock,
            state,
            follower,
            flow_control: FlowControl::default(),
            lock_outs: LockOuts::default(),
            passwords: Passwords::default(),
            vault,
            scans: Scans::new(config.scan_threads).context("no thread for scans")?,
            turns: Turns::default(),
            request_ids: RequestIds::new(&randomness),
            metrics: Metrics::default(),
            listener_stats: Arc::default(),
            engine,
            background,
            reach,
            live_queries: LiveQueries::default(),
            following,
            feeding,
            randomness,
            config,
        };
        Ok(Arc::new(app))
    }

    /// Whether an operator must approve the account's orders of this type.
    pub fn is_reviewed(&self, account: AccountId, order_type: OrderType) -> bool {
        let account = self.directory.account(account);
        let own = account.as_ref().and_then(|account| account.reviewed_types.as_ref());
        own.unwrap_or(&self.config.reviewed_types).contains(&order_type.0)
    }

    /// Carries out jobs in the background until [`App::stop`], where the configuration has this process do so.
    pub fn work(&self) {
        self.background.listen();
        if self.config.jobs {
            self.background.start();
        }
    }

    /// Begins no job any more; those that run may go on until [`App::stop`]. Readers of changes wait no longer.
    pub fn stop_jobs(&self) {
        self.engine.feed.close();
        self.background.stop_claiming();
    }

    /// Ends what runs in the background and closes the database: what is queued is still written.
    pub async fn stop(&self) {
        self.background.stop().await;
        self.following.abort();
        self.feeding.abort();
        self.db.clone().close().await;
    }

    /// Runs a durable write and waits until this process has followed it, so that its effect is visible to whoever
    /// got the answer.
    ///
    /// # Errors
    /// What `work` refuses, or the database.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Refusal>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
        T: Send + 'static,
    {
        let done = self.db.write(work).await?;
        self.follower.catch_up().await;
        Ok(done)
    }

    /// As [`App::write`], while no other such write of the account runs, on this node or another: for what is decided by
    /// all of the account's things (how many tags, which slot is free) or replaces what several clients may write.
    ///
    /// # Errors
    /// What `work` refuses, or the database.
    pub async fn write_alone<T, F>(&self, account: AccountId, work: F) -> Result<T, Refusal>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
        T: Send + 'static,
    {
        // SQLite has one writer anyway, and it commits those that wait together.
        let turn = match self.db.engine() {
            simlink_db::Engine::Postgres => Some(self.turns.take(account).await),
            simlink_db::Engine::Sqlite => None,
        };
        let alone = move |tx: &mut Tx<'_>| {
            iam::store::hold_account(tx, account)?;
            work(tx)
        };
        let done = self.db.write(alone).await?;
        drop(turn);
        self.follower.catch_up().await;
        Ok(done)
    }
}

/// Opens the database that the configuration names, making the directory of an SQLite file.
///
/// # Errors
/// Those of the file system and the database.
pub async fn open_database(config: &Config) -> Result<Db> {
    if let Some(path) = config.database.strip_prefix("sqlite://")
        && let Some(directory) = std::path::Path::new(path).parent()
    {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    }
    Db::open(&config.database, Options::default()).await.context("cannot open the database")
}

impl State {
    /// Reads everything that is kept in memory in one snapshot; `also` reads on in the same snapshot.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load_everything<T: Send + 'static>(
        self: &Arc<Self>,
        progress: impl Fn(u64) + Send + 'static,
        also: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T> {
        let state = self.clone();
        let result: Result<T, anyhow::Error> = self
            .db
            .read(move |tx| {
                state.load_names(tx)?;
                let accounts = iam::store::load_accounts(tx, None)?;
                let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
                state.directory.put_accounts(None, accounts);
                state.directory.put_users(None, iam::store::load_users(tx, None)?, &state.vault);
                let mut loaded = 0;
                for account in ids {
                    loaded += sims::load::whole_account(tx, &state.fleet, account, loaded, &progress)?;
                }
                Ok(also(tx)?)
            })
            .await;
        result
    }

    fn load_names(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        for (id, name) in plans::store::names(tx)? {
            self.fleet.set_plan_name(&id, &name);
        }
        for (id, name) in policies::store::names(tx)? {
            self.fleet.set_policy_name(id, &name);
        }
        for (account, id, name) in tags::store::names(tx)? {
            self.fleet.set_tag_name(account, id, &name);
        }
        Ok(())
    }

    /// Reads again what a change names and puts what is found; what is no longer there goes.
    ///
    /// # Errors
    /// Those of the database, or an id in the log that is none.
    pub fn refresh(
        &self,
        tx: &mut Tx<'_>,
        subject: Subject,
        account: Option<AccountId>,
        ids: &[String],
    ) -> Result<()> {
        let numbers = || {
            ids.iter().map(|id| id.parse().context("an id that is no number")).collect::<Result<Vec<i64>>>()
        };
        match subject {
            Subject::Account => {
                let ids: Vec<AccountId> = numbers()?.into_iter().map(AccountId).collect();
                let accounts = iam::store::load_accounts(tx, Some(&ids))?;
                self.directory.put_accounts(Some(&ids), accounts);
            }
            Subject::User => {
                let users = iam::store::load_users(tx, Some(ids))?;
                self.directory.put_users(Some(ids), users, &self.vault);
            }
            Subject::SimCard => {
                let account = account.context("a card's change without an account")?;
                sims::load::refresh(tx, &self.fleet, account, &numbers()?)?;
            }
            Subject::Tag => {
                let account = account.context("a tag's change without an account")?;
                let ids = numbers()?;
                let names = tags::store::names_of(tx, account, &ids)?;
                for gone in ids.iter().filter(|id| names.iter().all(|(named, _)| named != *id)) {
                    self.fleet.remove_tag(account, *gone);
                }
                for (id, name) in names {
                    self.fleet.set_tag_name(account, id, &name);
                }
            }
            Subject::Policy => {
                for (id, name) in policies::store::names_of(tx, &numbers()?)? {
                    self.fleet.set_policy_name(id, &name);
                }
            }
            Subject::PricePlan => {
                for (id, name) in plans::store::names(tx)? {
                    self.fleet.set_plan_name(&id, &name);
                }
            }
            // Read from the database whenever they are asked for: nothing in memory to refresh.
            Subject::SimPool
            | Subject::Attribute
            | Subject::WorkOrder
            | Subject::SmsMessage
            | Subject::PurchaseOrder
            | Subject::Webhook => {}
        }
        Ok(())
    }
}
