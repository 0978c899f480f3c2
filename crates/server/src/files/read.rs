//! Reads a file line by line into records, keeps going over bad lines, and reports all of them at the end.

use std::io::{self, Read};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;

use super::csv::{self, CsvLine};
use super::duplicates::Seen;
use super::lines::{Line, Lines};
use super::row::{Fault, Row};
use super::{json_lines, limits, values};

/// A kind of line: its columns, how it is read, checked and written.
pub trait FileRecord: Sized {
    /// The columns by name, in the order they are written.
    const COLUMNS: &'static [&'static str];
    /// Those without which a file can't be read.
    const REQUIRED: &'static [&'static str];

    /// Reads and checks one line.
    fn from_row(row: &Row<'_>) -> Result<Self, Fault>;

    /// The keys that no other line of the file may have: the column's name and the key.
    fn keys(&self, add: &mut dyn FnMut(&'static str, &str));

    /// Appends all columns.
    fn write(&self, line: &mut CsvLine);
}

/// How a file is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// By the file's extension; `None` leaves it to the first byte.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// Why a file can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The stream failed.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
    /// There is no line at all.
    #[error("the file is empty")]
    Empty,
    /// The first line can't be taken apart.
    #[error("line 1, the header, {0}")]
    Header(String),
    /// A column that no record has.
    #[error("unknown column {name}; known are {known}")]
    UnknownColumn {
        /// The column as the file names it, quoted.
        name: String,
        /// The columns there are.
        known: String,
    },
    /// A column twice.
    #[error("column {0} stands twice in the header")]
    RepeatedColumn(&'static str),
    /// A column that every file needs.
    #[error("column {0} is missing from the header")]
    MissingColumn(&'static str),
    /// A spreadsheet that can't be taken apart.
    #[error("the spreadsheet {0}")]
    Sheet(String),
    /// More lines than are read.
    #[error("the file has more than {} lines", limits::FILE_LINES_MAX)]
    TooManyLines,
}

/// A bad line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Its number, counting every physical line from 1.
    pub line: u64,
    /// The column at fault, where it is one.
    pub column: Option<&'static str>,
    /// Why, as a sentence without its subject.
    pub reason: String,
}

/// What a file amounted to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Good records handed out, less those rejected afterwards.
    pub records: u64,
    /// Bad lines, all of them.
    pub error_count: u64,
    /// The first `LINE_ERRORS_KEPT_MAX` bad lines, in the order they were found.
    pub errors: Vec<LineError>,
}

impl Report {
    fn note(&mut self, line: u64, fault: Fault) {
        self.error_count += 1;
        if self.errors.len() < limits::LINE_ERRORS_KEPT_MAX {
            self.errors.push(LineError { line, column: fault.column, reason: fault.reason });
        }
    }
}

/// The records of a file, as an iterator over `(line number, record)`; bad lines are passed over and reported.
/// After an `Err` it ends.
pub struct Reader<R, T> {
    lines: Lines<R>,
    layout: Layout,
    seen: Seen,
    report: Report,
    fields: Vec<Range<usize>>,
    spans: Vec<Range<usize>>,
    scratch: String,
    ended: bool,
    record: PhantomData<fn() -> T>,
}

enum Layout {
    /// The column of the record that each position of the header stands for.
    Csv(Vec<usize>),
    JsonLines,
}

impl<R: Read, T: FileRecord> Reader<R, T> {
    /// Begins a file: reads the header of a CSV. Without a format the first byte decides.
    pub fn open(input: R, format: Option<Format>) -> Result<Self, FileError> {
        let mut lines = Lines::new(input);
        let first = lines.first_byte()?.ok_or(FileError::Empty)?;
        let detected = if first == b'{' { Format::JsonLines } else { Format::Csv };
        let layout = match format.unwrap_or(detected) {
            Format::Csv => Layout::Csv(read_header::<R, T>(&mut lines)?),
            Format::JsonLines => Layout::JsonLines,
        };
        Ok(Self {
            lines,
            layout,
            seen: Seen::default(),
            report: Report::default(),
            fields: Vec::new(),
            spans: Vec::new(),
            scratch: String::new(),
            ended: false,
            record: PhantomData,
        })
    }

    /// Bytes taken from the stream so far, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.lines.bytes
    }

    /// Adds a fault that only the caller can know (an unknown account or plan) to a line handed out before.
    pub fn reject(&mut self, line: u64, fault: Fault) {
        self.report.records = self.report.records.saturating_sub(1);
        self.report.note(line, fault);
    }

    /// What was found so far; complete once the iterator has ended.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The report for good.
    pub fn into_report(self) -> Report {
        self.report
    }

    /// The next good record, `None` at the end.
    fn next_record(&mut self) -> Result<Option<(u64, T)>, FileError> {
        loop {
            if self.lines.number >= limits::FILE_LINES_MAX {
                return Err(FileError::TooManyLines);
            }
            let number = self.lines.number + 1;
            let line = match self.lines.next()? {
                Line::End => return Ok(None),
                Line::Unreadable(reason) => {
                    self.report.note(number, Fault::of_line(reason));
                    continue;
                }
                Line::Text(line) if line.trim().is_empty() => continue,
                Line::Text(line) => line,
            };
            let parsed =
                take_apart::<T>(line, &self.layout, &mut self.fields, &mut self.spans, &mut self.scratch);
            match parsed.and_then(|record| note_keys(&record, number, &mut self.seen).map(|()| record)) {
                Ok(record) => {
                    self.report.records += 1;
                    return Ok(Some((number, record)));
                }
                Err(fault) => self.report.note(number, fault),
            }
        }
    }
}

