//! Lines of the card file.

use compact_str::CompactString;

use super::csv::CsvLine;
use super::read::FileRecord;
use super::records::{CardRecord, MultiSimRecord};
use super::row::{Fault, Row, columns};
use super::{limits, rules};

columns!(Column {
    Account = "account",
    OrderId = "order_id",
    SimType = "sim_type",
    Carrier = "carrier",
    Cid = "cid",
    Iccid = "iccid",
    Imsi = "imsi",
    Msisdn = "msisdn",
    Imei = "imei",
    SimStatus = "sim_status",
    OperatorStatus = "operator_status",
    PricePlanId = "price_plan_id",
    ActDate = "act_date",
    ExpireTime = "expire_time",
    RealNamed = "real_named",
    DeviceStatus = "device_status",
    DeviceStatusDate = "device_status_date",
    DeviceModel = "device_model",
    NodeId = "node_id",
    NetworkType = "network_type",
    Dbm = "dbm",
    SignalLevel = "signal_level",
    SmsEnabled = "sms_enabled",
    PoolId = "pool_id",
    Tags = "tags",
    CustomerAttribute1 = "customer_attribute1",
    CustomerAttribute2 = "customer_attribute2",
    CustomerAttribute3 = "customer_attribute3",
    CustomerAttribute4 = "customer_attribute4",
    CustomerAttribute5 = "customer_attribute5",
    CustomerAttribute6 = "customer_attribute6",
    Version = "version",
    IccidMobile = "iccid_mobile",
    IccidUnicom = "iccid_unicom",
    IccidTelcom = "iccid_telcom",
    OnlineCarrier = "online_carrier",
    FlowUsed = "flow_used",
    CreateTime = "create_time",
});

impl FileRecord for CardRecord {
    const COLUMNS: &'static [&'static str] = Column::NAMES;
    const REQUIRED: &'static [&'static str] = &["account", "sim_type", "carrier", "iccid", "sim_status"];

    fn from_row(row: &Row<'_>) -> Result<Self, Fault> {
        use Column as C;
        let device = |column: C| row.text(column, limits::DEVICE_TEXT_CHARS_MAX);
        let sim_type = row.required(C::SimType, row.code(C::SimType, &[1, 2, 3])?)?;
        let iccid = row.required(C::Iccid, row.text(C::Iccid, 20)?)?;
        let sim_status = row.required(C::SimStatus, row.code(C::SimStatus, rules::SIM_STATUSES)?)?;
        let multi_sim = multi_sim(row)?;
        let card = Self {
            account: row.required(C::Account, row.text(C::Account, limits::ACCOUNT_NAME_CHARS_MAX)?)?,
            order_id: row.id(C::OrderId)?,
            sim_type,
            carrier: row.required(C::Carrier, row.code(C::Carrier, rules::CARRIERS)?)?,
            cid: match row.text(C::Cid, limits::CID_CHARS_MAX)? {
                Some(cid) => cid,
                None if sim_type == rules::SIM_TYPE_PHYSICAL => iccid.clone(),
                None => return Err(row.fault(C::Cid, "is missing; only a physical card takes its ICCID")),
            },
            iccid,
            imsi: row.text(C::Imsi, limits::IMSI_DIGITS_MAX)?,
            msisdn: row.text(C::Msisdn, limits::MSISDN_CHARS_MAX)?,
            imei: row.text(C::Imei, limits::CID_CHARS_MAX)?,
            sim_status,
            operator_status: row.code(C::OperatorStatus, rules::OPERATOR_STATUSES)?.unwrap_or(
                if sim_status == rules::STATUS_STOPPED {
                    rules::STOPPED_BY_OWNER
                } else {
                    rules::NOT_STOPPED
                },
            ),
            price_plan_id: row.text(C::PricePlanId, limits::PLAN_ID_CHARS_MAX)?,
            act_ms: row.time_ms(C::ActDate)?,
            expire_ms: row.time_ms(C::ExpireTime)?,
            real_named: row.boolean(C::RealNamed)?.unwrap_or(false),
            device_status: row.code(C::DeviceStatus, &[1, 2, 3, 4])?,
            device_status_ms: row.time_ms(C::DeviceStatusDate)?,
            device_model: device(C::DeviceModel)?,
            node_id: device(C::NodeId)?,
            network_type: device(C::NetworkType)?,
            dbm: device(C::Dbm)?,
            signal_level: row
                .code::<i64>(C::SignalLevel, &[1, 2, 3])?
                .map(|level| CompactString::from(level.to_string())),
            sms_enabled: row.boolean(C::SmsEnabled)?.unwrap_or(false),
            pool_id: row.id(C::PoolId)?,
            tags: tags(row),
            customer_attributes: customer_attributes(row)?,
            multi_sim,
            flow_used_bytes: row.megabytes(C::FlowUsed)?,
            created_ms: row.time_ms(C::CreateTime)?,
        };
        rules::check_card(&card)?;
        Ok(card)
    }

    fn keys(&self, add: &mut dyn FnMut(&'static str, &str)) {
        add("iccid", rules::iccid_key(&self.iccid));
        if self.cid != self.iccid {
            add("cid", rules::iccid_key(&self.cid));
        }
        if let Some(multi_sim) = &self.multi_sim {
            for (column, iccid) in [
                ("iccid_mobile", &multi_sim.iccid_mobile),
                ("iccid_unicom", &multi_sim.iccid_unicom),
                ("iccid_telcom", &multi_sim.iccid_telcom),
            ] {
                if let Some(iccid) = iccid {
                    add(column, rules::iccid_key(iccid));
                }
            }
        }
    }

    fn write(&self, line: &mut CsvLine) {
        line.text(Some(&self.account));
        line.integer(self.order_id);
        line.integer(Some(self.sim_type));
        line.integer(Some(self.carrier));
        line.text(Some(&self.cid));
        line.text(Some(&self.iccid));
        line.text(self.imsi.as_deref());
        line.text(self.msisdn.as_deref());
        line.text(self.imei.as_deref());
        line.integer(Some(self.sim_status));
        line.integer(Some(self.operator_status));
        line.text(self.price_plan_id.as_deref());
        line.time(self.act_ms);
        line.time(self.expire_ms);
        line.boolean(self.real_named);
        line.integer(self.device_status);
        line.time(self.device_status_ms);
        line.text(self.device_model.as_deref());
        line.text(self.node_id.as_deref());
        line.text(self.network_type.as_deref());
        line.text(self.dbm.as_deref());
        line.text(self.signal_level.as_deref());
        line.boolean(self.sms_enabled);
        line.integer(self.pool_id);
        line.list(self.tags.iter().map(CompactString::as_str));
        for value in &self.customer_attributes {
            line.text(value.as_deref());
        }
        let multi_sim = self.multi_sim.as_ref();
        line.integer(multi_sim.map(|multi_sim| multi_sim.version));
        line.text(multi_sim.and_then(|multi_sim| multi_sim.iccid_mobile.as_deref()));
        line.text(multi_sim.and_then(|multi_sim| multi_sim.iccid_unicom.as_deref()));
        line.text(multi_sim.and_then(|multi_sim| multi_sim.iccid_telcom.as_deref()));
        line.integer(multi_sim.map(|multi_sim| multi_sim.online_carrier));
        line.megabytes(self.flow_used_bytes);
        line.time(self.created_ms);
    }
}

