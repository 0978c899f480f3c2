//! Takes in a usage file: checked as a whole, received once, applied in chunks that a crash can interrupt anywhere.
//!
//! A chunk is one transaction: it moves the file's place under a guard, writes the days on which no later file has
//! had its word, and carries the differences into cycles and cards. Sending the file again goes on where it stopped.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use simlink_db::{Db, DbError, Tx};
use simlink_fleet::AccountId;

use super::fold::{self, CycleChange, DayChange, Line};
use super::lines::{self, Content};
use super::store::{self, ReceivedFile};
use super::{freshness, roll_over, shares};
use crate::automation;
use crate::changes::{self, Change, Subject};
use crate::files::{Format, Report};
use crate::import::ImportError;
use crate::limits;
use crate::plans::cycle::Cycle;

/// How a file comes in.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Its form; `None` leaves it to the first byte.
    pub format: Option<Format>,
    /// Applies the good lines of a file that has bad ones.
    pub partial: bool,
    /// Who the change log names.
    pub actor: String,
    /// The time, epoch milliseconds.
    pub now_ms: i64,
    /// Lines applied in one transaction.
    pub lines_per_chunk: usize,
}

impl Terms {
    /// Those of a file by this actor at this time: wholly in or wholly out.
    pub fn new(actor: impl Into<String>, now_ms: i64) -> Self {
        let lines_per_chunk = limits::USAGE_LINES_PER_CHUNK;
        Self { format: None, partial: false, actor: actor.into(), now_ms, lines_per_chunk }
    }
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes are read and checked.
    Read(u64),
    /// So many of so many good lines are applied.
    Applied(usize, usize),
}

/// A file on its way into the database.
pub struct Intake {
    db: Db,
    terms: Terms,
    lines: Arc<Vec<Line>>,
    report: Report,
    file: ReceivedFile,
    repeated: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub usage_file_id: i64,
    /// Good and bad lines.
    pub report: Report,
    /// It had been applied to its end before: nothing was done.
    pub repeated: bool,
}

/// Takes in a whole file.
///
/// # Errors
/// Bad lines, an unreadable file: then nothing of it is applied. The database: then what was applied stays, and the
/// same file sent again goes on from there.
pub async fn file(
    db: &Db,
    input: impl Read + Send + 'static,
    terms: Terms,
    progress: impl Fn(Progress) + Clone + Send + 'static,
) -> Result<Taken, ImportError> {
    roll_over::run(db, terms.now_ms).await?;
    let mut intake = Intake::open(db, input, terms, progress.clone()).await?;
    while intake.step().await? {
        progress(Progress::Applied(intake.applied(), intake.lines.len()));
    }
    Ok(intake.taken())
}

impl Intake {
    /// Checks a file and receives it, but applies nothing yet.
    ///
    /// # Errors
    /// Bad lines, an unreadable file, the database.
    pub async fn open(
        db: &Db,
        input: impl Read + Send + 'static,
        terms: Terms,
        progress: impl Fn(Progress) + Send + 'static,
    ) -> Result<Self, ImportError> {
        let (format, now_ms) = (terms.format, terms.now_ms);
        let heard = move |bytes| progress(Progress::Read(bytes));
        let content = db.read(move |tx| lines::read(tx, input, format, now_ms, heard)).await?;
        let Content { lines, report, sha256 } = content;
        if report.error_count > 0 && !terms.partial {
            return Err(ImportError::BadLines(report));
        }
        let (actor, left_out) = (terms.actor.clone(), report.error_count);
        let begin = move |tx: &mut Tx<'_>| begin(tx, &sha256, left_out, &actor, now_ms);
        let (file, repeated) = db.write(begin).await?;
        Ok(Self { db: db.clone(), terms, lines: Arc::new(lines), report, file, repeated })
    }

    /// Applies the next chunk; answers whether there is more to do.
    ///
    /// # Errors
    /// Those of the database: then nothing of the chunk is applied.
    pub async fn step(&mut self) -> Result<bool, DbError> {
        if self.repeated || self.file.finished_ms.is_some() {
            return Ok(false);
        }
        let (lines, terms, file) = (self.lines.clone(), self.terms.clone(), self.file);
        self.file = self.db.write_bulk(move |tx| apply_chunk(tx, file, &lines, &terms)).await?;
        Ok(self.file.finished_ms.is_none())
    }

