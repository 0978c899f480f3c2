//! Plans: the catalogue of the service, and the plans that cards have.

mod activate;
pub mod billing;
pub mod cycle;
pub mod import;
pub mod list;
pub mod list_of_sim;
mod silent;
pub mod store;
pub mod usage;

pub use activate::activate;
pub use silent::silent_until_ms;
