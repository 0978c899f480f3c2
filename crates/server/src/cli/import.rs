//! `simlink import cards|plans|pools|usage FILE`.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::json;
use simlink_db::{Db, Tx};

use super::{ConfigFile, progress};
use crate::app::open_database;
use crate::clock::Clock;
use crate::files::{Format, Report};
use crate::import::{self, ImportError};
use crate::migrations::MIGRATIONS;
use crate::plans::import::PlanImporter;
use crate::pools::import::PoolImporter;
use crate::sims::import::CardImporter;
use crate::usage::receive::{self, Progress, Terms};

/// Who the change log names as the actor.
const ACTOR: &str = "simlink import";

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  simlink import plans plans.csv\n  simlink import cards cards.csv --partial\n  \
                        simlink import usage 20240115.csv\n  \
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
    /// What cards used on days
    Usage,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let config = arguments.config.load()?;
    let path = &arguments.file;
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let size = file.metadata()?.len();
    let bar = progress::bytes("importing", size);
    let (db, now_ms) = (open_database(&config).await?, Clock::system().now_ms());
    db.migrate(MIGRATIONS, now_ms).await.context("the migrations failed")?;

    let (partial, format, drawn) = (arguments.partial, Format::of_path(path), bar.clone());
    let begun = Instant::now();
    let progress = move |bytes| drawn.set_position(bytes);
    let outcome = match arguments.kind {
        Kind::Plans => {
            let work = move |tx: &mut Tx<'_>| {
                let mut importer = PlanImporter { actor: ACTOR.to_owned(), now_ms };
                import::file(tx, &mut importer, file, format, partial, progress)
            };
            db.write_bulk(work).await
        }
        Kind::Pools => {
            let work = move |tx: &mut Tx<'_>| {
                let mut importer = PoolImporter::new(tx, ACTOR, now_ms)?;
                import::file(tx, &mut importer, file, format, partial, progress)
            };
            db.write_bulk(work).await
        }
        Kind::Cards => {
            let work = move |tx: &mut Tx<'_>| {
                let mut importer = CardImporter::new(tx, ACTOR, now_ms)?;
                import::file(tx, &mut importer, file, format, partial, progress)
            };
            db.write_bulk(work).await
        }
        Kind::Usage => {
            let terms = Terms { format, partial, ..Terms::new(ACTOR, now_ms) };
            take_usage(&db, file, terms, size, progress).await
        }
    };
    bar.finish_and_clear();
    let (report, applied) = match outcome {
        Ok(report) => (report, true),
        Err(ImportError::BadLines(report)) => (report, false),
        Err(error) => return Err(anyhow::Error::new(error).context("the file was not imported to its end")),
    };
    print(&report, applied, begun.elapsed().as_secs_f64(), arguments.json);
    db.close().await;
    Ok(if report.error_count == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Takes in a usage file; reading is the first half of the bar, applying the second.
async fn take_usage(
    db: &Db,
    file: File,
    terms: Terms,
    size: u64,
    draw: impl Fn(u64) + Clone + Send + 'static,
) -> Result<Report, ImportError> {
    let heard = move |progress| {
        draw(match progress {
            Progress::Read(bytes) => bytes / 2,
            Progress::Applied(done, of) => size / 2 + size * done as u64 / of.max(1) as u64 / 2,
        });
    };
    let taken = receive::file(db, file, terms, heard).await?;
    if taken.repeated {
        eprintln!("the file was taken in before: nothing to do");
    }
    Ok(taken.report)
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
