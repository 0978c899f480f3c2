//! Webhooks: clients name an address and are told there of what changes, signed, at least once, in order for each thing.
//!
//! An endpoint reads the change log at its own pace ([`deliver`]): a job an endpoint makes events of the changes after
//! the endpoint's place in the log, as rows, and posts those that are due. [`waker`] starts the job when there is news.

pub mod create;
pub mod delete;
pub mod deliver;
pub mod endpoint;
mod event;
mod hooks;
pub mod list;
pub mod list_deliveries;
mod reach;
pub mod replay;
pub mod resend;
mod retry;
pub mod rotate_secret;
pub mod show;
mod signature;
mod store;
pub mod sweep;
pub mod test_event;
pub mod update;
pub mod waker;

pub use hooks::Hooks;
pub use reach::{Reach, Settings};
