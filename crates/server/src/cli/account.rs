//! `simlink account create|freeze|thaw|list`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;
use simlink_db::{Db, Tx};

use super::ConfigFile;
use crate::app::open_database;
use crate::clock::Clock;
use crate::iam::store::{NewAccessKey, NewAccount, NewUser};
use crate::iam::{Passwords, Role, Vault, credentials, store};
use crate::migrations::MIGRATIONS;
use crate::randomness::Randomness;

/// Who the change log names as the actor.
const ACTOR: &str = "simlink account";
/// Letters and digits of generated passwords, without those that look alike.
const PASSWORD_ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

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
            let user = user.unwrap_or_else(|| name.clone());
            let password = password.unwrap_or_else(|| randomness.text(PASSWORD_ALPHABET, 20));
            let role = Role::named(&role).context("the role is admin, viewer or operator")?;
            let created =
                create(&db, &vault, &randomness, Wanted { name, user, role, project, password }).await?;
            print(&created, json);
        }
        Action::Freeze { name } => freeze(&db, name, true).await?,
        Action::Thaw { name } => freeze(&db, name, false).await?,
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

struct Wanted {
    name: String,
    user: String,
    role: Role,
    project: String,
    password: String,
}

async fn create(
    db: &Db,
    vault: &Vault,
    randomness: &Randomness,
    wanted: Wanted,
) -> Result<serde_json::Value> {
    let hash = Passwords::default().hash(&wanted.password, randomness).await;
    let password_hash = hash.map_err(|error| anyhow::anyhow!("{error}"))?;
    let (domain_id, project_id, user_id) = (randomness.hex_id(), randomness.hex_id(), randomness.hex_id());
    let (access, secret) = credentials::create::make_pair(randomness);
    let secret_sealed = vault.seal(randomness, &access, &secret);
    let created = json!({
        "domain": wanted.name, "domain_id": domain_id, "project": wanted.project, "project_id": project_id,
        "user": wanted.user, "user_id": user_id, "role": wanted.role.name(), "password": wanted.password,
        "ak": access, "sk": secret,
    });
    let now_ms = Clock::system().now_ms();
    let work = move |tx: &mut Tx<'_>| -> Result<()> {
        let new = NewAccount {
            name: &wanted.name,
            domain_id: &domain_id,
            frozen: false,
            projects: &[(&project_id, &wanted.project)],
        };
        let account = store::create_account(tx, &new, now_ms, ACTOR).map_err(|error| {
            if error.is_unique_violation() {
                return anyhow::anyhow!("an account called {} exists already", wanted.name);
            }
            error.into()
        })?;
        let new = NewUser {
            account,
            id: &user_id,
            name: &wanted.user,
            role: wanted.role,
            password_hash: &password_hash,
        };
        store::create_user(tx, &new, now_ms, ACTOR)?;
        let new = NewAccessKey {
            account,
            user_id: &user_id,
            id: &access,
            secret_sealed: &secret_sealed,
            description: "made with the account",
        };
        store::create_access_key(tx, &new, now_ms, ACTOR)?;
        Ok(())
    };
    db.write(work).await?;
    Ok(created)
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
