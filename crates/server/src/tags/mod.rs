//! Tags: names that an account puts on its cards.

pub mod list;
pub mod store;
