//! What is enqueued again and again: rows, each fired by exactly one process whenever it is due.

use jiff::{Span, Timestamp, tz::TimeZone};
use simlink_db::{DbError, Tx, params};

use crate::{
    JobError, NewJob, Queue,
    limits::{NAME_BYTES_MAX, PAGE_ROWS_MAX, PAYLOAD_BYTES_MAX, SCHEDULES_FIRED_MAX},
};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// When a schedule is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Whenever the epoch milliseconds are a multiple of this; above 0.
    Every {
        /// The interval, in milliseconds.
        interval_ms: i64,
    },
    /// Every day at this minute of the business zone's clock, 0 to 1439; where the clock skips it, just after.
    Daily {
        /// Minutes since midnight.
        minute: u16,
    },
}

impl Rule {
    /// The first time above `now_ms` at which the rule is due, in epoch milliseconds.
    ///
    /// # Errors
    /// [`JobError::Invalid`] for an interval, minute or time out of range.
    pub fn next_after(self, now_ms: i64, zone: &TimeZone) -> Result<i64, JobError> {
        let out_of_range = || JobError::Invalid(format!("{self:?} has no time after {now_ms}"));
        match self {
            Rule::Every { interval_ms } if interval_ms > 0 => (now_ms.div_euclid(interval_ms))
                .checked_add(1)
                .and_then(|times| times.checked_mul(interval_ms))
                .ok_or_else(out_of_range),
            Rule::Daily { minute } if minute < DAY_MINUTES => {
                next_daily(minute, now_ms, zone).map_err(|_| out_of_range())
            }
            _ => Err(out_of_range()),
        }
    }

    fn columns(self) -> (Option<i64>, Option<u16>) {
        match self {
            Rule::Every { interval_ms } => (Some(interval_ms), None),
            Rule::Daily { minute } => (None, Some(minute)),
        }
    }

    /// Exactly one of the two is there, by a CHECK.
    fn of_columns(every_ms: Option<i64>, daily_minute: Option<u16>) -> Rule {
        match every_ms {
            Some(interval_ms) => Rule::Every { interval_ms },
            None => Rule::Daily { minute: daily_minute.unwrap_or_default() },
        }
    }
}

fn next_daily(minute: u16, now_ms: i64, zone: &TimeZone) -> Result<i64, jiff::Error> {
    let since_midnight = Span::new().minutes(i64::from(minute));
    let mut date = Timestamp::from_millisecond(now_ms)?.to_zoned(zone.clone()).date();
    loop {
        let on_the_clock = date.at(0, 0, 0, 0).checked_add(since_midnight)?;
        let at_ms = on_the_clock.to_zoned(zone.clone())?.timestamp().as_millisecond();
        if at_ms > now_ms {
            return Ok(at_ms);
        }
        date = date.tomorrow()?;
    }
}

/// A schedule as the program wants it.
#[derive(Debug, Clone, Copy)]
pub struct Schedule<'a> {
    /// Its name, and the key of its jobs: a firing that finds the job of the one before still open wakes that job
    /// (or resumes it, if it is parked) instead of adding another.
    pub name: &'a str,
    /// The kind of its jobs.
    pub kind: &'static str,
    /// Their payload.
    pub payload: &'a str,
    /// When.
    pub rule: Rule,
}

/// A schedule as it is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its name.
    pub name: String,
    /// The kind of its jobs.
    pub kind: String,
    /// Their payload.
    pub payload: String,
    /// When.
    pub rule: Rule,
    /// When it is due next, in epoch milliseconds.
    pub next_run_ms: i64,
    /// Which due time was fired last, in epoch milliseconds.
    pub last_run_ms: Option<i64>,
}

