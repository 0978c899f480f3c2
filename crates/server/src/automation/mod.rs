//! Automation: what happens to cards and pools without anybody asking, when flow is used up, a threshold is passed, a
//! plan ends, a cycle turns.

mod store;
mod touch;

pub use touch::touch;
