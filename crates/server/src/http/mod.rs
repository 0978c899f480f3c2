//! HTTP: from the socket to a handler and back. `router.rs` is the table of contents.

pub mod call;
pub mod console;
pub mod error;
pub mod flow_control;
pub mod gateway;
pub mod language;
pub mod listener;
pub mod members;
pub mod metrics;
pub mod openapi;
pub mod operation;
pub mod pages;
pub mod parameter;
pub mod query;
pub mod reply;
pub mod request_id;
pub mod router;
