//! The pages of work orders and their details, and what one card sees of them.

use simlink_carriers::OperationKind;
use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::list::{self, WorkOrder};
use super::list_details::{self, WorkOrderDetail};
use super::of_card::CardOrder;
use super::store::{DETAIL_FAILED, DETAIL_OPEN};
use super::types::{Source, Stage};
use crate::http::language::Language;
use crate::http::query::Page;
use crate::sql;
use crate::units::Moment;

/// A page of the account's orders, or of all accounts', newest first, and their exact count.
pub(super) fn orders(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    filter: &list::Filter,
    page: Page,
    language: Language,
) -> Result<(i64, Vec<(AccountId, WorkOrder)>), DbError> {
    // One text for each, so that an account's are found by their index.
    let whose = if account.is_some() { "account_id = $1" } else { "CAST($1 AS BIGINT) IS NULL" };
    let from_where = format!(
        "FROM work_order WHERE {whose} \
         AND (CAST($2 AS BIGINT) IS NULL OR work_order_id = $2) \
         AND (CAST($3 AS BIGINT) IS NULL OR sim_type = $3) \
         AND (CAST($4 AS BIGINT) IS NULL OR work_order_type = $4) \
         AND (CAST($5 AS BIGINT) IS NULL OR status = $5)"
    );
    sql::page(
        tx,
        "work_order_id, sim_type, work_order_type, req_detail, total_count, success_count, fail_count, status, \
         created_ms, finished_ms, fail_reason, source, account_id",
        &from_where,
        "work_order_id DESC",
        params![
            account.map(|account| account.0),
            filter.order_id,
            filter.sim_type,
            filter.work_order_type,
            filter.status
        ],
        page,
        |row| {
            let (total_count, success_count, fail_count): (i32, i32, i32) =
                (row.get(4)?, row.get(5)?, row.get(6)?);
            let source: u8 = row.get(11)?;
            let order = WorkOrder {
                id: row.get(0)?,
                sim_type: row.get(1)?,
                work_order_type: row.get(2)?,
                req_detail: row.get(3)?,
                total_count,
                success_count,
                fail_count,
                process_count: total_count - success_count - fail_count,
                status: row.get(7)?,
                create_time: Moment(row.get(8)?),
                finish_time: row.get::<Option<i64>>(9)?.map(Moment),
                fail_reason: row.get(10)?,
                response: None,
                work_order_source: i32::from(source),
                work_order_source_desc: Source::description(source).text(language),
            };
            Ok((AccountId(row.get(12)?), order))
        },
    )
}

/// A page of an order's details in the order of the request, and their exact count; none of another account's order.
pub(super) fn details(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &list_details::Filter,
    page: Page,
) -> Result<(i64, Vec<WorkOrderDetail>), DbError> {
    sql::page(
        tx,
        "work_order_detail_id, sim_type, status, cid, sim_card_id, created_ms, finished_ms, description",
        "FROM work_order_detail WHERE account_id = $1 AND work_order_id = $2 \
         AND (CAST($3 AS TEXT) IS NULL OR cid = $3) \
         AND (CAST($4 AS BIGINT) IS NULL OR sim_type = $4) \
         AND (CAST($5 AS BIGINT) IS NULL OR status = $5)",
        "work_order_detail_id",
        params![account.0, filter.order_id, filter.cid.as_deref(), filter.sim_type, filter.status],
        page,
        |row| {
            Ok(WorkOrderDetail {
                id: row.get(0)?,
                sim_type: row.get(1)?,
                status: row.get(2)?,
                cid: row.get(3)?,
                sim_card_id: row.get(4)?,
                create_time: Moment(row.get(5)?),
                finish_time: row.get::<Option<i64>>(6)?.map(Moment),
                description: row.get(7)?,
            })
        },
    )
}

/// The latest orders of one card, newest first.
pub(super) fn of_card(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    limit: i64,
) -> Result<Vec<CardOrder>, DbError> {
    let orders = tx.rows(
        "SELECT work_order_id, operation, status, stage, created_ms, finished_ms, deadline_ms, description \
         FROM work_order_detail WHERE sim_card_id = $1 AND account_id = $2 \
         ORDER BY work_order_detail_id DESC LIMIT $3",
        params![sim_card_id, account.0, limit],
        |row| {
            let Some(kind) = row.text(1)?.and_then(OperationKind::from_name) else { return Ok(None) };
            let status: i64 = row.get(2)?;
            Ok(Some(CardOrder {
                work_order_id: row.get(0)?,
                kind,
                is_open: status == DETAIL_OPEN,
                failed: status == DETAIL_FAILED,
                stage: Stage::of_number(row.get(3)?),
                created_ms: row.get(4)?,
                finished_ms: row.get(5)?,
                deadline_ms: row.get(6)?,
                description: row.get(7)?,
            }))
        },
    )?;
    Ok(orders.into_iter().flatten().collect())
}
