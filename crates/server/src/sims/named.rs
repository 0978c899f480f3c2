//! Cards that a request or an uploaded list names: found all together, or those at fault are named.

use std::collections::HashSet;

use compact_str::CompactString;
use simlink_fleet::Reader;

use crate::error_codes::ErrorCode;
use crate::http::error::Refusal;

/// What a card is called in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CardName {
    /// By its id.
    Id(i64),
    /// By its ICCID: the 19-digit form names the same card as the 20-digit one.
    Iccid(CompactString),
    /// By its container id.
    Cid(CompactString),
}

impl CardName {
    /// The kind of name, in the word that error texts use.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Id(_) => "simCardId",
            Self::Iccid(_) => "iccid",
            Self::Cid(_) => "cid",
        }
    }

    fn find(&self, reader: &Reader) -> Option<i64> {
        let card = match self {
            Self::Id(id) => reader.by_id(*id),
            Self::Iccid(iccid) => reader.by_iccid(iccid),
            Self::Cid(cid) => reader.by_cid(cid),
        };
        card.map(|card| card.id())
    }
}

impl std::fmt::Display for CardName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Iccid(name) | Self::Cid(name) => name.fmt(formatter),
        }
    }
}

/// Why a list of cards is not taken: the names at fault, all of the kind of the first, in the list's order.
#[derive(Debug, PartialEq, Eq)]
pub enum ListFault {
    /// The account has no such cards.
    Missing(Vec<CardName>),
    /// They name a card that the list has named before.
    Repeated(Vec<CardName>),
}

impl From<ListFault> for Refusal {
    fn from(fault: ListFault) -> Self {
        let (code, names) = match fault {
            ListFault::Missing(names) => (ErrorCode::MissingInList, names),
            ListFault::Repeated(names) => (ErrorCode::DuplicateInList, names),
        };
        let kind = names.first().map_or("", CardName::kind);
        Self::of_list(code, kind, names.iter().map(ToString::to_string))
    }
}

/// The ids of the named cards, in the list's order.
///
/// # Errors
/// Names that stand twice, then those that name no card of the account, then those that name one card in two ways.
pub fn find_all(reader: &Reader, names: &[CardName]) -> Result<Vec<i64>, ListFault> {
    let mut seen = HashSet::with_capacity(names.len());
    refuse(names.iter().filter(|name| !seen.insert(*name)), ListFault::Repeated)?;
    let found: Vec<Option<i64>> = names.iter().map(|name| name.find(reader)).collect();
    let missing = names.iter().zip(&found).filter(|(_, found)| found.is_none());
    refuse(missing.map(|(name, _)| name), ListFault::Missing)?;
    let ids: Vec<i64> = found.into_iter().flatten().collect();
    let mut seen = HashSet::with_capacity(ids.len());
    let repeated = names.iter().zip(&ids).filter(|(_, id)| !seen.insert(**id));
    refuse(repeated.map(|(name, _)| name), ListFault::Repeated)?;
    Ok(ids)
}

/// Refuses if there is any name at fault. Each is named once.
fn refuse<'a>(
    at_fault: impl Iterator<Item = &'a CardName>,
    fault: fn(Vec<CardName>) -> ListFault,
) -> Result<(), ListFault> {
    let mut named = Vec::new();
    for name in at_fault {
        if named.first().is_none_or(|first: &CardName| first.kind() == name.kind()) && !named.contains(name) {
            named.push(name.clone());
        }
    }
    if named.is_empty() { Ok(()) } else { Err(fault(named)) }
}

#[cfg(test)]
mod tests {
    use simlink_fleet::{AccountId, Card, Fleet};

    use super::*;

    const ICCID: &str = "89860012345678901234";

    fn fleet() -> Fleet {
        let fleet = Fleet::new();
        let card = |id: i64, iccid: &str| Card {
            id,
            cid: format!("cid-{id}").into(),
            iccid: iccid.into(),
            ..Card::default()
        };
        fleet.upsert(AccountId(1), vec![card(7, ICCID), card(8, "8986001234567890999")]);
        fleet.upsert(AccountId(2), vec![card(9, "8986001234567890888")]);
        fleet
    }

    /// Shows that cards are found by each kind of name, and that the list's order is kept.
    #[test]
    fn cards_are_found_by_any_name() {
        let fleet = fleet();
        let reader = fleet.read(AccountId(1));
        let names = [CardName::Cid("cid-8".into()), CardName::Id(7)];
        assert_eq!(find_all(&reader, &names), Ok(vec![8, 7]));
        for iccid in [ICCID, &ICCID[..19]] {
            assert_eq!(find_all(&reader, &[CardName::Iccid(iccid.into())]), Ok(vec![7]));
        }
        assert_eq!(find_all(&reader, &[]), Ok(vec![]));
    }

    /// Shows who is named: repeated before missing, each once, in the list's order, of the first one's kind; a foreign
    /// card is a missing one; a card named in two ways is repeated.
    #[test]
    fn names_at_fault_are_named() {
        let fleet = fleet();
        let reader = fleet.read(AccountId(1));
        let id = CardName::Id;
        let iccid = |text: &str| CardName::Iccid(text.into());
        let cases = [
            (vec![id(5), id(5), id(7), id(7), id(5)], ListFault::Repeated(vec![id(5), id(7)])),
            (vec![id(9), id(7), id(-3)], ListFault::Missing(vec![id(9), id(-3)])),
            (vec![iccid("none"), id(9)], ListFault::Missing(vec![iccid("none")])),
            (vec![iccid(ICCID), iccid(&ICCID[..19])], ListFault::Repeated(vec![iccid(&ICCID[..19])])),
        ];
        for (names, expected) in cases {
            assert_eq!(find_all(&reader, &names), Err(expected), "{names:?}");
        }
    }
}
