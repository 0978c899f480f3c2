//! What a card may buy and what a renewal makes of its plan, as pure functions.

use super::cycle::{Cycle, Period, StartDay};
use crate::error_codes::ErrorCode;

/// `effect_type` of a plan that begins with the next cycle (seed 4.2.1).
const NEXT_CYCLE: i32 = 3;
/// `sim_type` of a physical card, which has one plan only (seed 4.3.1).
const PHYSICAL: u8 = 3;
/// `operator_status` of a card without flow, and of one over its threshold.
const OVER_FLOW: [i32; 2] = [1, 2];

/// What purchases look at of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its id.
    pub price_plan_id: String,
    /// Bytes of a cycle.
    pub flow_total: i64,
    /// An add-on package rather than a basic plan.
    pub add_on: bool,
    /// How long it lasts; `None` for one without an end.
    pub period: Option<Period>,
    /// 1 begins at activation, 2 at once, 3 with the next cycle.
    pub effect_type: i32,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// The carrier of its cards.
    pub carrier: i32,
    /// Its price in cents.
    pub price_cents: i64,
}

/// What purchases look at of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// The card.
    pub sim_card_id: i64,
    /// Its container id.
    pub cid: String,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// Its carrier.
    pub carrier: i32,
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: i32,
    /// Why it is stopped, -1 otherwise.
    pub operator_status: i32,
    /// 0 no pool, 1 and 2 a forward pool, 11 and 12 a back pool.
    pub pool_flag: i32,
    /// When its plan ends, epoch milliseconds.
    pub expire_ms: Option<i64>,
    /// The plan that it has.
    pub sim_price_plan_id: Option<i64>,
    /// Bytes left of the running cycle.
    pub flow_left: Option<i64>,
    /// How long that plan lasts.
    pub period: Option<Period>,
    /// That plan's price in cents.
    pub price_cents: i64,
    /// Whether that plan has a bound of its own.
    pub limited: bool,
    /// A three-network card: it has one plan whatever carrier it is on.
    pub multi: bool,
    /// Whether a plan waits behind the one in use.
    pub has_waiting: bool,
}

impl Buyer {
    /// In use or stopped: it has been activated.
    pub fn is_active(&self) -> bool {
        matches!(self.sim_status, 14 | 20)
    }

    /// On which day of the month its cycles begin.
    pub fn start_day(&self) -> StartDay {
        StartDay::of_carrier(self.carrier)
    }

    /// Whether its plan ended before a time.
    pub fn has_expired(&self, now_ms: i64) -> bool {
        self.expire_ms.is_some_and(|expire_ms| expire_ms < now_ms)
    }
}

/// What a bought plan is to its card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It adds to the flow of the running cycle.
    AddOn,
    /// It is the card's plan, in use from this moment, epoch milliseconds.
    From(i64),
    /// It is the card's plan from its activation on.
    AtActivation,
    /// It waits for the plan in use to end.
    Waiting,
}

/// How a card may buy a plan at a time.
///
/// # Errors
/// `GSL.00011015`: a plan of other cards; a disassembled card; a second basic plan of a physical card; an add-on package
/// of a card that is not in use (or stopped for its flow), or is a member of a forward pool, which buys as a whole.
pub fn way(terms: &Terms, card: &Buyer, now_ms: i64) -> Result<Way, ErrorCode> {
    let fits = terms.sim_type == card.sim_type && (terms.carrier == card.carrier || card.multi);
    if !fits || card.sim_status == 30 {
        return Err(ErrorCode::OperationNotSupported);
    }
    if terms.add_on {
        let in_use =
            card.sim_status == 20 || (card.sim_status == 14 && OVER_FLOW.contains(&card.operator_status));
        let shared = matches!(card.pool_flag, 1 | 2);
        let takes = in_use && !shared && card.sim_price_plan_id.is_some();
        return if takes { Ok(Way::AddOn) } else { Err(ErrorCode::OperationNotSupported) };
    }
    match card.sim_price_plan_id {
        Some(_) if card.sim_type == PHYSICAL => Err(ErrorCode::OperationNotSupported),
        Some(_) => Ok(Way::Waiting),
        None if terms.effect_type == NEXT_CYCLE && card.is_active() => {
            Ok(Way::From(Cycle::at(now_ms, card.start_day()).end_ms))
        }
        None if card.is_active() || terms.effect_type == 2 => Ok(Way::From(now_ms)),
        None => Ok(Way::AtActivation),
    }
}

