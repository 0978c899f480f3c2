//! Plans from a file. A plan that exists already is replaced: the catalogue is the operator's to correct.

use simlink_db::{DbError, Tx};

use super::store;
use crate::changes::{self, Change, Subject};
use crate::files::records::PlanRecord;
use crate::files::row::Fault;
use crate::import::Importer;

/// Takes plans into the database.
#[derive(Debug)]
pub struct PlanImporter {
    /// Who imports.
    pub actor: String,
    /// When.
    pub now_ms: i64,
}

impl Importer for PlanImporter {
    type Record = PlanRecord;

    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        _: u64,
        plan: PlanRecord,
        _: &mut dyn FnMut(u64, Fault),
    ) -> Result<(), DbError> {
        store::put(tx, &plan, self.now_ms)?;
        let change = Change {
            account: None,
            subject: Subject::PricePlan,
            ids: &[plan.price_plan_id.as_str()],
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
