//! `simlink account create|freeze|thaw|list`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use simlink_db::{Db, Tx};

use super::ConfigFile;
use crate::app::open_database;
use crate::clock::Clock;
use crate::iam::people::{Person, Wanted};
use crate::iam::store;
use crate::iam::{Passwords, Role, Vault};
use crate::migrations::MIGRATIONS;
use crate::randomness::Randomness;

/// Who the change log names as the actor.
const ACTOR: &str = "simlink account";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  simlink account create acme --user alice\n  \
                        simlink account create ops --user root --role operator --json\n  simlink account freeze acme")]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes an account with a project, a user and an access key, and prints its secrets once
    Create {
        /// The domain name
        name: String,
        /// The first user's name [default: the account's]
        #[arg(long)]
        user: Option<String>,
        /// admin, viewer or operator
        #[arg(long, default_value = "admin")]
        role: String,
        /// The project's name, which SDKs look up as their region
        #[arg(long, default_value = "cn-north-4")]
        project: String,
        /// The user's password [default: a generated one]
        #[arg(long)]
        password: Option<String>,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Refuses all calls of an account
    Freeze {
        /// The domain name
        name: String,
    },
    /// Takes a freeze back
    Thaw {
        /// The domain name
        name: String,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let config = arguments.config.load()?;
    let db = open_database(&config).await?;
    db.migrate(MIGRATIONS, Clock::system().now_ms()).await.context("the migrations failed")?;
    let randomness = Randomness::system();
    match arguments.action {
        Action::Create { name, user, role, project, password, json } => {
            let vault = Vault::open(&config.master_key_path(), &randomness)?;
            let role = Role::named(&role).context("the role is admin, viewer or operator")?;
            let wanted = Wanted { name: user.unwrap_or_else(|| name.clone()), role, password };
            let person = Person::new(&Passwords::default(), &vault, &randomness, wanted).await;
            let person = person.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
            let (ids, now_ms) = ([randomness.hex_id(), randomness.hex_id()], Clock::system().now_ms());
            let named = name.clone();
            let work = move |tx: &mut Tx<'_>| {
                person.write_with_account(tx, (name, project), ids, now_ms, ACTOR).map_err(|error| {
                    if error.is_unique_violation() {
                        return anyhow::anyhow!("an account called {named} exists already");
                    }
                    error.into()
                })
            };
            print(&serde_json::to_value(db.write(work).await?)?, json);
        }
        Action::Freeze { name } => freeze(&db, name, true).await?,
        Action::Thaw { name } => freeze(&db, name, false).await?,
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn freeze(db: &Db, name: String, frozen: bool) -> Result<()> {
    let now_ms = Clock::system().now_ms();
    let work = move |tx: &mut Tx<'_>| {
        let accounts = store::account_names(tx)?;
        let account = *accounts.get(&name).with_context(|| format!("no account is called {name}"))?;
        store::freeze_account(tx, account, frozen, now_ms, ACTOR)?;
        Ok::<_, anyhow::Error>(())
    };
    db.write(work).await
}

fn print(created: &serde_json::Value, as_json: bool) {
    if as_json {
        println!("{created}");
        return;
    }
    println!("Made. The password and the secret key are shown this once:");
    for (name, value) in created.as_object().into_iter().flatten() {
        println!("  {name:<11} {}", value.as_str().unwrap_or_default());
    }
}
