//! A card as the contract shows it: the members of `SimDeviceVO`, which the detail answers too (seed 4.1.1, 4.1.5).

use serde::{Serialize, Serializer};
use simlink_fleet::CardRef;
use utoipa::ToSchema;

use crate::units::{Megabytes, Moment};

/// `sim_type` of a physical card: it reports no device.
const PHYSICAL: u8 = 3;

/// A card on the wire. Flows are of the running cycle.
#[derive(Serialize, ToSchema)]
#[schema(as = SimDeviceVO)]
pub struct SimDevice<'a> {
    sim_card_id: i64,
    account_id: &'a str,
    cid: &'a str,
    sim_pool_id: Option<i64>,
    imei: Option<&'a str>,
    /// 10 testable, 11 inactive, 13 activatable, 14 stopped, 20 in use, 30 disassembled.
    sim_status: u8,
    /// 1 registered, 2 restarted, 3 online, 4 offline; like the other `device_*`, null for physical cards.
    device_status: Option<u8>,
    device_model: Option<&'a str>,
    act_date: Option<Moment>,
    device_status_date: Option<Moment>,
    node_id: Option<&'a str>,
    iccid: &'a str,
    network_type: Option<&'a str>,
    dbm: Option<&'a str>,
    signal_level: Option<&'a str>,
    /// 1 vSIM, 2 eSIM, 3 physical.
    sim_type: u8,
    /// Names of the card's tags, separated by commas.
    #[schema(value_type = Option<String>)]
    tag_names: TagNames<'a>,
    order_id: Option<i64>,
    expire_time: Option<Moment>,
    price_plan_name: Option<&'a str>,
    sim_price_plan_id: Option<i64>,
    flow_left: Option<Megabytes>,
    flow_used: Option<Megabytes>,
    /// Why the card is stopped; -1 while it is not.
    operator_status: i8,
    msisdn: Option<&'a str>,
    imsi: Option<&'a str>,
    customer_attribute1: Option<&'a str>,
    customer_attribute2: Option<&'a str>,
    customer_attribute3: Option<&'a str>,
    customer_attribute4: Option<&'a str>,
    customer_attribute5: Option<&'a str>,
    customer_attribute6: Option<&'a str>,
    real_named: bool,
    cut_net_flag: bool,
    exceed_cut_net_flag: bool,
    /// MB.
    exceed_cut_net_quota: Option<i32>,
    imei_bind_remain_times: Option<i32>,
    /// kbit/s.
    speed_value: Option<i32>,
}

impl<'a> SimDevice<'a> {
    /// The view of a card of the account with this domain id.
    pub fn of(card: CardRef<'a>, domain_id: &'a str) -> Self {
        let reports_device = card.sim_type() != PHYSICAL;
        let device = |text: Option<&'a str>| text.filter(|_| reports_device);
        Self {
            sim_card_id: card.id(),
            account_id: domain_id,
            cid: card.cid(),
            sim_pool_id: card.pool_id(),
            imei: card.imei(),
            sim_status: card.sim_status(),
            device_status: card.device_status().filter(|_| reports_device),
            device_model: device(card.device_model()),
            act_date: card.act_ms().map(Moment),
            device_status_date: card.device_status_ms().filter(|_| reports_device).map(Moment),
            node_id: card.node_id(),
            iccid: card.iccid(),
            network_type: card.network_type(),
            dbm: device(card.dbm()),
            signal_level: device(card.signal_level()),
            sim_type: card.sim_type(),
            tag_names: TagNames(card),
            order_id: card.order_id(),
            expire_time: card.expire_ms().map(Moment),
            price_plan_name: card.price_plan_name(),
            sim_price_plan_id: card.sim_price_plan_id(),
            flow_left: card.flow_left().map(Megabytes),
            flow_used: card.flow_used().map(Megabytes),
            operator_status: card.operator_status(),
            msisdn: card.msisdn(),
            imsi: card.imsi(),
            customer_attribute1: card.attribute(0),
            customer_attribute2: card.attribute(1),
            customer_attribute3: card.attribute(2),
            customer_attribute4: card.attribute(3),
            customer_attribute5: card.attribute(4),
            customer_attribute6: card.attribute(5),
            real_named: card.real_named(),
            cut_net_flag: card.cut_net(),
            exceed_cut_net_flag: card.exceed_cut_net(),
            exceed_cut_net_quota: card.exceed_cut_net_quota(),
            imei_bind_remain_times: card.imei_bind_remain_times(),
            speed_value: card.speed_value(),
        }
    }
}

/// The names of a card's tags, written without building the text; null where it has none.
struct TagNames<'a>(CardRef<'a>);

impl Serialize for TagNames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Joined<'a>(CardRef<'a>);
        impl std::fmt::Display for Joined<'_> {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                for (index, name) in self.0.tag_names().enumerate() {
                    if index > 0 {
                        formatter.write_str(",")?;
                    }
                    formatter.write_str(name)?;
                }
                Ok(())
            }
        }
        if self.0.tag_names().next().is_none() {
            return serializer.serialize_none();
        }
        serializer.collect_str(&Joined(self.0))
    }
}