    /// How many good lines are applied.
    pub fn applied(&self) -> usize {
        applied(&self.lines, self.file.line_done)
    }

    /// What became of the file.
    pub fn taken(self) -> Taken {
        Taken { usage_file_id: self.file.usage_file_id, report: self.report, repeated: self.repeated }
    }
}

/// Receives a file; answers it, and whether there is nothing to do. One of which lines were left out is gone through
/// again in its old place: by now the cards may be there.
fn begin(
    tx: &mut Tx<'_>,
    sha256: &str,
    left_out: u64,
    actor: &str,
    now_ms: i64,
) -> Result<(ReceivedFile, bool), DbError> {
    let file = store::receive(tx, sha256, left_out, actor, now_ms)?;
    if file.left_out == 0 {
        return Ok((file, file.finished_ms.is_some()));
    }
    // On its first receipt as well: nothing is done yet then.
    store::begin_again(tx, &file, left_out)?;
    Ok((store::find(tx, file.usage_file_id)?, false))
}

/// How many lines lie up to and with this number.
fn applied(lines: &[Line], line_done: u64) -> usize {
    lines.partition_point(|line| line.number <= line_done)
}

/// Applies the lines after those that are done. Should somebody else have gone on meanwhile, nothing is applied and
/// the file answered as it stands now.
fn apply_chunk(
    tx: &mut Tx<'_>,
    file: ReceivedFile,
    lines: &[Line],
    terms: &Terms,
) -> Result<ReceivedFile, DbError> {
    store::take_turn(tx)?;
    let start = applied(lines, file.line_done);
    let chunk = &lines[start..lines.len().min(start + terms.lines_per_chunk)];
    let finished_ms = (start + chunk.len() == lines.len()).then_some(terms.now_ms);
    let line_done = chunk.last().map_or(file.line_done, |line| line.number);
    if !store::advance(tx, file.usage_file_id, file.line_done, line_done, finished_ms)? {
        return store::find(tx, file.usage_file_id);
    }
    apply(tx, file.usage_file_id, chunk, terms)?;
    freshness::note(tx, chunk, terms.now_ms)?;
    Ok(ReceivedFile { line_done, finished_ms, ..file })
}

/// Writes the days of lines and whatever follows from them, as the word of a file.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    usage_file_id: i64,
    lines: &[Line],
    terms: &Terms,
) -> Result<(), DbError> {
    let words = fold::last_words(lines);
    let before = store::days_before(tx, &words)?;
    let days = words.into_iter().filter_map(|line| match before.get(&line.key()) {
        Some((_, later)) if *later > usage_file_id => None,
        found => Some(DayChange { line, before: found.map(|(bytes, _)| *bytes) }),
    });
    let days: Vec<DayChange> = days.collect();
    store::put_days(tx, usage_file_id, days.iter().map(|day| day.line))?;
    store::add_to_accounts(tx, &fold::account_changes(&days))?;
    let changes = fold::cycle_changes(&days);
    store::add_to_cycles(tx, &changes)?;
    show(tx, &changes, terms)
}

/// Brings the cards of which the running cycle changed to their new figures and says so in the change log.
///
/// # Errors
/// Those of the database.
pub fn show(tx: &mut Tx<'_>, changes: &[CycleChange], terms: &Terms) -> Result<(), DbError> {
    let mut touched: BTreeMap<(AccountId, i32), Vec<i64>> = BTreeMap::new();
    for change in changes {
        if Cycle::at(terms.now_ms, change.start_day).month.yyyymm() == change.cycle && change.bytes != 0 {
            touched.entry((change.account, change.cycle)).or_default().push(change.sim_card_id);
        }
    }
    for ((account, cycle), ids) in touched {
        shares::take_usage(tx, account, cycle, &ids)?;
        let change = Change {
            account: Some(account),
            subject: Subject::SimCard,
            ids: &ids,
            kind: "usage",
            detail: None,
            actor: &terms.actor,
            now_ms: terms.now_ms,
        };
        changes::record(tx, &change)?;
        automation::touch(tx, account, &ids, terms.now_ms)?;
    }
    Ok(())
}
