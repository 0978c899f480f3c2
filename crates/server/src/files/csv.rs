//! CSV: a line into fields and back. A record is one physical line, since no field of ours holds a line break.

use std::io::{self, Write};
use std::ops::Range;

use super::read::FileRecord;
use super::values;

/// Splits a line at its commas; quoted fields as in RFC 4180, without line breaks. The ranges point into `line`,
/// or into `unquoted` where the line has quotes. Returns the text they point into.
pub fn split<'a>(
    line: &'a str,
    unquoted: &'a mut String,
    fields: &mut Vec<Range<usize>>,
) -> Result<&'a str, &'static str> {
    fields.clear();
    if !line.as_bytes().contains(&b'"') {
        let mut start = 0;
        for (comma, byte) in line.bytes().enumerate() {
            if byte == b',' {
                fields.push(start..comma);
                start = comma + 1;
            }
        }
        fields.push(start..line.len());
        return Ok(line);
    }
    unquoted.clear();
    let mut rest = line;
    loop {
        let start = unquoted.len();
        let after = match rest.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted, unquoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return Err("has a quote inside a field that doesn't begin with one");
                }
                unquoted.push_str(&rest[..end]);
                &rest[end..]
            }
        };
        fields.push(start..unquoted.len());
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(unquoted),
            None => return Err("has text between a closing quote and the comma"),
        }
    }
}

/// Copies a quoted field up to its closing quote and returns what follows.
fn take_quoted<'a>(mut rest: &'a str, unquoted: &mut String) -> Result<&'a str, &'static str> {
    loop {
        let end = rest.find('"').ok_or("has a quoted field that doesn't end on the line")?;
        unquoted.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                unquoted.push('"');
                rest = next;
            }
            None => return Ok(rest),
        }
    }
}

/// A line being written, field by field in the order of the record's columns.
#[derive(Default)]
pub struct CsvLine {
    text: String,
    begun: bool,
}

impl CsvLine {
    fn separate(&mut self) {
        if self.begun {
            self.text.push(',');
        }
        self.begun = true;
    }

    /// A text, quoted where it must be; nothing for `None`.
    pub fn text(&mut self, value: Option<&str>) {
        self.separate();
        let value = value.unwrap_or_default();
        if value.contains([',', '"']) {
            self.text.push('"');
            self.text.push_str(&value.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(value);
        }
    }

    /// Texts in one field, separated by semicolons.
    pub fn list<'a>(&mut self, list: impl Iterator<Item = &'a str>) {
        self.separate();
        for (index, value) in list.enumerate() {
            if index > 0 {
                self.text.push(';');
            }
            self.text.push_str(value);
        }
    }

    /// A whole number.
    pub fn integer(&mut self, value: Option<impl Into<i64>>) {
        use std::fmt::Write as _;
        self.separate();
        if let Some(value) = value {
            write!(self.text, "{}", value.into()).expect("a String takes everything");
        }
    }

    /// A boolean.
    pub fn boolean(&mut self, value: bool) {
        self.text(Some(if value { "true" } else { "false" }));
    }

    /// A time, from epoch milliseconds.
    pub fn time(&mut self, value_ms: Option<i64>) {
        self.separate();
        if let Some(value_ms) = value_ms {
            values::write_time(&mut self.text, value_ms);
        }
    }

    /// Megabytes, from bytes.
    pub fn megabytes(&mut self, bytes: Option<i64>) {
        self.separate();
        if let Some(bytes) = bytes {
            values::write_megabytes(&mut self.text, bytes);
        }
    }
}

/// Writes a header and a line for each record, in the form the reader takes back unchanged.
pub fn write_csv<T: FileRecord>(
    mut output: impl Write,
    records: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    writeln!(output, "{}", T::COLUMNS.join(","))?;
    let mut line = CsvLine::default();
    for record in records {
        line.text.clear();
        line.begun = false;
        record.write(&mut line);
        line.text.push('\n');
        output.write_all(line.text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_rfc_4180_says() {
        // Shows plain, empty and quoted fields, doubled quotes, and each kind of broken quoting.
        for (line, expected) in [
            ("a,b", Ok(vec!["a", "b"])),
            ("", Ok(vec![""])),
            (",,", Ok(vec!["", "", ""])),
            ("\"a,b\",c", Ok(vec!["a,b", "c"])),
            ("x,\"say \"\"hi\"\"\",", Ok(vec!["x", "say \"hi\"", ""])),
            ("\"\"", Ok(vec![""])),
            ("\"open", Err("has a quoted field that doesn't end on the line")),
            ("\"a\"b,c", Err("has text between a closing quote and the comma")),
            ("a\"b,c", Err("has a quote inside a field that doesn't begin with one")),
        ] {
            let (mut unquoted, mut spans) = (String::new(), Vec::new());
            let fields = split(line, &mut unquoted, &mut spans)
                .map(|text| spans.iter().map(|span| &text[span.clone()]).collect::<Vec<_>>());
            assert_eq!(fields, expected, "{line}");
        }
    }
}
