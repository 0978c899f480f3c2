//! The plans and pools of the demo.

use compact_str::CompactString;

use super::credentials::{DEMO, RIVAL};
use crate::files::values::BYTES_PER_MEGABYTE;
use crate::files::{PlanRecord, PoolKind, PoolRecord};
use crate::plans::cycle::{Cycle, StartDay};

/// Base plans of physical cards: id, carrier, name, MB a cycle, period, period type, cents, network (1 2G to 4G, 2 NB).
type Domestic = (&'static str, i32, &'static str, i64, i32, u8, i64, u8);

const DOMESTIC: [Domestic; 15] = [
    ("100101", 1, "中国移动消费级每月30M联接服务（1年）", 30, 1, 50, 2_400, 1),
    ("100102", 1, "中国移动消费级每月500M联接服务（1年）", 500, 1, 50, 10_800, 1),
    ("100103", 1, "中国移动工业级每月5G联接服务（1年）", 5_120, 1, 50, 43_200, 1),
    ("100104", 1, "中国移动消费级每月100M联接服务（1季）", 100, 1, 30, 1_500, 1),
    ("100105", 1, "中国移动NB-IoT每月10M联接服务（1年）", 10, 1, 50, 1_200, 2),
    ("100201", 2, "中国电信消费级每月100M联接服务（1年）", 100, 1, 50, 4_800, 1),
    ("100202", 2, "中国电信工业级每月1G联接服务（3年）", 1_024, 3, 50, 50_400, 1),
    ("100203", 2, "中国电信消费级每月200M联接服务（半年）", 200, 1, 40, 3_600, 1),
    ("100204", 2, "中国电信NB-IoT每月10M联接服务（1年）", 10, 1, 50, 1_200, 2),
    ("100301", 3, "中国联通消费级每月30M联接服务（1年）", 30, 1, 50, 2_400, 1),
    ("100302", 3, "中国联通消费级每月2G联接服务（1年）", 2_048, 1, 50, 26_400, 1),
    ("100303", 3, "中国联通工业级每月100M联接服务（3年）", 100, 3, 50, 12_600, 1),
    ("100111", 1, "中国移动后向流量池月功能费（1年）", 0, 1, 50, 1_200, 1),
    ("100211", 2, "中国电信后向流量池月功能费（1年）", 0, 1, 50, 1_200, 1),
    ("100311", 3, "中国联通后向流量池月功能费（1年）", 0, 1, 50, 1_200, 1),
];

const ADD_ONS: [Domestic; 3] = [
    ("100191", 1, "中国移动100M流量叠加包（当月有效）", 100, 1, 20, 500, 1),
    ("100291", 2, "中国电信500M流量叠加包（当月有效）", 500, 1, 20, 1_500, 1),
    ("100391", 3, "中国联通1G流量叠加包（当月有效）", 1_024, 1, 20, 2_500, 1),
];

/// Plans of other cards: id, SIM type, carrier, region (and its country code), MB, period, period type, cents.
type Abroad = (&'static str, u8, i32, (&'static str, Option<u8>), i64, i32, u8, i64);

const ABROAD: [Abroad; 15] = [
    ("100401", 3, 4, ("全球", None), 200, 1, 50, 19_800),
    ("200101", 2, 101, ("中国", None), 500, 1, 50, 12_000),
    ("200102", 2, 102, ("中国", None), 1_024, 1, 50, 18_000),
    ("200201", 2, 201, ("欧洲", None), 500, 1, 40, 24_000),
    ("200501", 2, 501, ("中国香港", Some(1)), 1_024, 1, 50, 30_000),
    ("200502", 1, 502, ("中国澳门", Some(2)), 500, 1, 30, 9_000),
    ("200503", 2, 503, ("泰国", Some(3)), 2_048, 1, 30, 12_000),
    ("200504", 2, 504, ("日本", Some(4)), 3_072, 30, 10, 8_800),
    ("200505", 1, 505, ("柬埔寨", Some(5)), 500, 1, 50, 16_000),
    ("200506", 1, 506, ("印度尼西亚", Some(6)), 1_024, 1, 40, 15_000),
    ("200507", 2, 507, ("马来西亚", Some(7)), 1_024, 1, 50, 22_000),
    ("200508", 2, 508, ("新加坡", Some(8)), 1_024, 1, 50, 26_000),
    ("200509", 1, 509, ("斯里兰卡", Some(9)), 300, 1, 50, 14_000),
    ("200510", 1, 510, ("中国台湾", Some(10)), 1_024, 1, 40, 20_000),
    ("200511", 1, 511, ("孟加拉", Some(11)), 300, 1, 50, 13_000),
];

