//! Plans: the catalogue of the service, and the plans that cards have.

mod activate;
pub mod billing;
mod buy;
pub mod cycle;
mod follow_card;
pub mod import;
pub mod instances;
pub mod list;
pub mod list_of_sim;
pub mod purchase;
pub mod share;
pub mod sharing;
mod silent;
pub mod store;
mod succeed;
pub mod usage;

pub use activate::activate;
pub use buy::buy;
pub use follow_card::{card_resumed, card_stopped};
pub use silent::silent_until_ms;
pub use succeed::{renew, succeed};
