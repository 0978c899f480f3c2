//! XLSX: the first sheet of a spreadsheet as CSV, so that it is read by the same rules, line by line of the same number.
//!
//! A spreadsheet is an archive, and a small one may unpack to anything: it is unpacked once into nothing and counted
//! before the reader sees it.

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use super::limits;
use super::read::FileError;

/// From here on a floating point number no longer holds every digit.
const EXACT_MAX: f64 = 1e15;

/// Whether a file looks like a spreadsheet.
pub fn is_xlsx(file: &[u8]) -> bool {
    file.starts_with(b"PK\x03\x04")
}

/// The first sheet as CSV.
///
/// # Errors
/// [`FileError::Sheet`]: no spreadsheet, one that unpacks to more than [`limits::SHEET_BYTES_MAX`], one that is too wide
/// or long, or damaged.
pub fn to_csv(file: &[u8]) -> Result<Vec<u8>, FileError> {
    check_size(file)?;
    // What is damaged in a way that the reader did not think of is a bad file, nothing worse.
    let read = catch_unwind(AssertUnwindSafe(|| first_sheet(file)));
    read.unwrap_or_else(|_| Err(bad("is damaged"))).map(String::into_bytes)
}

fn bad(reason: impl Into<String>) -> FileError {
    FileError::Sheet(reason.into())
}

/// Counts what all parts unpack to, whatever they say of themselves.
fn check_size(file: &[u8]) -> Result<(), FileError> {
    let not_one = |_| bad("is none");
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(not_one)?;
    let mut left = limits::SHEET_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(not_one)?;
        let unpacked = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|_| bad("is damaged"))?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| bad(format!("unpacks to more than {} bytes", limits::SHEET_BYTES_MAX)))?;
    }
    Ok(())
}

fn first_sheet(file: &[u8]) -> Result<String, FileError> {
    let damaged = |error: calamine::XlsxError| bad(format!("is damaged: {error}"));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(damaged)?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| bad("has no sheet"))?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut sheet = Sheet::default();
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        sheet.put(row, column, &text(cell.get_value()))?;
    }
    Ok(sheet.finish())
}

/// The text of a cell. A number too long to be exact stays recognisable as one.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.abs() < EXACT_MAX => number.to_string(),
        DataRef::Float(number) => format!("{number:E}").replace('E', "E+"),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => moment.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Cells, row by row, on their way into CSV.
#[derive(Default)]
struct Sheet {
    csv: String,
    /// The row at hand, and its cells so far.
    row: u32,
    cells: Vec<String>,
    /// Cells of the first row: the header. Shorter rows are filled up to it.
    width: usize,
}

impl Sheet {
    fn put(&mut self, row: u32, column: u32, text: &str) -> Result<(), FileError> {
        if row >= limits::SHEET_ROWS_MAX || row < self.row {
            return Err(bad("has its rows in no order"));
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= limits::COLUMNS_MAX {
            return Err(bad(format!("has more than {} columns", limits::COLUMNS_MAX)));
        }
        while self.row < row {
            self.end_row();
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        // A line of CSV has no line breaks; whatever stands for one is refused by the column as a control character.
        self.cells[column] = text.replace(['\r', '\n'], "\u{1}");
        Ok(())
    }

    fn end_row(&mut self) {
        // Cells that are formatted but empty may follow the last one.
        while self.cells.len() > self.width && self.cells.last().is_some_and(String::is_empty) {
            self.cells.pop();
        }
        if self.cells.iter().any(|cell| !cell.is_empty()) {
            self.width = if self.row == 0 { self.cells.len() } else { self.width };
            self.cells.resize(self.cells.len().max(self.width), String::new());
            for (index, cell) in self.cells.iter().enumerate() {
                if index > 0 {
                    self.csv.push(',');
                }
                self.csv.push('"');
                self.csv.push_str(&cell.replace('"', "\"\""));
                self.csv.push('"');
            }
        }
        self.csv.push('\n');
        self.cells.clear();
        self.row += 1;
    }

    fn finish(mut self) -> String {
        self.end_row();
        self.csv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(cells: &[(u32, u32, &str)]) -> Result<String, FileError> {
        let mut sheet = Sheet::default();
        cells.iter().try_for_each(|(row, column, text)| sheet.put(*row, *column, text))?;
        Ok(sheet.finish())
    }

    /// Shows that each row is the line of its number, that rows are as wide as the header, and what is quoted.
    #[test]
    fn rows_are_lines() {
        let sheet = csv(&[
            (0, 0, "iccid"),
            (0, 1, "cid"),
            (0, 5, ""),
            (1, 1, "a\"b,c"),
            (3, 0, "x\ny"),
            (3, 4, ""),
            (4, 2, "z"),
        ]);
        let lines = ["\"iccid\",\"cid\"", "\"\",\"a\"\"b,c\"", "", "\"x\u{1}y\",\"\"", "\"\",\"\",\"z\"", ""];
        assert_eq!(sheet.expect("a sheet"), lines.join("\n"));
    }

    /// Shows that sheets too wide, too long or out of order are refused.
    #[test]
    fn sheets_are_bounded() {
        for cells in [
            &[(0, 64, "x")][..],
            &[(limits::SHEET_ROWS_MAX, 0, "x")],
            &[(u32::MAX, u32::MAX, "x")],
            &[(2, 0, "x"), (1, 0, "x")],
        ] {
            assert!(csv(cells).is_err(), "{cells:?}");
        }
    }

    /// Shows that long numbers are not passed off as exact, and that short ones are whole.
    #[test]
    fn numbers_are_told_apart() {
        assert_eq!(text(&DataRef::Float(12.0)), "12");
        assert_eq!(text(&DataRef::Float(1.5)), "1.5");
        assert_eq!(text(&DataRef::Float(8.986_012_345_678_901e18)), "8.986012345678901E+18");
    }

    /// Shows that files which are no spreadsheet are refused.
    #[test]
    fn other_archives_are_refused() {
        for file in [&b"PK\x03\x04"[..], b"", b"iccid\n"] {
            assert!(matches!(to_csv(file), Err(FileError::Sheet(_))));
        }
    }
}
