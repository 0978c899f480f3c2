//! A card in the fleet, read in place: nothing is copied until somebody asks for it.

use compact_str::CompactString;

use crate::account::Account;
use crate::card::{Card, MultiSim};
use crate::names::Names;
use crate::row::Row;

/// One card under a [`crate::Reader`]. Times are epoch milliseconds, volumes are bytes.
#[derive(Clone, Copy)]
pub struct CardRef<'a> {
    pub(crate) account: &'a Account,
    pub(crate) names: &'a Names,
    pub(crate) row: &'a Row,
}

/// Accessors that answer a field as it is, or its optional text as `&str`.
macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $row:ident => $value:expr;)*) => {
        impl<'a> CardRef<'a> {
            $($(#[$doc])* #[must_use] pub fn $name(&self) -> $type { let $row: &'a Row = self.row; $value })*
        }
    };
}

fields! {
    /// Card id.
    id: i64 = row => row.id;
    /// Container id.
    cid: &'a str = row => &row.cid;
    /// ICCID as it was given, 19 or 20 digits.
    iccid: &'a str = row => &row.iccid;
    /// Subscriber identity.
    imsi: Option<&'a str> = row => row.imsi.as_deref();
    /// Phone number.
    msisdn: Option<&'a str> = row => row.msisdn.as_deref();
    /// Device.
    imei: Option<&'a str> = row => row.imei.as_deref();
    /// 1 vSIM, 2 eSIM, 3 physical.
    sim_type: u8 = row => row.sim_type;
    /// Carrier.
    carrier: u16 = row => row.carrier;
    /// State.
    sim_status: u8 = row => row.sim_status;
    /// Why it is stopped; -1 not stopped.
    operator_status: i8 = row => row.operator_status;
    /// The user is registered.
    real_named: bool = row => row.real_named;
    /// The network is cut.
    cut_net: bool = row => row.cut_net;
    /// Cutting at a threshold is on.
    exceed_cut_net: bool = row => row.exceed_cut_net;
    /// SMS package.
    sms_enabled: bool = row => row.sms_enabled;
    /// Threshold in MB.
    exceed_cut_net_quota: Option<i32> = row => row.exceed_cut_net_quota.get();
    /// Bindings left this month.
    imei_bind_remain_times: Option<i32> = row => row.imei_bind_remain_times.get();
    /// Speed limit in kbit/s.
    speed_value: Option<i32> = row => row.speed_value.get();
    /// State of the device.
    device_status: Option<u8> = row => row.device_status;
    /// When it was reported.
    device_status_ms: Option<i64> = row => row.device_status_ms.get();
    /// Activation.
    act_ms: Option<i64> = row => row.act_ms.get();
    /// End of the plan.
    expire_ms: Option<i64> = row => row.expire_ms.get();
    /// When the card came to the account.
    created_ms: i64 = row => row.created_ms;
    /// Device model.
    device_model: Option<&'a str> = row => row.extra.as_ref()?.device_model.as_deref();
    /// Device id at the platform.
    node_id: Option<&'a str> = row => row.extra.as_ref()?.node_id.as_deref();
    /// Network the device reported.
    network_type: Option<&'a str> = row => row.extra.as_ref()?.network_type.as_deref();
    /// Signal strength.
    dbm: Option<&'a str> = row => row.extra.as_ref()?.dbm.as_deref();
    /// Signal level.
    signal_level: Option<&'a str> = row => row.extra.as_ref()?.signal_level.as_deref();
    /// Purchase batch.
    order_id: Option<i64> = row => row.order_id.get();
    /// Pool.
    pool_id: Option<i64> = row => row.pool_id.get();
    /// 0, 1, 2, 11 or 12.
    pool_flag: u8 = row => row.pool_flag;
    /// The card's instance of its plan.
    sim_price_plan_id: Option<i64> = row => row.sim_price_plan_id.get();
    /// Bytes used in the running cycle.
    flow_used: Option<i64> = row => row.flow_used.get();
    /// Bytes left in the running cycle.
    flow_left: Option<i64> = row => row.flow_left.get();
    /// The three-network part.
    multi: Option<&'a MultiSim> = row => row.multi();
}

impl<'a> CardRef<'a> {
    /// Plan in the catalogue.
    #[must_use]
    pub fn price_plan_id(&self) -> Option<&'a str> {
        self.account.sets.plans.text(self.row.plan)
    }

    /// The plan's present name; `None` without a plan or when the catalogue does not have it.
    #[must_use]
    pub fn price_plan_name(&self) -> Option<&'a str> {
        self.names.plans.get(self.price_plan_id()?).map(CompactString::as_str)
    }

    /// The present name of the card's network switch policy.
    #[must_use]
    pub fn policy_name(&self) -> Option<&'a str> {
        self.names.policies.get(&self.row.multi()?.policy_id?).map(CompactString::as_str)
    }

    /// The tags, in the order of their ids.
    pub fn tag_ids(&self) -> impl Iterator<Item = i64> + use<'a> {
        let tags = &self.account.sets.tags;
        self.row.tags.iter().map(move |&tag| tags.get(tag).id)
    }

    /// The tags' present names, in the order of the tag ids; a tag whose name is not known yet is left out.
    pub fn tag_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let tags = &self.account.sets.tags;
        self.row.tags.iter().filter_map(move |&tag| tags.get(tag).name.as_deref())
    }

    /// `customer_attribute{slot + 1}`; `None` also for a slot that does not exist.
    #[must_use]
    pub fn attribute(&self, slot: usize) -> Option<&'a str> {
        self.account.sets.attributes.get(slot)?.text(self.row.attributes[slot])
    }

    /// The card as an owned record.
    #[must_use]
    pub fn to_card(&self) -> Card {
        Card {
            id: self.id(),
            cid: self.row.cid.clone(),
            iccid: self.row.iccid.clone(),
            imsi: self.row.imsi.clone(),
            msisdn: self.row.msisdn.clone(),
            imei: self.row.imei.clone(),
            sim_type: self.sim_type(),
            carrier: self.carrier(),
            sim_status: self.sim_status(),
            operator_status: self.operator_status(),
            real_named: self.real_named(),
            cut_net: self.cut_net(),
            exceed_cut_net: self.exceed_cut_net(),
            sms_enabled: self.sms_enabled(),
            exceed_cut_net_quota: self.exceed_cut_net_quota(),
            imei_bind_remain_times: self.imei_bind_remain_times(),
            speed_value: self.speed_value(),
            device_status: self.device_status(),
            device_status_ms: self.device_status_ms(),
            act_ms: self.act_ms(),
            expire_ms: self.expire_ms(),
            created_ms: self.created_ms(),
            device_model: self.device_model().map(Into::into),
            node_id: self.node_id().map(Into::into),
            network_type: self.network_type().map(Into::into),
            dbm: self.dbm().map(Into::into),
            signal_level: self.signal_level().map(Into::into),
            order_id: self.order_id(),
            pool_id: self.pool_id(),
            pool_flag: self.pool_flag(),
            price_plan_id: self.price_plan_id().map(Into::into),
            sim_price_plan_id: self.sim_price_plan_id(),
            flow_used: self.flow_used(),
            flow_left: self.flow_left(),
            tag_ids: self.tag_ids().collect(),
            attributes: std::array::from_fn(|slot| self.attribute(slot).map(Into::into)),
            multi: self.multi().cloned(),
        }
    }
}
