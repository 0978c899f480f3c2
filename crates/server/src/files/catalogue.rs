//! Lines of the plan and pool files.

use compact_str::CompactString;

use super::csv::CsvLine;
use super::read::FileRecord;
use super::records::{PlanRecord, PoolKind, PoolRecord};
use super::row::{Fault, Row, columns};
use super::{limits, rules, values};

columns!(PlanColumn {
    PricePlanId = "price_plan_id",
    PricePlanName = "price_plan_name",
    Description = "description",
    FlowTotal = "flow_total",
    PackageType = "package_type",
    Period = "period",
    PeriodType = "period_type",
    EffectType = "effect_type",
    SilentPeriodDay = "silent_period_day",
    SilentPeriodUnit = "silent_period_unit",
    AutoRenew = "auto_renew",
    LocationDesc = "location_desc",
    LocationType = "location_type",
    SimType = "sim_type",
    CarrierType = "carrier_type",
    Price = "price",
    NetworkType = "network_type",
    CountryType = "country_type",
});

const COUNTRIES: &[i64] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

impl FileRecord for PlanRecord {
    const COLUMNS: &'static [&'static str] = PlanColumn::NAMES;
    const REQUIRED: &'static [&'static str] = &[
        "price_plan_id",
        "price_plan_name",
        "flow_total",
        "period",
        "period_type",
        "sim_type",
        "carrier_type",
        "price",
    ];

    fn from_row(row: &Row<'_>) -> Result<Self, Fault> {
        use PlanColumn as C;
        let small = |column: C, default: i64, bounds| -> Result<i32, Fault> {
            let number = row.integer(column, bounds)?.unwrap_or(default);
            Ok(i32::try_from(number).expect("all bounds here fit 32 bits"))
        };
        let plan = Self {
            price_plan_id: row
                .required(C::PricePlanId, row.text(C::PricePlanId, limits::PLAN_ID_CHARS_MAX)?)?,
            price_plan_name: row
                .required(C::PricePlanName, row.text(C::PricePlanName, limits::PLAN_TEXT_CHARS_MAX)?)?,
            description: row.text(C::Description, limits::PLAN_TEXT_CHARS_MAX)?,
            flow_total_mb: row
                .required(C::FlowTotal, row.integer(C::FlowTotal, 0..=limits::MEGABYTES_MAX)?)?,
            package_type: row.code(C::PackageType, &[1, 2])?.unwrap_or(1),
            period: {
                row.required(C::Period, row.get(C::Period))?;
                small(C::Period, 1, 1..=limits::PERIOD_MAX)?
            },
            period_type: row.required(C::PeriodType, row.code(C::PeriodType, &[10, 20, 30, 40, 50])?)?,
            effect_type: row.code(C::EffectType, &[1, 2, 3])?.unwrap_or(1),
            silent_period_day: small(C::SilentPeriodDay, 0, 0..=limits::PERIOD_MAX)?,
            silent_period_unit: row.code(C::SilentPeriodUnit, &[1, 2, 3])?.unwrap_or(2),
            auto_renew: row.boolean(C::AutoRenew)?.unwrap_or(false),
            location_desc: row.text(C::LocationDesc, limits::PLAN_TEXT_CHARS_MAX)?,
            location_type: row.code(C::LocationType, &[1, 2, 3, 4, 5])?.unwrap_or(1),
            sim_type: row.required(C::SimType, row.code(C::SimType, &[1, 2, 3])?)?,
            carrier_type: row.required(C::CarrierType, row.code(C::CarrierType, rules::CARRIERS)?)?,
            price_cents: row.required(C::Price, row.integer(C::Price, 0..=limits::PRICE_CENTS_MAX)?)?,
            network_type: row.code(C::NetworkType, &[1, 2])?.unwrap_or(1),
            country_type: row.code(C::CountryType, COUNTRIES)?,
        };
        if !rules::carrier_fits(plan.carrier_type, plan.sim_type) {
            return Err(row.fault(C::CarrierType, rules::CARRIER_FORM));
        }
        Ok(plan)
    }

    fn keys(&self, add: &mut dyn FnMut(&'static str, &str)) {
        add("price_plan_id", &self.price_plan_id);
    }

    fn write(&self, line: &mut CsvLine) {
        line.text(Some(&self.price_plan_id));
        line.text(Some(&self.price_plan_name));
        line.text(self.description.as_deref());
        line.integer(Some(self.flow_total_mb));
        line.integer(Some(self.package_type));
        line.integer(Some(self.period));
        line.integer(Some(self.period_type));
        line.integer(Some(self.effect_type));
        line.integer(Some(self.silent_period_day));
        line.integer(Some(self.silent_period_unit));
        line.boolean(self.auto_renew);
        line.text(self.location_desc.as_deref());
        line.integer(Some(self.location_type));
        line.integer(Some(self.sim_type));
        line.integer(Some(self.carrier_type));
        line.integer(Some(self.price_cents));
        line.integer(Some(self.network_type));
        line.integer(self.country_type);
    }
}

columns!(PoolColumn {
    Account = "account",
    PoolId = "pool_id",
    PoolName = "pool_name",
    Kind = "kind",
    PricePlanId = "price_plan_id",
    EffectiveTime = "effective_time",
    ThresholdMb = "threshold_mb",
});

impl FileRecord for PoolRecord {
    const COLUMNS: &'static [&'static str] = PoolColumn::NAMES;
    const REQUIRED: &'static [&'static str] =
        &["account", "pool_id", "pool_name", "kind", "price_plan_id", "effective_time"];

    fn from_row(row: &Row<'_>) -> Result<Self, Fault> {
        use PoolColumn as C;
        let text = |column: C, chars_max| -> Result<CompactString, Fault> {
            row.required(column, row.text(column, chars_max)?)
        };
        Ok(Self {
            account: text(C::Account, limits::ACCOUNT_NAME_CHARS_MAX)?,
            pool_id: row.required(C::PoolId, row.id(C::PoolId)?)?,
            pool_name: text(C::PoolName, limits::POOL_NAME_CHARS_MAX)?,
            kind: match row.required(C::Kind, row.get(C::Kind))? {
                "forward" => PoolKind::Forward,
                "back" => PoolKind::Back,
                other => {
                    let reason = format!("{} is neither forward nor back", values::quoted(other));
                    return Err(row.fault(C::Kind, reason));
                }
            },
            price_plan_id: text(C::PricePlanId, limits::PLAN_ID_CHARS_MAX)?,
            effective_ms: row.required(C::EffectiveTime, row.time_ms(C::EffectiveTime)?)?,
            threshold_bytes: row.megabytes(C::ThresholdMb)?,
        })
    }

    fn keys(&self, add: &mut dyn FnMut(&'static str, &str)) {
        add("pool_id", &self.pool_id.to_string());
        add("pool_name", &format!("{}/{}", self.account, self.pool_name));
    }

    fn write(&self, line: &mut CsvLine) {
        line.text(Some(&self.account));
        line.integer(Some(self.pool_id));
        line.text(Some(&self.pool_name));
        line.text(Some(self.kind.as_str()));
        line.text(Some(&self.price_plan_id));
        line.time(Some(self.effective_ms));
        line.megabytes(self.threshold_bytes);
    }
}
