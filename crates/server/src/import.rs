//! The import of a file: wholly in or wholly out, every bad line named, unless the operator asks for the good ones.
//!
//! What a line means is the business of its noun (`sims/import.rs`, `plans/import.rs`, `pools/import.rs`); what they
//! share stands here.

use std::io::Read;

use simlink_db::{DbError, Tx};

use crate::files::{FileError, FileRecord, Format, Reader, Report, row::Fault};

/// Why nothing of a file is kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file has bad lines; the report names them.
    #[error("{} bad lines: nothing was imported", .0.error_count)]
    BadLines(Report),
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file has more lines than are applied at once.
    #[error("the file has more than {0} lines: cut it into several")]
    TooManyLines(usize),
    /// The database refuses.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Takes records one after the other into the database.
pub trait Importer {
    /// What it takes.
    type Record: FileRecord;

    /// Takes one record. A fault that only the database knows goes to `reject` with the line's number, now or when
    /// the records taken so far are written.
    ///
    /// # Errors
    /// Those of the database.
    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        line: u64,
        record: Self::Record,
        reject: &mut dyn FnMut(u64, Fault),
    ) -> Result<(), DbError>;

    /// Writes what was taken and not yet written.
    ///
    /// # Errors
    /// Those of the database.
    fn finish(&mut self, tx: &mut Tx<'_>, reject: &mut dyn FnMut(u64, Fault)) -> Result<(), DbError>;
}

/// Imports a file within one transaction. With `partial`, bad lines are left out; without, they undo everything.
/// `progress` hears the bytes read.
///
/// # Errors
/// Bad lines, an unreadable file, the database: the transaction must then be given up.
pub fn file<I: Importer>(
    tx: &mut Tx<'_>,
    importer: &mut I,
    input: impl Read,
    format: Option<Format>,
    partial: bool,
    progress: impl Fn(u64),
) -> Result<Report, ImportError> {
    let mut reader = Reader::<_, I::Record>::open(input, format)?;
    while let Some(next) = reader.next() {
        let (line, record) = next?;
        importer.take(tx, line, record, &mut |line, fault| reader.reject(line, fault))?;
        if line % 1_024 == 0 {
            progress(reader.bytes_read());
        }
    }
    importer.finish(tx, &mut |line, fault| reader.reject(line, fault))?;
    progress(reader.bytes_read());
    let mut report = reader.into_report();
    report.errors.sort_by_key(|error| error.line);
    if report.error_count > 0 && !partial { Err(ImportError::BadLines(report)) } else { Ok(report) }
}
