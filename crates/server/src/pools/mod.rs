//! Traffic pools: cards that share their flow. Forward pools add up what their members' plans have; back pools are
//! billed by what was used.

pub mod add_on;
pub mod back_members;
pub mod back_pools;
pub mod balance;
pub mod forward_members;
pub mod forward_pools;
pub mod import;
pub mod members;
pub mod records;
pub mod standing;
mod state;
pub mod store;

pub use state::{ids_of_all, set_stopped};
pub use store::{ABANDONED, STOPPED};
