//! Every statement on received files, days and cycles.

mod figures;

use std::collections::{BTreeMap, HashMap};

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::fold::{CycleChange, DayKey, Line};
use crate::files::rules;
use crate::plans::cycle::StartDay;
use crate::sql::{padded, placeholders};

pub use figures::{cycles, days, days_of_cycle, of_account};

/// Cards in one `IN` list.
const CARDS_PER_LIST: usize = 500;

/// A file as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedFile {
    /// Its id, rising in the order of receipt.
    pub usage_file_id: i64,
    /// The last line that is applied.
    pub line_done: u64,
    /// When it was applied to its end.
    pub finished_ms: Option<i64>,
    /// Bad lines that were left out.
    pub left_out: u64,
}

/// The file with this digest, received now unless it was before.
///
/// # Errors
/// Those of the database.
pub fn receive(
    tx: &mut Tx<'_>,
    sha256: &str,
    left_out: u64,
    actor: &str,
    now_ms: i64,
) -> Result<ReceivedFile, DbError> {
    let usage_file_id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO usage_file (usage_file_id, sha256, line_done, finished_ms, left_out, actor, received_ms) \
         VALUES ($1, $2, 0, NULL, $3, $4, $5) ON CONFLICT (sha256) DO NOTHING",
        params![usage_file_id, sha256, integer(left_out), actor, now_ms],
    )?;
    found(tx, "sha256 = $1", params![sha256])
}

/// The file with this id as it stands now.
///
/// # Errors
/// Those of the database.
pub fn find(tx: &mut Tx<'_>, usage_file_id: i64) -> Result<ReceivedFile, DbError> {
    found(tx, "usage_file_id = $1", params![usage_file_id])
}

fn found(tx: &mut Tx<'_>, condition: &str, bound: &[Param<'_>]) -> Result<ReceivedFile, DbError> {
    let sql =
        format!("SELECT usage_file_id, line_done, finished_ms, left_out FROM usage_file WHERE {condition}");
    tx.get(&sql, bound, |row| {
        Ok(ReceivedFile {
            usage_file_id: row.get(0)?,
            line_done: u64::try_from(row.get::<i64>(1)?).unwrap_or(0),
            finished_ms: row.get(2)?,
            left_out: u64::try_from(row.get::<i64>(3)?).unwrap_or(0),
        })
    })
}

/// Begins a file anew, in its old place in the order of receipt, unless somebody else went on with it meanwhile.
///
/// # Errors
/// Those of the database.
pub fn begin_again(tx: &mut Tx<'_>, file: &ReceivedFile, left_out: u64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE usage_file SET line_done = 0, finished_ms = NULL, left_out = $4 \
         WHERE usage_file_id = $1 AND line_done = $2 AND finished_ms IS NOT DISTINCT FROM CAST($3 AS BIGINT)",
        params![file.usage_file_id, integer(file.line_done), file.finished_ms, integer(left_out)],
    )?;
    Ok(())
}

/// Goes on from one line of a file to another; false when it does not stand there any more.
///
/// # Errors
/// Those of the database.
pub fn advance(
    tx: &mut Tx<'_>,
    usage_file_id: i64,
    from_line: u64,
    to_line: u64,
    finished_ms: Option<i64>,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE usage_file SET line_done = $3, finished_ms = $4 \
         WHERE usage_file_id = $1 AND line_done = $2 AND finished_ms IS NULL",
        params![usage_file_id, integer(from_line), integer(to_line), finished_ms],
    )?;
    Ok(changed == 1)
}

fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Waits until nobody else applies usage; holds until the transaction ends.
///
/// # Errors
/// Those of the database.
pub fn take_turn(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.execute("UPDATE usage_turn SET turns = turns + 1 WHERE only_row = 1", &[])?;
    Ok(())
}

/// Bytes and file of the days that these lines, in the order of their keys, speak of, where there are any.
///
/// # Errors
/// Those of the database.
pub fn days_before(tx: &mut Tx<'_>, lines: &[Line]) -> Result<HashMap<DayKey, (i64, i64)>, DbError> {
    let mut by_date: HashMap<i32, Vec<i64>> = HashMap::new();
    for line in lines {
        let cards = by_date.entry(line.date).or_default();
        if cards.last() != Some(&line.sim_card_id) {
            cards.push(line.sim_card_id);
        }
    }
    let mut found = HashMap::with_capacity(lines.len());
    for (date, cards) in by_date {
        let (month, day) = (date / 100, u8::try_from(date % 100).unwrap_or(0));
        for cards in cards.chunks(CARDS_PER_LIST) {
            let cards = padded(cards);
            let sql = format!(
                "SELECT sim_card_id, network, bytes, usage_file_id FROM usage_day \
                 WHERE month = $1 AND day = $2 AND sim_card_id IN ({})",
                placeholders(3, cards.len())
            );
            let mut bound = params![month, day].to_vec();
            bound.extend(cards.into_iter().map(Param::from));
            found.extend(tx.rows(&sql, &bound, |row| {
                Ok(((month, row.get(0)?, day, row.get(1)?), (row.get(2)?, row.get(3)?)))
            })?);
        }
    }
    Ok(found)
}

