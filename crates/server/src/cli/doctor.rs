//! `simlink doctor`: looks at everything a start depends on and says what is wrong in a sentence each.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use simlink_db::{Db, Tx};
use simlink_fleet::Fleet;

use super::ConfigFile;
use crate::app::open_database;
use crate::clock::Clock;
use crate::config::Config;
use crate::iam::{self, Vault};
use crate::migrations::MIGRATIONS;
use crate::randomness::Randomness;
use crate::sims;
use crate::usage::recount;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  simlink doctor --config simlink.toml")]
pub(super) struct Arguments {
    /// Prints the findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// What was looked at, and what is wrong with it, if anything.
struct Finding {
    subject: &'static str,
    said: String,
    fine: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let mut findings = Vec::new();
    let mut note = |subject, result: Result<String>| {
        let (said, fine) = result.map_or_else(|error| (format!("{error:#}"), false), |said| (said, true));
        findings.push(Finding { subject, said, fine });
        fine
    };
    match arguments.config.load() {
        Ok(config) => {
            note("configuration", Ok("fits".to_owned()));
            let (path, exists) = (config.master_key_path(), config.master_key_path().exists());
            let key = || -> Result<String> {
                anyhow::ensure!(exists, "{} does not exist; the first start makes it", path.display());
                Vault::open(&path, &Randomness::system())?;
                Ok("is there and private".to_owned())
            };
            note("master key", key());
            look_at_database(&config, &mut note).await;
        }
        Err(error) => {
            note("configuration", Err(error));
        }
    }
    print(&findings, arguments.json);
    Ok(if findings.iter().all(|finding| finding.fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look_at_database(config: &Config, note: &mut impl FnMut(&'static str, Result<String>) -> bool) {
    let db = match open_database(config).await {
        Ok(db) => db,
        Err(error) => {
            note("database", Err(error));
            return;
        }
    };
    note("database", db.ping().await.map(|()| format!("answers ({:?})", db.engine())).map_err(Into::into));
    let pending = db.pending_migrations(MIGRATIONS).await.map_err(anyhow::Error::from).and_then(|pending| {
        anyhow::ensure!(pending.is_empty(), "{} are pending: run `simlink migrate`", pending.len());
        Ok("are all applied".to_owned())
    });
    if note("migrations", pending) {
        note("fleet", check_fleet(&db).await);
        note("usage", check_usage(&db).await);
    }
}

/// Loads every account as a start does, counts the cards on both sides and recomputes every index.
async fn check_fleet(db: &Db) -> Result<String> {
    let work = |tx: &mut Tx<'_>| {
        let fleet = Fleet::new();
        let (mut cards, mut accounts) = (0, 0);
        for account in iam::store::load_accounts(tx, None)? {
            let loaded = sims::load::whole_account(tx, &fleet, account.id, 0, &|_| ())?;
            let counted = sims::store::count(tx, account.id)?;
            let reader = fleet.read(account.id);
            anyhow::ensure!(
                reader.count() == counted,
                "account {} has {counted} cards in the database and {} in memory",
                account.name,
                reader.count()
            );
            reader.verify().map_err(|reason| anyhow::anyhow!("account {}: {reason}", account.name))?;
            cards += loaded;
            accounts += 1;
        }
        Ok(format!("equals the database: {cards} cards of {accounts} accounts"))
    };
    db.read(work).await
}

/// Recounts every cycle from its days, and compares the flow of cards in use with their running cycle.
async fn check_usage(db: &Db) -> Result<String> {
    let now_ms = Clock::system().now_ms();
    let work = move |tx: &mut Tx<'_>| {
        let cycles = recount::cycles(tx)?;
        for cycle in &cycles {
            let wrong = recount::differences(tx, *cycle)?;
            anyhow::ensure!(
                wrong.is_empty(),
                "cycle {cycle}: {} cards have another sum than their days",
                wrong.len()
            );
            let days = recount::account_days_that_differ(tx, *cycle)?;
            anyhow::ensure!(days == 0, "{cycle}: {days} days of accounts have another sum than their cards");
        }
        let cards = recount::cards_that_differ(tx, now_ms)?;
        anyhow::ensure!(cards == 0, "{cards} cards show another flow than their running cycle");
        Ok(format!("adds up: {} cycles", cycles.len()))
    };
    db.read(work).await
}

fn print(findings: &[Finding], as_json: bool) {
    if as_json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| json!({"subject": finding.subject, "fine": finding.fine, "said": finding.said}))
            .collect();
        println!("{}", json!({ "findings": findings }));
        return;
    }
    for finding in findings {
        println!("{} {}: {}", if finding.fine { "ok  " } else { "FAIL" }, finding.subject, finding.said);
    }
}
