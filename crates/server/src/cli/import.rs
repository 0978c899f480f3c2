//! `simlink import cards|plans|pools FILE`.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::json;
use simlink_db::Tx;

use super::{ConfigFile, progress};
use crate::app::open_database;
use crate::clock::Clock;
use crate::files::{Format, Report};
use crate::import::{self, ImportError};
use crate::migrations::MIGRATIONS;
use crate::plans::import::PlanImporter;
use crate::pools::import::PoolImporter;
use crate::sims::import::CardImporter;

/// Who the change log names as the actor.
const ACTOR: &str = "simlink import";

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  simlink import plans plans.csv\n  simlink import cards cards.csv --partial\n  \
                        zcat cards.jsonl.gz > cards.jsonl && simlink import cards cards.jsonl --json"
)]
pub(super) struct Arguments {
    /// What the file lists
    kind: Kind,
    /// UTF-8 CSV with a header, or JSON lines
    file: PathBuf,
    /// Applies the good lines of a file that has bad ones
    #[arg(long)]
    partial: bool,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// SIM cards
    Cards,
    /// Plans of the catalogue
    Plans,
    /// Traffic pools
    Pools,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let config = arguments.config.load()?;
    let path = &arguments.file;
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let bar = progress::bytes("importing", file.metadata()?.len());
    let (db, now_ms) = (open_database(&config).await?, Clock::system().now_ms());
    db.migrate(MIGRATIONS, now_ms).await.context("the migrations failed")?;

    let (kind, partial, format, drawn) =
        (arguments.kind, arguments.partial, Format::of_path(path), bar.clone());
    let begun = Instant::now();
    let work = move |tx: &mut Tx<'_>| {
        let progress = |bytes| drawn.set_position(bytes);
        match kind {
            Kind::Cards => {
                let mut importer = CardImporter::new(tx, ACTOR, now_ms)?;
                import::file(tx, &mut importer, file, format, partial, progress)
            }
            Kind::Plans => {
                let mut importer = PlanImporter { actor: ACTOR.to_owned(), now_ms };
                import::file(tx, &mut importer, file, format, partial, progress)
            }
            Kind::Pools => {
                let mut importer = PoolImporter::new(tx, ACTOR, now_ms)?;
                import::file(tx, &mut importer, file, format, partial, progress)
            }
        }
    };
    let outcome = db.write_bulk(work).await;
    bar.finish_and_clear();
    let (report, applied) = match outcome {
        Ok(report) => (report, true),
        Err(ImportError::BadLines(report)) => (report, false),
        Err(error) => return Err(anyhow::Error::new(error).context("nothing was imported")),
    };
    print(&report, applied, begun.elapsed().as_secs_f64(), arguments.json);
    db.close().await;
    Ok(if report.error_count == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn print(report: &Report, applied: bool, seconds: f64, as_json: bool) {
    let imported = if applied { report.records } else { 0 };
    if as_json {
        let errors: Vec<_> = report
            .errors
            .iter()
            .map(|error| json!({"line": error.line, "column": error.column, "reason": error.reason}))
            .collect();
        println!("{}", json!({"imported": imported, "bad_lines": report.error_count, "errors": errors}));
        return;
    }
    for error in &report.errors {
        let column = error.column.map_or_else(String::new, |column| format!("{column} "));
        eprintln!("line {}: {column}{}", error.line, error.reason);
    }
    let unlisted = report.error_count.saturating_sub(report.errors.len() as u64);
    if unlisted > 0 {
        eprintln!("and {unlisted} bad lines more");
    }
    if applied {
        println!("imported {imported} records in {seconds:.1} s, left out {} bad lines", report.error_count);
    } else {
        println!("{} bad lines: nothing was imported", report.error_count);
    }
}
