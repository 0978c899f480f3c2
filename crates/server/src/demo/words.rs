//! The words of the demo: tags, custom attributes and the values they have.

/// Tags of `demo`, the most used first.
pub const TAGS: [&str; 40] = [
    "生产",
    "华东",
    "智能电表",
    "华南",
    "水表",
    "华北",
    "充电桩",
    "重点客户",
    "车联网",
    "西南",
    "共享单车",
    "POS机",
    "试点",
    "华中",
    "路灯",
    "环境监测",
    "NB-IoT",
    "冷链",
    "西北",
    "东北",
    "电梯",
    "气表",
    "视频监控",
    "智慧农业",
    "工业网关",
    "测试",
    "自动售货机",
    "消防",
    "2024批次",
    "2025批次",
    "物流追踪",
    "井盖",
    "备用卡",
    "机器人",
    "医疗设备",
    "海外",
    "VIP",
    "待更换",
    "维修中",
    "停车场",
];
/// Tags of `rival`.
pub const TAGS_RIVAL: [&str; 5] = ["生产", "测试", "充电桩", "warehouse", "fleet_2"];

/// Names of the custom attributes by slot: site, asset number, customer, firmware.
pub const ATTRIBUTES: [&str; 4] = ["站点", "资产编号", "客户", "固件版本"];

/// Sites are a city and a number of two digits.
pub const CITIES: [&str; 16] = [
    "杭州", "上海", "南京", "苏州", "深圳", "广州", "北京", "天津", "成都", "重庆", "武汉", "西安", "沈阳",
    "青岛", "长沙", "昆明",
];
/// Sites of a city.
pub const SITES_PER_CITY: u64 = 6;

/// Customers; a batch is bought for one of them.
pub const CUSTOMERS: [&str; 24] = [
    "国网杭州",
    "南方电网",
    "深圳水务",
    "上海燃气",
    "特来电",
    "星星充电",
    "哈啰出行",
    "顺丰冷链",
    "京东物流",
    "海康威视",
    "大华股份",
    "三一重工",
    "徐工集团",
    "中通快递",
    "美团单车",
    "友宝在线",
    "广汽集团",
    "蔚来汽车",
    "日立电梯",
    "通力电梯",
    "北京环卫",
    "西安市政",
    "成都公交",
    "青岛港",
];

/// Firmware versions in the field.
pub const FIRMWARE: [&str; 12] = [
    "v1.8.2",
    "v1.9.0",
    "v2.0.0",
    "v2.0.3",
    "v2.1.0",
    "v2.1.4",
    "v2.2.1",
    "v2.3.0",
    "v2.4.1",
    "v2.4.2",
    "v3.0.0",
    "v3.1.0-rc1",
];

/// Modules of eSIM and vSIM devices.
pub const DEVICE_MODELS: [&str; 7] =
    ["ME909s-821", "MH5000-31", "EC20-CE", "EG25-G", "BG96", "SIM7600G", "L610-CN"];
