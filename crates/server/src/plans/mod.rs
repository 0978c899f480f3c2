//! Plans: the catalogue of the service, and the plans that cards have.

mod activate;
pub mod billing;
mod buy;
pub mod cycle;
pub mod import;
pub mod instances;
pub mod list;
pub mod list_of_sim;
pub mod purchase;
pub mod share;
pub mod sharing;
pub mod store;
mod succeed;
pub mod usage;

pub use activate::activate;
pub use buy::buy;
pub use succeed::{renew, succeed};
