//! `POST /ops/v1/carriers/{name}/reconciliation`: our state of cards against their carrier's, for a page of an account's
//! cards. It only compares; `repair` has the cards that differ read again, which changes them as any reading does.

use axum::http::Method;
use serde::Serialize;
use serde_json::{Value, json};
use simlink_carriers::{CardView, Lane};
use simlink_db::{DbError, Tx};
use simlink_fleet::{AccountId, Query};
use utoipa::ToSchema;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;
use crate::sims::carrier_state::{self, Stored};
use crate::southbound::CarrierLink;

const NAME: Parameter = Parameter::text("name", 1, 32, "The link's name.").in_path();
const ACCOUNT: Parameter =
    Parameter::text("account", 1, 64, "The account whose cards are compared.").in_body().required();
const AFTER: Parameter =
    Parameter::integer("after", 0, i64::MAX, "The last card of the page before.").in_body().or("0");
const REPAIR: Parameter =
    Parameter::boolean("repair", "Has the cards that differ read again.").in_body().or("false");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ReconcileCarrier",
    method: Method::POST,
    path: "/ops/v1/carriers/{name}/reconciliation",
    summary: "Compares a page of an account's cards with what their carrier says of them.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[NAME, ACCOUNT, AFTER, REPAIR],
    request: None,
    response: (200, Some(shape::<Report>)),
    handler: |call| Box::pin(async move { reconcile(&call).await }),
};

/// What a comparison found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Cards that were compared.
    compared: usize,
    /// Cards that the carrier does not know, or says nothing of.
    unknown: Vec<Unknown>,
    /// Cards of which it says something else.
    differing: Vec<Differing>,
    /// The last card of the page: `after` of the next; absent when there is no next.
    next: Option<i64>,
}

/// A card of which the carrier says nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unknown {
    sim_card_id: i64,
    reason: String,
}

/// A card of which the carrier says something else.
#[derive(Debug, Serialize, ToSchema)]
pub struct Differing {
    sim_card_id: i64,
    members: Vec<MemberDiffers>,
}

/// A member of a card.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberDiffers {
    name: &'static str,
    #[schema(value_type = Object)]
    ours: Value,
    #[schema(value_type = Object)]
    theirs: Value,
}

async fn reconcile(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let account = members.text(&ACCOUNT)?.ok_or(ACCOUNT.bad(Problem::Required))?;
    let after = members.integer(&AFTER)?.unwrap_or(0);
    let repair = members.boolean(&REPAIR)?.unwrap_or(false);
    let link = call.app.engine.links.named(call.path_text(&NAME)?).cloned().ok_or(ErrorCode::LinkNotFound)?;
    let account = call.app.directory.account_by_name(&account).ok_or(ErrorCode::AccountNotFound)?.id;
    let (stored, next) = page(call, &link, account, after).await?;
    let cards: Vec<_> = stored.iter().map(|(_, stored)| stored.card.clone()).collect();
    let readings = if cards.is_empty() {
        Vec::new()
    } else {
        let read = link.link.read_cards(Lane::Bulk, &cards).await;
        read.map_err(|_| Refusal::from(ErrorCode::CarrierUnreachable))?
    };
    let mut report = Report { compared: stored.len(), unknown: Vec::new(), differing: Vec::new(), next };
    for (sim_card_id, stored) in &stored {
        let sim_card_id = *sim_card_id;
        match readings.iter().find(|reading| reading.iccid == stored.card.iccid).map(|found| &found.view) {
            Some(Ok(view)) => {
                let members = differences(stored, view);
                if !members.is_empty() {
                    report.differing.push(Differing { sim_card_id, members });
                }
            }
            Some(Err(rejection)) => {
                report.unknown.push(Unknown { sim_card_id, reason: rejection.reason.name().to_owned() });
            }
            None => report.unknown.push(Unknown { sim_card_id, reason: "no answer".to_owned() }),
        }
    }
    if repair && !report.differing.is_empty() {
        let ids: Vec<i64> = report.differing.iter().map(|card| card.sim_card_id).collect();
        read_again(call, account, ids).await?;
    }
    Ok(Reply::json(&report))
}

