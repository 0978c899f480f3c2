//! Puts a demo into a database: accounts with fixed credentials, then everything through the doors of an import.

use anyhow::{Context, Result};
use simlink_db::{Db, DbError, Tx, params};
use simlink_fleet::AccountId;

use super::credentials::{ACCOUNTS, DEMO};
use super::{Demo, history, words};
use crate::attributes;
use crate::files::row::Fault;
use crate::iam::store::{NewAccessKey, NewAccount, NewUser};
use crate::iam::{Passwords, Role, Vault, store as iam_store};
use crate::import::Importer;
use crate::plans::import::PlanImporter;
use crate::pools::import::PoolImporter;
use crate::randomness::Randomness;
use crate::sims::import::{CardImporter, History};

/// Who the change log names as the actor.
const ACTOR: &str = "simlink demo";

/// A user of the demo with what is stored of its secrets.
struct Prepared {
    password_hash: String,
    secret_sealed: String,
}

/// Fills an empty database with `demo`; answers whether it did. One that holds an account already is left as it is.
/// `progress` hears how many cards are made.
///
/// # Errors
/// Those of the database; then nothing is kept.
pub async fn fill(
    db: &Db,
    vault: &Vault,
    demo: Demo,
    now_ms: i64,
    progress: impl Fn(u64) + Send + 'static,
) -> Result<bool> {
    let count = |tx: &mut Tx<'_>| tx.get("SELECT COUNT(*) FROM account", params![], |row| row.get::<i64>(0));
    if db.read::<i64, DbError, _>(count).await? > 0 {
        return Ok(false);
    }
    let (randomness, passwords) = (Randomness::system(), Passwords::default());
    let mut prepared = Vec::new();
    for user in ACCOUNTS.iter().flat_map(|account| account.users) {
        let password_hash =
            passwords.hash(user.password, &randomness).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let secret_sealed = vault.seal(&randomness, user.access_key, user.secret_key);
        prepared.push(Prepared { password_hash, secret_sealed });
    }
    let work = move |tx: &mut Tx<'_>| {
        let tenant = accounts(tx, prepared, now_ms)?;
        for (slot, name) in (1..).zip(words::ATTRIBUTES) {
            attributes::store::insert(tx, tenant, slot, name, ACTOR, now_ms)?;
        }
        let mut plans = PlanImporter { actor: ACTOR.to_owned(), now_ms };
        take_all(tx, &mut plans, demo.plans.iter().cloned(), &|_| ())?;
        let mut pools = PoolImporter::new(tx, ACTOR, now_ms)?;
        take_all(tx, &mut pools, demo.pools.iter().cloned(), &|_| ())?;
        let past = demo.past();
        let history: History = Box::new(move |card, _| {
            let flow_total = card.plan.as_ref().map_or(0, |plan| plan.flow_total);
            let days = history::of_card(&card.record, flow_total, past, card.line);
            days.into_iter().map(|(date, bytes)| card.line_of(date, bytes)).collect()
        });
        let mut cards = CardImporter::new(tx, ACTOR, now_ms)?.with_history(history);
        take_all(tx, &mut cards, demo.cards(), &progress)
    };
    db.write_bulk(work).await.context("the demo could not be made")?;
    db.analyze().await?;
    Ok(true)
}

/// Makes the accounts with their projects, users and keys; answers the one with the fleet.
fn accounts(tx: &mut Tx<'_>, prepared: Vec<Prepared>, now_ms: i64) -> Result<AccountId> {
    let mut prepared = prepared.into_iter();
    let mut tenant = None;
    for account in &ACCOUNTS {
        let new = NewAccount {
            name: account.domain,
            domain_id: account.domain_id,
            frozen: false,
            projects: &[(account.project_id, account.project)],
        };
        let id = iam_store::create_account(tx, &new, now_ms, ACTOR)?;
        if account.domain == DEMO.domain {
            tenant = Some(id);
        }
        for (user, secrets) in account.users.iter().zip(&mut prepared) {
            let new = NewUser {
                account: id,
                id: user.user_id,
                name: user.name,
                role: Role::named(user.role).context("a role of the demo that there is none of")?,
                password_hash: &secrets.password_hash,
            };
            iam_store::create_user(tx, &new, now_ms, ACTOR)?;
            let new = NewAccessKey {
                account: id,
                user_id: user.user_id,
                id: user.access_key,
                secret_sealed: &secrets.secret_sealed,
                description: "fixed key of the demo",
            };
            iam_store::create_access_key(tx, &new, now_ms, ACTOR)?;
        }
    }
    tenant.context("the demo has no tenant")
}

/// Takes generated records as if they were lines of a file; the generator makes none that an import refuses.
fn take_all<I: Importer>(
    tx: &mut Tx<'_>,
    importer: &mut I,
    records: impl Iterator<Item = I::Record>,
    progress: &impl Fn(u64),
) -> Result<()> {
    let mut refused: Option<Fault> = None;
    for (line, record) in (1..).zip(records) {
        importer.take(tx, line, record, &mut |_, fault| refused = Some(fault))?;
        if line % 1_024 == 0 {
            progress(line);
        }
    }
    importer.finish(tx, &mut |_, fault| refused = Some(fault))?;
    match refused {
        Some(fault) => anyhow::bail!("{}: {}", fault.column.unwrap_or("line"), fault.reason),
        None => Ok(()),
    }
}
