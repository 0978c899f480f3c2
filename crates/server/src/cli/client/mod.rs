//! `simlink` as a client of a server: commands made of the operations that the server itself is made of. A command is a
//! row of [`specs`]; its flags, bounds and help are those that the operation declares.

mod answer;
mod arguments;
mod connection;
mod profile;
mod specs;
mod watch;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use self::answer::Form;
use self::arguments::Request;
use self::connection::Connection;
use self::specs::{SPECS, Spec};
use crate::limits;

/// Follows an order to its end.
const WATCH: [&str; 2] = ["work-orders", "watch"];
/// Keeps a server's address and an access key.
const LOGIN: &str = "login";

/// Adds the client's commands to those that there are.
pub(super) fn augment(command: Command) -> Command {
    let mut command = command.subcommand(profile::login_command());
    for spec in SPECS {
        let words: Vec<&str> = spec.words.split(' ').collect();
        command = insert(command, &words, arguments::command(spec));
    }
    insert(command, &WATCH, watch::command())
}

/// Puts a command below the words before its last, which are made where they are missing.
fn insert(command: Command, words: &[&str], leaf: Command) -> Command {
    let [group, rest @ ..] = words else { return command };
    if rest.is_empty() {
        return command.subcommand(leaf);
    }
    let found = command.find_subcommand(group).cloned();
    let known = found.is_some();
    let group_command = found.unwrap_or_else(|| {
        let about = specs::about(group);
        Command::new((*group).to_owned()).about(about).subcommand_required(true).arg_required_else_help(true)
    });
    let group_command = insert(group_command, rest, leaf);
    if known { command.mut_subcommand(*group, |_| group_command) } else { command.subcommand(group_command) }
}

/// Whether a command of this first word is the client's.
pub(super) fn knows(word: &str) -> bool {
    word == LOGIN || SPECS.iter().any(|spec| spec.words.split(' ').next() == Some(word))
}

/// Runs a command of the client.
///
/// # Errors
/// What the profile, the server or the connection says, in a sentence.
pub(super) async fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let (words, leaf) = path(matches);
    if words == [LOGIN] {
        return profile::login(leaf).await;
    }
    let connection = Connection::open(leaf)?;
    if words == WATCH {
        return watch::run(&connection, leaf).await;
    }
    let words = words.join(" ");
    let spec = SPECS.iter().find(|spec| spec.words == words).context("no such command")?;
    let form = Form::of(leaf);
    let request = arguments::request(&connection, spec, leaf).await?;
    let answer = if leaf.try_get_one::<bool>("all").ok().flatten() == Some(&true) {
        every_page(&connection, request).await?
    } else {
        connection.ask(&request).await?
    };
    form.print(&answer, spec.columns)?;
    let order = answer.get("work_order_id").and_then(Value::as_i64);
    match order {
        Some(order) if leaf.try_get_one::<bool>("wait").ok().flatten() == Some(&true) => {
            watch::follow(&connection, order).await
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The words of the command that was chosen, and what was given to it.
fn path(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let (mut words, mut leaf) = (Vec::new(), matches);
    while let Some((word, below)) = leaf.subcommand() {
        words.push(word);
        leaf = below;
    }
    (words, leaf)
}

/// Every page of a list as one.
async fn every_page(connection: &Connection, mut request: Request) -> Result<Value> {
    let mut whole: Option<Value> = None;
    request.set_query("limit", &limits::PAGE_ROWS.1.to_string());
    for number in 1..=limits::PAGE_NUMBERS.1 {
        request.set_query("offset", &number.to_string());
        let mut page = connection.ask(&request).await?;
        let rows = answer::rows_mut(&mut page).map(std::mem::take).unwrap_or_default();
        let last = i64::try_from(rows.len()).unwrap_or(0) < limits::PAGE_ROWS.1;
        let whole = whole.get_or_insert(page);
        if let Some(all) = answer::rows_mut(whole) {
            all.extend(rows);
        }
        if last {
            break;
        }
    }
    Ok(whole.unwrap_or_default())
}

/// The flags that every command of the client has.
fn common(command: Command) -> Command {
    command
        .arg(
            Arg::new("profile")
                .long("profile")
                .env("SIMLINK_PROFILE")
                .default_value("default")
                .help("The server and key, kept by `simlink login`"),
        )
        .arg(profile::file_argument())
}

/// A spec's operation: every row of the table has one.
fn operation(spec: &Spec) -> &'static crate::http::operation::Operation {
    let found = crate::http::router::OPERATIONS.iter().find(|operation| operation.id == spec.operation);
    found.copied().expect("every command names an operation")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that every command names an operation, that no two have the same words, and that clap finds no fault in
    /// any of them.
    #[test]
    fn commands_fit_together() {
        let mut words: Vec<&str> = SPECS.iter().map(|spec| spec.words).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), SPECS.len());
        for spec in SPECS {
            assert!(
                !operation(spec).summary.is_empty() && knows(spec.words.split(' ').next().expect("a word"))
            );
        }
        augment(Command::new("simlink")).debug_assert();
    }
}
