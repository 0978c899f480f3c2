//! The fleet from outside: what callers of the public interface rely on, one promise a test.

use std::sync::atomic::{AtomicBool, Ordering};

use compact_str::format_compact;
use simlink_fleet::{AccountId, Card, Cost, Fleet, MultiQuery, MultiSim, Query, Reader, Sort, SortKey};

const ACCOUNT: AccountId = AccountId(1);
const OTHER: AccountId = AccountId(2);

fn card(id: i64) -> Card {
    let iccid = format_compact!("8986000000000{id:06}5");
    Card {
        id,
        cid: iccid.clone(),
        iccid,
        sim_type: 1,
        carrier: 1,
        sim_status: 20,
        operator_status: -1,
        ..Card::default()
    }
}

fn fleet_of(cards: impl IntoIterator<Item = Card>) -> Fleet {
    let fleet = Fleet::new();
    fleet.replace(ACCOUNT, cards);
    fleet
}

fn ids(reader: &Reader, query: &Query<'_>) -> Vec<i64> {
    reader.select(query).cards.iter().map(|card| card.id()).collect()
}

fn tag_names(fleet: &Fleet, id: i64) -> String {
    let reader = fleet.read(ACCOUNT);
    let card = reader.by_id(id).expect("the test made this card");
    card.tag_names().collect::<Vec<_>>().join(",")
}

/// Cards without the key come last in both directions, by id in the direction of the list.
#[test]
fn cards_without_the_key_come_last() {
    let flows = [(1, None), (2, Some(5)), (3, None), (4, Some(1)), (5, Some(5))];
    let fleet = fleet_of(flows.map(|(id, flow_used)| Card { flow_used, ..card(id) }));
    let reader = fleet.read(ACCOUNT);
    let list = |descending| Query {
        sort: Sort::By { key: SortKey::FlowUsed, descending },
        limit: 10,
        ..Query::default()
    };
    assert_eq!(ids(&reader, &list(false)), [4, 2, 5, 1, 3]);
    assert_eq!(ids(&reader, &list(true)), [5, 2, 4, 3, 1]);
    assert_eq!(ids(&reader, &Query { limit: 10, ..Query::default() }), [5, 4, 3, 2, 1]);
    // A range never matches them, not even one without a lower end.
    assert_eq!(reader.select(&Query { used_max: Some(i64::MAX), ..Query::default() }).count, 3);
}

/// A page beyond the end is empty and has the right count.
#[test]
fn page_beyond_the_end() {
    let fleet = fleet_of((1..=20).map(card));
    let reader = fleet.read(ACCOUNT);
    for offset_rows in [20, 21, u64::MAX] {
        for sim_status in [None, Some(20)] {
            let found = reader.select(&Query { sim_status, offset_rows, limit: 10, ..Query::default() });
            assert_eq!((found.count, found.cards.len()), (20, 0));
        }
    }
}

/// Both forms of an ICCID find the card, also after it got another one; the old one then finds nothing.
#[test]
fn both_forms_of_an_iccid() {
    let fleet = fleet_of([Card { iccid: "89860012345678901234".into(), ..card(1) }]);
    let find = |iccid: &str| fleet.read(ACCOUNT).by_iccid(iccid).map(|card| card.id());
    assert_eq!((find("89860012345678901234"), find("8986001234567890123")), (Some(1), Some(1)));
    assert_eq!(
        (find("89860012345678901239"), find("898600123456789012")),
        (None, None),
        "another check digit, too short"
    );
    fleet.upsert(ACCOUNT, vec![Card { iccid: "8986009999999999999".into(), ..card(1) }]);
    assert_eq!((find("8986009999999999999"), find("89860099999999999990")), (Some(1), Some(1)));
    assert_eq!((find("89860012345678901234"), find("8986001234567890123")), (None, None));
    let reader = fleet.read(ACCOUNT);
    let number = |number| reader.select(&Query { number: Some(number), limit: 10, ..Query::default() }).count;
    assert_eq!((number("89860099999999999991"), number("8986001234567890123")), (1, 0));
}

/// A three-network card is found by every one of its ICCIDs and shows the present name of its policy.
#[test]
fn three_network_cards() {
    let multi = MultiSim {
        version: 2,
        iccid_mobile: Some("89860000000000000011".into()),
        iccid_telcom: Some("8986030000000000003".into()),
        online_carrier: 3,
        policy_id: Some(9),
        ..MultiSim::default()
    };
    let fleet = fleet_of([Card { multi: Some(multi), ..card(5) }, card(6)]);
    fleet.set_policy_name(9, "first");
    fleet.set_policy_name(9, "second");
    let reader = fleet.read(ACCOUNT);
    for iccid in
        ["8986000000000000001", "89860000000000000011", "89860300000000000037", "8986000000000000005"]
    {
        assert_eq!(reader.by_iccid(iccid).map(|card| card.id()), Some(5), "{iccid}");
        let found =
            reader.select_multi(&MultiQuery { iccid: Some(iccid), limit: 10, ..MultiQuery::default() });
        assert_eq!(found.cards[0].policy_name(), Some("second"));
    }
    let all = reader.select_multi(&MultiQuery { limit: 10, ..MultiQuery::default() });
    assert_eq!((all.count, all.cards[0].multi().unwrap().online_carrier), (1, 3));
}

