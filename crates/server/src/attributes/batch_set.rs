//! `POST /v1/sim-cards/attributes/batch-set`: values of custom attributes for many cards, all or none (seed 4.7.6;
//! behaviour, section 4).

use axum::http::Method;
use simlink_db::Tx;

use super::rules::{self, Values};
use super::store;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::members::Members;
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::sims::named::{self, CardName, ListFault};
use crate::{limits, temp_files};

const FILE_TEMP_ID: Parameter = Parameter::integer(
    "file_temp_id",
    0,
    i64::MAX,
    "An uploaded list of cards with their values; it is taken before the other list.",
)
.in_body();
const SIM_CARD_ID: Parameter =
    Parameter::integer("sim_card_id", 0, i64::MAX, "The card's id; 0 names it by iccid.")
        .in_body()
        .required();
const ICCID: Parameter =
    Parameter::text("iccid", 19, 20, "The card's ICCID, where sim_card_id is 0.").in_body();
const VALUES: [Parameter; 6] = [
    value("customer_attribute1"),
    value("customer_attribute2"),
    value("customer_attribute3"),
    value("customer_attribute4"),
    value("customer_attribute5"),
    value("customer_attribute6"),
];
const ATTRIBUTES: Parameter = Parameter::objects(
    "attributes",
    1,
    limits::CARDS_PER_REQUEST_MAX,
    &[SIM_CARD_ID, ICCID, VALUES[0], VALUES[1], VALUES[2], VALUES[3], VALUES[4], VALUES[5]],
    "Cards with the values to be set.",
)
.in_body();

const fn value(name: &'static str) -> Parameter {
    Parameter::text(name, 0, 100, "Left as it is where absent, emptied where empty.").in_body()
}

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "BatchSetAttributes",
    method: Method::POST,
    path: "/v1/sim-cards/attributes/batch-set",
    summary: "Sets custom attributes of cards.",
    group: "Attributes",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[FILE_TEMP_ID, ATTRIBUTES],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(batch_set(call)),
};

async fn batch_set(call: Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let (names, values): (Vec<CardName>, Vec<Values>) = match members.integer(&FILE_TEMP_ID)? {
        Some(id) => {
            temp_files::cards(&call, id).await?.into_iter().map(|card| (card.name, card.values)).unzip()
        }
        None => {
            let cards = members.objects(&ATTRIBUTES)?.ok_or_else(|| ATTRIBUTES.bad(Problem::Required))?;
            cards.iter().map(card).collect::<Result<Vec<_>, _>>()?.into_iter().unzip()
        }
    };
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let ids = named::find_all(&call.app.fleet.read(account), &names).map_err(ListFault::of_sims)?;
    let mut cards: Vec<(i64, Values)> = ids.into_iter().zip(values).collect();
    let language = call.language;
    let work = move |tx: &mut Tx<'_>| {
        let mut enabled = [false; 6];
        for attribute in store::of_account(tx, account)? {
            enabled[attribute.slot - 1] = attribute.enabled;
        }
        rules::check_enabled(&cards, enabled, language)?;
        cards.sort_unstable_by_key(|(id, _)| *id);
        Ok(store::set_values(tx, account, &cards, &actor, now_ms)?)
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}

/// A card of the body and its values.
fn card(members: &Members) -> Result<(CardName, Values), Refusal> {
    let iccid = members.text(&ICCID)?;
    let name = match members.integer(&SIM_CARD_ID)?.unwrap_or_default() {
        0 => CardName::Iccid(iccid.ok_or_else(|| ICCID.bad(Problem::Required))?.into()),
        id => CardName::Id(id),
    };
    let mut values = Values::default();
    for (value, parameter) in values.iter_mut().zip(&VALUES) {
        *value = members.text(parameter)?.map(Into::into);
    }
    Ok((name, values))
}
