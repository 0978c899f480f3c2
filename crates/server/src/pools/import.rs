//! Pools from a file.

use std::collections::{HashMap, HashSet};

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::store;
use crate::changes::{self, Change, Subject};
use crate::files::records::PoolRecord;
use crate::files::row::Fault;
use crate::iam;
use crate::import::Importer;
use crate::plans;

/// Takes pools into the database.
#[derive(Debug)]
pub struct PoolImporter {
    accounts: HashMap<String, AccountId>,
    plans: HashMap<String, plans::store::PlanTerms>,
    ids: HashSet<i64>,
    names: HashSet<(AccountId, String)>,
    actor: String,
    now_ms: i64,
}

impl PoolImporter {
    /// An importer that knows the accounts, plans and pools of now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(tx: &mut Tx<'_>, actor: &str, now_ms: i64) -> Result<Self, DbError> {
        let pools = store::all(tx)?;
        Ok(Self {
            accounts: iam::store::account_names(tx)?,
            plans: plans::store::terms(tx)?,
            ids: pools.iter().map(|pool| pool.sim_pool_id).collect(),
            names: pools.into_iter().map(|pool| (pool.account, pool.pool_name)).collect(),
            actor: actor.to_owned(),
            now_ms,
        })
    }
}

impl Importer for PoolImporter {
    type Record = PoolRecord;

    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        line: u64,
        pool: PoolRecord,
        reject: &mut dyn FnMut(u64, Fault),
    ) -> Result<(), DbError> {
        let Some(&account) = self.accounts.get(pool.account.as_str()) else {
            reject(line, Fault::at("account", format!("no account is called {}", pool.account)));
            return Ok(());
        };
        if !self.plans.contains_key(pool.price_plan_id.as_str()) {
            reject(line, Fault::at("price_plan_id", format!("there is no plan {}", pool.price_plan_id)));
            return Ok(());
        }
        if !self.ids.insert(pool.pool_id) {
            reject(line, Fault::at("pool_id", format!("pool {} exists already", pool.pool_id)));
            return Ok(());
        }
        if !self.names.insert((account, pool.pool_name.to_string())) {
            let reason = format!("the account has a pool called {} already", pool.pool_name);
            reject(line, Fault::at("pool_name", reason));
            return Ok(());
        }
        store::insert(tx, account, &pool, self.now_ms)?;
        let change = Change {
            account: Some(account),
            subject: Subject::SimPool,
            ids: &[pool.pool_id],
            kind: "imported",
            detail: None,
            actor: &self.actor,
            now_ms: self.now_ms,
        };
        changes::record(tx, &change)
    }

    fn finish(&mut self, _: &mut Tx<'_>, _: &mut dyn FnMut(u64, Fault)) -> Result<(), DbError> {
        Ok(())
    }
}
