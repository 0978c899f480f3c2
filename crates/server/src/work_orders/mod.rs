//! Work orders: what was asked for on cards, carried out through their carriers.
//!
//! [`place`](place()) is the one door in. A detail (one card of an order) is carried by one job
//! ([`carry`](mod@carry)) until the carrier has said what became of it; `settle` writes that, guarded by the job's
//! claim; [`sweep`] closes what took too long and repairs what was left.

pub mod approve;
pub mod bulk;
pub mod cancel;
pub mod carry;
pub mod create;
pub mod create_any;
mod decide;
pub mod list;
pub mod list_details;
mod of_card;
mod pages;
pub mod pause;
mod place;
pub mod progress;
pub mod reject;
mod request;
pub mod resume;
pub mod retry;
pub mod review;
mod settle;
mod standing;
mod store;
pub mod sweep;
mod types;

pub use of_card::{CardOrder, in_the_way, of_card};
pub use place::{NewOrder, OrderCard, place, place_many};
pub use standing::{Standing, open_on, standings};
pub use types::{OrderType, Source, Stage, status};

use simlink_carriers::OperationKind;
use simlink_db::{DbError, Tx};

use crate::http::call::Call;
use crate::http::error::BadParameter;
use crate::http::parameter::Parameter;
use crate::southbound::Carried;

/// Asks a write that makes orders what it would come to. An extension.
pub const DRY_RUN: Parameter =
    Parameter::boolean("dry_run", "Nothing is done: the answer's `forecast` says what it would come to.")
        .or("false");

/// Whether a request is a dry run.
///
/// # Errors
/// A value that is no boolean.
pub fn is_dry_run(call: &Call) -> Result<bool, BadParameter> {
    Ok(call.query.boolean(&DRY_RUN)?.unwrap_or(false))
}

/// The card of an order that a carrier speaks of, if its fate is still open.
///
/// # Errors
/// Those of the database.
pub fn find_carried(
    tx: &mut Tx<'_>,
    order_id: i64,
    sim_card_id: i64,
    kind: OperationKind,
) -> Result<Option<Carried>, DbError> {
    let Some(detail_id) = store::carried(tx, order_id, sim_card_id, kind)? else { return Ok(None) };
    Ok(store::errand(tx, detail_id)?.map(|errand| errand.carried()))
}

/// Whether an order is under way on the card; its end then has the card read.
///
/// # Errors
/// Those of the database.
pub fn read_after_order(tx: &mut Tx<'_>, sim_card_id: i64) -> Result<bool, DbError> {
    store::read_after(tx, sim_card_id)
}
