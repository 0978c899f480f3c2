//! The fleet against a list of cards that is filtered and sorted afresh for every question.

use std::collections::BTreeMap;

use compact_str::{CompactString, format_compact};
use proptest::prelude::*;

use crate::{AccountId, Card, Fleet, MultiQuery, MultiSim, Query, Sort, SortKey};

const ACCOUNT: AccountId = AccountId(7);

/// Numbers from a seed; domains are small, so that cards share values and filters meet.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn maybe<T>(&mut self, one_in: u64, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(one_in) == 0).then(|| value(self))
    }

    fn mostly<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(4) > 0).then(|| value(self))
    }

    fn iccid(&mut self) -> CompactString {
        let short = format_compact!("89860000000000000{:02}", self.roll(30));
        if self.roll(3) == 0 { short } else { format_compact!("{short}{}", self.roll(2)) }
    }

    fn cid(&mut self) -> CompactString {
        if self.roll(2) == 0 { self.iccid() } else { format_compact!("c{}", self.roll(40)) }
    }

    fn text(&mut self, sides: u64) -> CompactString {
        format_compact!("t{}", self.roll(sides))
    }

    fn number(&mut self, sides: u64) -> i64 {
        self.roll(sides) as i64
    }
}

fn card_of(id: i64, seed: u64) -> Card {
    let dice = &mut Dice(seed);
    Card {
        id,
        cid: dice.cid(),
        iccid: dice.iccid(),
        imsi: dice.mostly(|dice| dice.text(9)),
        msisdn: dice.mostly(|dice| dice.text(9)),
        imei: dice.mostly(|dice| dice.text(9)),
        sim_type: dice.roll(3) as u8 + 1,
        carrier: dice.roll(5) as u16,
        sim_status: [11, 14, 20][dice.roll(3) as usize],
        operator_status: [-1, 1, 5][dice.roll(3) as usize],
        real_named: dice.roll(2) == 0,
        cut_net: dice.roll(2) == 0,
        exceed_cut_net: dice.roll(2) == 0,
        sms_enabled: dice.roll(2) == 0,
        exceed_cut_net_quota: dice.mostly(|dice| dice.roll(5) as i32 - 1),
        imei_bind_remain_times: dice.mostly(|dice| dice.roll(3) as i32),
        speed_value: dice.mostly(|dice| dice.roll(5) as i32 - 1),
        device_status: dice.mostly(|dice| dice.roll(4) as u8 + 1),
        device_status_ms: dice.mostly(|dice| dice.number(9)),
        act_ms: dice.mostly(|dice| dice.number(9) - 4),
        expire_ms: dice.mostly(|dice| dice.number(9)),
        created_ms: dice.number(99),
        device_model: dice.maybe(3, |dice| dice.text(5)),
        node_id: dice.maybe(3, |dice| dice.text(5)),
        network_type: dice.maybe(3, |dice| dice.text(5)),
        dbm: dice.maybe(3, |dice| dice.text(5)),
        signal_level: dice.maybe(3, |dice| dice.text(5)),
        order_id: dice.mostly(|dice| dice.number(4)),
        pool_id: dice.mostly(|dice| dice.number(4)),
        pool_flag: [0, 1, 2, 11, 12][dice.roll(5) as usize],
        price_plan_id: dice.mostly(|dice| dice.text(4)),
        sim_price_plan_id: dice.mostly(|dice| dice.number(99)),
        flow_used: dice.mostly(|dice| dice.number(12)),
        flow_left: dice.mostly(|dice| dice.number(12) - 3),
        tag_ids: (1..=6).filter(|_| dice.roll(3) == 0).collect(),
        attributes: std::array::from_fn(|_| dice.maybe(2, |dice| dice.text(3))),
        multi: dice.maybe(3, |dice| MultiSim {
            version: dice.roll(2) as u8 + 1,
            iccid_mobile: dice.mostly(Dice::iccid),
            iccid_unicom: dice.mostly(Dice::iccid),
            iccid_telcom: dice.mostly(Dice::iccid),
            online_carrier: dice.roll(3) as u8 + 1,
            policy_id: dice.mostly(|dice| dice.number(3)),
        }),
    }
}

