//! One line taken apart: its fields by the columns of the record, and the typed reading of each.

use std::ops::{Range, RangeInclusive};

use compact_str::CompactString;

use super::{limits, values};

/// What is wrong with a line: the column, where it is one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column (or member) by its name in files.
    pub column: Option<&'static str>,
    /// A sentence without the column's name.
    pub reason: String,
}

impl Fault {
    /// A fault of one column.
    pub fn at(column: &'static str, reason: impl Into<String>) -> Self {
        Self { column: Some(column), reason: reason.into() }
    }

    /// A fault of the whole line.
    pub fn of_line(reason: impl Into<String>) -> Self {
        Self { column: None, reason: reason.into() }
    }
}

/// Names the columns of a record once: an enum to read them by and the list of names in the same order.
macro_rules! columns {
    ($name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        #[derive(Clone, Copy)]
        enum $name { $($variant),+ }

        impl $name {
            const NAMES: &'static [&'static str] = &[$($text),+];
        }

        impl From<$name> for usize {
            fn from(column: $name) -> usize {
                column as usize
            }
        }
    };
}
pub(super) use columns;

/// The fields of a line, in the order of the record's columns; an absent column has an empty field.
pub struct Row<'a> {
    pub(super) text: &'a str,
    pub(super) spans: &'a [Range<usize>],
    pub(super) columns: &'static [&'static str],
}

impl<'a> Row<'a> {
    /// The field without surrounding blanks; `None` when empty.
    pub fn get(&self, column: impl Into<usize>) -> Option<&'a str> {
        let field = self.text[self.spans[column.into()].clone()].trim();
        (!field.is_empty()).then_some(field)
    }

    /// A fault of this column.
    pub fn fault(&self, column: impl Into<usize>, reason: impl Into<String>) -> Fault {
        Fault::at(self.columns[column.into()], reason)
    }

    /// The value, or the fault that it is missing.
    pub fn required<V>(&self, column: impl Into<usize>, value: Option<V>) -> Result<V, Fault> {
        value.ok_or_else(|| self.fault(column, "is missing"))
    }

    /// Free text of at most so many characters, none of them a control character.
    pub fn text(&self, column: impl Into<usize>, chars_max: usize) -> Result<Option<CompactString>, Fault> {
        let column = column.into();
        let Some(field) = self.get(column) else { return Ok(None) };
        if field.len() > chars_max && field.chars().count() > chars_max {
            return Err(self.fault(column, format!("is longer than {chars_max} characters")));
        }
        if field.chars().any(char::is_control) {
            return Err(self.fault(column, "contains a control character"));
        }
        Ok(Some(CompactString::from(field)))
    }

    /// A whole number within bounds.
    pub fn integer(
        &self,
        column: impl Into<usize>,
        bounds: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Fault> {
        let column = column.into();
        let Some(field) = self.get(column) else { return Ok(None) };
        match field.parse::<i64>() {
            Ok(number) if bounds.contains(&number) => Ok(Some(number)),
            _ => Err(self.fault(
                column,
                format!(
                    "{} is not a whole number from {} to {}",
                    values::quoted(field),
                    bounds.start(),
                    bounds.end()
                ),
            )),
        }
    }

    /// One of the contract's integer codes, all of which fit `T`.
    pub fn code<T: TryFrom<i64>>(&self, column: impl Into<usize>, known: &[i64]) -> Result<Option<T>, Fault> {
        let column = column.into();
        let Some(field) = self.get(column) else { return Ok(None) };
        let code = field.parse::<i64>().ok().filter(|code| known.contains(code));
        match code.and_then(|code| T::try_from(code).ok()) {
            Some(code) => Ok(Some(code)),
            None => {
                let list: Vec<String> = known.iter().map(i64::to_string).collect();
                Err(self.fault(column, format!("{} is none of {}", values::quoted(field), list.join(", "))))
            }
        }
    }

    /// A boolean.
    pub fn boolean(&self, column: impl Into<usize>) -> Result<Option<bool>, Fault> {
        self.parsed(column.into(), values::parse_boolean)
    }

    /// A time, in epoch milliseconds.
    pub fn time_ms(&self, column: impl Into<usize>) -> Result<Option<i64>, Fault> {
        self.parsed(column.into(), values::parse_time_ms)
    }

    /// Megabytes, in bytes.
    pub fn megabytes(&self, column: impl Into<usize>) -> Result<Option<i64>, Fault> {
        self.parsed(column.into(), values::parse_megabytes)
    }

    /// An id of our own: positive and below 2^53.
    pub fn id(&self, column: impl Into<usize>) -> Result<Option<i64>, Fault> {
        self.integer(column, 1..=limits::ID_MAX)
    }

    fn parsed<V>(&self, column: usize, parse: fn(&str) -> Result<V, String>) -> Result<Option<V>, Fault> {
        self.get(column).map(parse).transpose().map_err(|reason| self.fault(column, reason))
    }
}
