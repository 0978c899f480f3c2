//! The cards that a request names in its body: by a list of ids or a list of ICCIDs.

use std::collections::HashSet;

use simlink_fleet::{CardRef, Reader};

use crate::error_codes::ErrorCode;
use crate::http::error::{BadParameter, Problem, Refusal};
use crate::http::members::Members;
use crate::http::parameter::Parameter;

/// What a request with both lists comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Both {
    /// The ids are taken.
    IdsWin,
    /// It is refused.
    Refused,
}

/// Cards as a request names them; an empty list counts as none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By ids.
    Ids(Vec<i64>),
    /// By ICCIDs.
    Iccids(Vec<String>),
}

impl Asked {
    /// Reads both lists. The list of ICCIDs may be called `iccid` or `iccids` (behaviour, section 1).
    ///
    /// # Errors
    /// `GSL.00011010` for more than the parameters allow; a parameter error for neither list, and for both where
    /// that is refused.
    pub fn read(members: &Members, ids: &Parameter, iccids: &Parameter, both: Both) -> Result<Self, Refusal> {
        let alias = Parameter { name: if iccids.name == "iccids" { "iccid" } else { "iccids" }, ..*iccids };
        let by_id = members.integers(ids).map_err(too_many)?.unwrap_or_default();
        let mut by_iccid = members.texts(iccids).map_err(too_many)?.unwrap_or_default();
        if by_iccid.is_empty() {
            by_iccid = members.texts(&alias).map_err(too_many)?.unwrap_or_default();
        }
        match (by_id.is_empty(), by_iccid.is_empty()) {
            (true, true) => Err(ids.bad(Problem::Required).into()),
            (false, false) if both == Both::Refused => Err(ids.bad(Problem::Beside(iccids.name)).into()),
            (false, _) => Ok(Self::Ids(by_id)),
            (true, false) => Ok(Self::Iccids(by_iccid)),
        }
    }

    /// The cards, in the order of the request and each once.
    ///
    /// # Errors
    /// `GSL.00011001` for an id, `GSL.00011011` with the list of ICCIDs, that no card of the account has.
    pub fn find<'a>(&self, reader: &'a Reader) -> Result<Vec<CardRef<'a>>, Refusal> {
        let mut cards = match self {
            Self::Ids(ids) => {
                let found: Option<Vec<_>> = ids.iter().map(|id| reader.by_id(*id)).collect();
                found.ok_or(ErrorCode::SimCardNotFound)?
            }
            Self::Iccids(iccids) => {
                let mut missing: Vec<&str> = iccids
                    .iter()
                    .map(String::as_str)
                    .filter(|iccid| reader.by_iccid(iccid).is_none())
                    .collect();
                if !missing.is_empty() {
                    let mut seen = HashSet::new();
                    missing.retain(|iccid| seen.insert(*iccid));
                    let list = format!("[{}]", missing.join(", "));
                    return Err(Refusal::Business(ErrorCode::IccidNotFound, vec![list]));
                }
                iccids.iter().filter_map(|iccid| reader.by_iccid(iccid)).collect()
            }
        };
        let mut seen = HashSet::with_capacity(cards.len());
        cards.retain(|card| seen.insert(card.id()));
        Ok(cards)
    }
}

/// More cards than may be asked for have a code of their own.
fn too_many(bad: BadParameter) -> Refusal {
    match bad.problem {
        Problem::TooMany(_) => ErrorCode::TooManyIccids.into(),
        _ => bad.into(),
    }
}
