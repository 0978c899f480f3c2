//! What must hold of every generated fleet.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::*;
use crate::files::values::BYTES_PER_MEGABYTE;
use crate::files::{CardRecord, FileRecord, PoolKind, Reader, rules, write_csv};
use crate::limits;
use crate::plans::cycle::{Cycle, Month, Period, StartDay, business_date, number_of_day};

/// 2026-11-23T08:00:00Z.
const NOW_MS: i64 = 1_795_420_800_000;
const SETTINGS: Settings = Settings { sims: 10_000, seed: 42, history_days: 62, now_ms: NOW_MS };
/// Days on which the calendar is awkward: ends and starts of cycles and years, a leap day.
const AWKWARD: [&str; 8] = [
    "2026-10-31T15:59:59Z",
    "2026-10-31T16:00:00Z",
    "2026-11-26T15:59:59Z",
    "2026-11-26T16:00:00Z",
    "2026-12-31T16:00:00Z",
    "2028-02-29T04:00:00Z",
    "2027-03-01T00:00:00Z",
    "2026-12-27T01:00:00Z",
];

fn round_trip<T: FileRecord + Clone>(records: &[T]) -> Vec<T> {
    let mut file = Vec::new();
    write_csv(&mut file, records.iter().cloned()).unwrap();
    let mut reader = Reader::<_, T>::open(file.as_slice(), None).unwrap();
    let back = reader.by_ref().map(|line| line.unwrap().1).collect();
    assert_eq!(reader.report().errors, []);
    back
}

#[test]
fn the_same_settings_make_the_same_demo() {
    // Shows that seed, size and business day decide everything, and that each of them matters.
    let cards = |settings: Settings| generate(settings).cards().collect::<Vec<_>>();
    let first = cards(SETTINGS);
    assert_eq!(first, cards(SETTINGS));
    assert_eq!(first, cards(Settings { now_ms: NOW_MS + 7 * 3_600_000, ..SETTINGS }));
    assert_ne!(first, cards(Settings { now_ms: NOW_MS + 9 * 3_600_000, ..SETTINGS }));
    assert_ne!(first, cards(Settings { seed: 43, ..SETTINGS }));
    let demo = generate(SETTINGS);
    assert_eq!((demo.card_count(), first.len()), (10_100, 10_100));
    for sims in [0, 1, 7, 100, 1_000] {
        let demo = generate(Settings { sims, ..SETTINGS });
        assert_eq!((demo.card_count(), demo.cards().count() as u64), (sims + SIMS_RIVAL, sims + SIMS_RIVAL));
    }
}

#[test]
fn every_record_passes_as_an_imported_line_and_comes_back_equal() {
    // Shows that cards, plans and pools written as CSV are accepted by the reader (its rules and its duplicates
    // included) and read back as what they were.
    for seed in [1, 42] {
        let demo = generate(Settings { seed, ..SETTINGS });
        let cards: Vec<CardRecord> = demo.cards().collect();
        assert_eq!(round_trip(&cards), cards);
        assert_eq!(round_trip(&demo.plans), demo.plans);
        assert_eq!(round_trip(&demo.pools), demo.pools);
    }
}