/// A new tag name shows at once on all cards, and a removed tag is on none.
#[test]
fn tags_are_renamed_and_removed() {
    let fleet = fleet_of((1..=2_000).map(|id| Card { tag_ids: vec![30, 10, 20], ..card(id) }));
    assert_eq!(tag_names(&fleet, 7), "", "no names are known yet");
    for (tag_id, name) in [(10, "ten"), (20, "twenty"), (30, "thirty")] {
        fleet.set_tag_name(ACCOUNT, tag_id, name);
    }
    assert_eq!(tag_names(&fleet, 7), "ten,twenty,thirty");
    fleet.set_tag_name(ACCOUNT, 20, "renamed");
    assert_eq!(tag_names(&fleet, 2_000), "ten,renamed,thirty");
    fleet.remove_tag(ACCOUNT, 20);
    assert_eq!(tag_names(&fleet, 2_000), "ten,thirty");
    let reader = fleet.read(ACCOUNT);
    assert!(!reader.tag_in_use(20) && reader.tag_count(30) == 2_000);
    assert_eq!(reader.select(&Query { tag_ids: Some(vec![20]), ..Query::default() }).count, 0);
    reader.verify().unwrap();
}

/// Tag names stay when the cards of an account are replaced.
#[test]
fn tag_names_outlive_a_replacement() {
    let fleet = fleet_of([]);
    fleet.set_tag_name(ACCOUNT, 10, "ten");
    fleet.replace(ACCOUNT, [Card { tag_ids: vec![10], ..card(1) }]);
    assert_eq!(tag_names(&fleet, 1), "ten");
}

/// A plan's name comes from the catalogue that all accounts share, as it is when it is read.
#[test]
fn plan_names_are_shared() {
    let fleet = fleet_of([Card { price_plan_id: Some("p1".into()), ..card(1) }]);
    fleet.upsert(OTHER, vec![Card { price_plan_id: Some("p1".into()), ..card(2) }]);
    let name = |account, id| fleet.read(account).by_id(id).unwrap().price_plan_name().map(str::to_owned);
    assert_eq!(name(ACCOUNT, 1), None);
    fleet.set_plan_name("p1", "Plan one");
    assert_eq!(
        (name(ACCOUNT, 1).as_deref(), name(OTHER, 2).as_deref()),
        (Some("Plan one"), Some("Plan one"))
    );
}

/// Accounts do not see each other's cards, and an account nobody knows is empty.
#[test]
fn accounts_are_apart() {
    let fleet = fleet_of([card(1)]);
    fleet.upsert(OTHER, vec![card(2)]);
    assert!(fleet.read(OTHER).by_id(1).is_none() && fleet.read(ACCOUNT).by_id(2).is_none());
    let stranger = fleet.read(AccountId(3));
    assert_eq!((stranger.count(), stranger.select(&Query { limit: 10, ..Query::default() }).count), (0, 0));
    drop(stranger);
    fleet.remove_account(OTHER);
    assert_eq!(fleet.read(OTHER).count(), 0);
}

