//! A page of the members of a pool, with what each used in a billing cycle: what both lists of members share.

use simlink_db::{DbError, Tx};

use super::records::Cycles;
use super::store;
use crate::error_codes::ErrorCode;
use crate::files::PoolKind;
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::http::parameter::Parameter;
use crate::http::query::Page;
use crate::plans::cycle::StartDay;

/// A card of the pool.
pub const CID: Parameter = Parameter::text("cid", 0, 64, "A card by its container id, exactly.");

/// A member of a pool.
#[derive(Debug)]
pub struct Member {
    /// Container id.
    pub cid: String,
    /// The plan that it has.
    pub sim_price_plan_id: Option<i64>,
    /// Bytes used in the cycle.
    pub flow_used: i64,
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: i32,
}

/// A page of members.
#[derive(Debug)]
pub struct Members {
    /// The page asked for.
    pub page: Page,
    /// All members that pass.
    pub count: i64,
    /// Those of the page, in the order in which the account got them.
    pub members: Vec<Member>,
}

/// Reads the page that is asked for of a pool of the account.
///
/// # Errors
/// Those of the parameters; `GSL.00011004` for a cycle that may not be asked for; `GSL.00014003` for a pool of another
/// kind or account, or none at all.
pub async fn page(call: &Call, kind: PoolKind, pool_id: i64) -> Result<Members, Refusal> {
    let (cycles, page) = (Cycles::of(call)?, call.query.page()?);
    let cid = call.query.filter_text(&CID)?.map(str::to_owned);
    let (account, now_ms) = (call.caller().account, call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        let Some(carrier) = store::carrier(tx, account, kind, pool_id)? else { return Ok(None) };
        let cycle = cycles.of_pool(StartDay::of_carrier(carrier), now_ms)[0].month.yyyymm();
        store::members(tx, account, pool_id, cycle, cid.as_deref(), page).map(Some)
    };
    let found = call.app.db.read::<_, DbError, _>(work).await?;
    let (count, members) = found.ok_or(ErrorCode::PoolNotFound)?;
    Ok(Members { page, count, members })
}
