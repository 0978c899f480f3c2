//! What every test stands on: a server over a fresh database, a fleet to ask about, and watchful transport.

pub mod app;
pub mod people;
pub mod receiver;
pub mod seeds;
pub mod shape;
pub mod transport;

pub use app::{NOW_MS, TestApp};
pub use people::{
    ACME_ADMIN, ACME_VIEWER, FROZEN_ADMIN, OPERATOR, PASSWORD, PEOPLE, Person, RIVAL_ADMIN, RIVAL_VIEWER,
};
pub use transport::{Answer, Ask};
