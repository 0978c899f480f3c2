//! `POST /v1/sim-cards/batch-daily-flow`: what cards used on days (seed 4.1.13; behaviour, section 2).

use axum::http::Method;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use utoipa::ToSchema;

use super::store;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::members::Members;
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;
use crate::plans::cycle::{business_date, number_of_day};
use crate::sims::named::{self, Both, ListFault};
use crate::units::Megabytes;

const SIM_CARD_IDS: Parameter = Parameter::integers(
    "sim_card_ids",
    limits::DAILY_FLOW_CARDS_MAX,
    "The cards by their ids; not beside iccids.",
)
.in_body();
const ICCIDS: Parameter =
    Parameter::texts("iccids", limits::DAILY_FLOW_CARDS_MAX, "The cards by their ICCIDs.").in_body();
const MONTH: Parameter =
    Parameter::text("month", 6, 6, "This month or the last one, such as 202408; not beside date.").in_body();
const DATE: Parameter = Parameter::text(
    "date",
    8,
    8,
    "A day such as 20240821, from the first of last month to yesterday; not beside month.",
)
.in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSimCardFlowPerDay",
    method: Method::POST,
    path: "/v1/sim-cards/batch-daily-flow",
    summary: "Shows what cards used on days, one element a day.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[SIM_CARD_IDS, ICCIDS, MONTH, DATE],
    request: None,
    response: (200, Some(shape::<Vec<FlowOfDay>>)),
    handler: |call| Box::pin(show(call)),
};

/// Usage of a day (`SimCardFlowPerDayRsp`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimCardFlowPerDayRsp)]
pub struct FlowOfDay {
    /// The day, `20240801`.
    date: String,
    sim_flow: Vec<FlowOfCard>,
}

/// Usage of a card on the day (`SimCardFlowItem`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimCardFlowItem)]
struct FlowOfCard {
    sim_card_id: i64,
    iccid: String,
    /// In MB.
    flow: Megabytes,
}

/// Days of one month, first and last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days {
    month: i32,
    first: u8,
    last: u8,
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let names = named::of_body(&members, &SIM_CARD_IDS, &ICCIDS, Both::Refused)?;
    let days = asked(&members, business_date(call.app.clock.now_ms()))?;
    let account = call.caller().account;
    let cards: Vec<(i64, String)> = {
        let reader = call.app.fleet.read(account);
        named::find_each(&reader, &names)
            .map_err(ListFault::of_sims)?
            .iter()
            .map(|card| (card.id(), card.iccid().to_owned()))
            .collect()
    };
    let ids: Vec<i64> = cards.iter().map(|card| card.0).collect();
    let work = move |tx: &mut Tx<'_>| store::days(tx, account, days.month, (days.first, days.last), &ids);
    let used = call.app.db.read::<_, DbError, _>(work).await?;
    let of_day = |day: u8| {
        let of_card = |(sim_card_id, iccid): &(i64, String)| FlowOfCard {
            sim_card_id: *sim_card_id,
            iccid: iccid.clone(),
            flow: Megabytes(used.get(&(day, *sim_card_id)).copied().unwrap_or(0)),
        };
        FlowOfDay {
            date: (days.month * 100 + i32::from(day)).to_string(),
            sim_flow: cards.iter().map(of_card).collect(),
        }
    };
    let flows: Vec<FlowOfDay> = (days.first..=days.last).map(of_day).collect();
    Ok(Reply::json_of_about(&flows, flows.len() * (40 + cards.len() * 80)))
}

/// The days asked for by `month` or `date`, of which one must be given.
fn asked(members: &Members, today: Date) -> Result<Days, BadParameter> {
    match (members.text(&MONTH)?, members.text(&DATE)?) {
        (Some(_), Some(_)) => Err(MONTH.bad(Problem::Beside(DATE.name))),
        (None, None) => Err(MONTH.bad(Problem::Required)),
        (Some(month), None) => days_of_month(&month, today),
        (None, Some(date)) => the_day(&date, today),
    }
}

fn day_of(date: Date) -> u8 {
    u8::try_from(date.day()).unwrap_or(0)
}