/// When a card's plan ends after a renewal by so many periods: the first begins where the running one ends, or now where
/// that is past.
///
/// # Errors
/// `GSL.00011015`: a card that is not in use or stopped, or has no plan with an end.
pub fn renewed_until(card: &Buyer, periods: u32, now_ms: i64) -> Result<i64, ErrorCode> {
    let (Some(period), true) = (card.period, card.is_active()) else {
        return Err(ErrorCode::OperationNotSupported);
    };
    let running = card.expire_ms.filter(|expire_ms| *expire_ms >= now_ms);
    let first_ms = running.map_or(now_ms, after);
    Ok((1..periods).fold(period.expire_ms(first_ms, card.start_day()), |end_ms, _| {
        period.expire_ms(after(end_ms), card.start_day())
    }))
}

/// When the plan that waits takes over, and whether because the one in use is used up; `None` as long as that goes on.
pub fn succession(card: &Buyer, next: &Terms, bought_ms: i64, now_ms: i64) -> Option<(i64, bool)> {
    let later = |ms: i64| {
        if next.effect_type == NEXT_CYCLE && Cycle::at(ms, card.start_day()).start_ms != ms {
            Cycle::at(ms, card.start_day()).end_ms
        } else {
            ms
        }
    };
    let expired = card.expire_ms.filter(|expire_ms| *expire_ms < now_ms);
    if let Some(expire_ms) = expired {
        let begins_ms = later(after(expire_ms).max(bought_ms));
        return (begins_ms <= now_ms).then_some((begins_ms, false));
    }
    let used_up = card.limited && card.pool_flag == 0 && card.flow_left.is_some_and(|left| left <= 0);
    (used_up && later(now_ms) == now_ms).then_some((now_ms, true))
}

