//! A usage file read to its end: which lines are good, which card each speaks of, and the file's digest.

use std::collections::HashMap;
use std::io::{self, Read};

use sha2::{Digest, Sha256};
use simlink_db::{DbError, Tx};

use super::fold::Line;
use crate::files::row::Fault;
use crate::files::{Format, Reader, Report, UsageRecord, rules};
use crate::import::ImportError;
use crate::limits;
use crate::plans::cycle::{Month, StartDay, business_date, number_of_day};
use crate::sims::store::{self as sims_store, NamedCard};

/// Cards looked up at a time.
const LINES_PER_LOOK_UP: usize = 500;

/// What a file says.
#[derive(Debug)]
pub struct Content {
    /// Its good lines, in its order.
    pub lines: Vec<Line>,
    /// Its bad lines.
    pub report: Report,
    /// SHA-256 of its bytes, in hex: what makes it the same file.
    pub sha256: String,
}

/// The days that a file may speak of at a time, as numbers such as `20220916`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    first: i32,
    last: i32,
}

impl Reach {
    /// From the first day of the month [`limits::USAGE_MONTHS_BACK`] months ago to the business day of `now_ms`.
    pub fn at(now_ms: i64) -> Self {
        Self {
            first: Month::at(now_ms).plus(-limits::USAGE_MONTHS_BACK).yyyymm() * 100 + 1,
            last: number_of_day(business_date(now_ms)),
        }
    }

    /// Why a day cannot be taken, if it cannot.
    fn fault(self, date: i32) -> Option<Fault> {
        let Self { first, last } = self;
        let outside = !(first..=last).contains(&date);
        outside.then(|| Fault::at("date", format!("{date} is not between {first} and {last}")))
    }
}

/// Reads and checks a whole file; `progress` hears the bytes read.
///
/// # Errors
/// An unreadable file, too many lines, the database. Bad lines are in the report.
pub fn read(
    tx: &mut Tx<'_>,
    input: impl Read,
    format: Option<Format>,
    now_ms: i64,
    progress: impl Fn(u64),
) -> Result<Content, ImportError> {
    let mut digested = Digested { input, sha256: Sha256::new() };
    let mut reader = Reader::<_, UsageRecord>::open(&mut digested, format)?;
    let (mut lines, mut waiting, reach) = (Vec::new(), Vec::new(), Reach::at(now_ms));
    while let Some(next) = reader.next() {
        let (number, record) = next?;
        if let Some(fault) = reach.fault(record.date) {
            reader.reject(number, fault);
            continue;
        }
        if lines.len() + waiting.len() == limits::USAGE_FILE_LINES_MAX {
            return Err(ImportError::TooManyLines(limits::USAGE_FILE_LINES_MAX));
        }
        waiting.push((number, record));
        if waiting.len() == LINES_PER_LOOK_UP {
            look_up(tx, &mut waiting, &mut lines, &mut |number, fault| reader.reject(number, fault))?;
            progress(reader.bytes_read());
        }
    }
    look_up(tx, &mut waiting, &mut lines, &mut |number, fault| reader.reject(number, fault))?;
    progress(reader.bytes_read());
    let mut report = reader.into_report();
    report.errors.sort_by_key(|error| error.line);
    Ok(Content { lines, report, sha256: hex::encode(digested.sha256.finalize()) })
}

/// Finds the cards of the lines that wait for it.
fn look_up(
    tx: &mut Tx<'_>,
    waiting: &mut Vec<(u64, UsageRecord)>,
    lines: &mut Vec<Line>,
    reject: &mut dyn FnMut(u64, Fault),
) -> Result<(), DbError> {
    let iccids: Vec<&str> = waiting.iter().map(|(_, record)| rules::iccid_key(&record.iccid)).collect();
    let cards: HashMap<String, NamedCard> =
        if iccids.is_empty() { HashMap::new() } else { sims_store::by_iccids(tx, &iccids)? };
    for (number, record) in waiting.drain(..) {
        match cards.get(rules::iccid_key(&record.iccid)) {
            Some(card) => lines.push(Line {
                number,
                account: card.account,
                sim_card_id: card.sim_card_id,
                date: record.date,
                bytes: record.bytes,
                start_day: StartDay::of_carrier(card.carrier),
                network: card.network,
                carrier: u16::try_from(card.carrier).unwrap_or(0),
            }),
            None => reject(number, Fault::at("iccid", format!("there is no card {}", record.iccid))),
        }
    }
    Ok(())
}

/// A stream that is digested while it is read.
struct Digested<R> {
    input: R,
    sha256: Sha256,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.sha256.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the first and last day that a file may speak of, in business days, over a turn of the year.
    #[test]
    fn files_reach_so_far() {
        // 2024-01-15T16:30:00Z is the 16th in Shanghai.
        let reach = Reach::at(1_705_336_200_000);
        assert_eq!(reach, Reach { first: 20_230_701, last: 20_240_116 });
        for (date, fits) in [(20_230_630, false), (20_230_701, true), (20_240_116, true), (20_240_117, false)]
        {
            assert_eq!(reach.fault(date).is_none(), fits, "{date}");
        }
    }
}
