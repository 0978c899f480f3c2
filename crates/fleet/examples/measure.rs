//! Prints what the fleet costs at 10,000 and at 1,000,000 cards: nanoseconds of each kind of read and write, and
//! bytes of resident memory a card. `cargo run --release -p simlink-fleet --example measure [cards…]`

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use compact_str::{CompactString, format_compact};
use simlink_fleet::{AccountId, Card, CardRef, Fleet, Query, Sort, SortKey};

const ACCOUNT: AccountId = AccountId(1);
const PAGE: u32 = 10;
const GIB: i64 = 1 << 30;

/// A small generator of its own, so that every run has the same cards.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A believable card: ids ascend, figures are spread, two of twenty tags, a city and a serial number.
fn card(number: u64, dice: &mut Dice) -> Card {
    let iccid = format_compact!("898600{:014}", number * 7 + dice.roll(7));
    let active = dice.roll(10) < 8;
    let used = dice.roll(GIB as u64) as i64;
    let status = if active { [20, 20, 20, 20, 20, 20, 14, 14][dice.roll(8) as usize] } else { 11 };
    Card {
        id: 1_700_000_000_000 + number as i64,
        cid: iccid.clone(),
        iccid,
        imsi: Some(format_compact!("46000{:010}", number)),
        msisdn: Some(format_compact!("1064{:09}", number)),
        imei: (dice.roll(10) < 6)
            .then(|| format_compact!("86{:013}", dice.roll(1 << 30) * 4_096 + number % 4_096)),
        sim_type: 1,
        carrier: 1 + dice.roll(3) as u16,
        sim_status: status,
        operator_status: if status == 14 { [1, 5][dice.roll(2) as usize] } else { -1 },
        real_named: dice.roll(2) == 0,
        act_ms: active.then(|| 1_650_000_000_000 + dice.roll(1 << 34) as i64),
        expire_ms: active.then(|| 1_750_000_000_000 + dice.roll(365) as i64 * 86_400_000),
        created_ms: 1_640_000_000_000,
        order_id: Some((number / 5_000) as i64),
        price_plan_id: Some(format_compact!("plan-{}", dice.roll(40))),
        sim_price_plan_id: Some(number as i64),
        flow_used: active.then_some(used),
        flow_left: active.then_some(GIB - used),
        tag_ids: vec![dice.roll(10) as i64, 10 + dice.roll(10) as i64],
        attributes: [
            Some(format_compact!("city-{}", dice.roll(300))),
            Some(format_compact!("device-{:08}", number * 31 % 99_999_989)),
            None,
            None,
            None,
            None,
        ],
        ..Card::default()
    }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Nanoseconds this thread has been on a processor: steady on a machine that does other things too.
fn processor_ns() -> u64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// Reads a card the way a server does that writes it out.
fn show(card: &CardRef<'_>, text: &mut String) {
    text.clear();
    for field in [
        Some(card.cid()),
        Some(card.iccid()),
        card.imsi(),
        card.msisdn(),
        card.imei(),
        card.price_plan_name(),
    ] {
        text.push_str(field.unwrap_or("null"));
    }
    card.tag_names().for_each(|name| text.push_str(name));
    (0..6).for_each(|slot| text.push_str(card.attribute(slot).unwrap_or("null")));
    black_box((
        card.id(),
        card.flow_used(),
        card.flow_left(),
        card.act_ms(),
        card.expire_ms(),
        card.sim_status(),
    ));
    black_box(&text);
}

/// The median time of one call in nanoseconds, over `rounds` calls timed in groups of `group`.
fn median_ns(rounds: usize, group: usize, mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            (0..group).for_each(|_| call());
            start.elapsed().as_nanos() as f64 / group as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn lists(cards: u64) -> Vec<(&'static str, Query<'static>)> {
    let sorted = |key, descending| Sort::By { key, descending };
    let page = Query { limit: PAGE, ..Query::default() };
    let filtered = Query {
        sim_status: Some(20),
        tag_ids: Some(vec![3]),
        used_min: Some(GIB / 5),
        used_max: Some(GIB / 2),
        sort: sorted(SortKey::FlowLeft, true),
        ..page.clone()
    };
    vec![
        ("newest, exact count", page.clone()),
        (
            "half way down, by flow used",
            Query { sort: sorted(SortKey::FlowUsed, false), offset_rows: cards / 2, ..page.clone() },
        ),
        (
            "flow range, sorted by it",
            Query { used_min: Some(GIB / 3), sort: sorted(SortKey::FlowUsed, false), ..page.clone() },
        ),
        ("status, tag, range, sort", filtered.clone()),
        ("the same, sorted by cid", Query { sort: sorted(SortKey::Cid, false), ..filtered.clone() }),
        ("the same, page 100", Query { offset_rows: 1_000, ..filtered }),
        ("status and real-named", Query { sim_status: Some(20), real_named: Some(true), ..page.clone() }),
        (
            "attribute, 1 of 300",
            Query { attributes: [Some("city-7"), None, None, None, None, None], ..page.clone() },
        ),
        (
            "attribute, unique",
            Query { attributes: [None, Some("device-00000310"), None, None, None, None], ..page.clone() },
        ),
        (
            "batch of 5,000 and status",
            Query { order_ids: Some(vec![1]), sim_status: Some(20), ..page.clone() },
        ),
        (
            "not stopped by owner, middle",
            Query { filter_downtime_period: true, offset_rows: cards / 2, ..page },
        ),
    ]
}

fn measure(cards: u64) {
    let before = resident_bytes();
    let fleet = Fleet::new();
    for plan in 0..40 {
        fleet.set_plan_name(&format!("plan-{plan}"), &format!("Plan number {plan}"));
    }
    let mut dice = Dice(42);
    let made = processor_ns();
    (0..cards).for_each(|number| {
        black_box(card(number, &mut dice));
    });
    let made = processor_ns() - made;
    let mut dice = Dice(42);
    let start = processor_ns();
    fleet.replace(ACCOUNT, (0..cards).map(|number| card(number, &mut dice)));
    let built_ns = processor_ns() - start - made;
    for tag in 0..20 {
        fleet.set_tag_name(ACCOUNT, tag, &format!("tag number {tag}"));
    }
    let mut out = format!("{cards} cards\n");
    let mut line = |name: &str, value: f64, unit: &str| {
        writeln!(out, "  {name:32}{value:>12.1} {unit}").expect("writing to a string")
    };
    line("build", cards as f64 * 1e6 / built_ns as f64, "k cards/s");
    line("resident memory", (resident_bytes() - before) as f64 / cards as f64, "bytes a card");

    let mut text = String::new();
    let mut dice = Dice(7);
    {
        let reader = fleet.read(ACCOUNT);
        let iccids: Vec<CompactString> = (0..20_000)
            .filter_map(|_| Some(reader.by_id(1_700_000_000_000 + dice.roll(cards) as i64)?.iccid().into()))
            .collect();
        let mut iccids = iccids.iter().cycle();
        drop(reader);
        line(
            "by id, shown",
            median_ns(200, 100, || {
                let reader = fleet.read(ACCOUNT);
                let card =
                    reader.by_id(1_700_000_000_000 + dice.roll(cards) as i64).expect("the card exists");
                show(&card, &mut text);
            }),
            "ns",
        );
        line(
            "by ICCID, shown",
            median_ns(200, 100, || {
                let iccid = iccids.next().expect("the list repeats");
                show(&fleet.read(ACCOUNT).by_iccid(iccid).expect("the card exists"), &mut text);
            }),
            "ns",
        );
        line(
            "by cid, shown",
            median_ns(200, 100, || {
                let iccid = iccids.next().expect("the list repeats");
                show(&fleet.read(ACCOUNT).by_cid(iccid).expect("the card exists"), &mut text);
            }),
            "ns",
        );
    }
    pages(&fleet, cards, &mut dice, &mut line);
    writes(&fleet, cards, &mut dice, &mut line);
    print!("{out}");
}

fn pages(fleet: &Fleet, cards: u64, dice: &mut Dice, line: &mut impl FnMut(&str, f64, &str)) {
    let mut text = String::new();
    let span = cards / 20;
    for (name, query) in lists(cards) {
        let mut count = 0;
        let ns = median_ns(301, 1, || {
            // Another page every time near the one asked for, so that its rows are not in the cache already.
            let shift = if query.offset_rows > 0 { dice.roll(span.min(query.offset_rows)) } else { 0 };
            let query = Query { offset_rows: query.offset_rows + shift, ..query.clone() };
            let reader = fleet.read(ACCOUNT);
            let found = reader.select(&query);
            count = found.count;
            found.cards.iter().for_each(|card| show(card, &mut text));
        });
        let cost = fleet.read(ACCOUNT).cost(&query);
        line(name, ns / 1e3, &format!("µs  ({count} cards, {cost:?})"));
    }
}

fn writes(fleet: &Fleet, cards: u64, dice: &mut Dice, line: &mut impl FnMut(&str, f64, &str)) {
    let mut other = Dice(99);
    let rounds = 4_000;
    let mut usage: Vec<Card> = (0..rounds)
        .map(|_| {
            let id = 1_700_000_000_000 + dice.roll(cards) as i64;
            let mut card = fleet.read(ACCOUNT).by_id(id).expect("the card exists").to_card();
            let used = other.roll(GIB as u64) as i64;
            (card.flow_used, card.flow_left) = (Some(used), Some(GIB - used));
            card
        })
        .collect();
    let mut fresh: Vec<Card> = (0..rounds as u64).map(|_| card(dice.roll(cards), &mut other)).collect();
    for (name, batch) in [("write, other flow", &mut usage), ("write, everything new", &mut fresh)] {
        let mut worst_ns = 0_u128;
        let median = median_ns(rounds, 1, || {
            let card = batch.pop().expect("as many cards as rounds");
            let start = Instant::now();
            fleet.upsert(ACCOUNT, vec![card]);
            worst_ns = worst_ns.max(start.elapsed().as_nanos());
        });
        line(name, median / 1e3, &format!("µs  (worst {} µs)", worst_ns / 1_000));
    }
    let mut next = cards;
    let mut worst_ns = 0_u128;
    let median = median_ns(100_000, 1, || {
        let card = card(next, &mut other);
        next += 1;
        let start = Instant::now();
        fleet.upsert(ACCOUNT, vec![card]);
        worst_ns = worst_ns.max(start.elapsed().as_nanos());
    });
    line(
        "write, new card",
        median / 1e3,
        &format!("µs  (worst {} µs, made included in the median)", worst_ns / 1_000),
    );
}

fn main() {
    let mut sizes: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 1_000_000];
    }
    sizes.into_iter().for_each(measure);
}
