//! `POST /v1/sim-tags/batch-set`: cards get exactly these tags, all cards or none (seed 4.6.4; behaviour, section 4).

use axum::http::Method;
use simlink_db::Tx;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::sims::named::{self, CardName};
use crate::tags::store;
use crate::{limits, temp_files};

const FILE_TEMP_ID: Parameter = Parameter::integer(
    "file_temp_id",
    0,
    i64::MAX,
    "An uploaded list of cards; it is taken before the others.",
)
.in_body();
const SIM_CARD_IDS: Parameter =
    Parameter::integers("sim_card_ids", limits::CARDS_PER_REQUEST_MAX, "Cards by their ids.").in_body();
const ICCIDS: Parameter =
    Parameter::texts("iccids", limits::CARDS_PER_REQUEST_MAX, "Cards by ICCID, where no ids are given.")
        .in_body();
const TAG_IDS: Parameter =
    Parameter::integers("tag_ids", limits::TAG_IDS_MAX, "The tags; none takes all tags off.").in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "BatchSetTags",
    method: Method::POST,
    path: "/v1/sim-tags/batch-set",
    summary: "Replaces the tags of cards.",
    group: "Tags",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[FILE_TEMP_ID, SIM_CARD_IDS, ICCIDS, TAG_IDS],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(batch_set(call)),
};

async fn batch_set(call: Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let file_temp_id = members.integer(&FILE_TEMP_ID)?;
    let ids = counted(members.integers(&SIM_CARD_IDS), ErrorCode::CardCountOutOfRange)?;
    let iccids = counted(members.texts(&ICCIDS), ErrorCode::CardCountOutOfRange)?;
    let tag_ids = counted(members.integers(&TAG_IDS), ErrorCode::TagCountOutOfRange)?;
    let names: Vec<CardName> = match file_temp_id {
        Some(id) => temp_files::cards(&call, id).await?.into_iter().map(|card| card.name).collect(),
        None if ids.is_empty() => iccids.into_iter().map(|iccid| CardName::Iccid(iccid.into())).collect(),
        None => ids.into_iter().map(CardName::Id).collect(),
    };
    if names.is_empty() {
        return Err(ErrorCode::CardCountOutOfRange.into());
    }
    let repeated = repeated(&tag_ids);
    if !repeated.is_empty() {
        return Err(of_tags(ErrorCode::DuplicateInList, &repeated));
    }
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let mut cards = named::find_all(&call.app.fleet.read(account), &names)?;
    cards.sort_unstable();
    let work = move |tx: &mut Tx<'_>| {
        let known = store::existing(tx, account, &tag_ids)?;
        let missing: Vec<i64> = tag_ids.iter().copied().filter(|id| !known.contains(id)).collect();
        if !missing.is_empty() {
            return Err(of_tags(ErrorCode::MissingInList, &missing));
        }
        Ok(store::replace(tx, account, &cards, &tag_ids, &actor, now_ms)?)
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}

/// A list whose length has an error of its own; an absent one is empty.
fn counted<T>(list: Result<Option<Vec<T>>, BadParameter>, code: ErrorCode) -> Result<Vec<T>, Refusal> {
    match list {
        Err(BadParameter { problem: Problem::TooMany(_), .. }) => Err(code.into()),
        list => Ok(list?.unwrap_or_default()),
    }
}

/// The ids that stand more than once, each once, in the list's order.
fn repeated(ids: &[i64]) -> Vec<i64> {
    let mut repeated = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        if ids[..index].contains(id) && !repeated.contains(id) {
            repeated.push(*id);
        }
    }
    repeated
}

fn of_tags(code: ErrorCode, ids: &[i64]) -> Refusal {
    Refusal::of_list(code, "tagId", ids.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows which ids of a list are repeated.
    #[test]
    fn repeated_ids_are_named_once() {
        assert_eq!(repeated(&[1, 2, 3]), [0; 0]);
        assert_eq!(repeated(&[3, 2, 2, 3, 3]), [2, 3]);
    }
}