/// The first moment after the last whole second of a period.
fn after(end_ms: i64) -> i64 {
    end_ms + super::cycle::EXPIRY_RESOLUTION_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn terms(add_on: bool, sim_type: u8, effect_type: i32) -> Terms {
        Terms {
            price_plan_id: "p".to_owned(),
            flow_total: 100,
            add_on,
            period: Period::new(1, 20),
            effect_type,
            sim_type,
            carrier: 3,
            price_cents: 1,
        }
    }

    fn card(sim_type: u8, sim_status: i32, operator_status: i32) -> Buyer {
        Buyer {
            sim_card_id: 1,
            cid: String::new(),
            sim_type,
            carrier: 3,
            sim_status,
            operator_status,
            pool_flag: 0,
            expire_ms: Some(ms("2024-03-26T15:59:59Z")),
            sim_price_plan_id: Some(7),
            flow_left: Some(1),
            period: Period::new(1, 20),
            price_cents: 1,
            limited: true,
            multi: false,
            has_waiting: false,
        }
    }

    /// Shows for add-on packages and basic plans, each effect type and state of card, what becomes of a purchase.
    #[test]
    fn purchases_find_their_way() {
        let now_ms = ms("2024-02-29T10:00:00Z");
        let refused = Err(ErrorCode::OperationNotSupported);
        let none = |card: Buyer| Buyer { sim_price_plan_id: None, ..card };
        let cases = [
            (terms(true, 3, 2), card(3, 20, -1), Ok(Way::AddOn)),
            (terms(true, 3, 2), card(3, 14, 1), Ok(Way::AddOn)),
            (terms(true, 3, 2), card(3, 14, 2), Ok(Way::AddOn)),
            (terms(true, 3, 2), card(3, 14, 4), refused),
            (terms(true, 3, 2), card(3, 13, -1), refused),
            (terms(true, 3, 2), none(card(3, 20, -1)), refused),
            (terms(true, 3, 2), Buyer { pool_flag: 2, ..card(3, 20, -1) }, refused),
            (terms(true, 3, 2), Buyer { pool_flag: 12, ..card(3, 20, -1) }, Ok(Way::AddOn)),
            (terms(true, 2, 2), card(3, 20, -1), refused),
            (terms(true, 3, 2), Buyer { carrier: 1, ..card(3, 20, -1) }, refused),
            (terms(true, 3, 2), Buyer { carrier: 1, multi: true, ..card(3, 20, -1) }, Ok(Way::AddOn)),
            (terms(false, 3, 1), card(3, 20, -1), refused),
            (terms(false, 2, 1), card(2, 20, -1), Ok(Way::Waiting)),
            (terms(false, 2, 1), card(2, 30, -1), refused),
            (terms(false, 3, 1), none(card(3, 13, -1)), Ok(Way::AtActivation)),
            (terms(false, 3, 3), none(card(3, 13, -1)), Ok(Way::AtActivation)),
            (terms(false, 3, 2), none(card(3, 13, -1)), Ok(Way::From(now_ms))),
            (terms(false, 3, 1), none(card(3, 20, -1)), Ok(Way::From(now_ms))),
            (terms(false, 3, 3), none(card(3, 20, -1)), Ok(Way::From(ms("2024-03-26T16:00:00Z")))),
        ];
        for (terms, card, expected) in cases {
            assert_eq!(way(&terms, &card, now_ms), expected, "{terms:?} {card:?}");
        }
    }

    /// Shows renewals of a running plan, of one that ended, by several periods, and of cards that have none.
    #[test]
    fn renewals_add_periods() {
        let now_ms = ms("2024-02-29T10:00:00Z");
        let until = |card: Buyer, periods| renewed_until(&card, periods, now_ms);
        let expired = |card| Buyer { expire_ms: Some(ms("2023-12-26T15:59:59Z")), ..card };
        let days = |card| Buyer { period: Period::new(7, 10), ..card };
        assert_eq!(until(card(3, 20, -1), 1), Ok(ms("2024-04-26T15:59:59Z")));
        assert_eq!(until(card(3, 14, 5), 12), Ok(ms("2025-03-26T15:59:59Z")));
        assert_eq!(until(expired(card(3, 14, 4)), 1), Ok(ms("2024-03-26T15:59:59Z")));
        assert_eq!(until(days(card(3, 20, -1)), 2), Ok(ms("2024-04-09T15:59:59Z")));
        assert_eq!(until(days(expired(card(3, 14, 4))), 1), Ok(ms("2024-03-06T15:59:59Z")));
        let refused = Err(ErrorCode::OperationNotSupported);
        assert_eq!(until(card(3, 13, -1), 1), refused);
        assert_eq!(until(card(3, 30, -1), 1), refused);
        assert_eq!(until(Buyer { period: None, ..card(3, 20, -1) }, 1), refused);
    }

    /// Shows when the next plan takes over: not before the one in use has ended, from its end on, or at once when it
    /// is used up; and that one of the next cycle waits for that.
    #[test]
    fn plans_succeed_each_other() {
        let (at, bought) = (ms("2024-02-29T10:00:00Z"), ms("2024-01-01T00:00:00Z"));
        let end = |text: &str| Buyer { expire_ms: Some(ms(text)), ..card(2, 20, -1) };
        let (now, next) = (terms(false, 2, 1), terms(false, 2, 3));
        let used_up = Buyer { flow_left: Some(0), ..card(2, 20, -1) };
        let cases = [
            (card(2, 20, -1), &now, bought, None),
            (end("2024-02-26T15:59:59Z"), &now, bought, Some((ms("2024-02-26T16:00:00Z"), false))),
            (end("2024-02-26T15:59:59Z"), &next, bought, Some((ms("2024-02-26T16:00:00Z"), false))),
            (end("2024-02-27T15:59:59Z"), &next, bought, None),
            (end("2024-02-20T15:59:59Z"), &next, bought, Some((ms("2024-02-26T16:00:00Z"), false))),
            (end("2024-02-20T15:59:59Z"), &now, at, Some((at, false))),
            (used_up.clone(), &now, bought, Some((at, true))),
            (used_up.clone(), &next, bought, None),
            (Buyer { limited: false, ..used_up.clone() }, &now, bought, None),
            (Buyer { pool_flag: 1, ..used_up }, &now, bought, None),
        ];
        for (card, terms, bought_ms, expected) in cases {
            assert_eq!(succession(&card, terms, bought_ms, at), expected, "{card:?} {terms:?}");
        }
    }
}
