//! Every statement on purchase orders.

use simlink_db::{DbError, Row, Tx, params};
use simlink_fleet::AccountId;

use super::types::{self, Kind, PurchaseOrder, Status};
use crate::http::query::Page;
use crate::sql;
use crate::units::Moment;

/// An order on its way in.
#[derive(Debug)]
pub struct NewOrder<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// What is bought.
    pub kind: Kind,
    /// How it stands.
    pub status: Status,
    /// The order whose cards are renewed.
    pub source_order_id: Option<i64>,
    /// The plan.
    pub price_plan_id: Option<&'a str>,
    /// The pool that packages are for.
    pub sim_pool_id: Option<i64>,
    /// Cards, or packages of a pool.
    pub quantity: i64,
    /// Periods that each plan is renewed by.
    pub periods: u32,
    /// What all of it costs, in cents.
    pub price_cents: i64,
    /// Who places it.
    pub actor: &'a str,
}

/// Writes an order; answers its id.
///
/// # Errors
/// Those of the database.
pub fn insert(tx: &mut Tx<'_>, order: &NewOrder<'_>, now_ms: i64) -> Result<i64, DbError> {
    let order_id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO purchase_order (account_id, order_id, kind, status, source_order_id, price_plan_id, sim_pool_id, \
         quantity, periods, price_cents, actor, created_ms, finished_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            order.account.0,
            order_id,
            order.kind as i64,
            order.status as i64,
            order.source_order_id,
            order.price_plan_id,
            order.sim_pool_id,
            order.quantity,
            i64::from(order.periods),
            order.price_cents,
            order.actor,
            now_ms,
            (order.status == Status::Completed).then_some(now_ms)
        ],
    )?;
    Ok(order_id)
}

/// Notes that so many cards came with an order from a file.
pub(super) fn note_import(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    cards: i64,
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO purchase_order (account_id, order_id, kind, status, quantity, actor, created_ms, finished_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (account_id, order_id) \
         DO UPDATE SET quantity = purchase_order.quantity + excluded.quantity",
        params![
            account.0,
            order_id,
            Kind::Cards as i64,
            Status::Completed as i64,
            cards,
            actor,
            now_ms
        ],
    )?;
    Ok(())
}

/// Whether the account's order is completed; `None` where it has no such order.
///
/// # Errors
/// Those of the database.
pub fn is_completed(tx: &mut Tx<'_>, account: AccountId, order_id: i64) -> Result<Option<bool>, DbError> {
    tx.find(
        "SELECT status FROM purchase_order WHERE account_id = $1 AND order_id = $2",
        params![account.0, order_id],
        |row| Ok(row.get::<i64>(0)? == Status::Completed as i64),
    )
}

/// Whether a renewal of the order's cards is under way.
///
/// # Errors
/// Those of the database.
pub fn has_renewal(tx: &mut Tx<'_>, account: AccountId, order_id: i64) -> Result<bool, DbError> {
    let found = tx.find(
        "SELECT 1 FROM purchase_order WHERE account_id = $1 AND source_order_id = $2 AND status = 2",
        params![account.0, order_id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// A renewal under way.
#[derive(Debug)]
pub struct Renewal {
    /// The order whose cards are renewed.
    pub source_order_id: i64,
    /// Periods that each plan is renewed by.
    pub periods: u32,
    /// The last card that is done.
    pub card_done: i64,
    /// Who placed it.
    pub actor: String,
}

/// The renewal with this id, as long as it is under way.
///
/// # Errors
/// Those of the database.
pub fn renewal(tx: &mut Tx<'_>, account: AccountId, order_id: i64) -> Result<Option<Renewal>, DbError> {
    tx.find(
        "SELECT source_order_id, periods, card_done, actor FROM purchase_order \
         WHERE account_id = $1 AND order_id = $2 AND status = 2",
        params![account.0, order_id],
        |row| {
            Ok(Renewal {
                source_order_id: row.get(0)?,
                periods: row.get(1)?,
                card_done: row.get(2)?,
                actor: row.get(3)?,
            })
        },
    )
}

/// What a step of a renewal did.
#[derive(Debug)]
pub struct Step {
    /// The last card that was looked at.
    pub card_done: i64,
    /// Cards that were renewed.
    pub renewed: i64,
    /// What these cost, in cents.
    pub price_cents: i64,
    /// When the last step was done, if it was that.
    pub finished_ms: Option<i64>,
}

/// Moves a renewal on from where it stood.
///
/// # Errors
/// Those of the database.
pub fn advance(tx: &mut Tx<'_>, account: AccountId, order_id: i64, step: &Step) -> Result<(), DbError> {
    tx.execute(
        "UPDATE purchase_order SET card_done = $3, quantity = quantity + $4, price_cents = price_cents + $5, \
         finished_ms = $6, status = CASE WHEN CAST($6 AS BIGINT) IS NULL THEN 2 ELSE 3 END \
         WHERE account_id = $1 AND order_id = $2",
        params![account.0, order_id, step.card_done, step.renewed, step.price_cents, step.finished_ms],
    )?;
    Ok(())
}

/// What a list of orders is asked for.
#[derive(Debug)]
pub struct Filter {
    /// Of this account alone.
    pub account: Option<AccountId>,
    /// This order alone.
    pub order_id: Option<i64>,
    /// Its kind, by its number.
    pub kind: Option<i64>,
    /// How it stands, by the number.
    pub status: Option<i64>,
}

/// A page of the orders of all accounts, newest first, and their exact count.
///
/// # Errors
/// Those of the database.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, page: Page) -> Result<(i64, Vec<PurchaseOrder>), DbError> {
    sql::page(
        tx,
        "bought.order_id, account.name, bought.kind, bought.status, bought.source_order_id, bought.price_plan_id, \
         bought.sim_pool_id, bought.quantity, bought.periods, bought.price_cents, bought.created_ms, \
         bought.finished_ms",
        "FROM purchase_order bought JOIN account account ON account.account_id = bought.account_id \
         WHERE (CAST($1 AS BIGINT) IS NULL OR bought.account_id = $1) \
         AND (CAST($2 AS BIGINT) IS NULL OR bought.order_id = $2) \
         AND (CAST($3 AS BIGINT) IS NULL OR bought.kind = $3) \
         AND (CAST($4 AS BIGINT) IS NULL OR bought.status = $4)",
        "bought.created_ms DESC, bought.order_id DESC, bought.account_id",
        params![filter.account.map(|account| account.0), filter.order_id, filter.kind, filter.status],
        page,
        purchase_order,
    )
}

fn purchase_order(row: &Row<'_>) -> Result<PurchaseOrder, DbError> {
    Ok(PurchaseOrder {
        order_id: row.get(0)?,
        account: row.get(1)?,
        kind: types::word(types::KINDS, row.get(2)?),
        status: types::word(types::STATUSES, row.get(3)?),
        source_order_id: row.get(4)?,
        price_plan_id: row.get(5)?,
        sim_pool_id: row.get(6)?,
        quantity: row.get(7)?,
        periods: row.get(8)?,
        price: row.get(9)?,
        create_time: Moment(row.get(10)?),
        finish_time: row.get::<Option<i64>>(11)?.map(Moment),
    })
}
