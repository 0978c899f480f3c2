//! The command line: thin. Each command reads its arguments and calls the room that does the work.

mod account;
mod client;
mod demo;
mod doctor;
mod import;
mod migrate;
mod progress;
mod serve;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Log};
use crate::http::openapi;

/// SIM connectivity that anyone can run.
#[derive(Debug, Parser)]
#[command(name = "simlink", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a generated fleet with fixed credentials on the loopback interface
    Demo(demo::Arguments),
    /// Runs the server
    Serve(ConfigFile),
    /// Reads cards, plans or pools from a CSV or JSON-lines file
    Import(import::Arguments),
    /// Makes, freezes and thaws accounts
    Account(account::Arguments),
    /// Prints the OpenAPI document
    Openapi,
    /// Applies pending migrations
    Migrate(ConfigFile),
    /// Checks configuration, database and fleet
    Doctor(doctor::Arguments),
    /// Prints completions for a shell: source them from its start-up file
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Writes manual pages into a directory
    Man {
        /// The directory
        directory: PathBuf,
    },
}

/// Where the configuration comes from.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// The configuration; every key can also be set as SIMLINK_…
    #[arg(long, value_name = "FILE", env = "SIMLINK_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    fn load(&self) -> Result<Config> {
        Config::load(self.config.as_deref())
    }
}

/// Every command: those that run a server and those that ask one.
fn commands() -> clap::Command {
    client::augment(Arguments::command())
}

/// Parses the command line and runs the command.
pub fn run() -> ExitCode {
    let matches = commands().get_matches();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime");
    let result = runtime.and_then(|runtime| {
        let result = runtime.block_on(async {
            match matches.subcommand_name() {
                Some(word) if client::knows(word) => client::run(&matches).await,
                _ => execute(Arguments::from_arg_matches(&matches)?.command).await,
            }
        });
        // A blocking task that hangs must not keep a finished command alive.
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        result
    });
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(config) => {
            let config = config.load()?;
            log_to_stderr(config.log);
            serve::run(config).await
        }
        Command::Import(arguments) => import::run(arguments).await,
        Command::Account(arguments) => account::run(arguments).await,
        Command::Openapi => {
            println!("{:#}", openapi::document());
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate(config) => migrate::run(config.load()?).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut commands(), "simlink", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { directory } => {
            std::fs::create_dir_all(&directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
            clap_mangen::generate_to(commands(), &directory)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Log lines go to standard error: standard output is for what a command answers. `RUST_LOG` selects them.
fn log_to_stderr(log: Log) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second initialisation in the same process is a test's: the first one stays.
    let _ = match log {
        Log::Text => builder.try_init(),
        Log::Json => builder.json().flatten_event(true).try_init(),
    };
}
