//! The audit: who did what, from where, by which request, what was and what is. Entries are made of the log of changes,
//! in its order, each proven by the one before ([`chain`]); they are kept when the log is swept.

pub mod chain;
pub mod export;
pub mod list;
mod store;
pub mod verify;
mod view;
