//! Network switch policies: when and where a three-network card moves.

pub mod list;
pub mod store;

mod find;

pub use find::{StoredPolicy, find};