/// The texts a query borrows.
struct Texts {
    number: CompactString,
    imei: CompactString,
    msisdn: CompactString,
    attributes: [CompactString; 6],
    plans: Vec<CompactString>,
}

fn texts_of(dice: &mut Dice) -> Texts {
    Texts {
        number: dice.cid(),
        imei: dice.text(10),
        msisdn: dice.text(10),
        attributes: std::array::from_fn(|_| dice.text(4)),
        plans: (0..dice.roll(4)).map(|_| dice.text(5)).collect(),
    }
}

fn query_of<'a>(dice: &mut Dice, texts: &'a Texts) -> Query<'a> {
    // Between a filter in three and none at all, so that both narrow and wide lists occur.
    let rare = [3, 8, 12, 1_000][dice.roll(4) as usize];
    Query {
        number: dice.maybe(rare * 2, |_| texts.number.as_str()),
        order_ids: dice.maybe(rare, |dice| (0..dice.roll(4)).map(|_| dice.number(5)).collect()),
        imei: dice.maybe(rare * 2, |_| texts.imei.as_str()),
        sim_status: dice.maybe(rare, |dice| [11, 14, 20, 99, -1][dice.roll(5) as usize]),
        device_status: dice.maybe(rare, |dice| dice.roll(6) as i32),
        sim_type: dice.maybe(rare, |dice| dice.roll(5) as i32),
        tag_ids: dice.maybe(rare, |dice| (0..dice.roll(4)).map(|_| dice.number(9)).collect()),
        msisdn: dice.maybe(rare * 2, |_| texts.msisdn.as_str()),
        attributes: std::array::from_fn(|at| dice.maybe(rare * 2, |_| texts.attributes[at].as_str())),
        used_min: dice.maybe(rare, |dice| dice.number(14) - 1),
        used_max: dice.maybe(rare, |dice| dice.number(14) - 1),
        left_min: dice.maybe(rare, |dice| dice.number(14) - 4),
        left_max: dice.maybe(rare, |dice| dice.number(14) - 4),
        real_named: dice.maybe(rare, |dice| dice.roll(2) == 0),
        filter_downtime_period: dice.roll(rare) == 0,
        price_plan_ids: dice.maybe(rare, |_| texts.plans.iter().map(CompactString::as_str).collect()),
        pool_flag: dice.maybe(rare, |dice| [0, 1, 2, 11, 12, 300][dice.roll(6) as usize]),
        sort: match dice.roll(6) {
            0 => Sort::Newest,
            other => Sort::By {
                key: [
                    SortKey::Cid,
                    SortKey::FlowUsed,
                    SortKey::FlowLeft,
                    SortKey::ActDate,
                    SortKey::ExpireTime,
                ][other as usize - 1],
                descending: dice.roll(2) == 0,
            },
        },
        offset_rows: [0, 0, 1, 5, 20, u64::MAX][dice.roll(6) as usize],
        limit: [1, 3, 10, 500][dice.roll(4) as usize],
    }
}

fn short(iccid: &str) -> &str {
    if iccid.len() == 20 { &iccid[..19] } else { iccid }
}

fn has_iccid(card: &Card, asked: &str) -> bool {
    let multi =
        card.multi.iter().flat_map(|multi| [&multi.iccid_mobile, &multi.iccid_unicom, &multi.iccid_telcom]);
    std::iter::once(&card.iccid)
        .chain(multi.flatten())
        .any(|own| own == asked || ((own.len() == 19 || asked.len() == 19) && short(own) == short(asked)))
}