/// More tags than a card may carry are cut off, repeated ids count once, and the last of two cards with one id stays.
#[test]
fn odd_input_is_tamed() {
    let fleet = fleet_of([
        Card { sim_status: 11, ..card(1) },
        Card { tag_ids: (0..30).rev().flat_map(|id| [id, id]).collect(), ..card(1) },
    ]);
    let reader = fleet.read(ACCOUNT);
    let found = reader.by_id(1).unwrap();
    assert_eq!(found.tag_ids().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert_eq!(reader.count_by_sim_status(), [(20, 1)]);
    assert_eq!(found.attribute(6), None);
    reader.verify().unwrap();
}

/// Short questions are cheap; a deep page of an order without marks is a scan.
#[test]
fn long_scans_are_told_apart() {
    let fleet = fleet_of((1..=400_000).map(|id| Card { real_named: id % 2 == 0, ..card(id) }));
    let reader = fleet.read(ACCOUNT);
    let page = Query { limit: 10, ..Query::default() };
    let by_cid = Sort::By { key: SortKey::Cid, descending: false };
    let deep = Query { sort: by_cid, offset_rows: 150_000, ..page.clone() };
    let cases = [
        (page.clone(), Cost::Cheap),
        (Query { number: Some("8986000000000000005"), ..deep.clone() }, Cost::Cheap),
        (Query { real_named: Some(true), ..page.clone() }, Cost::Cheap),
        (deep.clone(), Cost::Cheap),
        (Query { real_named: Some(true), ..deep }, Cost::Scan),
    ];
    for (query, cost) in cases {
        assert_eq!(reader.cost(&query), cost, "{query:?}");
    }
}

/// While a writer changes cards, every reader sees a state that fits together: the pages of a list hold as many
/// cards as the count says, in order, and each card passes the filter.
#[test]
fn readers_see_whole_states_while_a_writer_writes() {
    let card_at = |id: i64, round: i64| Card {
        flow_used: ((id + round) % 7 != 0).then_some((id * 31 + round * 17) % 1_000),
        sim_status: if (id + round) % 3 == 0 { 14 } else { 20 },
        ..card(id)
    };
    let fleet = fleet_of((0..1_500).map(|id| card_at(id, 0)));
    let done = AtomicBool::new(false);
    let check = |reader: &Reader| {
        let query = |offset_rows| Query {
            sim_status: Some(20),
            used_min: Some(100),
            sort: Sort::By { key: SortKey::FlowUsed, descending: true },
            offset_rows,
            limit: 100,
            ..Query::default()
        };
        let count = reader.select(&query(0)).count;
        let cards: Vec<_> =
            (0..=count / 100).flat_map(|page| reader.select(&query(page * 100)).cards).collect();
        assert_eq!(cards.len() as u64, count);
        assert!(cards.iter().all(|card| card.sim_status() == 20 && card.flow_used() >= Some(100)));
        assert!(cards.is_sorted_by_key(|card| std::cmp::Reverse((card.flow_used(), card.id()))));
        assert_eq!(reader.count_by_sim_status().iter().map(|(_, count)| count).sum::<u64>(), reader.count());
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    check(&fleet.read(ACCOUNT));
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        for round in 1..40 {
            let batch = (0..1_500).filter(|id| (id + round) % 5 == 0).map(|id| card_at(id, round)).collect();
            fleet.upsert(ACCOUNT, batch);
            fleet.remove(ACCOUNT, &(0..1_500).filter(|id| (id + round) % 11 == 0).collect::<Vec<_>>());
            if round % 10 == 0 {
                fleet.replace(ACCOUNT, (0..1_500).map(|id| card_at(id, round)));
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    check(&fleet.read(ACCOUNT));
    fleet.read(ACCOUNT).verify().unwrap();
}

/// With many cards, as the indexes are in production, everything still agrees with the cards after many changes.
#[test]
fn indexes_agree_at_production_sizes() {
    let card_at = |id: i64, round: i64| Card {
        flow_used: (id % 9 != 0).then_some(id * 7_919 % 100_000 + round * (id % 100)),
        attributes: std::array::from_fn(|slot| {
            (slot < 2).then(|| format_compact!("{}", id % [7, 30_000][slot] + round))
        }),
        order_id: Some(id / 1_000),
        ..card(id)
    };
    let fleet = fleet_of((0..20_000).map(|id| card_at(id, 0)));
    fleet.read(ACCOUNT).verify().unwrap();
    // Usage gathers in one place, so that marks have to move; new cards come and old ones go.
    fleet.upsert(ACCOUNT, (0..20_000).filter(|id| id % 2 == 0).map(|id| card_at(id, 5_000)).collect());
    fleet.upsert(ACCOUNT, (20_000..26_000).map(|id| card_at(id, 1)).collect());
    fleet.remove(ACCOUNT, &(3_000..9_000).collect::<Vec<_>>());
    let reader = fleet.read(ACCOUNT);
    reader.verify().unwrap();
    let query = Query {
        used_min: Some(40_000),
        used_max: Some(90_000),
        sort: Sort::By { key: SortKey::FlowUsed, descending: true },
        sim_status: Some(20),
        offset_rows: 4_000,
        limit: 500,
        ..Query::default()
    };
    let mut wanted: Vec<(i64, i64)> = (0..26_000)
        .filter_map(|id| reader.by_id(id))
        .filter_map(|card| {
            Some((card.flow_used().filter(|flow| (40_000..=90_000).contains(flow))?, card.id()))
        })
        .collect();
    wanted.sort_unstable_by(|left, right| right.cmp(left));
    assert!(wanted.len() > 4_500, "the page is in the middle of the list");
    assert_eq!(reader.select(&query).count, wanted.len() as u64);
    assert_eq!(ids(&reader, &query), wanted[4_000..4_500].iter().map(|card| card.1).collect::<Vec<_>>());
}
