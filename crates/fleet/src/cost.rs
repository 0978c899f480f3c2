//! Estimates what a query will cost, so that the server can keep long scans away from short requests.

use crate::account::Account;
use crate::query::{Sort, SortKey};
use crate::select::{ONE_BY_ONE_MAX, Page};
use crate::term::Term;

/// Where a query belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cost {
    /// Short enough to be answered in place.
    Cheap,
    /// To be run in the bounded pool.
    Scan,
}

/// Queries expected to take longer than this are scans.
const CHEAP_MAX_NS: usize = 500_000;
/// One pass over 64 cards of a bitmap.
const WORD_NS: usize = 1;
/// One slot of a list, or one step along an order.
const STEP_NS: usize = 3;
/// One card whose key is fetched and compared.
const KEY_NS: usize = 40;
/// One card of a page, with its row.
const SHOWN_NS: usize = 300;
/// The part of an order that lies between two marks, or at both ends of a range beside the nearest ones.
const MARKS_SHARE: usize = 32;
/// Passes over the bits that it takes to find the right mark.
const JUMP_PASSES: usize = 6;

/// What these terms and this page will probably cost. Filters are taken to be independent of each other.
pub(crate) fn cost(account: &Account, terms: Option<&[Term<'_>]>, page: Page) -> Cost {
    let Some(terms) = terms else { return Cost::Cheap };
    let all = account.live.len.max(1);
    let sizes = || terms.iter().map(|term| term.most(account).min(all));
    let mut total_ns = page.limit.min(all) * SHOWN_NS;
    let narrowest = sizes().min().unwrap_or(all);
    let only_sorted_range = matches!(terms, [Term::Ranks { .. }]) && page.sort != Sort::Newest;
    if terms.is_empty() || only_sorted_range {
        // The order answers directly.
    } else if narrowest <= ONE_BY_ONE_MAX {
        total_ns += narrowest * KEY_NS * 2;
    } else {
        let words = account.live.words.len();
        for term in terms {
            total_ns += match term {
                Term::Any(sets) => (sets.len() + 1) * words * WORD_NS,
                Term::Not(_) => words * WORD_NS,
                Term::Slots(slots) => words * WORD_NS + slots.len() * STEP_NS,
                Term::Ranks { .. } => 2 * words * WORD_NS + all / MARKS_SHARE * STEP_NS,
            };
        }
        let matches = sizes().fold(all as f64, |matches, size| matches * size as f64 / all as f64).max(1.0);
        let rows = page.offset.saturating_add(page.limit) as f64;
        let walk_ns = (rows.min(matches) * all as f64 / matches) as usize * STEP_NS;
        // Orders by a number have marks, by which a long way is cut short; an order by text has none.
        let marked = !matches!(page.sort, Sort::By { key: SortKey::Cid, .. });
        let jump_ns =
            if marked { JUMP_PASSES * words * WORD_NS + all / MARKS_SHARE * STEP_NS } else { usize::MAX };
        total_ns += walk_ns.min(narrowest * KEY_NS).min(jump_ns);
    }
    if total_ns <= CHEAP_MAX_NS { Cost::Cheap } else { Cost::Scan }
}