fn tags(row: &Row<'_>) -> Vec<CompactString> {
    let Some(field) = row.get(Column::Tags) else { return Vec::new() };
    // One more than allowed is kept, so that the rule sees that there are too many.
    let names = field.split(';').map(str::trim).filter(|name| !name.is_empty());
    names.take(limits::CARD_TAGS_MAX + 1).map(CompactString::from).collect()
}

fn customer_attributes(row: &Row<'_>) -> Result<[Option<CompactString>; 6], Fault> {
    use Column as C;
    let value = |column: C| row.text(column, limits::ATTRIBUTE_CHARS_MAX);
    Ok([
        value(C::CustomerAttribute1)?,
        value(C::CustomerAttribute2)?,
        value(C::CustomerAttribute3)?,
        value(C::CustomerAttribute4)?,
        value(C::CustomerAttribute5)?,
        value(C::CustomerAttribute6)?,
    ])
}

fn multi_sim(row: &Row<'_>) -> Result<Option<MultiSimRecord>, Fault> {
    use Column as C;
    let Some(version) = row.code(C::Version, &[1, 2])? else {
        for column in [C::IccidMobile, C::IccidUnicom, C::IccidTelcom, C::OnlineCarrier] {
            if row.get(column).is_some() {
                return Err(
                    row.fault(column, "is only for three-network cards, which have a version (1 or 2)")
                );
            }
        }
        return Ok(None);
    };
    Ok(Some(MultiSimRecord {
        version,
        iccid_mobile: row.text(C::IccidMobile, 20)?,
        iccid_unicom: row.text(C::IccidUnicom, 20)?,
        iccid_telcom: row.text(C::IccidTelcom, 20)?,
        online_carrier: row.required(C::OnlineCarrier, row.code(C::OnlineCarrier, &[1, 2, 3])?)?,
    }))
}
