//! Names that cards refer to and that change without the cards: plans and network policies, shared by all accounts.

use compact_str::CompactString;
use hashbrown::HashMap;

/// Looked up when a row is read, so that a new name shows at once everywhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub plans: HashMap<CompactString, CompactString>,
    pub policies: HashMap<i64, CompactString>,
}