#[test]
fn the_fleet_has_all_kinds_in_believable_shares() {
    // Shows that each state, reason, carrier, type, version and plan of cards occurs, and the shares at 10,000 cards.
    for seed in [1, 2, 42] {
        let demo = generate(Settings { seed, ..SETTINGS });
        let cards: Vec<CardRecord> = demo.cards().filter(|card| card.account == "demo").collect();
        let share = |test: &dyn Fn(&CardRecord) -> bool| {
            cards.iter().filter(|card| test(card)).count() as f64 / cards.len() as f64
        };
        for (name, low, high, share) in [
            ("in use", 0.65, 0.75, share(&|card| card.sim_status == 20)),
            ("stopped", 0.07, 0.11, share(&|card| card.sim_status == 14)),
            ("disassembled", 0.03, 0.07, share(&|card| card.sim_status == 30)),
            ("physical", 0.87, 0.89, share(&|card| card.sim_type == 3)),
            ("eSIM", 0.07, 0.09, share(&|card| card.sim_type == 2)),
            ("vSIM", 0.03, 0.05, share(&|card| card.sim_type == 1)),
            ("three-network", 0.015, 0.025, share(&|card| card.multi_sim.is_some())),
            ("pooled", 0.1, 0.2, share(&|card| card.pool_id.is_some())),
            ("asset number", 0.45, 0.55, share(&|card| card.customer_attributes[1].is_some())),
            ("sms", 0.05, 0.4, share(&|card| card.sms_enabled)),
        ] {
            assert!((low..=high).contains(&share), "{name} {share} with seed {seed}");
        }
        let kinds = |kind: &dyn Fn(&CardRecord) -> i64| cards.iter().map(kind).collect::<BTreeSet<i64>>();
        assert_eq!(kinds(&|card| card.sim_status.into()), rules::SIM_STATUSES.iter().copied().collect());
        assert_eq!(
            kinds(&|card| card.operator_status.into()),
            rules::OPERATOR_STATUSES.iter().copied().collect()
        );
        assert_eq!(kinds(&|card| card.carrier.into()), rules::CARRIERS.iter().copied().collect());
        assert_eq!(
            kinds(&|card| card.multi_sim.as_ref().map_or(0, |multi| multi.version.into())),
            [0, 1, 2].into()
        );
        assert_eq!(kinds(&|card| card.tags.len() as i64), (0..=6).collect());
        assert_eq!(kinds(&|card| card.device_status.map_or(0, i64::from)), (0..=4).collect());
        let plans_used: HashSet<_> = cards.iter().filter_map(|card| card.price_plan_id.clone()).collect();
        for plan in &demo.plans {
            assert_eq!(
                plans_used.contains(&plan.price_plan_id),
                plan.package_type == 1,
                "{}",
                plan.price_plan_name
            );
        }
        let of_demo = demo.batches.iter().filter(|batch| batch.account == "demo").count();
        assert!((20..150).contains(&of_demo), "{of_demo} batches");
        assert!(demo.batches.is_sorted_by(|a, b| a.order_id < b.order_id));
    }
}

#[test]
fn tags_and_pools_are_used_as_people_use_them() {
    // Shows the falling use of tags, and that all six pools have members of both kinds of standing.
    let demo = generate(SETTINGS);
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    let mut members: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for card in demo.cards() {
        for tag in card.tags.iter().filter(|_| card.account == "demo") {
            *uses.entry(tag.to_string()).or_default() += 1;
        }
        if let Some(pool_id) = card.pool_id {
            let (all, active) = members.entry(pool_id).or_default();
            *all += 1;
            *active += usize::from(card.act_ms.is_some());
        }
    }
    assert_eq!(uses.len(), words::TAGS.len());
    assert!(uses[words::TAGS[0]] > 4 * uses[words::TAGS[9]] && uses[words::TAGS[9]] > uses[words::TAGS[39]]);
    assert_eq!(members.len(), demo.pools.len());
    for pool in &demo.pools {
        let (all, active) = members[&pool.pool_id];
        assert!(all >= 30 && active * 2 > all, "{} {all} {active}", pool.pool_name);
    }
}

