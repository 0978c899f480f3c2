//! Values and errors between this crate and the PostgreSQL driver.

use std::{error::Error as StdError, fmt};

use bytes::BytesMut;
use tokio_postgres::{
    Error, Row,
    error::SqlState,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

use crate::{DbError, Param};

/// A parameter as the driver takes it. Its `Debug` (the driver logs it) shows the kind only.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) Param<'a>);

/// A parameter that outlives the call it was given to.
pub(super) enum Kept {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Param<'_>> for Kept {
    fn from(param: Param<'_>) -> Self {
        match param {
            Param::Null => Kept::Null,
            Param::Int(value) => Kept::Int(value),
            Param::Text(text) => Kept::Text(text.to_owned()),
            Param::Bytes(bytes) => Kept::Bytes(bytes.to_vec()),
        }
    }
}

impl Kept {
    pub(super) fn param(&self) -> Param<'_> {
        match self {
            Kept::Null => Param::Null,
            Kept::Int(value) => Param::Int(*value),
            Kept::Text(text) => Param::Text(text),
            Kept::Bytes(bytes) => Param::Bytes(bytes),
        }
    }
}

/// Why a parameter does not fit; carried through the driver's error.
#[derive(Debug, Clone)]
struct Misfit(String);

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Misfit {}

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let misfit = |what: &str| Box::new(Misfit(format!("{what} for a place of type {}", kind.name())));
        match (self.0, kind) {
            (Param::Null, _) => Ok(IsNull::Yes),
            (Param::Int(value), &Type::INT8) => value.to_sql(kind, out),
            (Param::Int(value), &Type::INT4) => {
                i32::try_from(value).map_err(|_| misfit("an integer out of range"))?.to_sql(kind, out)
            }
            (Param::Int(value), &Type::INT2) => {
                i16::try_from(value).map_err(|_| misfit("an integer out of range"))?.to_sql(kind, out)
            }
            (
                Param::Text(text),
                &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME | &Type::UNKNOWN,
            ) => text.to_sql(kind, out),
            (Param::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (other, _) => Err(misfit(other.kind())),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column as the driver gives it.
struct Raw<'a>(Param<'a>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(match *kind {
            Type::INT8 => Param::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Param::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Param::Int(i16::from_sql(kind, raw)?.into()),
            // What EXISTS and comparisons give; SQLite has 0 and 1 for them.
            Type::BOOL => Param::Int(bool::from_sql(kind, raw)?.into()),
            Type::BYTEA => Param::Bytes(raw),
            _ => Param::Text(<&str>::from_sql(kind, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(Param::Null))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL | Type::BYTEA)
            || <&str as FromSql>::accepts(kind)
    }
}

/// The value of a column.
pub(crate) fn value(row: &Row, index: usize) -> Result<Param<'_>, DbError> {
    let reason = if index < row.len() {
        "of a type that is not read here: cast it to BIGINT or TEXT"
    } else {
        "no such column"
    };
    row.try_get::<_, Raw<'_>>(index).map(|raw| raw.0).map_err(|_| DbError::Column { index, reason })
}

/// Maps what PostgreSQL or the driver says.
pub(super) fn from_postgres(error: Error) -> DbError {
    if let Some(misfit) = error.source().and_then(|source| source.downcast_ref::<Misfit>()) {
        return DbError::Parameter(misfit.to_string());
    }
    let Some(said) = error.as_db_error() else {
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        return DbError::Unavailable(format!("{error}{cause}"));
    };
    let constraint = || said.constraint().unwrap_or_default().to_owned();
    match said.code() {
        &SqlState::UNIQUE_VIOLATION => DbError::UniqueViolation { what: constraint() },
        &SqlState::FOREIGN_KEY_VIOLATION => DbError::ForeignKey,
        &SqlState::CHECK_VIOLATION => DbError::Check(constraint()),
        &SqlState::NOT_NULL_VIOLATION => DbError::Check(format!(
            "{}.{}",
            said.table().unwrap_or_default(),
            said.column().unwrap_or_default()
        )),
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => DbError::Conflict,
        &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => DbError::Unavailable(said.message().to_owned()),
        &SqlState::LOCK_NOT_AVAILABLE => DbError::Busy("a row is locked"),
        code => match code.code().get(..2) {
            // Connection, resources, operator (shutdown, starting up), sign-in, no such database.
            Some("08" | "53" | "57" | "28" | "3D") => DbError::Unavailable(said.message().to_owned()),
            // These messages quote the value.
            Some("22") => DbError::Other(format!("a value does not fit its type (SQLSTATE {})", code.code())),
            _ => DbError::Other(said.message().to_owned()),
        },
    }
}
