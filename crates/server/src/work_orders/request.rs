//! What a request for an order of many cards says: which operation, with which figures, on which cards.

use simlink_carriers::Operation as CarrierOperation;
use simlink_fleet::{AccountId, Reader};

use super::place::OrderCard;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{Problem, Refusal};
use crate::http::members::Members;
use crate::http::parameter::Parameter;
use crate::http::query::Query;
use crate::sims::control::order_card;
use crate::sims::control::{exceed_cut_net, speed_limit};
use crate::sims::lifecycle::{self, CardFacts};
use crate::sims::named::{self, Both, CardName, ListFault};
use crate::{limits, sims, temp_files};

const OPERATIONS: &[&str] = &[
    "stop",
    "reset",
    "enable",
    "cut-net",
    "restore-net",
    "set-threshold",
    "cancel-threshold",
    "bind-device",
    "clear-real-name",
    "speed-limit",
];
/// What is done.
pub const OPERATION_NAME: Parameter =
    Parameter::choice("operation", OPERATIONS, "What is done with each card.").in_body().required();
/// The figure of `set-threshold`.
pub const QUOTA: Parameter = exceed_cut_net::QUOTA;
/// The figure of `speed-limit`.
pub const SPEED_VALUE: Parameter = Parameter { required: false, ..speed_limit::SPEED_VALUE };
/// The cards, by id.
pub const SIM_CARD_IDS: Parameter =
    Parameter::integers("sim_card_ids", limits::ORDER_CARDS_MAX, "The cards, by id.").in_body();
/// The cards, by ICCID.
pub const ICCIDS: Parameter =
    Parameter::texts("iccids", limits::ORDER_CARDS_MAX, "The cards, by ICCID, where no ids are given.")
        .in_body();
/// The cards, by an uploaded list.
pub const FILE_TEMP_ID: Parameter =
    Parameter::integer("file_temp_id", 0, i64::MAX, "An uploaded list of cards, instead of ids or ICCIDs.")
        .in_body();
/// The cards, by a filter.
pub const FILTER: Parameter = Parameter::text(
    "filter",
    1,
    limits::FILTER_CHARS_MAX,
    "Instead of a list, the query of GET /v1/sim-cards that finds the cards, as sim_status=20&tag_id=7.",
)
.in_body();

/// A request for an order of many cards.
pub struct Request {
    /// What is asked of the carriers.
    pub operation: CarrierOperation,
    /// What the client calls it, for the order's `req_detail`.
    pub name: String,
    /// Whether the order is one of any number of cards, which begin bit by bit.
    pub bulk: bool,
    wanted: Wanted,
}

/// Which cards.
enum Wanted {
    Named(Vec<CardName>),
    Found(Query),
}

impl Request {
    /// Reads a request; an uploaded list is the caller's.
    ///
    /// # Errors
    /// Members that are missing, out of bounds or in each other's way.
    pub async fn read(call: &Call) -> Result<Self, Refusal> {
        let members = call.members()?;
        let name = members.text(&OPERATION_NAME)?.unwrap_or_default();
        let operation = operation(&name, &members)?;
        let file_temp_id = members.integer(&FILE_TEMP_ID)?;
        let filter = members.text(&FILTER)?;
        let (bulk, wanted) = match (file_temp_id, filter) {
            (None, None) => {
                (false, Wanted::Named(named::of_body(&members, &SIM_CARD_IDS, &ICCIDS, Both::IdsWin)?))
            }
            (Some(_), Some(_)) => return Err(FILTER.bad(Problem::Beside(FILE_TEMP_ID.name)).into()),
            (Some(id), None) => {
                let cards = temp_files::cards(call, id).await?;
                (true, Wanted::Named(cards.into_iter().map(|card| card.name).collect()))
            }
            (None, Some(filter)) => (true, Wanted::Found(Query::parse(&filter)?)),
        };
        Ok(Self { operation, name, bulk, wanted })
    }

    /// The account's cards that are meant, each once, with what their rules say.
    ///
    /// # Errors
    /// Names of no card of the account, a filter that the list does not know, no card, or too many.
    pub async fn cards(self, call: &Call, account: AccountId) -> Result<Vec<OrderCard>, Refusal> {
        let app = call.app.clone();
        let scan = move || {
            let reader = app.fleet.read(account);
            match &self.wanted {
                Wanted::Named(names) => {
                    let found = named::find_each(&reader, names).map_err(ListFault::of_sims)?;
                    Ok(looked_at(found.into_iter(), &self.operation))
                }
                Wanted::Found(query) => found(&reader, query, &self.operation),
            }
        };
        call.app.scans.run(scan).await?
    }
}

/// The operation that a name and its figures make.
fn operation(name: &str, members: &Members) -> Result<CarrierOperation, Refusal> {
    let quota = members.text(&QUOTA)?;
    let speed = members.integer(&SPEED_VALUE)?;
    Ok(match name {
        "reset" => CarrierOperation::Resume,
        "enable" => CarrierOperation::Activate,
        "cut-net" => CarrierOperation::CutNet,
        "restore-net" => CarrierOperation::RestoreNet,
        "set-threshold" => {
            CarrierOperation::SetThreshold { quota_mb: exceed_cut_net::quota_mb(quota.as_deref())? }
        }
        "cancel-threshold" => CarrierOperation::CancelThreshold,
        "bind-device" => CarrierOperation::BindDevice { imei: None },
        "clear-real-name" => CarrierOperation::ClearRealName,
        "speed-limit" => {
            let kbps = speed.ok_or(SPEED_VALUE.bad(Problem::Required))?;
            CarrierOperation::LimitSpeed { kbps: u32::try_from(kbps).ok() }
        }
        _ => CarrierOperation::Stop,
    })
}

fn found(reader: &Reader, query: &Query, operation: &CarrierOperation) -> Result<Vec<OrderCard>, Refusal> {
    let filter = sims::list::filter_of(query, &FILTER)?;
    let selection = reader.select(&filter);
    if selection.count > limits::BULK_CARDS_MAX as u64 {
        return Err(ErrorCode::TooManyIccids.into());
    }
    if selection.count == 0 {
        return Err(ErrorCode::SimCardNotFound.into());
    }
    Ok(looked_at(selection.cards.into_iter(), operation))
}

/// Cards of an order with what their rules say.
pub fn looked_at<'a>(
    cards: impl Iterator<Item = simlink_fleet::CardRef<'a>>,
    operation: &CarrierOperation,
) -> Vec<OrderCard> {
    let look = |card| {
        let forbidden = lifecycle::may(operation, &CardFacts::of(card, 0)).err();
        OrderCard { refusal: forbidden.map(|forbidden| forbidden.code()), ..order_card(card) }
    };
    cards.map(look).collect()
}
