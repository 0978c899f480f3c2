//! The listener against real sockets, with limits of tens of milliseconds. The tests wait by reading until the
//! server closes, never by sleeping, so each lasts as long as the limit it shows.

mod abuse;
mod service;
mod support;
mod timeouts;
mod transport;
