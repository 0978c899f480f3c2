//! The behaviour of the whole server, seen from outside: router in process, a clock that stands, both engines.

mod attributes;
mod bounds;
mod changes;
mod concurrency;
mod contract;
mod coverage;
mod follow;
mod gateway;
mod iam;
mod import;
mod model;
mod multi_sims;
mod plans;
mod policies;
mod pools;
mod reachable_codes;
mod sandbox;
mod sims;
mod sms;
mod support;
mod tags;
mod temp_files;
mod tidy;
mod usage;
mod webhooks;
mod work_orders;