fn passes(card: &Card, query: &Query<'_>) -> bool {
    let same = |asked: Option<&str>, own: &Option<CompactString>| {
        asked.is_none_or(|asked| own.as_deref() == Some(asked))
    };
    let within = |own: Option<i64>, min: Option<i64>, max: Option<i64>| {
        (min.is_none() && max.is_none())
            || own.is_some_and(|own| min.is_none_or(|min| own >= min) && max.is_none_or(|max| own <= max))
    };
    query.number.is_none_or(|number| card.cid == number || has_iccid(card, number))
        && query.order_ids.as_ref().is_none_or(|ids| card.order_id.is_some_and(|id| ids.contains(&id)))
        && same(query.imei, &card.imei)
        && same(query.msisdn, &card.msisdn)
        && query.sim_status.is_none_or(|status| i32::from(card.sim_status) == status)
        && query.device_status.is_none_or(|status| card.device_status.map(i32::from) == Some(status))
        && query.sim_type.is_none_or(|sim_type| i32::from(card.sim_type) == sim_type)
        && query.tag_ids.as_ref().is_none_or(|ids| ids.iter().any(|id| card.tag_ids.contains(id)))
        && query.attributes.iter().zip(&card.attributes).all(|(asked, own)| same(*asked, own))
        && within(card.flow_used, query.used_min, query.used_max)
        && within(card.flow_left, query.left_min, query.left_max)
        && query.real_named.is_none_or(|real_named| card.real_named == real_named)
        && !(query.filter_downtime_period && card.sim_status == 14 && card.operator_status == 5)
        && query
            .price_plan_ids
            .as_ref()
            .is_none_or(|ids| card.price_plan_id.as_deref().is_some_and(|plan_id| ids.contains(&plan_id)))
        && query.pool_flag.is_none_or(|flag| i32::from(card.pool_flag) == flag)
}

fn sort(cards: &mut [&Card], sort: Sort) {
    let Sort::By { key, descending } = sort else {
        return cards.sort_by_key(|card| std::cmp::Reverse(card.id));
    };
    let number = |card: &Card| match key {
        SortKey::Cid => Some(0),
        SortKey::FlowUsed => card.flow_used,
        SortKey::FlowLeft => card.flow_left,
        SortKey::ActDate => card.act_ms,
        SortKey::ExpireTime => card.expire_ms,
    };
    let text = |card: &Card| if key == SortKey::Cid { card.cid.clone() } else { CompactString::default() };
    cards.sort_by(|left, right| {
        let order = (number(left), text(left), left.id).cmp(&(number(right), text(right), right.id));
        let order = if descending { order.reverse() } else { order };
        number(left).is_none().cmp(&number(right).is_none()).then(order)
    });
}

fn page<'a>(cards: &[&'a Card], offset_rows: u64, limit: u32) -> Vec<&'a Card> {
    cards
        .iter()
        .copied()
        .skip(usize::try_from(offset_rows).unwrap_or(usize::MAX))
        .take(limit as usize)
        .collect()
}