/// Writes days, each key once and in the order of the keys, over what stands there.
///
/// # Errors
/// Those of the database.
pub fn put_days(
    tx: &mut Tx<'_>,
    usage_file_id: i64,
    lines: impl Iterator<Item = Line>,
) -> Result<(), DbError> {
    let mut rows = Vec::new();
    for line in lines {
        rows.extend_from_slice(params![
            line.month(),
            line.sim_card_id,
            line.day(),
            line.network,
            line.account.0,
            line.bytes,
            usage_file_id
        ]);
    }
    tx.insert_many(
        "usage_day (month, sim_card_id, day, network, account_id, bytes, usage_file_id)",
        7,
        &rows,
        "ON CONFLICT (month, sim_card_id, day, network) \
         DO UPDATE SET bytes = excluded.bytes, usage_file_id = excluded.usage_file_id",
    )?;
    Ok(())
}

/// Adds to cycles, each once and in the order of the keys.
///
/// # Errors
/// Those of the database.
pub fn add_to_cycles(tx: &mut Tx<'_>, changes: &[CycleChange]) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(changes.len() * 4);
    for change in changes {
        rows.extend_from_slice(params![change.cycle, change.sim_card_id, change.account.0, change.bytes]);
    }
    tx.insert_many(
        "usage_cycle (cycle, sim_card_id, account_id, bytes)",
        4,
        &rows,
        "ON CONFLICT (sim_card_id, cycle) DO UPDATE SET bytes = usage_cycle.bytes + excluded.bytes",
    )?;
    Ok(())
}

/// Adds to what accounts used in a day, by account and date such as 20220731.
///
/// # Errors
/// Those of the database.
pub fn add_to_accounts(tx: &mut Tx<'_>, changes: &BTreeMap<(AccountId, i32), i64>) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(changes.len() * 3);
    for ((account, date), bytes) in changes {
        rows.extend_from_slice(params![account.0, *date, *bytes]);
    }
    tx.insert_many(
        "usage_of_account (account_id, date, bytes)",
        3,
        &rows,
        "ON CONFLICT (account_id, date) DO UPDATE SET bytes = usage_of_account.bytes + excluded.bytes",
    )?;
    Ok(())
}

