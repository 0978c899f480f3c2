//! Custom attributes: six slots that an account names and fills for its cards.

pub mod list;
pub mod store;
