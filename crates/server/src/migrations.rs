//! The migrations that this version knows, compiled in.

use simlink_db::Migration;

/// In the order of their numbers; forward only.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "foundation", sql: include_str!("../../../migrations/0001_foundation.sql") },
    Migration { number: 2, name: "jobs", sql: include_str!("../../../migrations/0002_jobs.sql") },
    Migration {
        number: 3,
        name: "work orders",
        sql: include_str!("../../../migrations/0003_work_orders.sql"),
    },
    Migration { number: 4, name: "temp files", sql: include_str!("../../../migrations/0004_temp_files.sql") },
    Migration { number: 5, name: "text messages", sql: include_str!("../../../migrations/0005_sms.sql") },
    Migration { number: 6, name: "usage", sql: include_str!("../../../migrations/0006_usage.sql") },
    Migration { number: 7, name: "automation", sql: include_str!("../../../migrations/0007_automation.sql") },
    Migration { number: 8, name: "orders", sql: include_str!("../../../migrations/0008_orders.sql") },
    Migration {
        number: 9,
        name: "change feed",
        sql: include_str!("../../../migrations/0009_change_feed.sql"),
    },
    Migration {
        number: 10,
        name: "bulk orders",
        sql: include_str!("../../../migrations/0010_bulk_orders.sql"),
    },
    Migration {
        number: 11,
        name: "idempotency",
        sql: include_str!("../../../migrations/0011_idempotency.sql"),
    },
    Migration { number: 15, name: "console", sql: include_str!("../../../migrations/0015_console.sql") },
    Migration {
        number: 18,
        name: "usage as of",
        sql: include_str!("../../../migrations/0018_usage_as_of.sql"),
    },
    Migration { number: 20, name: "no turns", sql: include_str!("../../../migrations/0020_no_turns.sql") },
];