/// What must be added to what accounts used on the days of a month such as 202207, to make each the sum of its cards.
///
/// # Errors
/// Those of the database.
pub fn accounts_that_differ(tx: &mut Tx<'_>, month: i32) -> Result<BTreeMap<(AccountId, i32), i64>, DbError> {
    let rows = tx.rows(
        "SELECT account_id, date, CAST(SUM(bytes) AS BIGINT) FROM (\
         SELECT account_id, month * 100 + day AS date, bytes FROM usage_day WHERE month = $1 \
         UNION ALL SELECT account_id, date, -bytes FROM usage_of_account WHERE date BETWEEN $2 AND $3) AS word \
         GROUP BY account_id, date HAVING SUM(bytes) <> 0",
        params![month, month * 100, month * 100 + 99],
        |row| Ok(((AccountId(row.get(0)?), row.get(1)?), row.get(2)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Hands over all days of a month such as 202207, of all accounts, as lines without a number.
///
/// # Errors
/// Those of the database.
pub fn each_day(tx: &mut Tx<'_>, month: i32, mut each: impl FnMut(Line)) -> Result<(), DbError> {
    tx.for_each(
        "SELECT used.sim_card_id, used.account_id, used.day, used.network, used.bytes, card.carrier \
         FROM usage_day used CROSS JOIN sim_card card \
         WHERE used.month = $1 AND card.sim_card_id = used.sim_card_id",
        params![month],
        |row| {
            each(Line {
                number: 0,
                sim_card_id: row.get(0)?,
                account: AccountId(row.get(1)?),
                date: month * 100 + row.get::<i32>(2)?,
                network: row.get(3)?,
                bytes: row.get(4)?,
                start_day: StartDay::of_carrier(row.get(5)?),
                carrier: row.get(5)?,
            });
            Ok(())
        },
    )
}

/// Hands over the sums of a cycle such as 202207, of all accounts.
///
/// # Errors
/// Those of the database.
pub fn each_of_cycle(tx: &mut Tx<'_>, cycle: i32, mut each: impl FnMut(CycleChange)) -> Result<(), DbError> {
    tx.for_each(
        "SELECT used.sim_card_id, used.account_id, used.bytes, card.carrier \
         FROM usage_cycle used CROSS JOIN sim_card card \
         WHERE used.cycle = $1 AND card.sim_card_id = used.sim_card_id",
        params![cycle],
        |row| {
            each(CycleChange {
                cycle,
                sim_card_id: row.get(0)?,
                account: AccountId(row.get(1)?),
                bytes: row.get(2)?,
                start_day: StartDay::of_carrier(row.get(3)?),
            });
            Ok(())
        },
    )
}

/// The cycles that there are sums of, and those that the months of days end in, oldest first.
///
/// # Errors
/// Those of the database.
pub fn cycle_names(tx: &mut Tx<'_>) -> Result<Vec<i32>, DbError> {
    tx.rows("SELECT cycle FROM usage_cycle UNION SELECT month FROM usage_day ORDER BY 1", &[], |row| {
        row.get(0)
    })
}

/// Cards in use, after `after` and at most so many, of which the flow differs from what they used in a cycle such as
/// 202207; of the carriers of which cycles begin on `start_day`.
///
/// # Errors
/// Those of the database.
pub fn cards_that_differ(
    tx: &mut Tx<'_>,
    cycle: i32,
    start_day: StartDay,
    after: i64,
    count: i64,
) -> Result<Vec<(AccountId, i64)>, DbError> {
    let sql = format!(
        "SELECT card.account_id, card.sim_card_id FROM sim_card card \
         LEFT JOIN usage_cycle used ON used.cycle = $1 AND used.sim_card_id = card.sim_card_id \
         WHERE card.sim_card_id > $2 AND card.carrier IN ({}) AND card.sim_status IN (14, 20) \
         AND COALESCE(card.flow_used, 0) <> COALESCE(used.bytes, 0) ORDER BY card.sim_card_id LIMIT $3",
        carriers_of(start_day)
    );
    tx.rows(&sql, params![cycle, after, count], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))
}

/// The carriers of which cycles begin on this day, as they stand in an `IN` list.
pub(super) fn carriers_of(start_day: StartDay) -> String {
    let carriers = rules::CARRIERS.iter().filter(|carrier| {
        i32::try_from(**carrier).is_ok_and(|carrier| StartDay::of_carrier(carrier) == start_day)
    });
    carriers.map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// The cycle that the flows of cards stand in, of which cycles begin on this day; `None` as long as nobody said so.
///
/// # Errors
/// Those of the database.
pub fn standing(tx: &mut Tx<'_>, start_day: StartDay) -> Result<Option<i32>, DbError> {
    let sql = "SELECT cycle FROM usage_standing WHERE start_day = $1";
    tx.find(sql, params![start_day.day()], |row| row.get(0))
}

/// Says so.
///
/// # Errors
/// Those of the database.
pub fn stand(tx: &mut Tx<'_>, start_day: StartDay, cycle: i32) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO usage_standing (start_day, cycle) VALUES ($1, $2) \
         ON CONFLICT (start_day) DO UPDATE SET cycle = excluded.cycle",
        params![start_day.day(), cycle],
    )?;
    Ok(())
}

/// Notes the newest day of which usage of each carrier came in.
pub(super) fn note_newest(tx: &mut Tx<'_>, newest: &BTreeMap<u16, i32>, now_ms: i64) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(3 * newest.len());
    for (carrier, date) in newest {
        rows.extend_from_slice(params![*carrier, *date, now_ms]);
    }
    tx.insert_many(
        "usage_as_of (carrier, date, received_ms)",
        3,
        &rows,
        "ON CONFLICT (carrier) DO UPDATE SET received_ms = excluded.received_ms, \
         date = CASE WHEN excluded.date > usage_as_of.date THEN excluded.date ELSE usage_as_of.date END",
    )?;
    Ok(())
}

/// Carriers with the newest day of which usage came in, and when the latest did.
pub(super) fn newest(tx: &mut Tx<'_>) -> Result<Vec<(u16, i32, i64)>, DbError> {
    tx.rows("SELECT carrier, date, received_ms FROM usage_as_of ORDER BY carrier", &[], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}