#[test]
fn dates_and_flows_fit_states_and_plans() {
    // Shows on every card of the demo, on ordinary and on awkward days, what its state promises of its dates and
    // flow, and that nothing an automatic job looks for is overdue.
    let awkward = AWKWARD.map(|day| day.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    for now_ms in awkward.into_iter().chain([NOW_MS]) {
        let demo = generate(Settings { now_ms, ..SETTINGS });
        let mut left_of_pools: BTreeMap<i64, i64> = BTreeMap::new();
        for card in demo.cards() {
            check_dates(&demo, &card, now_ms);
            check_flow(&demo, &card, &mut left_of_pools);
        }
        for pool in demo.pools.iter().filter(|pool| pool.kind == PoolKind::Forward) {
            let left = left_of_pools[&pool.pool_id];
            let exhausted = pool.pool_id == catalogue::POOL_TELECOM_EXHAUSTED;
            assert_eq!(left <= 0, exhausted, "{} has {left} left", pool.pool_name);
        }
        for pool in &demo.pools {
            let used = -left_of_pools[&pool.pool_id];
            if let Some(threshold) = pool.threshold_bytes {
                assert!(pool.kind == PoolKind::Back && used < threshold, "{} used {used}", pool.pool_name);
            }
        }
    }
}

fn check_dates(demo: &Demo, card: &CardRecord, now_ms: i64) {
    let plan = catalogue::plan(&demo.plans, card.price_plan_id.as_deref().unwrap());
    assert_eq!((plan.carrier_type, plan.sim_type), (card.carrier, card.sim_type));
    let created_ms = card.created_ms.unwrap();
    assert!(created_ms < demo.today_ms && created_ms > now_ms - 3 * 366 * 86_400_000);
    let Some(act_ms) = card.act_ms else {
        assert!(matches!(card.sim_status, 10 | 11 | 13) && card.expire_ms.is_none());
        assert!(created_ms > now_ms - 170 * 86_400_000, "would be activated by its carrier");
        return;
    };
    assert!(act_ms > created_ms && act_ms < demo.today_ms, "{card:?}");
    let period = Period::new(plan.period, plan.period_type).unwrap();
    let expire_ms = period.expire_ms(act_ms, StartDay::of_carrier(card.carrier));
    assert_eq!(card.expire_ms, Some(expire_ms));
    let has_expired = card.sim_status == 30 || card.operator_status == 4;
    assert_eq!(expire_ms < now_ms, has_expired, "{card:?}");
}

fn check_flow(demo: &Demo, card: &CardRecord, left_of_pools: &mut BTreeMap<i64, i64>) {
    let plan = catalogue::plan(&demo.plans, card.price_plan_id.as_deref().unwrap());
    let total = plan.flow_total_mb * BYTES_PER_MEGABYTE;
    let Some(used) = card.flow_used_bytes else {
        assert!(matches!(card.sim_status, 10 | 11 | 13 | 30));
        return;
    };
    assert!(matches!(card.sim_status, 14 | 20) && used >= 0);
    if let Some(pool_id) = card.pool_id {
        *left_of_pools.entry(pool_id).or_default() += total - used;
        let pool = demo.pools.iter().find(|pool| pool.pool_id == pool_id).unwrap();
        assert_eq!(
            (pool.price_plan_id.as_str(), pool.account.as_str()),
            (plan.price_plan_id.as_str(), card.account.as_str())
        );
    } else {
        assert_eq!(used >= total, card.operator_status == 1, "{card:?}");
    }
    match card.operator_status {
        2 => assert!(used > 0 && (card.carrier == 2 || card.pool_id.is_some())),
        3 => assert_eq!(card.pool_id, Some(catalogue::POOL_TELECOM_EXHAUSTED)),
        7 => assert_eq!(card.carrier, 1),
        _ => {}
    }
}

#[test]
fn numbers_are_unique_and_well_formed() {
    // Shows uniqueness of every kind of number, check digits, and that only devices of eSIM and vSIM report.
    let demo = generate(Settings { sims: 30_000, ..SETTINGS });
    let mut seen: HashSet<(&str, String)> = HashSet::new();
    for card in demo.cards() {
        assert!(rules::is_luhn(&card.iccid) && card.iccid.starts_with("89"));
        assert!(seen.insert(("iccid", rules::iccid_key(&card.iccid).to_owned())));
        assert!(seen.insert(("cid", card.cid.to_string())));
        for (kind, number) in [("imsi", &card.imsi), ("msisdn", &card.msisdn), ("imei", &card.imei)] {
            if let Some(number) = number {
                assert!(seen.insert((kind, number.to_string())), "{kind} {number}");
            }
        }
        if let Some(multi_sim) = &card.multi_sim {
            assert_eq!(multi_sim.iccid_of(multi_sim.online_carrier), Some(&card.iccid));
            for iccid in (1..=3)
                .filter_map(|carrier| multi_sim.iccid_of(carrier))
                .filter(|iccid| **iccid != card.iccid)
            {
                assert!(rules::is_luhn(iccid) && seen.insert(("iccid", rules::iccid_key(iccid).to_owned())));
            }
        }
        let reports = card.device_status.is_some();
        assert_eq!(reports, card.sim_type != 3 && matches!(card.sim_status, 14 | 20));
        assert_eq!((card.device_model.is_some(), card.node_id.is_some()), (reports, reports));
        assert_eq!(card.dbm.is_some(), reports && card.device_status != Some(4));
        assert_eq!(card.dbm.is_some(), card.signal_level.is_some());
    }
}

#[test]
fn pools_work_since_the_start_of_a_cycle() {
    // Shows that pools begin with a cycle of their carrier and hold the plan's carrier only.
    let demo = generate(SETTINGS);
    for pool in &demo.pools {
        let carrier = catalogue::plan(&demo.plans, &pool.price_plan_id).carrier_type;
        let cycle = Cycle::at(pool.effective_ms, StartDay::of_carrier(carrier));
        assert_eq!(cycle.start_ms, pool.effective_ms);
    }
}

#[test]
fn cards_have_a_history_that_adds_up() {
    // Shows on every awkward day that the days of the running cycle add up to what the card says it used, that days lie
    // between activation and today and within six cycles, one a day, and that cards in use for long have every day of
    // last month and all six cycles.
    for now in AWKWARD {
        let now_ms = now.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let demo = generate(Settings { sims: 1_000, now_ms, ..SETTINGS });
        let today = number_of_day(business_date(now_ms));
        let first_of_last = Month::at(now_ms).plus(-1).yyyymm() * 100 + 1;
        let mut complete = 0;
        for (serial, card) in (1..).zip(demo.cards()) {
            let days = history::of_card(&card, 30 * BYTES_PER_MEGABYTE, demo.past(), serial);
            let start_day = StartDay::of_carrier(card.carrier);
            let running = Cycle::at(now_ms, start_day).month;
            let cycle_of = |date: i32| {
                start_day.cycle_of(Month::from_yyyymm(date / 100), u8::try_from(date % 100).unwrap())
            };
            let used: i64 = days.iter().filter(|day| cycle_of(day.0) == running).map(|day| day.1).sum();
            assert_eq!(used, card.flow_used_bytes.unwrap_or(0), "{now} {card:?}");
            let activated = card.act_ms.map_or(i32::MAX, |act_ms| number_of_day(business_date(act_ms)));
            assert!(
                days.iter().all(|(date, bytes)| (activated..=today).contains(date) && *bytes >= 0),
                "{now} {days:?}"
            );
            assert!(
                days.iter().all(|(date, _)| running.months_since(cycle_of(*date)) < limits::CYCLES_SHOWN)
            );
            assert!(days.windows(2).all(|pair| pair[0].0 < pair[1].0), "{now} {days:?}");
            if card.sim_status == 20 && card.act_ms < Some(now_ms - 220 * 86_400_000) && used > 0 {
                let of_last = days.iter().filter(|day| day.0 / 100 == first_of_last / 100).count();
                let last_month = business_date(now_ms).first_of_month().yesterday().unwrap();
                assert_eq!(of_last, last_month.days_in_month() as usize, "{now}");
                let cycles: BTreeSet<i32> = days.iter().map(|day| cycle_of(day.0).yyyymm()).collect();
                assert_eq!(cycles.len(), 6, "{now} {cycles:?}");
                complete += 1;
            }
        }
        assert!(complete > 100, "{now}: only {complete} cards have everything");
    }
}
