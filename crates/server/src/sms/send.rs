//! `POST /v1/sms-send-infos`: a text to cards of China Mobile and China Telecom that have an SMS package (seed 4.8.1).

use axum::http::Method;
use compact_str::CompactString;
use simlink_db::Tx;
use simlink_fleet::{AccountId, CardRef, Query, Reader};

use super::parts::parts;
use super::store;
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::sims::named::{self, CardName};
use crate::{limits, temp_files};

const TEMPLATE_ID: Parameter =
    Parameter::integer("template_id", 0, i64::MAX, "The template that the content follows.").in_body();
const SMS_CONTENT: Parameter = Parameter::text("sms_content", 1, 1_000, "The text.").in_body().required();
const CIDS: Parameter =
    Parameter::texts("cids", limits::SMS_CARDS_MAX, "The cards, by container id.").in_body();
const ORDER_ID: Parameter =
    Parameter::integer("order_id", 0, i64::MAX, "All cards of a purchase batch.").in_body();
const FILE_TEMP_ID: Parameter =
    Parameter::integer("file_temp_id", 0, i64::MAX, "The cards of an uploaded list.").in_body();
/// The carriers whose cards take messages: China Mobile and China Telecom.
const CARRIERS: [u16; 2] = [1, 2];

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SendSms",
    method: Method::POST,
    path: "/v1/sms-send-infos",
    summary: "Sends a text message to cards.",
    group: "Text messages",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[TEMPLATE_ID, SMS_CONTENT, CIDS, ORDER_ID, FILE_TEMP_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(async move { send(&call).await }),
};

/// A message to be sent.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub content: String,
    pub parts: u8,
    pub template_id: Option<i64>,
    pub actor: String,
}

/// A card that gets it.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    pub sim_card_id: i64,
    pub cid: CompactString,
    pub msisdn: Option<CompactString>,
    pub carrier: u16,
}

async fn send(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let content = members.text(&SMS_CONTENT)?.ok_or(SMS_CONTENT.bad(Problem::Required))?;
    let template_id = members.integer(&TEMPLATE_ID)?;
    let cids = members.texts(&CIDS)?.filter(|cids| !cids.is_empty());
    let order_id = members.integer(&ORDER_ID)?;
    let file_temp_id = members.integer(&FILE_TEMP_ID)?;
    if cids.is_none() && order_id.is_none() && file_temp_id.is_none() {
        return Err(CIDS.bad(Problem::Required).into());
    }
    let mut names: Vec<CardName> =
        cids.into_iter().flatten().map(|cid| CardName::Cid(CompactString::from(cid))).collect();
    if let Some(id) = file_temp_id {
        names.extend(temp_files::cards(call, id).await?.into_iter().map(|card| card.name));
    }
    let caller = call.caller();
    let account = caller.account;
    let recipients = recipients(&call.app.fleet.read(account), &names, order_id)?;
    let draft = Draft { parts: parts(&content), content, template_id, actor: caller.user_id.to_string() };
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| place(&engine, tx, account, &draft, &recipients, now_ms);
    let reply = call.app.db.write(call.once(work, |_| Reply::json(&true))).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}

/// The cards named, those of the batch, each once.
///
/// # Errors
/// `GSL.00016053` for names of no card, `GSL.00011001` for a batch without cards, `GSL.00011015` for a card that takes
/// no messages.
fn recipients(reader: &Reader, names: &[CardName], order_id: Option<i64>) -> Result<Vec<Recipient>, Refusal> {
    let mut ids = named::find_all(reader, names)?;
    if let Some(order_id) = order_id {
        let limit = u32::try_from(limits::SMS_CARDS_MAX).unwrap_or(u32::MAX);
        let query = Query { order_ids: Some(vec![order_id]), limit, ..Query::default() };
        let found = reader.select(&query);
        if found.count > u64::from(limit) {
            return Err(ORDER_ID.bad(Problem::TooMany(limits::SMS_CARDS_MAX)).into());
        }
        if found.cards.is_empty() {
            return Err(ErrorCode::SimCardNotFound.into());
        }
        ids.extend(found.cards.iter().map(CardRef::id));
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > limits::SMS_CARDS_MAX {
        return Err(CIDS.bad(Problem::TooMany(limits::SMS_CARDS_MAX)).into());
    }
    let cards = ids.into_iter().filter_map(|id| reader.by_id(id));
    cards
        .map(|card| {
            let takes_messages = CARRIERS.contains(&card.carrier()) && card.sms_enabled();
            takes_messages.then(|| recipient(card)).ok_or(ErrorCode::OperationNotSupported.into())
        })
        .collect()
}

fn recipient(card: CardRef<'_>) -> Recipient {
    Recipient {
        sim_card_id: card.id(),
        cid: card.cid().into(),
        msisdn: card.msisdn().map(CompactString::from),
        carrier: card.carrier(),
    }
}

/// Writes the messages with the jobs that deliver them.
fn place(
    engine: &Engine,
    tx: &mut Tx<'_>,
    account: AccountId,
    draft: &Draft,
    recipients: &[Recipient],
    now_ms: i64,
) -> Result<(), Refusal> {
    let first = store::insert(tx, account, draft, recipients, now_ms)?;
    for (recipient, id) in recipients.iter().zip(first..) {
        engine.links.enqueue_sms(&engine.queue, tx, (account, id), recipient.carrier, now_ms)?;
    }
    let ids: Vec<i64> = (first..).take(recipients.len()).collect();
    let change = Change {
        account: Some(account),
        subject: Subject::SmsMessage,
        ids: &ids,
        kind: "sent",
        detail: None,
        actor: &draft.actor,
        now_ms,
    };
    Ok(changes::record(tx, &change)?)
}
