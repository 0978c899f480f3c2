//! The rules as tables.

use super::*;

const NOW_MS: i64 = 1_705_289_815_000;
const DAY_MS: i64 = 86_400_000;
const MB: i64 = 1024 * 1024;
const CYCLE: i32 = 202_401;

/// A physical card in use with 30 of 100 MB used.
const CARD: CardFacts = CardFacts {
    sim_type: 3,
    sim_status: 20,
    operator_status: -1,
    flow_used: 30 * MB,
    flow_left: Some(70 * MB),
    quota_mb: None,
    expire_ms: Some(NOW_MS + DAY_MS),
    silent_until_ms: None,
    pool: None,
    cycle: CYCLE,
    threshold_cycle: None,
};
const DRY: CardFacts = CardFacts { flow_left: Some(0), ..CARD };
const OVER: CardFacts = CardFacts { quota_mb: Some(29), ..CARD };

fn expired(card: CardFacts) -> CardFacts {
    CardFacts { expire_ms: Some(NOW_MS - LAST_SECOND_MS), ..card }
}

fn stopped(card: CardFacts, operator_status: i8) -> CardFacts {
    CardFacts { sim_status: 14, operator_status, ..card }
}

fn member(card: CardFacts, gate: Gate) -> CardFacts {
    CardFacts { pool: Some(gate), ..card }
}

/// What fires, and the source of its order.
fn fires(card: &CardFacts) -> Option<(Rule, Deed, Source)> {
    evaluate(card, 90 * DAY_MS, NOW_MS).map(|act| (act.rule, act.deed, act.source()))
}

#[test]
fn cards_in_use_are_stopped_for_the_first_reason() {
    // Shows each reason on both sides of its bound, alone and with others, and the source of its order.
    let stop = |rule, cause, source| Some((rule, Deed::Stop(cause), source));
    let dry = stop(Rule::OutOfFlow, Cause::OutOfFlow, Source::OutOfFlow);
    let over = stop(Rule::Threshold, Cause::Threshold, Source::Rule);
    let pool = stop(Rule::Pool, Cause::Pool, Source::Pool);
    let end = stop(Rule::Expired, Cause::Expired, Source::Expired);
    let cases = [
        (CARD, None),
        (CardFacts { flow_left: Some(1), ..CARD }, None),
        (DRY, dry),
        (CardFacts { flow_left: Some(-MB), ..CARD }, dry),
        // A plan of 0 MB, and no plan at all.
        (CardFacts { flow_left: Some(-30 * MB), ..CARD }, None),
        (CardFacts { flow_left: None, ..CARD }, None),
        (CardFacts { quota_mb: Some(30), ..CARD }, None),
        (OVER, over),
        (CardFacts { flow_used: 30 * MB + 1, quota_mb: Some(30), ..CARD }, over),
        (CardFacts { flow_used: 1, quota_mb: Some(0), ..CARD }, over),
        (CardFacts { flow_used: 0, quota_mb: Some(0), ..CARD }, None),
        (CardFacts { quota_mb: Some(-1), ..CARD }, None),
        (CardFacts { quota_mb: Some(29), ..DRY }, dry),
        (member(CARD, Gate::Shut), pool),
        (member(DRY, Gate::Shut), pool),
        (member(DRY, Gate::Forward), None),
        (member(DRY, Gate::Back), None),
        (member(OVER, Gate::Forward), over),
        (member(CARD, Gate::Held), None),
        (expired(CARD), end),
        (CardFacts { expire_ms: Some(NOW_MS - LAST_SECOND_MS + 1), ..CARD }, None),
        (CardFacts { expire_ms: None, ..CARD }, None),
        (expired(member(OVER, Gate::Shut)), end),
    ];
    for (card, expected) in cases {
        assert_eq!(fires(&card), expected, "{card:?}");
    }
}

#[test]
fn stopped_cards_are_resumed_when_their_reason_has_passed() {
    // Shows for each cause whether the card stays stopped, is resumed, or stopped for its expiry; those that people or
    // carriers stopped are left alone whatever holds.
    let resumed = Some((Rule::Resumption, Deed::Resume, Source::Rule));
    let end = Some((Rule::Expired, Deed::Stop(Cause::Expired), Source::Expired));
    let seen = |cycle, card| CardFacts { threshold_cycle: Some(cycle), ..card };
    let cases = [
        (stopped(CARD, 1), resumed),
        (stopped(DRY, 1), None),
        (stopped(CardFacts { flow_left: None, ..CARD }, 1), None),
        (stopped(member(DRY, Gate::Forward), 1), resumed),
        (stopped(OVER, 1), None),
        (stopped(expired(DRY), 1), end),
        (stopped(OVER, 2), Some((Rule::Threshold, Deed::Note, Source::Rule))),
        (seen(202_312, stopped(OVER, 2)), None),
        (seen(CYCLE, stopped(CARD, 2)), None),
        (seen(202_312, stopped(CARD, 2)), resumed),
        (seen(202_312, stopped(expired(CARD), 2)), end),
        (stopped(member(CARD, Gate::Shut), 3), None),
        (stopped(member(CARD, Gate::Held), 3), None),
        (stopped(member(DRY, Gate::Forward), 3), resumed),
        (stopped(member(OVER, Gate::Forward), 3), None),
        (stopped(member(CARD, Gate::Back), 3), Some((Rule::Resumption, Deed::Resume, Source::BackPool))),
        // It left its pool.
        (stopped(CARD, 3), resumed),
        (stopped(expired(member(CARD, Gate::Shut)), 3), end),
        (stopped(expired(CARD), 4), None),
        (stopped(CARD, 4), resumed),
        (stopped(DRY, 4), None),
        (stopped(CardFacts { expire_ms: None, ..CARD }, 4), None),
        (stopped(expired(DRY), 5), None),
        (stopped(CARD, 5), None),
        (stopped(CARD, 6), None),
        (stopped(CARD, 7), None),
    ];
    for (card, expected) in cases {
        assert_eq!(fires(&card), expected, "{card:?}");
    }
}

