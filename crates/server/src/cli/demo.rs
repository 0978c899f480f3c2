//! `simlink demo`: a believable fleet with fixed credentials, ready for a client in seconds.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{progress, serve};
use crate::app::{App, open_database};
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::credentials::{DEMO, DemoAccount, DemoUser, OPERATOR, RIVAL};
use crate::demo::{Settings, fill, generate};
use crate::iam::Vault;
use crate::migrations::MIGRATIONS;
use crate::randomness::Randomness;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  simlink demo\n  simlink demo --sims 1000000 --data-dir big\n  \
                        simlink demo --database postgres://simlink@localhost/simlink --flow-control")]
pub(super) struct Arguments {
    /// Where to listen; its credentials are public, so leave it on the loopback interface
    #[arg(long, default_value = "127.0.0.1:8780")]
    listen: SocketAddr,
    /// Cards of the account `demo`
    #[arg(long, default_value_t = 10_000)]
    sims: u64,
    /// The same seed on the same day makes the same fleet
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Days of usage that the cards have behind them, in whole billing cycles; six cycles have figures in any case
    #[arg(long, default_value_t = 62)]
    history_days: u32,
    /// Keeps the database here; one that is there is continued, not made anew [default: a scratch directory]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Uses this database instead of an embedded one
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Limits requests per second as the cloud service does
    #[arg(long)]
    flow_control: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let scratch =
        tempfile::Builder::new().prefix("simlink-demo").tempdir().context("no scratch directory")?;
    let data_dir = arguments.data_dir.as_deref().unwrap_or(scratch.path());
    let mut config = Config::demo(data_dir, arguments.database.clone())?;
    config.listen = arguments.listen;
    if arguments.flow_control {
        config.flow_control = Some(crate::http::flow_control::Allowances::default());
    }
    super::log_to_stderr(config.log);
    let clock = Clock::system();

    let db = open_database(&config).await?;
    db.migrate(MIGRATIONS, clock.now_ms()).await.context("the migrations failed")?;
    let vault = Vault::open(&config.master_key_path(), &Randomness::system())?;
    let demo = generate(Settings {
        sims: arguments.sims,
        seed: arguments.seed,
        history_days: arguments.history_days,
        now_ms: clock.now_ms(),
    });
    let bar = progress::cards("making the fleet", demo.card_count());
    let drawn = bar.clone();
    let made = fill::fill(&db, &vault, demo, clock.now_ms(), move |count| drawn.set_position(count)).await?;
    bar.finish_and_clear();
    if !made {
        tracing::info!("the database holds a fleet already: it is continued");
    }
    db.close().await;

    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let loading = progress::count("loading");
    let bar = loading.clone();
    let app = App::start(config, clock, Randomness::system(), move |count| bar.set_position(count)).await?;
    loading.finish_and_clear();
    serve::listen(app, |address| announce(&format!("{scheme}://{address}"))).await
}

/// Prints how to get in: one JSON object on the first line for programs, the rest for people.
fn announce(endpoint: &str) {
    let viewer = DEMO.users.get(1).map(|viewer| entry(&DEMO, viewer));
    let accounts: Vec<Value> =
        [&DEMO, &RIVAL].iter().map(|account| entry(account, &account.users[0])).chain(viewer).collect();
    let operator = entry(&OPERATOR, &OPERATOR.users[0]);
    println!("{}", json!({"endpoint": endpoint, "accounts": accounts, "operator": operator}));
    let user = &DEMO.users[0];
    println!();
    println!("Console        {endpoint}/console/");
    println!("Documentation  {endpoint}/docs");
    println!("Account        {} (project {})", DEMO.domain, DEMO.project);
    println!("User           {} / {}", user.name, user.password);
    println!("AK / SK        {} / {}", user.access_key, user.secret_key);
    println!();
    println!("A token, then the first cards:");
    let scope = json!({"project": {"name": DEMO.project}});
    let who = json!({"name": user.name, "password": user.password, "domain": {"name": DEMO.domain}});
    let identity = json!({"methods": ["password"], "password": {"user": who}});
    let body = json!({"auth": {"identity": identity, "scope": scope}});
    println!("  TOKEN=$(curl -si {endpoint}/v3/auth/tokens -H 'Content-Type: application/json' \\");
    println!("    -d '{body}' \\");
    println!("    | tr -d '\\r' | sed -n 's/^x-subject-token: //p')");
    println!("  curl -s '{endpoint}/v1/sim-cards?limit=10' -H \"X-Auth-Token: $TOKEN\"");
}

fn entry(account: &DemoAccount, user: &DemoUser) -> Value {
    json!({
        "domain": account.domain,
        "domain_id": account.domain_id,
        "project": account.project,
        "project_id": account.project_id,
        "user": user.name,
        "user_id": user.user_id,
        "role": user.role,
        "password": user.password,
        "ak": user.access_key,
        "sk": user.secret_key,
    })
}
