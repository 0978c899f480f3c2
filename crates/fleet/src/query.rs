//! What a list asks for. All filters must hold; values that nothing carries match nothing.

/// The order of a list. Cards without the key come last; ties go by card id in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By card id, the highest first.
    #[default]
    Newest,
    /// By a key.
    By {
        /// What is compared.
        key: SortKey,
        /// From the greatest to the least.
        descending: bool,
    },
}

/// What a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Container id, by bytes.
    Cid,
    /// Bytes used.
    FlowUsed,
    /// Bytes left.
    FlowLeft,
    /// Activation.
    ActDate,
    /// End of the plan.
    ExpireTime,
}

/// Filters, order and page of the card list. `None` asks nothing; an empty list of "any of" matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query<'a> {
    /// Container id or ICCID; an ICCID in its 19- or 20-digit form.
    pub number: Option<&'a str>,
    /// Purchase batch: any of.
    pub order_ids: Option<Vec<i64>>,
    /// Exact.
    pub imei: Option<&'a str>,
    /// Exact.
    pub sim_status: Option<i32>,
    /// Exact.
    pub device_status: Option<i32>,
    /// Exact.
    pub sim_type: Option<i32>,
    /// Cards with any of these tags.
    pub tag_ids: Option<Vec<i64>>,
    /// Exact.
    pub msisdn: Option<&'a str>,
    /// `customer_attribute1..6`, exact.
    pub attributes: [Option<&'a str>; crate::card::ATTRIBUTE_SLOTS],
    /// Bytes used, at least. A card without figures never matches a range.
    pub used_min: Option<i64>,
    /// Bytes used, at most.
    pub used_max: Option<i64>,
    /// Bytes left, at least.
    pub left_min: Option<i64>,
    /// Bytes left, at most.
    pub left_max: Option<i64>,
    /// Exact.
    pub real_named: Option<bool>,
    /// Leaves out cards that their owner stopped (`sim_status` 14 and `operator_status` 5).
    pub filter_downtime_period: bool,
    /// Any of.
    pub price_plan_ids: Option<Vec<&'a str>>,
    /// Exact.
    pub pool_flag: Option<i32>,
    /// The order of the list.
    pub sort: Sort,
    /// Cards before the page.
    pub offset_rows: u64,
    /// Cards of the page at most.
    pub limit: u32,
}

/// Filters and page of the list of three-network cards, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultiQuery<'a> {
    /// Purchase batch.
    pub order_id: Option<i64>,
    /// Container id.
    pub cid: Option<&'a str>,
    /// Any ICCID of the card, in its 19- or 20-digit form.
    pub iccid: Option<&'a str>,
    /// 1, 2 or 3.
    pub online_carrier: Option<i32>,
    /// The card.
    pub sim_card_id: Option<i64>,
    /// 1 or 2.
    pub version: Option<i32>,
    /// Cards before the page.
    pub offset_rows: u64,
    /// Cards of the page at most.
    pub limit: u32,
}
