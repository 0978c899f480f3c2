//! Reading days and cycles of an account's cards.

use std::collections::HashMap;

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::CARDS_PER_LIST;
use crate::plans::cycle::{Month, StartDay};
use crate::sql::{padded, placeholders};

/// Bytes of all of the account's cards by date such as 20220731, from this one on, ascending.
///
/// # Errors
/// Those of the database.
pub fn of_account(tx: &mut Tx<'_>, account: AccountId, first: i32) -> Result<Vec<(i32, i64)>, DbError> {
    tx.rows(
        "SELECT date, bytes FROM usage_of_account WHERE account_id = $1 AND date >= $2 ORDER BY date",
        params![account.0, first],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Bytes of the account's cards in cycles such as 202207, by cycle and card.
///
/// # Errors
/// Those of the database.
pub fn cycles(
    tx: &mut Tx<'_>,
    account: AccountId,
    cycles: &[i32],
    cards: &[i64],
) -> Result<HashMap<(i32, i64), i64>, DbError> {
    let mut found = HashMap::with_capacity(cycles.len() * cards.len());
    if cycles.is_empty() {
        return Ok(found);
    }
    for cards in cards.chunks(CARDS_PER_LIST) {
        let cards = padded(cards);
        let (list, names) = (placeholders(2, cards.len()), placeholders(2 + cards.len(), cycles.len()));
        let sql = format!(
            "SELECT cycle, sim_card_id, bytes FROM usage_cycle \
             WHERE account_id = $1 AND sim_card_id IN ({list}) AND cycle IN ({names})"
        );
        let mut bound = params![account.0].to_vec();
        bound.extend(cards.into_iter().map(Param::from));
        bound.extend(cycles.iter().copied().map(Param::from));
        found.extend(tx.rows(&sql, &bound, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?);
    }
    Ok(found)
}

/// Bytes of the account's cards on the days `first` to `last` of a month such as 202207, by day and card.
///
/// # Errors
/// Those of the database.
pub fn days(
    tx: &mut Tx<'_>,
    account: AccountId,
    month: i32,
    (first, last): (u8, u8),
    cards: &[i64],
) -> Result<HashMap<(u8, i64), i64>, DbError> {
    let mut found = HashMap::new();
    for cards in cards.chunks(CARDS_PER_LIST) {
        let cards = padded(cards);
        let sql = format!(
            "SELECT day, sim_card_id, CAST(SUM(bytes) AS BIGINT) FROM usage_day \
             WHERE account_id = $1 AND month = $2 AND day BETWEEN $3 AND $4 AND sim_card_id IN ({}) \
             GROUP BY sim_card_id, day",
            placeholders(5, cards.len())
        );
        let mut bound = params![account.0, month, first, last].to_vec();
        bound.extend(cards.into_iter().map(Param::from));
        found.extend(tx.rows(&sql, &bound, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?);
    }
    Ok(found)
}

/// Bytes of a card on each day of a cycle such as 202207 on which it used any, by days such as `20220701`.
///
/// # Errors
/// Those of the database.
pub fn days_of_cycle(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    cycle: i32,
    start_day: StartDay,
) -> Result<Vec<(i32, i64)>, DbError> {
    let named = Month::from_yyyymm(cycle);
    let days = tx.rows(
        "SELECT month, day, CAST(SUM(bytes) AS BIGINT) FROM usage_day \
         WHERE account_id = $1 AND month IN ($2, $3) AND sim_card_id = $4 GROUP BY month, day ORDER BY month, day",
        params![account.0, named.plus(-1).yyyymm(), cycle, sim_card_id],
        |row| Ok((row.get::<i32>(0)?, row.get::<u8>(1)?, row.get::<i64>(2)?)),
    )?;
    let of_cycle =
        |(month, day, _): &(i32, u8, i64)| start_day.cycle_of(Month::from_yyyymm(*month), *day) == named;
    let shown = |(month, day, bytes): (i32, u8, i64)| (month * 100 + i32::from(day), bytes);
    Ok(days.into_iter().filter(of_cycle).map(shown).collect())
}
