//! Cards that a request or an uploaded list names: found all together, or those at fault are named.

use std::collections::HashSet;

use compact_str::CompactString;
use simlink_fleet::{CardRef, Reader};

use crate::error_codes::ErrorCode;
use crate::http::error::{BadParameter, Problem, Refusal, bracketed};
use crate::http::members::Members;
use crate::http::parameter::Parameter;

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

    fn find<'a>(&self, reader: &'a Reader) -> Option<CardRef<'a>> {
        match self {
            Self::Id(id) => reader.by_id(*id),
            Self::Iccid(iccid) => reader.by_iccid(iccid),
            Self::Cid(cid) => reader.by_cid(cid),
        }
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

impl ListFault {
    /// The fault in the codes of the SIM group: `GSL.00011001` for an id, `GSL.00011011` with the list of ICCIDs, that
    /// no card of the account has.
    pub fn of_sims(self) -> Refusal {
        match &self {
            Self::Missing(names) => match names.first() {
                Some(CardName::Id(_)) => ErrorCode::SimCardNotFound.into(),
                Some(CardName::Iccid(_)) => {
                    let list = bracketed(names.iter().map(ToString::to_string));
                    Refusal::Business(ErrorCode::IccidNotFound, vec![list])
                }
                _ => self.into(),
            },
            Self::Repeated(_) => self.into(),
        }
    }
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

/// What a request with both lists comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Both {
    /// The ids are taken.
    IdsWin,
    /// It is refused.
    Refused,
}

/// The cards that a body names, by a list of ids or a list of ICCIDs. An empty list counts as none at all; that of
/// ICCIDs may be called `iccid` or `iccids` (behaviour, section 1).
///
/// # Errors
/// `GSL.00011010` for more than the parameters allow; a parameter error for neither list, and for both where that is
/// refused.
pub fn of_body(
    members: &Members,
    ids: &Parameter,
    iccids: &Parameter,
    both: Both,
) -> Result<Vec<CardName>, Refusal> {
    let alias = Parameter { name: if iccids.name == "iccids" { "iccid" } else { "iccids" }, ..*iccids };
    let by_id = members.integers(ids).map_err(too_many)?.unwrap_or_default();
    let mut by_iccid = members.texts(iccids).map_err(too_many)?.unwrap_or_default();
    if by_iccid.is_empty() {
        by_iccid = members.texts(&alias).map_err(too_many)?.unwrap_or_default();
    }
    match (by_id.is_empty(), by_iccid.is_empty()) {
        (true, true) => Err(ids.bad(Problem::Required).into()),
        (false, false) if both == Both::Refused => Err(ids.bad(Problem::Beside(iccids.name)).into()),
        (false, _) => Ok(by_id.into_iter().map(CardName::Id).collect()),
        (true, false) => Ok(by_iccid.into_iter().map(|iccid| CardName::Iccid(iccid.into())).collect()),
    }
}

/// More cards than may be asked for have a code of their own.
fn too_many(bad: BadParameter) -> Refusal {
    match bad.problem {
        Problem::TooMany(_) => ErrorCode::TooManyIccids.into(),
        _ => bad.into(),
    }
}

/// The named cards, in the list's order and each once, however often it is named.
///
/// # Errors
/// Names that name no card of the account.
pub fn find_each<'a>(reader: &'a Reader, names: &[CardName]) -> Result<Vec<CardRef<'a>>, ListFault> {
    let mut cards = find_named(reader, names)?;
    let mut seen = HashSet::with_capacity(cards.len());
    cards.retain(|card| seen.insert(card.id()));
    Ok(cards)
}

/// The ids of the named cards, in the list's order.
///
/// # Errors
/// Names that stand twice, then those that name no card of the account, then those that name one card in two ways.
pub fn find_all(reader: &Reader, names: &[CardName]) -> Result<Vec<i64>, ListFault> {
    let mut seen = HashSet::with_capacity(names.len());
    refuse(names.iter().filter(|name| !seen.insert(*name)), ListFault::Repeated)?;
    let ids: Vec<i64> = find_named(reader, names)?.iter().map(CardRef::id).collect();
    let mut seen = HashSet::with_capacity(ids.len());
    let repeated = names.iter().zip(&ids).filter(|(_, id)| !seen.insert(**id));
    refuse(repeated.map(|(name, _)| name), ListFault::Repeated)?;
    Ok(ids)
}

/// A card for each name.
fn find_named<'a>(reader: &'a Reader, names: &[CardName]) -> Result<Vec<CardRef<'a>>, ListFault> {
    let found: Vec<Option<CardRef<'a>>> = names.iter().map(|name| name.find(reader)).collect();
    let missing = names.iter().zip(&found).filter(|(_, found)| found.is_none());
    refuse(missing.map(|(name, _)| name), ListFault::Missing)?;
    Ok(found.into_iter().flatten().collect())
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

    /// Shows that a card named several times, in whichever way, is found once, in its first place; and that missing
    /// ones are named.
    #[test]
    fn each_card_is_found_once() {
        let fleet = fleet();
        let reader = fleet.read(AccountId(1));
        let names = [8, 7, 8].map(CardName::Id).to_vec();
        let ids = |names: &[CardName]| {
            find_each(&reader, names).map(|cards| cards.iter().map(CardRef::id).collect::<Vec<_>>())
        };
        assert_eq!(ids(&names), Ok(vec![8, 7]));
        assert_eq!(ids(&[ICCID, &ICCID[..19]].map(|iccid| CardName::Iccid(iccid.into()))), Ok(vec![7]));
        assert_eq!(ids(&[9, 7, 9].map(CardName::Id)), Err(ListFault::Missing(vec![CardName::Id(9)])));
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
