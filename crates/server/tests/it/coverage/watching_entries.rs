//! The rows of what watches: the feed of changes, webhooks, the audit, rules.

use super::entries::Entry;
use crate::support::Ask;

/// The rows.
pub const WATCHING_ENTRIES: &[Entry] = &[
    Entry { id: "ListChanges", good: |_| Ask::get("/v1/changes"), foreign: &[] },
    Entry { id: "ListChangesOfAll", good: |_| Ask::get("/ops/v1/changes"), foreign: &[] },
];