/// What happens to the account.
#[derive(Debug, Clone)]
enum Step {
    Replace(Vec<(i64, u64)>),
    Upsert(Vec<(i64, u64)>),
    Remove(Vec<i64>),
    RemoveTag(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cards = |most| proptest::collection::vec((0_i64..70, any::<u64>()), 0..most);
    let later = prop_oneof![
        6 => cards(30).prop_map(Step::Upsert),
        3 => proptest::collection::vec(0_i64..70, 0..20).prop_map(Step::Remove),
        1 => (1_i64..7).prop_map(Step::RemoveTag),
        1 => cards(60).prop_map(Step::Replace),
    ];
    (cards(90), proptest::collection::vec(later, 0..5))
        .prop_map(|(first, later)| std::iter::once(Step::Replace(first)).chain(later).collect())
}

fn apply(step: &Step, fleet: &Fleet, model: &mut BTreeMap<i64, Card>) {
    let cards = |cards: &[(i64, u64)]| cards.iter().map(|&(id, seed)| card_of(id, seed)).collect::<Vec<_>>();
    match step {
        Step::Replace(list) => {
            fleet.replace(ACCOUNT, cards(list));
            *model = cards(list).into_iter().map(|card| (card.id, card)).collect();
        }
        Step::Upsert(list) => {
            fleet.upsert(ACCOUNT, cards(list));
            model.extend(cards(list).into_iter().map(|card| (card.id, card)));
        }
        Step::Remove(ids) => {
            fleet.remove(ACCOUNT, ids);
            ids.iter().for_each(|id| {
                model.remove(id);
            });
        }
        Step::RemoveTag(tag_id) => {
            fleet.remove_tag(ACCOUNT, *tag_id);
            model.values_mut().for_each(|card| card.tag_ids.retain(|id| id != tag_id));
        }
    }
}

fn compare(fleet: &Fleet, model: &BTreeMap<i64, Card>, dice: &mut Dice) {
    let reader = fleet.read(ACCOUNT);
    reader.verify().unwrap();
    assert_eq!(reader.count(), model.len() as u64);
    for id in 0..70 {
        assert_eq!(reader.by_id(id).map(|card| card.to_card()).as_ref(), model.get(&id));
    }
    for tag_id in 0..8 {
        let count = model.values().filter(|card| card.tag_ids.contains(&tag_id)).count();
        assert_eq!((reader.tag_count(tag_id), reader.tag_in_use(tag_id)), (count as u64, count > 0));
    }
    for _ in 0..6 {
        let number = dice.cid();
        let wanted = model.values().find(|card| has_iccid(card, &number)).map(|card| card.id);
        assert_eq!(reader.by_iccid(&number).map(|card| card.id()), wanted, "{number}");
        let wanted = model.values().find(|card| card.cid == number).map(|card| card.id);
        assert_eq!(reader.by_cid(&number).map(|card| card.id()), wanted, "{number}");
    }
    for _ in 0..16 {
        let texts = texts_of(dice);
        let query = query_of(dice, &texts);
        let mut wanted: Vec<&Card> = model.values().filter(|card| passes(card, &query)).collect();
        sort(&mut wanted, query.sort);
        let found = reader.select(&query);
        assert_eq!(found.count, wanted.len() as u64, "{query:?}");
        let ids: Vec<i64> = found.cards.iter().map(|card| card.id()).collect();
        let wanted: Vec<i64> =
            page(&wanted, query.offset_rows, query.limit).iter().map(|card| card.id).collect();
        assert_eq!(ids, wanted, "{query:?}");
    }
    for _ in 0..4 {
        let (cid, iccid) = (dice.cid(), dice.iccid());
        let query = MultiQuery {
            order_id: dice.maybe(4, |dice| dice.number(5)),
            cid: dice.maybe(6, |_| cid.as_str()),
            iccid: dice.maybe(4, |_| iccid.as_str()),
            online_carrier: dice.maybe(4, |dice| dice.roll(5) as i32),
            sim_card_id: dice.maybe(8, |dice| dice.number(70)),
            version: dice.maybe(4, |dice| dice.roll(4) as i32),
            offset_rows: dice.roll(3),
            limit: 10,
        };
        let mut wanted: Vec<&Card> = model.values().filter(|card| passes_multi(card, &query)).collect();
        wanted.reverse();
        let found = reader.select_multi(&query);
        assert_eq!(found.count, wanted.len() as u64, "{query:?}");
        let ids: Vec<i64> = found.cards.iter().map(|card| card.id()).collect();
        let wanted: Vec<i64> =
            page(&wanted, query.offset_rows, query.limit).iter().map(|card| card.id).collect();
        assert_eq!(ids, wanted, "{query:?}");
    }
}

fn passes_multi(card: &Card, query: &MultiQuery<'_>) -> bool {
    card.multi.as_ref().is_some_and(|multi| {
        query.order_id.is_none_or(|order_id| card.order_id == Some(order_id))
            && query.cid.is_none_or(|cid| card.cid == cid)
            && query.iccid.is_none_or(|iccid| has_iccid(card, iccid))
            && query.online_carrier.is_none_or(|carrier| i32::from(multi.online_carrier) == carrier)
            && query.sim_card_id.is_none_or(|id| card.id == id)
            && query.version.is_none_or(|version| i32::from(multi.version) == version)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_200, ..ProptestConfig::default() })]

    /// After any changes every index agrees with the cards, and every question has the answer of the plain list.
    #[test]
    fn answers_like_a_plain_list(steps in steps(), seed: u64) {
        let fleet = Fleet::new();
        let mut model = BTreeMap::new();
        let mut dice = Dice(seed);
        for step in &steps {
            apply(step, &fleet, &mut model);
            compare(&fleet, &model, &mut dice);
        }
    }
}