impl<R: Read, T: FileRecord> Iterator for Reader<R, T> {
    type Item = Result<(u64, T), FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.next_record().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

fn read_header<R: Read, T: FileRecord>(lines: &mut Lines<R>) -> Result<Vec<usize>, FileError> {
    let line = match lines.next()? {
        Line::Text(line) => line,
        Line::Unreadable(reason) => return Err(FileError::Header(reason.to_owned())),
        Line::End => return Err(FileError::Empty),
    };
    let (mut unquoted, mut fields) = (String::new(), Vec::new());
    let text = csv::split(line, &mut unquoted, &mut fields)
        .map_err(|reason| FileError::Header(reason.to_owned()))?;
    if fields.len() > limits::COLUMNS_MAX {
        return Err(FileError::Header(format!("has more than {} columns", limits::COLUMNS_MAX)));
    }
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let name = text[field].trim();
        let column = T::COLUMNS.iter().position(|known| *known == name).ok_or_else(|| {
            FileError::UnknownColumn { name: values::quoted(name), known: T::COLUMNS.join(", ") }
        })?;
        if columns.contains(&column) {
            return Err(FileError::RepeatedColumn(T::COLUMNS[column]));
        }
        columns.push(column);
    }
    let has = |name: &str| columns.iter().any(|column| T::COLUMNS[*column] == name);
    match T::REQUIRED.iter().find(|name| !has(name)) {
        Some(missing) => Err(FileError::MissingColumn(missing)),
        None => Ok(columns),
    }
}

fn take_apart<T: FileRecord>(
    line: &str,
    layout: &Layout,
    fields: &mut Vec<Range<usize>>,
    spans: &mut Vec<Range<usize>>,
    scratch: &mut String,
) -> Result<T, Fault> {
    let text = match layout {
        Layout::Csv(columns) => {
            let text = csv::split(line, scratch, fields).map_err(Fault::of_line)?;
            if fields.len() != columns.len() {
                return Err(Fault::of_line(format!(
                    "has {} fields where the header has {}",
                    fields.len(),
                    columns.len()
                )));
            }
            spans.clear();
            spans.resize(T::COLUMNS.len(), 0..0);
            for (column, field) in columns.iter().zip(&*fields) {
                spans[*column] = field.clone();
            }
            text
        }
        Layout::JsonLines => {
            json_lines::split(line, T::COLUMNS, scratch, spans)?;
            scratch.as_str()
        }
    };
    if let Some(column) = spans.iter().position(|span| span.len() > limits::FIELD_BYTES_MAX) {
        return Err(Fault::at(
            T::COLUMNS[column],
            format!("is longer than {} bytes", limits::FIELD_BYTES_MAX),
        ));
    }
    T::from_row(&Row { text, spans, columns: T::COLUMNS })
}

fn note_keys<T: FileRecord>(record: &T, line: u64, seen: &mut Seen) -> Result<(), Fault> {
    let mut fault = None;
    record.keys(&mut |column, key| {
        if let Some(first) = seen.note(key, line) {
            fault.get_or_insert_with(|| {
                Fault::at(column, format!("{} stands on line {first} already", values::quoted(key)))
            });
        }
    });
    fault.map_or(Ok(()), Err)
}
