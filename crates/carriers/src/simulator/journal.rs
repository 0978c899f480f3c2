//! The append-only journal of what the simulated carrier received and executed: the oracle for "at most once".

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{BufRead, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Iccid, OrderKey, Reason};

/// The most entries kept in memory; the oldest go first. The file keeps all, the counts cover all.
const ENTRIES_MAX: usize = 100_000;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in epoch milliseconds of the simulator's clock.
    pub at_ms: i64,
    /// Which write.
    pub key: OrderKey,
    /// How many times the key has been sent, this one included.
    pub call: u32,
    /// Which card.
    pub iccid: Iccid,
    /// What happened.
    pub step: Step,
}

/// What happened to a write at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It arrived.
    Received,
    /// It arrived again and was answered as before.
    Repeated,
    /// It was refused.
    Refused(Reason),
    /// It was accepted for later.
    Accepted,
    /// It was executed. More than one such line for a key is what must never be.
    Executed,
    /// The answer went missing.
    AnswerLost,
    /// Some time after this write the carrier changed the card on its own: stopped one in use, or the reverse.
    Drifted,
}

/// The journal in memory.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    forgotten: u64,
    written: u64,
    executed: u64,
    twice: Vec<OrderKey>,
}

impl Journal {
    pub(super) fn note(&mut self, entry: Entry, executions: u32) {
        if entry.step == Step::Executed {
            self.executed += 1;
            if executions == 2 {
                self.twice.push(entry.key);
            }
        }
        if self.entries.len() == ENTRIES_MAX {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
    }

    /// The entries in memory, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many executions there were.
    pub fn executed(&self) -> u64 {
        self.executed
    }

    /// The keys that were executed more than once: empty, or the carrier is broken.
    pub fn executed_twice(&self) -> &[OrderKey] {
        &self.twice
    }

    /// The entries that were not taken by an earlier call.
    pub fn take_unwritten(&mut self) -> Vec<Entry> {
        let skip = usize::try_from(self.written.saturating_sub(self.forgotten)).unwrap_or(usize::MAX);
        let fresh: Vec<_> = self.entries.iter().skip(skip).cloned().collect();
        self.written = self.forgotten + self.entries.len() as u64;
        fresh
    }
}

/// The journal on disk, a JSON object a line, synchronised before the answer leaves.
#[derive(Debug)]
pub struct JournalFile(File);

impl JournalFile {
    /// Opens the file for appending.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self(File::options().create(true).append(true).open(path)?))
    }

    /// Appends `entries` and waits until they are on disk.
    pub fn append(&mut self, entries: &[Entry]) -> std::io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::with_capacity(entries.len() * 128);
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        self.0.write_all(&lines)?;
        self.0.sync_data()
    }
}

/// What a journal file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often each key arrived and was executed.
    pub keys: HashMap<OrderKey, KeyTally>,
}

/// What a journal file says of one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyTally {
    /// Times it arrived, repetitions included.
    pub received: u32,
    /// Times it was executed.
    pub executed: u32,
}

impl Tally {
    /// Reads a journal. A last line cut short by a crash is left out; any other unreadable line is an error.
    pub fn read(journal: impl BufRead) -> std::io::Result<Self> {
        let mut tally = Self::default();
        let mut lines = journal.lines().peekable();
        while let Some(line) = lines.next() {
            let entry: Entry = match serde_json::from_str(&line?) {
                Ok(entry) => entry,
                Err(_) if lines.peek().is_none() => break,
                Err(error) => return Err(error.into()),
            };
            let key = tally.keys.entry(entry.key).or_default();
            key.received += u32::from(matches!(entry.step, Step::Received | Step::Repeated));
            key.executed += u32::from(entry.step == Step::Executed);
        }
        Ok(tally)
    }

    /// The keys that were executed more than once.
    pub fn executed_twice(&self) -> Vec<OrderKey> {
        let mut twice: Vec<_> =
            self.keys.iter().filter(|(_, tally)| tally.executed > 1).map(|(key, _)| *key).collect();
        twice.sort();
        twice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(order: u64, step: Step) -> Entry {
        let key = OrderKey { order, card: 1, kind: crate::OperationKind::Stop };
        Entry { at_ms: 5, key, call: 1, iccid: "8986001".parse().unwrap(), step }
    }

    /// Shows that the file gives back what went in, finds a key executed twice, forgives a torn last line and
    /// nothing else.
    #[test]
    fn the_file_is_the_oracle() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut file = JournalFile::open(&path).unwrap();
        let entries = [
            entry(1, Step::Received),
            entry(1, Step::Executed),
            entry(1, Step::Repeated),
            entry(2, Step::Received),
            entry(2, Step::Executed),
            entry(2, Step::Executed),
            entry(3, Step::Refused(Reason::BadState)),
        ];
        file.append(&entries).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let tally = Tally::read(&bytes[..]).unwrap();
        assert_eq!(tally.keys[&entries[0].key], KeyTally { received: 2, executed: 1 });
        assert_eq!(tally.executed_twice(), [entries[3].key]);
        bytes.extend(b"{\"at_ms\":5,\"key\":\"4-1-st");
        assert_eq!(Tally::read(&bytes[..]).unwrap(), tally);
        bytes.extend(b"\n{}\n");
        assert!(Tally::read(&bytes[..]).is_err());
    }

    /// Shows that each entry is handed out for writing once.
    #[test]
    fn unwritten_entries_come_once() {
        let mut journal = Journal::default();
        journal.note(entry(1, Step::Received), 0);
        journal.note(entry(1, Step::Executed), 1);
        assert_eq!(journal.take_unwritten().len(), 2);
        journal.note(entry(1, Step::Executed), 2);
        assert_eq!(journal.take_unwritten(), [entry(1, Step::Executed)]);
        assert!(journal.take_unwritten().is_empty());
        assert_eq!((journal.executed(), journal.executed_twice()), (2, &[entry(1, Step::Executed).key][..]));
    }
}
