//! What can go wrong at the database, in words a caller can act on and without any stored value in them.

/// An error of the database layer.
///
/// The text names statements' parts, columns and constraints, never a parameter or a stored value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Too much is waiting, or another process holds the lock: nothing was done, try again later.
    #[error("the database is busy: {0}")]
    Busy(&'static str),
    /// The database cannot be reached or has gone away. A write answered so may or may not have happened.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// PostgreSQL gave this transaction up for another one (serialization failure, deadlock): nothing was done.
    #[error("the transaction lost against a concurrent one")]
    Conflict,
    /// A unique constraint refused the row; PostgreSQL names the constraint, SQLite the columns.
    #[error("a row with the same key exists: {what}")]
    UniqueViolation {
        /// The constraint's name, or `table.column, table.column`.
        what: String,
    },
    /// A foreign key refused the change.
    #[error("a referenced row is missing or still in use")]
    ForeignKey,
    /// A CHECK or NOT NULL constraint refused the row.
    #[error("a constraint refused the row: {0}")]
    Check(String),
    /// [`Tx::get`](crate::Tx::get) found no row.
    #[error("no such row")]
    NotFound,
    /// [`Tx::get`](crate::Tx::get) found more than one row.
    #[error("one row was expected, the statement gave several")]
    TooManyRows,
    /// A column holds something other than what was asked for.
    #[error("column {index}: {reason}")]
    Column {
        /// Position in the select list, from 0.
        index: usize,
        /// What does not fit.
        reason: &'static str,
    },
    /// A parameter does not fit its place, or their number is wrong.
    #[error("parameter: {0}")]
    Parameter(String),
    /// A statement of this transaction failed before and the work went on; nothing of it is kept.
    #[error("a statement of this transaction had failed before: nothing of it is kept")]
    Doomed,
    /// The work panicked; nothing of it is kept.
    #[error("the work panicked, its transaction was rolled back")]
    Panicked,
    /// The database was made by a newer version of this program.
    #[error(
        "the database is at migration {found}, this program knows only up to {known}: use the newer program"
    )]
    TooNew {
        /// Highest number recorded in the database.
        found: i64,
        /// Highest number in the list given.
        known: i64,
    },
    /// A migration was changed after it had been applied, or the list is out of order.
    #[error("migrations: {0}")]
    Migration(String),
    /// The address of the database or an option makes no sense.
    #[error("database address: {0}")]
    Address(String),
    /// Anything else: an error in a statement, most likely.
    #[error("database: {0}")]
    Other(String),
}

impl DbError {
    /// Whether a unique constraint refused the row.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, DbError::UniqueViolation { .. })
    }
}
