//! simlink: SIM connectivity that anyone can run. `main.rs` calls [`cli`]; `ARCHITECTURE.md` is the map.

pub mod app;
pub mod attributes;
pub mod changes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error_codes;
pub mod files;
pub mod http;
pub mod iam;
pub mod import;
pub mod limits;
pub mod migrations;
pub mod multi_sims;
pub mod plans;
pub mod policies;
pub mod pools;
pub mod randomness;
pub mod scans;
pub mod sims;
pub mod sql;
pub mod tags;
pub mod units;
