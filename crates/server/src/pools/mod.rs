//! Traffic pools: cards that share their flow.

pub mod import;
pub mod store;
