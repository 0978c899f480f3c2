//! What the database layer promises, shown on both engines.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod bulk;
mod ids;
mod migrations;
mod rows;
mod sharing;
mod speed;
mod transactions;

use simlink_db::{Db, DbError, params};

/// Makes a table to play with.
async fn with_notes(db: &Db) {
    let create = "CREATE TABLE note (
        note_id BIGINT PRIMARY KEY,
        title TEXT NOT NULL UNIQUE,
        size SMALLINT CHECK (size >= 0),
        body TEXT,
        raw BYTEA
    )";
    db.write(move |tx| tx.execute(create, &[])).await.unwrap();
}

/// Inserts a note whose title is made of its id.
async fn add_note(db: &Db, note_id: i64) -> Result<u64, DbError> {
    db.write(move |tx| {
        let title = format!("note {note_id}");
        tx.execute("INSERT INTO note (note_id, title) VALUES ($1, $2)", params![note_id, &title])
    })
    .await
}

/// All notes, by id.
async fn note_ids(db: &Db) -> Vec<i64> {
    db.read(|tx| tx.rows("SELECT note_id FROM note ORDER BY note_id", &[], |row| row.get(0))).await.unwrap()
}
