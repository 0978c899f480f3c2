//! The carriers' side of the server: which link leads to which carrier, what they tell unasked, and reading cards at
//! them. What a carrier is and how calls are kept within limits is `crates/carriers`.

mod asking;
pub mod callback;
mod events;
pub mod links;
mod live_query;
mod provision;
mod read_card;

pub use asking::{Asking, Later, poll_wait_ms};
pub use events::{forget_events, take_events};
pub use links::{Carried, CarrierLink, Links};
pub use live_query::{LiveQueries, real_named};
pub use provision::cards_of_fleet;
pub use read_card::read_card;
