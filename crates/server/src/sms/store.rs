//! Every statement on text messages.

use simlink_carriers::Reference;
use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use super::list_details::{Filter, SmsDetail};
use super::send::{Draft, Recipient};
use crate::http::query::Page;
use crate::units::Moment;

/// `sms_status`: on its way, delivered, failed.
pub(super) const SENDING: i64 = 1;
const DELIVERED: i64 = 2;
const FAILED: i64 = 3;

/// Writes a batch with a message for each recipient; gives the first of their consecutive ids.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    draft: &Draft,
    recipients: &[Recipient],
    now_ms: i64,
) -> Result<i64, DbError> {
    let count = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
    let batch_id = tx.reserve_ids(1 + count)?;
    tx.execute(
        "INSERT INTO sms_batch (sms_batch_id, account_id, content, parts, template_id, actor, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            batch_id,
            account.0,
            draft.content.as_str(),
            draft.parts,
            draft.template_id,
            draft.actor.as_str(),
            now_ms
        ],
    )?;
    let mut rows: Vec<Param<'_>> = Vec::with_capacity(recipients.len() * COLUMN_COUNT);
    for (recipient, id) in recipients.iter().zip(batch_id + 1..) {
        rows.extend_from_slice(params![
            id,
            batch_id,
            account.0,
            recipient.sim_card_id,
            recipient.cid.as_str(),
            recipient.msisdn.as_deref(),
            SENDING,
            now_ms
        ]);
    }
    tx.insert_many(COLUMNS, COLUMN_COUNT, &rows, "")?;
    Ok(batch_id + 1)
}

const COLUMN_COUNT: usize = 8;
const COLUMNS: &str =
    "sms_message (sms_message_id, sms_batch_id, account_id, sim_card_id, cid, msisdn, status, sent_ms)";

/// A message on its way, with what its carrier needs to know.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    pub sms_message_id: i64,
    pub account: AccountId,
    pub sim_card_id: i64,
    pub status: i64,
    pub reference: Option<Reference>,
    pub sent_ms: i64,
    pub content: String,
    pub parts: u8,
    pub template_id: Option<i64>,
    pub iccid: String,
    pub msisdn: Option<String>,
    pub imsi: Option<String>,
    pub carrier: u16,
    pub actor: String,
}

impl Errand {
    pub(super) fn is_open(&self) -> bool {
        self.status == SENDING
    }
}

/// Reads a message with its card, whosever they are: jobs and carriers know no accounts.
pub(super) fn errand(tx: &mut Tx<'_>, sms_message_id: i64) -> Result<Option<Errand>, DbError> {
    tx.find(
        "SELECT message.sms_message_id, message.account_id, message.sim_card_id, message.status, message.reference, \
         message.sent_ms, batch.content, batch.parts, batch.template_id, card.iccid, card.msisdn, card.imsi, \
         card.carrier, batch.actor \
         FROM sms_message AS message \
         JOIN sms_batch AS batch ON batch.sms_batch_id = message.sms_batch_id \
         JOIN sim_card AS card ON card.sim_card_id = message.sim_card_id \
         WHERE message.sms_message_id = $1",
        params![sms_message_id],
        errand_of_row,
    )
}

fn errand_of_row(row: &Row<'_>) -> Result<Errand, DbError> {
    let reference: Option<String> = row.get(4)?;
    Ok(Errand {
        sms_message_id: row.get(0)?,
        account: AccountId(row.get(1)?),
        sim_card_id: row.get(2)?,
        status: row.get(3)?,
        reference: reference.and_then(Reference::new),
        sent_ms: row.get(5)?,
        content: row.get(6)?,
        parts: row.get(7)?,
        template_id: row.get(8)?,
        iccid: row.get(9)?,
        msisdn: row.get(10)?,
        imsi: row.get(11)?,
        carrier: row.get(12)?,
        actor: row.get(13)?,
    })
}

/// Notes what the carrier calls a message.
pub(super) fn note_reference(
    tx: &mut Tx<'_>,
    sms_message_id: i64,
    reference: &Reference,
) -> Result<(), DbError> {
    let sql = "UPDATE sms_message SET reference = $2 WHERE sms_message_id = $1 AND status = 1";
    tx.execute(sql, params![sms_message_id, reference.as_str()]).map(|_| ())
}

/// Ends a message that is on its way, as delivered, or as failed with a reason; false when it had ended.
pub(super) fn end(
    tx: &mut Tx<'_>,
    sms_message_id: i64,
    failure: Option<&str>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let (status, received_ms) = if failure.is_some() { (FAILED, None) } else { (DELIVERED, Some(now_ms)) };
    let ended = tx.execute(
        "UPDATE sms_message SET status = $2, received_ms = $3, description = $4 \
         WHERE sms_message_id = $1 AND status = 1",
        params![sms_message_id, status, received_ms, failure],
    )?;
    Ok(ended == 1)
}

/// A page of the account's messages, newest first, and their exact count.
pub(super) fn page(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &Filter,
    page: Page,
) -> Result<(i64, Vec<SmsDetail>), DbError> {
    // A filter that is not given does not stand in the statement: each form of it has an index to go by.
    let mut from_where = "FROM sms_message AS message WHERE message.account_id = $1".to_owned();
    let mut bound = params![account.0].to_vec();
    for (condition, value) in [
        ("message.cid =", filter.cid.as_deref().map(Param::from)),
        ("message.sent_ms >=", filter.start_ms.map(Param::from)),
        ("message.sent_ms <=", filter.end_ms.map(Param::from)),
    ] {
        if let Some(value) = value {
            bound.push(value);
            from_where += &format!(" AND {condition} ${}", bound.len());
        }
    }
    // Ids rise with time. An order that the index of one card does not have would lead away from it.
    let order_by = match filter.cid {
        Some(_) => "message.sms_message_id DESC",
        None => "message.sent_ms DESC, message.sms_message_id DESC",
    };
    let count = tx.get(&format!("SELECT COUNT(*) {from_where}"), &bound, |row| row.get(0))?;
    bound.push(Param::from(page.limit));
    bound.push(Param::from(page.rows_before()));
    let (limit, offset) = (bound.len() - 1, bound.len());
    // The messages before the page are passed over in an index; only the page's own rows are read.
    let sql = format!(
        "SELECT message.cid, message.msisdn, message.sent_ms, message.received_ms, message.status, batch.content \
         FROM (SELECT message.sms_message_id {from_where} ORDER BY {order_by} LIMIT ${limit} OFFSET ${offset}) AS chosen \
         JOIN sms_message AS message ON message.sms_message_id = chosen.sms_message_id \
         JOIN sms_batch AS batch ON batch.sms_batch_id = message.sms_batch_id ORDER BY {order_by}"
    );
    let rows = tx.rows(&sql, &bound, |row| {
        Ok(SmsDetail {
            cid: row.get(0)?,
            msisdn: row.get(1)?,
            sent_time: Moment(row.get(2)?),
            received_time: row.get::<Option<i64>>(3)?.map(Moment),
            sms_status: row.get(4)?,
            sms_content: row.get(5)?,
        })
    })?;
    Ok((count, rows))
}