/// Adds a schedule or brings it up to date; every process may do so at its start. It keeps its next time unless the
/// rule is new.
///
/// # Errors
/// [`JobError::Invalid`] for a rule or name that makes no sense, and those of the database.
pub fn put_schedule(
    tx: &mut Tx<'_>,
    schedule: &Schedule<'_>,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<(), JobError> {
    let next_run_ms = schedule.rule.next_after(now_ms, zone)?;
    let lengths = [schedule.name.len(), schedule.kind.len()];
    if lengths.iter().any(|length| !(1..=NAME_BYTES_MAX).contains(length))
        || schedule.payload.len() > PAYLOAD_BYTES_MAX
    {
        return Err(JobError::Invalid("a schedule's name, kind or payload is empty or too long".into()));
    }
    let (every_ms, daily_minute) = schedule.rule.columns();
    tx.execute(
        "INSERT INTO job_schedule (name, kind, payload, every_ms, daily_minute, next_run_ms) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET \
         kind = excluded.kind, payload = excluded.payload, \
         every_ms = excluded.every_ms, daily_minute = excluded.daily_minute, \
         next_run_ms = CASE WHEN job_schedule.every_ms IS NOT DISTINCT FROM excluded.every_ms \
         AND job_schedule.daily_minute IS NOT DISTINCT FROM excluded.daily_minute \
         THEN job_schedule.next_run_ms ELSE excluded.next_run_ms END",
        params![schedule.name, schedule.kind, schedule.payload, every_ms, daily_minute, next_run_ms],
    )?;
    Ok(())
}

/// Removes a schedule; its open job stays. False when there is none.
///
/// # Errors
/// Those of the database.
pub fn remove_schedule(tx: &mut Tx<'_>, name: &str) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM job_schedule WHERE name = $1", params![name])? == 1)
}

/// The schedules by name, at most [`PAGE_ROWS_MAX`].
///
/// # Errors
/// Those of the database.
pub fn schedules(tx: &mut Tx<'_>) -> Result<Vec<ScheduleRow>, DbError> {
    tx.rows(
        "SELECT name, kind, payload, every_ms, daily_minute, next_run_ms, last_run_ms \
         FROM job_schedule ORDER BY name LIMIT $1",
        params![PAGE_ROWS_MAX],
        row_of,
    )
}

/// Schedules of a kind that are due, the longest first.
pub(crate) fn due(tx: &mut Tx<'_>, kind: &str, now_ms: i64) -> Result<Vec<ScheduleRow>, DbError> {
    tx.rows(
        "SELECT name, kind, payload, every_ms, daily_minute, next_run_ms, last_run_ms \
         FROM job_schedule WHERE kind = $1 AND next_run_ms <= $2 ORDER BY next_run_ms, name LIMIT $3",
        params![kind, now_ms, SCHEDULES_FIRED_MAX],
        row_of,
    )
}

