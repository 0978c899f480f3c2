//! Tags: names that an account puts on its cards.

pub mod batch_set;
pub mod create;
pub mod delete;
pub mod list;
pub mod store;
