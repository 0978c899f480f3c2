//! `simlink work-orders watch`: an order followed to its end.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::Value;

use super::arguments::Request;
use super::common;
use super::connection::Connection;
use crate::cli::progress;

/// How often an order is looked at: within the allowance of a user.
const INTERVAL: Duration = Duration::from_millis(500);

/// The command.
pub fn command() -> Command {
    common(Command::new("watch").about("Follows a work order to its end; fails if any of its cards did"))
        .arg(Arg::new("id").required(true).value_name("WORK_ORDER_ID").value_parser(value_parser!(i64)))
}

/// Runs the command.
///
/// # Errors
/// What the server or the connection says.
pub async fn run(connection: &Connection, matches: &ArgMatches) -> Result<ExitCode> {
    follow(connection, matches.get_one::<i64>("id").copied().unwrap_or_default()).await
}

/// Follows an order to its end and says what became of its cards; a failure if any of them failed.
///
/// # Errors
/// What the server or the connection says.
pub async fn follow(connection: &Connection, order: i64) -> Result<ExitCode> {
    let request = Request::get(&format!("/v1/work-orders/{order}/progress"));
    let mut bar = None;
    loop {
        let now = connection.ask(&request).await?;
        let number = |name: &str| now[name].as_u64().unwrap_or(0);
        let bar = bar.get_or_insert_with(|| progress::cards("work order", number("total_count")));
        bar.set_position(number("success_count") + number("fail_count"));
        if now["state"] == "ended" {
            bar.finish_and_clear();
            println!("{} done, {} failed", number("success_count"), number("fail_count"));
            for failure in now["failures"].as_array().into_iter().flatten() {
                let text = failure["description"].as_str().unwrap_or_default();
                println!("  {} × {text}", failure.get("count").and_then(Value::as_u64).unwrap_or(0));
            }
            return Ok(if number("fail_count") == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
