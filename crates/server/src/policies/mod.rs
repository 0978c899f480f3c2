//! Network switch policies: when and where a three-network card moves.

pub mod create;
pub mod list;
pub mod rules;
pub mod store;

mod find;

pub use find::{StoredPolicy, find};