/// All days of last month, or those of this month before today: none on its first.
fn days_of_month(text: &str, today: Date) -> Result<Days, BadParameter> {
    let first_of_this = today.first_of_month();
    let last_of_last = first_of_this.saturating_sub(1.day());
    let (this, last) = (number_of_day(first_of_this) / 100, number_of_day(last_of_last) / 100);
    match whole(text).ok_or(MONTH.bad(Problem::NotInteger))? {
        month if month == this => Ok(Days { month, first: 1, last: day_of(today) - 1 }),
        month if month == last => Ok(Days { month, first: 1, last: day_of(last_of_last) }),
        _ => Err(MONTH.bad(Problem::OutOfRange(i64::from(last), i64::from(this)))),
    }
}

/// A day from the first of last month to yesterday.
fn the_day(text: &str, today: Date) -> Result<Days, BadParameter> {
    let yesterday = today.saturating_sub(1.day());
    let first = today.first_of_month().saturating_sub(1.day()).first_of_month();
    let date = whole(text).ok_or(DATE.bad(Problem::NotInteger))?;
    let day = u8::try_from(date % 100).unwrap_or(0);
    if !(number_of_day(first)..=number_of_day(yesterday)).contains(&date) {
        return Err(DATE
            .bad(Problem::OutOfRange(i64::from(number_of_day(first)), i64::from(number_of_day(yesterday)))));
    }
    // Within the range there are numbers that no day has: 20240200, 20240230.
    let month = if date / 100 == number_of_day(first) / 100 { first } else { today };
    let exists = (1..=i32::from(month.days_in_month())).contains(&i32::from(day));
    if exists {
        Ok(Days { month: date / 100, first: day, last: day })
    } else {
        Err(DATE.bad(Problem::Malformed))
    }
}

/// A number of digits alone.
fn whole(text: &str) -> Option<i32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Shows the months that may be asked for and their days, on a first, on a leap day and over a new year.
    #[test]
    fn months_end_yesterday() {
        let days = |month, first, last| Ok(Days { month, first, last });
        let beyond = |last, this| Err(MONTH.bad(Problem::OutOfRange(last, this)));
        for (text, today, expected) in [
            ("202403", date(2024, 3, 1), days(202_403, 1, 0)),
            ("202402", date(2024, 3, 1), days(202_402, 1, 29)),
            ("202402", date(2024, 2, 29), days(202_402, 1, 28)),
            ("202312", date(2024, 1, 15), days(202_312, 1, 31)),
            ("202401", date(2024, 1, 15), days(202_401, 1, 14)),
            ("202311", date(2024, 1, 15), beyond(202_312, 202_401)),
            ("202402", date(2024, 1, 15), beyond(202_312, 202_401)),
            ("2024-1", date(2024, 1, 15), Err(MONTH.bad(Problem::NotInteger))),
            ("+20240", date(2024, 1, 15), Err(MONTH.bad(Problem::NotInteger))),
        ] {
            assert_eq!(days_of_month(text, today), expected, "{text} {today}");
        }
    }

    /// Shows the first and last day that may be asked for, days that do not exist, and what is no day at all.
    #[test]
    fn days_reach_from_last_month_to_yesterday() {
        let today = date(2024, 3, 10);
        let day = |month, day| Ok(Days { month, first: day, last: day });
        let beyond = || Err(DATE.bad(Problem::OutOfRange(20_240_201, 20_240_309)));
        for (text, expected) in [
            ("20240201", day(202_402, 1)),
            ("20240229", day(202_402, 29)),
            ("20240309", day(202_403, 9)),
            ("20240310", beyond()),
            ("20240131", beyond()),
            ("20240230", Err(DATE.bad(Problem::Malformed))),
            ("20240300", Err(DATE.bad(Problem::Malformed))),
            ("20240-01", Err(DATE.bad(Problem::NotInteger))),
        ] {
            assert_eq!(the_day(text, today), expected, "{text}");
        }
        assert_eq!(the_day("20231231", date(2024, 1, 1)), day(202_312, 31));
    }
}