/// The account's next cards that go over the link, by id, and after which the page after begins.
async fn page(
    call: &Call,
    link: &CarrierLink,
    account: AccountId,
    after: i64,
) -> Result<(Vec<(i64, Stored)>, Option<i64>), Refusal> {
    let (app, name) = (call.app.clone(), link.link.name().to_owned());
    let scan = move || {
        let reader = app.fleet.read(account);
        let everything = reader.select(&Query { limit: u32::MAX, ..Query::default() });
        let goes =
            |carrier: u16| app.engine.links.of_carrier(carrier).is_some_and(|link| link.link.name() == name);
        // The newest come first.
        let cards = everything.cards.iter().rev().filter(|card| card.id() > after && goes(card.carrier()));
        cards.map(|card| card.id()).take(limits::RECONCILED_CARDS + 1).collect::<Vec<i64>>()
    };
    let mut ids = call.app.scans.run(scan).await?;
    let more = ids.len() > limits::RECONCILED_CARDS;
    ids.truncate(limits::RECONCILED_CARDS);
    let next = ids.last().copied().filter(|_| more);
    let read = move |tx: &mut Tx<'_>| {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(carrier_state::find(tx, account, id)?.map(|stored| (id, stored)));
        }
        Ok::<_, DbError>(found)
    };
    Ok((call.app.db.read(read).await?, next))
}

async fn read_again(call: &Call, account: AccountId, ids: Vec<i64>) -> Result<(), Refusal> {
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let ids: Vec<(i64, u16)> = {
        let reader = call.app.fleet.read(account);
        ids.into_iter().filter_map(|id| Some((id, reader.by_id(id)?.carrier()))).collect()
    };
    let work = move |tx: &mut Tx<'_>| {
        for (id, carrier) in ids {
            engine.links.enqueue_read(&engine.queue, tx, (account, id), carrier, now_ms)?;
        }
        Ok::<_, Refusal>(())
    };
    call.app.db.write(work).await?;
    call.app.engine.queue.wake();
    Ok(())
}

/// The members that the carrier says something else of. What it does not say differs from nothing.
fn differences(stored: &Stored, theirs: &CardView) -> Vec<MemberDiffers> {
    let ours = &stored.view;
    let quota = |view: &CardView| view.threshold.map(|threshold| threshold.quota_mb.map_or(-1, i64::from));
    let members = [
        ("sim_status", json!(ours.status.number()), json!(theirs.status.number())),
        ("cut_net_flag", json!(ours.net_cut), json!(theirs.net_cut)),
        ("exceed_cut_net_quota", json!(quota(ours)), json!(quota(theirs))),
        ("speed_value", json!(ours.speed_kbps), json!(theirs.speed_kbps)),
        ("real_named", json!(ours.real_named), json!(theirs.real_named.or(ours.real_named))),
        ("imei", json!(ours.imei), json!(theirs.imei.as_ref().or(ours.imei.as_ref()))),
    ];
    let differing = members.into_iter().filter(|(_, ours, theirs)| ours != theirs);
    differing.map(|(name, ours, theirs)| MemberDiffers { name, ours, theirs }).collect()
}

#[cfg(test)]
mod tests {
    use simlink_carriers::{CardRef, CardStatus};

    use super::*;

    /// Shows that each member is compared, and that what a carrier does not say differs from nothing.
    #[test]
    fn each_member_is_compared() {
        let iccid = "8986001234567890123".parse().expect("an ICCID");
        let card = CardRef { iccid, msisdn: None, imsi: None };
        let mut view = CardView::new(CardStatus::Active);
        view.real_named = Some(true);
        view.imei = Some("490154203237518".to_owned());
        let stored = Stored { card, carrier: 1, version: 0, view: view.clone(), operator_status: -1 };
        assert!(differences(&stored, &view).is_empty());
        assert!(differences(&stored, &CardView::new(CardStatus::Active)).is_empty());
        let mut other = CardView::new(CardStatus::Suspended);
        other.real_named = Some(false);
        other.net_cut = true;
        other.speed_kbps = Some(128);
        let names: Vec<_> = differences(&stored, &other).into_iter().map(|member| member.name).collect();
        assert_eq!(names, ["sim_status", "cut_net_flag", "speed_value", "real_named"]);
    }
}