/// Fires a schedule that was found due, if no other process has: its next time moves on from now, however many times it
/// missed, and one job is enqueued or woken. Gives whether this was the one that fired.
pub(crate) fn fire(
    tx: &mut Tx<'_>,
    queue: &Queue,
    kind: &'static str,
    found: &ScheduleRow,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<bool, JobError> {
    let next_run_ms = found.rule.next_after(now_ms, zone)?;
    let moved = tx.execute(
        "UPDATE job_schedule SET next_run_ms = $3, last_run_ms = $2 WHERE name = $1 AND next_run_ms = $2",
        params![&found.name, found.next_run_ms, next_run_ms],
    )?;
    if moved == 0 {
        return Ok(false);
    }
    let job = NewJob { key: Some(&found.name), ..NewJob::new(kind, &found.payload, found.next_run_ms) };
    queue.enqueue_or_wake(tx, &job, now_ms)?;
    Ok(true)
}

fn row_of(row: &simlink_db::Row<'_>) -> Result<ScheduleRow, DbError> {
    Ok(ScheduleRow {
        name: row.get(0)?,
        kind: row.get(1)?,
        payload: row.get(2)?,
        rule: Rule::of_columns(row.get(3)?, row.get(4)?),
        next_run_ms: row.get(5)?,
        last_run_ms: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn ms(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    /// Shows the next time of each rule before, at and after it is due, and across the two changes of the clock.
    #[test]
    fn next_times() {
        let every_minute = Rule::Every { interval_ms: 60_000 };
        let at_half_past_two = Rule::Daily { minute: 150 };
        let table = [
            (every_minute, "Asia/Shanghai", "2024-05-01T00:00:00Z", "2024-05-01T00:01:00Z"),
            (every_minute, "Asia/Shanghai", "2024-05-01T00:00:59.999Z", "2024-05-01T00:01:00Z"),
            (Rule::Daily { minute: 0 }, "Asia/Shanghai", "2024-05-01T15:59:59.999Z", "2024-05-01T16:00:00Z"),
            (Rule::Daily { minute: 0 }, "Asia/Shanghai", "2024-05-01T16:00:00Z", "2024-05-02T16:00:00Z"),
            (Rule::Daily { minute: 1439 }, "Asia/Shanghai", "2024-12-31T15:58:00Z", "2024-12-31T15:59:00Z"),
            // 02:30 does not exist on this day in Berlin, and comes twice on the other.
            (at_half_past_two, "Europe/Berlin", "2024-03-30T12:00:00Z", "2024-03-31T01:30:00Z"),
            (at_half_past_two, "Europe/Berlin", "2024-03-31T01:30:00Z", "2024-04-01T00:30:00Z"),
            (at_half_past_two, "Europe/Berlin", "2024-10-26T12:00:00Z", "2024-10-27T00:30:00Z"),
            (at_half_past_two, "Europe/Berlin", "2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"),
        ];
        for (rule, zone_name, now, next) in table {
            assert_eq!(rule.next_after(ms(now), &zone(zone_name)), Ok(ms(next)), "{rule:?} {now}");
        }
        let senseless =
            [Rule::Every { interval_ms: 0 }, Rule::Every { interval_ms: -5 }, Rule::Daily { minute: 1440 }];
        for rule in senseless {
            assert!(matches!(rule.next_after(0, &TimeZone::UTC), Err(JobError::Invalid(_))), "{rule:?}");
        }
    }

    proptest! {
        /// Shows that an interval's next time is above now, at most one interval away and a multiple of it, or refused.
        #[test]
        fn intervals_are_aligned(now_ms: i64, interval_ms in 1_i64..10_000_000_000) {
            match (Rule::Every { interval_ms }).next_after(now_ms, &TimeZone::UTC) {
                Ok(next_ms) => {
                    prop_assert!(next_ms > now_ms && next_ms - now_ms <= interval_ms);
                    prop_assert_eq!(next_ms % interval_ms, 0);
                }
                Err(_) => prop_assert!(i64::MAX - now_ms < interval_ms || now_ms - i64::MIN < interval_ms),
            }
        }

        /// Shows that a daily rule comes once a day at its minute, in a zone that changes its clock.
        #[test]
        fn days_have_one(now_ms in 0_i64..4_102_444_800_000, minute in 0_u16..1440) {
            let berlin = zone("Europe/Berlin");
            let next_ms = Rule::Daily { minute }.next_after(now_ms, &berlin).unwrap();
            let after_ms = Rule::Daily { minute }.next_after(next_ms, &berlin).unwrap();
            prop_assert!(next_ms > now_ms && next_ms - now_ms <= 25 * 3_600_000);
            let date = |ms: i64| Timestamp::from_millisecond(ms).unwrap().to_zoned(berlin.clone()).date();
            prop_assert_eq!(date(next_ms).tomorrow().unwrap(), date(after_ms));
        }

        /// Shows that any figures give an answer or a refusal, never a panic.
        #[test]
        fn nothing_panics(now_ms: i64, minute: u16, interval_ms: i64) {
            let shanghai = zone("Asia/Shanghai");
            for rule in [Rule::Daily { minute }, Rule::Every { interval_ms }] {
                if let Ok(next_ms) = rule.next_after(now_ms, &shanghai) {
                    prop_assert!(next_ms > now_ms);
                }
            }
        }
    }
}
