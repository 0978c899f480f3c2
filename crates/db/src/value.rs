//! Values on their way into a statement and out of a row: integers, text, bytes and NULL, nothing else.

use std::fmt;

use crate::DbError;

/// One value. `Debug` shows its kind only, so that no log can hold a card number by accident.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Param<'a> {
    /// SQL NULL.
    Null,
    /// Any integer column; on PostgreSQL checked against the column's range.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Raw bytes.
    Bytes(&'a [u8]),
}

impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl Param<'_> {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Param::Null => "null",
            Param::Int(_) => "an integer",
            Param::Text(_) => "text",
            Param::Bytes(_) => "bytes",
        }
    }
}

macro_rules! param_from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Param<'_> {
            fn from(value: $integer) -> Self {
                Param::Int(i64::from(value))
            }
        }
    )*};
}
param_from_integer!(i64, i32, i16, i8, u8, u16, u32, bool);

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Param::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Param::Bytes(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

impl<'a> From<&'a Option<String>> for Param<'a> {
    fn from(value: &'a Option<String>) -> Self {
        Param::from(value.as_deref())
    }
}

/// The parameters of a statement as a slice: `params![account_id, name, Some(3)]`; `&params![]` when there are none.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Param::from($value)),*] as &[$crate::Param<'_>]
    };
}

/// A type that can be read from a column. The error says what does not fit, without the value.
pub trait FromColumn: Sized {
    /// Takes the value of one column.
    fn from_column(value: Param<'_>) -> Result<Self, &'static str>;
}

macro_rules! integer_from_column {
    ($($integer:ty),*) => {$(
        impl FromColumn for $integer {
            fn from_column(value: Param<'_>) -> Result<Self, &'static str> {
                match value {
                    Param::Int(value) => {
                        Self::try_from(value).map_err(|_| concat!("out of the range of ", stringify!($integer)))
                    }
                    Param::Null => Err("NULL where an integer was expected"),
                    _ => Err("not an integer"),
                }
            }
        }
    )*};
}
integer_from_column!(i64, i32, i16, i8, u8, u16, u32);

impl FromColumn for bool {
    fn from_column(value: Param<'_>) -> Result<Self, &'static str> {
        match i64::from_column(value)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err("neither 0 nor 1"),
        }
    }
}

impl FromColumn for String {
    fn from_column(value: Param<'_>) -> Result<Self, &'static str> {
        match value {
            Param::Text(text) => Ok(text.to_owned()),
            Param::Null => Err("NULL where text was expected"),
            _ => Err("not text"),
        }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(value: Param<'_>) -> Result<Self, &'static str> {
        match value {
            Param::Bytes(bytes) => Ok(bytes.to_vec()),
            Param::Null => Err("NULL where bytes were expected"),
            _ => Err("not bytes"),
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: Param<'_>) -> Result<Self, &'static str> {
        match value {
            Param::Null => Ok(None),
            value => T::from_column(value).map(Some),
        }
    }
}

/// One row of an answer, valid inside the closure it is given to. Columns count from 0.
pub struct Row<'a>(pub(crate) RowOf<'a>);

pub(crate) enum RowOf<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column as `T`; [`DbError::Column`] when it is absent, of another kind or out of range.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, DbError> {
        T::from_column(self.value(index)?).map_err(|reason| DbError::Column { index, reason })
    }

    /// The text of the column without a copy, `None` when it is NULL.
    pub fn text(&self, index: usize) -> Result<Option<&str>, DbError> {
        match self.value(index)? {
            Param::Text(text) => Ok(Some(text)),
            Param::Null => Ok(None),
            _ => Err(DbError::Column { index, reason: "not text" }),
        }
    }

    /// The integer of the column, `None` when it is NULL.
    pub fn int(&self, index: usize) -> Result<Option<i64>, DbError> {
        self.get(index)
    }

    /// The value of the column as it is.
    pub fn value(&self, index: usize) -> Result<Param<'_>, DbError> {
        match &self.0 {
            RowOf::Sqlite(row) => crate::sqlite::value(row, index),
            RowOf::Postgres(row) => crate::postgres::value(row, index),
        }
    }
}
