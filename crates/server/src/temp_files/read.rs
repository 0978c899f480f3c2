//! From an uploaded file to a checked list: CSV, JSON lines or the first sheet of a spreadsheet, told apart by their first
//! bytes. Pure.

use crate::files::{self, CardListRecord, FileError, Format, LineError, Reader, write_csv};
use crate::http::error::Problem;
use crate::limits;

/// A list fit to be kept.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// Its lines, written anew as CSV.
    pub content: String,
    /// How many cards it names.
    pub row_count: usize,
}

/// Reads a file whole.
///
/// # Errors
/// What is wrong with the file, or with which of its lines: one bad line is enough.
pub fn read(file: &[u8]) -> Result<List, Problem> {
    if file.len() > limits::TEMP_FILE_BYTES_MAX {
        return Err(Problem::TooLarge(limits::TEMP_FILE_BYTES_MAX));
    }
    let unreadable = |error: FileError| Problem::Unreadable(error.to_string());
    let (sheet, format) = if files::is_xlsx(file) {
        (files::to_csv(file).map_err(unreadable)?, Some(Format::Csv))
    } else {
        (Vec::new(), None)
    };
    let input = if format.is_some() { &sheet } else { file };
    let mut reader = Reader::<_, CardListRecord>::open(input, format).map_err(unreadable)?;
    let mut records = Vec::new();
    for next in reader.by_ref() {
        records.push(next.map_err(unreadable)?.1);
        if records.len() > limits::TEMP_FILE_ROWS_MAX {
            return Err(Problem::TooMany(limits::TEMP_FILE_ROWS_MAX));
        }
    }
    let report = reader.into_report();
    if report.error_count > 0 {
        return Err(Problem::BadLines(report.error_count, report.errors.into_iter().map(said).collect()));
    }
    if records.is_empty() {
        return Err(Problem::Count(1, limits::TEMP_FILE_ROWS_MAX));
    }
    let row_count = records.len();
    let mut content = Vec::new();
    let written = write_csv(&mut content, records);
    written.map_err(|error| Problem::Unreadable(error.to_string()))?;
    let content = String::from_utf8(content).map_err(|error| Problem::Unreadable(error.to_string()))?;
    Ok(List { content, row_count })
}

/// A bad line's number and what is wrong with it.
fn said(error: LineError) -> (u64, String) {
    let column = error.column.map(|column| format!("{column} ")).unwrap_or_default();
    (error.line, column + &error.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ICCID: &str = "8986001234567890123";

    /// Shows that CSV (with a mark or without) and JSON lines give the same list, and that reading the written list
    /// again gives it, too.
    #[test]
    fn formats_give_the_same_list() {
        let csv = format!("iccid,customer_attribute2\n{ICCID},\"a, \"\"b\"\"\"\n");
        let json = format!("{{\"iccid\": \"{ICCID}\", \"customer_attribute2\": \"a, \\\"b\\\"\"}}\n");
        let list = read(csv.as_bytes()).expect("a list");
        assert_eq!(list.row_count, 1);
        assert_eq!(read(json.as_bytes()).as_ref(), Ok(&list));
        assert_eq!(read(format!("\u{feff}{csv}").as_bytes()).as_ref(), Ok(&list));
        assert_eq!(read(list.content.as_bytes()).as_ref(), Ok(&list));
    }

    /// Shows what is said of files that are not taken: each bad line with its number, column and reason.
    #[test]
    fn what_is_wrong_is_said() {
        let bad = |text: &str| read(text.as_bytes()).expect_err(text);
        assert!(matches!(bad(""), Problem::Unreadable(reason) if reason == "the file is empty"));
        assert!(matches!(bad("iccid\n"), Problem::Count(1, limits::TEMP_FILE_ROWS_MAX)));
        assert!(
            matches!(bad("imsi\n1\n"), Problem::Unreadable(reason) if reason.contains("unknown column 'imsi'"))
        );
        assert!(
            matches!(bad("PK\u{3}\u{4}"), Problem::Unreadable(reason) if reason == "the spreadsheet is none")
        );
        let file = format!("iccid,cid\n{ICCID},\n12,\n,\n{ICCID},\n8.98601E+18,\n\n,c,d\n,c\n");
        let Problem::BadLines(5, lines) = bad(&file) else { panic!("bad lines") };
        let said: Vec<String> = lines.into_iter().map(|(line, reason)| format!("{line} {reason}")).collect();
        assert_eq!(
            said,
            [
                "3 iccid '12' is not an ICCID: 19 or 20 letters and digits beginning with 89",
                "4 names no card: it has neither iccid nor cid",
                "5 iccid '8986001234567890123' stands on line 2 already",
                "6 iccid '8.98601E+18' is a number that a spreadsheet has rounded: make the column one of text",
                "8 has 3 fields where the header has 2",
            ]
        );
    }

    /// Shows the bounds of bytes and rows.
    #[test]
    fn lists_are_bounded() {
        assert_eq!(
            read(&vec![b' '; limits::TEMP_FILE_BYTES_MAX + 1]),
            Err(Problem::TooLarge(limits::TEMP_FILE_BYTES_MAX))
        );
        let rows = |count: usize| {
            "cid\n".to_owned() + &(0..count).map(|row| format!("c{row}\n")).collect::<String>()
        };
        let list = read(rows(limits::TEMP_FILE_ROWS_MAX).as_bytes()).expect("a list");
        assert_eq!(list.row_count, limits::TEMP_FILE_ROWS_MAX);
        let more = read(rows(limits::TEMP_FILE_ROWS_MAX + 1).as_bytes());
        assert_eq!(more, Err(Problem::TooMany(limits::TEMP_FILE_ROWS_MAX)));
    }
}