/// Pools: the account, id, name, kind, plan, threshold in MB for a hundred thousand cards of the fleet, age in cycles.
type Pool = (&'static str, i64, &'static str, PoolKind, &'static str, Option<i64>, i32);

const POOLS: [Pool; 7] = [
    (DEMO.domain, POOL_MOBILE_FORWARD, "移动华东共享池", PoolKind::Forward, "100102", None, 10),
    (DEMO.domain, POOL_TELECOM_EXHAUSTED, "电信视频监控池", PoolKind::Forward, "100203", None, 5),
    (DEMO.domain, POOL_UNICOM_FORWARD, "联通车联网共享池", PoolKind::Forward, "100302", None, 11),
    (DEMO.domain, POOL_MOBILE_BACK, "移动充电桩后向池", PoolKind::Back, "100111", Some(600_000), 9),
    (DEMO.domain, POOL_TELECOM_BACK, "电信工业网关后向池", PoolKind::Back, "100211", None, 8),
    (DEMO.domain, POOL_UNICOM_BACK, "联通物流后向池", PoolKind::Back, "100311", Some(300_000), 7),
    (RIVAL.domain, POOL_RIVAL, "rival-联通共享池", PoolKind::Forward, "100301", None, 6),
];

pub const POOL_MOBILE_FORWARD: i64 = 4_940_000_001;
/// The pool whose members have used up its flow.
pub const POOL_TELECOM_EXHAUSTED: i64 = 4_940_000_002;
pub const POOL_UNICOM_FORWARD: i64 = 4_940_000_003;
pub const POOL_MOBILE_BACK: i64 = 4_940_000_004;
pub const POOL_TELECOM_BACK: i64 = 4_940_000_005;
pub const POOL_UNICOM_BACK: i64 = 4_940_000_006;
pub const POOL_RIVAL: i64 = 4_940_000_101;

/// All plans, base ones first.
pub fn plans() -> Vec<PlanRecord> {
    let base = DOMESTIC.iter().map(|row| domestic(row, 1));
    let abroad = ABROAD.iter().map(abroad);
    let add_ons = ADD_ONS.iter().map(|row| domestic(row, 2));
    base.chain(abroad).chain(add_ons).collect()
}

fn domestic(row: &Domestic, package_type: u8) -> PlanRecord {
    let (id, carrier, name, flow_total_mb, period, period_type, price_cents, network_type) = *row;
    let add_on = package_type == 2;
    PlanRecord {
        price_plan_id: id.into(),
        price_plan_name: name.into(),
        description: Some(name.into()),
        flow_total_mb,
        package_type,
        period,
        period_type,
        effect_type: if add_on { 2 } else { 1 },
        silent_period_day: if add_on { 0 } else { 6 },
        silent_period_unit: 2,
        auto_renew: false,
        location_desc: Some("中国".into()),
        location_type: 1,
        sim_type: 3,
        carrier_type: carrier,
        price_cents,
        network_type,
        country_type: None,
    }
}

fn abroad(row: &Abroad) -> PlanRecord {
    let (id, sim_type, carrier, (region, country_type), flow_total_mb, period, period_type, price_cents) =
        *row;
    let kind = match sim_type {
        1 => "vSIM",
        2 => "eSIM",
        _ => "实体卡",
    };
    let lasts = match period_type {
        10 => format!("{period}天"),
        30 => "1季".to_owned(),
        40 => "半年".to_owned(),
        _ => "1年".to_owned(),
    };
    let flow = if flow_total_mb < 1_024 {
        format!("{flow_total_mb}M")
    } else {
        format!("{}G", flow_total_mb / 1_024)
    };
    let name = CompactString::from(format!("{region}{kind}每月{flow}联接服务（{lasts}）"));
    PlanRecord {
        price_plan_id: id.into(),
        description: Some(name.clone()),
        price_plan_name: name,
        flow_total_mb,
        package_type: 1,
        period,
        period_type,
        effect_type: 1,
        silent_period_day: 6,
        silent_period_unit: 2,
        auto_renew: false,
        location_desc: Some(region.into()),
        location_type: match carrier {
            101 | 102 => 1,
            4 | 201 => 2,
            _ => 5,
        },
        sim_type,
        carrier_type: carrier,
        price_cents,
        network_type: 1,
        country_type,
    }
}

/// All pools of a fleet of `sims` cards, effective since some cycles before `today_ms`.
pub fn pools(sims: u64, plans: &[PlanRecord], today_ms: i64) -> Vec<PoolRecord> {
    let of_row = |row: &Pool| {
        let (account, pool_id, name, kind, plan_id, threshold_mb, age) = *row;
        let carrier = plan(plans, plan_id).carrier_type;
        let start_day = StartDay::of_carrier(carrier);
        let first = Cycle::at(today_ms, start_day).month.plus(-age);
        let scaled_mb = |mb: i64| (mb * i64::try_from(sims).unwrap_or(i64::MAX / mb) / 100_000).max(1);
        PoolRecord {
            account: account.into(),
            pool_id,
            pool_name: name.into(),
            kind,
            price_plan_id: plan_id.into(),
            effective_ms: Cycle::named(first, start_day).start_ms,
            threshold_bytes: threshold_mb.map(|mb| scaled_mb(mb) * BYTES_PER_MEGABYTE),
        }
    };
    POOLS.iter().map(of_row).collect()
}

/// The plan with an id of the demo's own tables.
pub fn plan<'a>(plans: &'a [PlanRecord], plan_id: &str) -> &'a PlanRecord {
    plans
        .iter()
        .find(|plan| plan.price_plan_id == plan_id)
        .expect("segments and pools name plans of these tables")
}
