//! `simlink migrate`: brings a database up to date.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::app::open_database;
use crate::clock::Clock;
use crate::config::Config;
use crate::migrations::MIGRATIONS;

pub(super) async fn run(config: Config) -> Result<ExitCode> {
    let db = open_database(&config).await?;
    let pending = db.pending_migrations(MIGRATIONS).await?;
    db.migrate(MIGRATIONS, Clock::system().now_ms()).await.context("the migrations failed")?;
    db.close().await;
    println!("applied {} migrations; the database is at number {}", pending.len(), MIGRATIONS.len());
    Ok(ExitCode::SUCCESS)
}
