//! Lists of cards that clients upload: named by `file_temp_id` for a day, where a list is too long for a request.

pub mod create;
mod read;
pub mod store;

use crate::error_codes::ErrorCode;
use crate::files::{CardListRecord, Format, Reader};
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::sims::named::CardName;

/// A card of a list: its name, and values for its custom attributes.
#[derive(Debug)]
pub struct ListedCard {
    /// What the list calls it.
    pub name: CardName,
    /// Values of the custom attributes 1 to 6; `None` where the list has none.
    pub values: [Option<compact_str::CompactString>; 6],
}

/// The cards of an uploaded list of the caller's account, in its order.
///
/// # Errors
/// `GSL.00012016` for a list that does not exist, has expired or is another account's.
pub async fn cards(call: &Call, file_temp_id: i64) -> Result<Vec<ListedCard>, Refusal> {
    let (account, now_ms) = (call.caller().account, call.app.clock.now_ms());
    let find = move |tx: &mut simlink_db::Tx<'_>| store::find(tx, account, file_temp_id, now_ms);
    let content = call.app.db.read(find).await?.ok_or(ErrorCode::CardFileNotFound)?;
    let reader = Reader::<_, CardListRecord>::open(content.as_bytes(), Some(Format::Csv));
    let records = reader.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(anyhow::Error::from)?;
    Ok(records.into_iter().filter_map(|(_, record)| listed(record)).collect())
}

/// The ICCID names the card where there is one; a record has at least one name.
fn listed(record: CardListRecord) -> Option<ListedCard> {
    let name = record.iccid.map(CardName::Iccid).or(record.cid.map(CardName::Cid))?;
    Some(ListedCard { name, values: record.customer_attributes })
}
