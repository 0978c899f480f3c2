//! Three-network cards: one card with an ICCID at each of the three carriers.

pub mod list;