#[test]
fn cards_are_kept_for_the_retention_window_and_activated_after_the_silent_period() {
    // Shows the end of both on both sides, and the cards that they are not for.
    let gone = Some((Rule::Retention, Deed::Disassemble, Source::Rule));
    let ended = |ago_ms, card| CardFacts { expire_ms: Some(NOW_MS - ago_ms), ..card };
    let active = Some((Rule::SilentPeriod, Deed::Activate, Source::Rule));
    let inactive = |sim_status, sim_type, until_ms| CardFacts {
        sim_status,
        sim_type,
        silent_until_ms: until_ms,
        expire_ms: None,
        ..CARD
    };
    let cases = [
        (ended(90 * DAY_MS, stopped(CARD, 4)), None),
        (ended(90 * DAY_MS + 1, stopped(CARD, 4)), gone),
        (ended(90 * DAY_MS + 1, stopped(CARD, 5)), None),
        (ended(90 * DAY_MS + 1, CardFacts { sim_status: 30, ..CARD }), None),
        (inactive(13, 3, Some(NOW_MS)), active),
        (inactive(10, 3, Some(NOW_MS)), active),
        (inactive(11, 3, Some(NOW_MS)), active),
        (inactive(13, 3, Some(NOW_MS + 1)), None),
        (inactive(13, 3, None), None),
        (inactive(13, 1, Some(NOW_MS)), None),
        (inactive(13, 2, Some(NOW_MS)), None),
    ];
    for (card, expected) in cases {
        assert_eq!(fires(&card), expected, "{card:?}");
    }
}

#[test]
fn pools_let_their_members_in_or_not() {
    // Shows forward pools by what they have, back pools by their threshold, their state and the cycle they were
    // stopped in, and those that somebody else stopped.
    let pool = |pool_status, flow_total, flow_used, threshold_bytes| Pool {
        pool_id: 1,
        name: String::new(),
        pool_status,
        flow_total,
        flow_used,
        threshold_bytes,
        cycle: CYCLE,
    };
    let forward = |used| pool(2, Some(100), used, None);
    let back = |status, used| pool(status, None, used, Some(50));
    let cases = [
        (forward(99), None, (Gate::Forward, None)),
        (forward(100), None, (Gate::Shut, None)),
        (forward(101), None, (Gate::Shut, None)),
        (pool(2, Some(0), 1, None), None, (Gate::Forward, None)),
        (pool(pools::ABANDONED, Some(100), 101, None), None, (Gate::Held, None)),
        (back(2, 50), None, (Gate::Back, None)),
        (back(2, 51), None, (Gate::Shut, Some(true))),
        (back(2, 51), Some(202_312), (Gate::Shut, Some(true))),
        (pool(2, None, 51, None), None, (Gate::Back, None)),
        (back(pools::STOPPED, 51), Some(CYCLE), (Gate::Shut, None)),
        // A correction, or a threshold that was raised, is for the next cycle.
        (back(pools::STOPPED, 50), Some(CYCLE), (Gate::Shut, None)),
        (back(pools::STOPPED, 50), Some(202_312), (Gate::Back, Some(false))),
        (back(pools::STOPPED, 51), Some(202_312), (Gate::Shut, None)),
        (back(pools::STOPPED, 50), None, (Gate::Held, None)),
        (back(pools::ABANDONED, 51), None, (Gate::Held, None)),
    ];
    for (pool, stopped_cycle, expected) in cases {
        assert_eq!(evaluate_pool(&pool, stopped_cycle), expected, "{pool:?} {stopped_cycle:?}");
    }
}

#[test]
fn failed_orders_are_placed_again_later_and_later_and_not_for_ever() {
    // Shows the first attempt, the waits between failures up to their bound, the last one, and that what is open or
    // went well does not count as one.
    let tried = |attempts, standing, ago_ms| Firing { attempts, standing, fired_ms: NOW_MS - ago_ms };
    let failed = Some(Standing::Failed);
    let half_hour = limits::RULE_RETRY_MS;
    let cases = [
        (None, Some(1)),
        (Some(tried(1, failed, half_hour - 1)), None),
        (Some(tried(1, failed, half_hour)), Some(2)),
        (Some(tried(2, failed, 2 * half_hour - 1)), None),
        (Some(tried(2, failed, 2 * half_hour)), Some(3)),
        (Some(tried(9, failed, limits::RULE_RETRY_MS_MAX - 1)), None),
        (Some(tried(9, failed, limits::RULE_RETRY_MS_MAX)), Some(10)),
        (Some(tried(10, failed, 100 * DAY_MS)), None),
        (Some(tried(3, Some(Standing::Open), 100 * DAY_MS)), None),
        (Some(tried(3, Some(Standing::Done), 0)), Some(1)),
        (Some(tried(1, None, 0)), Some(1)),
    ];
    for (last, expected) in cases {
        assert_eq!(attempt(last.as_ref(), NOW_MS), expected, "{last:?}");
    }
}
