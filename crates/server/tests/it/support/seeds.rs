//! The fleet that tests ask about, as the files that an operator imports.

use simlink::files::rules::luhn_digit;

/// Cards of acme.
pub const ACME_CARDS: usize = 60;
/// Cards of rival.
pub const RIVAL_CARDS: usize = 12;

/// The catalogue: it belongs to everybody, so that it has no canary.
pub const PLANS: &str = "\
price_plan_id,price_plan_name,description,flow_total,package_type,period,period_type,effect_type,silent_period_day,silent_period_unit,auto_renew,location_desc,location_type,sim_type,carrier_type,price,network_type,country_type
m30,移动 30M 月包,每月 30MB,30,1,12,20,1,6,2,true,中国大陆,1,3,1,300,1,1
t100,Telecom 100M_month,,100,1,6,20,1,0,2,false,中国大陆,1,3,2,500,1,1
u1024,Unicom 1G 50%,a year,1024,1,1,50,3,90,3,false,中国大陆,1,3,3,9900,1,1
o10,Overseas 10M,,10,1,30,10,2,0,2,false,Europe,2,3,4,1500,2,2
e101,eSIM mobile,,200,1,12,20,1,6,2,false,,1,2,101,700,1,1
e102,eSIM telecom,,200,1,12,20,1,6,2,false,,1,2,102,700,1,1
e201,eSIM global,,50,1,12,20,1,6,2,false,,5,2,201,2700,1,7
e505,eSIM oceania,,50,1,12,20,1,6,2,false,,3,2,505,2700,1,5
v101,vSIM mobile,,300,1,1,30,1,6,2,false,,1,1,101,800,1,1
v102,vSIM telecom,,300,1,1,40,1,6,2,false,,1,1,102,800,1,1
v201,vSIM global,,60,1,12,20,1,6,2,false,,4,1,201,2800,1,9
v505,vSIM oceania,,60,1,12,20,1,6,2,false,,3,1,505,2800,2,5
add500,Add-on 500M,,500,2,1,20,2,0,2,false,中国大陆,1,3,1,1000,1,1
";

const COLUMNS: [&str; 38] = [
    "account",
    "order_id",
    "sim_type",
    "carrier",
    "cid",
    "iccid",
    "imsi",
    "msisdn",
    "imei",
    "sim_status",
    "operator_status",
    "price_plan_id",
    "act_date",
    "expire_time",
    "real_named",
    "device_status",
    "device_status_date",
    "device_model",
    "node_id",
    "network_type",
    "dbm",
    "signal_level",
    "sms_enabled",
    "pool_id",
    "tags",
    "customer_attribute1",
    "customer_attribute2",
    "customer_attribute3",
    "customer_attribute4",
    "customer_attribute5",
    "customer_attribute6",
    "version",
    "iccid_mobile",
    "iccid_unicom",
    "iccid_telcom",
    "online_carrier",
    "flow_used",
    "create_time",
];

/// Two pools of acme, one of rival.
pub fn pools() -> String {
    "account,pool_id,pool_name,kind,price_plan_id,effective_time,threshold_mb\n\
     acme,501,CANARY-acme-forward,forward,m30,2023-11-01 00:00:00,\n\
     acme,502,CANARY-acme-back,back,t100,2023-12-01 00:00:00,5000\n\
     rival,601,CANARY-rival-forward,forward,m30,2023-11-01 00:00:00,\n"
        .to_owned()
}

/// The cards of both tenants. Every property takes several values, and they fall together in many ways.
pub fn cards() -> String {
    let mut text = COLUMNS.join(",") + "\n";
    for (tenant, count) in [("acme", ACME_CARDS), ("rival", RIVAL_CARDS)] {
        for number in 0..count {
            let values = card(tenant, number);
            let line: Vec<&str> = COLUMNS
                .iter()
                .map(|column| values.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value))
                .collect();
            text += &(line.join(",") + "\n");
        }
    }
    text
}

/// The columns of one card that are not empty.
fn card(tenant: &str, n: usize) -> Vec<(&'static str, String)> {
    let base = if tenant == "acme" { 1 } else { 2 };
    let multi = (50..56).contains(&n);
    let sim_type = if multi { 3 } else { [3, 3, 1, 3, 2][n % 5] };
    let carrier = match sim_type {
        3 if multi => [1, 2, 3][n % 3],
        3 => [1, 2, 3, 4][n / 5 % 4],
        _ => [101, 102, 201, 505][n / 5 % 4],
    };
    let status = [20, 14, 10, 20, 11, 13, 30, 20][n % 8];
    let active = matches!(status, 14 | 20);
    let iccid = format!("8986{base}{n:014}") + if n.is_multiple_of(3) { "7" } else { "" };
    let mut card: Vec<(&'static str, String)> = Vec::new();
    let mut put = |column, value: String| card.push((column, value));
    let mark = |text: &str| format!("CANARY-{tenant}-{text}");
    put("account", tenant.to_owned());
    put("sim_type", sim_type.to_string());
    put("carrier", carrier.to_string());
    if sim_type != 3 || n.is_multiple_of(2) {
        put("cid", mark(&format!("cid-{:03}", (n * 37) % 101)));
    }
    put("iccid", iccid);
    put("imsi", format!("46000{base}{n:09}"));
    put("msisdn", format!("14400{base}{n:05}"));
    put("sim_status", status.to_string());
    if n % 9 != 8 {
        put("order_id", (base * 7000 + n % 4).to_string());
    }
    if status == 14 {
        put("operator_status", (1 + n / 8 % 7).to_string());
    }
    if n % 11 != 10 {
        put("price_plan_id", plan_of(sim_type, carrier));
    }
    if active || (status == 30 && n.is_multiple_of(4)) {
        put("act_date", format!("2023-{:02}-1{} 08:30:00", 6 + n % 5, n % 10));
    }
    if n % 4 != 3 {
        put("expire_time", format!("2024-{:02}-28 23:59:59", 1 + n % 12));
    }
    if matches!(carrier, 1..=3 | 101 | 102) && n.is_multiple_of(2) {
        put("real_named", "true".to_owned());
    }
    if sim_type != 3 {
        put("device_status", (1 + n % 4).to_string());
        put("device_status_date", format!("2024-01-1{}T01:02:03.004Z", n % 5));
        put("device_model", mark("model"));
        put("dbm", format!("-{}", 60 + n));
        put("signal_level", (1 + n % 3).to_string());
        put("network_type", "LTE".to_owned());
        let imei = format!("35{base}{n:011}");
        put("imei", format!("{imei}{}", char::from(luhn_digit(imei.as_bytes()))));
    }
    if n.is_multiple_of(5) {
        put("node_id", mark("node"));
        put("sms_enabled", "true".to_owned());
    }
    if sim_type == 3 && n % 4 == 1 {
        let pool = if tenant == "rival" { 601 } else { 501 + n / 4 % 2 };
        put("pool_id", pool.to_string());
    }
    let tags = [&["red"][..], &[], &["blue", "red"], &["green"], &["blue"], &[]][n % 6];
    put("tags", tags.iter().map(|tag| mark(tag)).collect::<Vec<_>>().join(";"));
    put("customer_attribute1", mark(&format!("region-{}", n % 3)));
    if n.is_multiple_of(6) {
        put("customer_attribute2", mark("second"));
    }
    if let Some(column) = ["customer_attribute3", "customer_attribute4", "customer_attribute5"].get(n % 8) {
        put(column, mark("middle"));
    }
    if n % 10 == 9 {
        put("customer_attribute6", mark("sixth"));
    }
    if multi {
        put("version", (1 + n % 2).to_string());
        put("iccid_mobile", format!("8986{base}8{n:013}"));
        put("iccid_unicom", format!("8986{base}7{n:013}"));
        if n % 3 == 1 || n.is_multiple_of(2) {
            put("iccid_telcom", format!("8986{base}6{n:013}"));
        }
        let online = if n % 3 == 1 { 2 } else { [1, 3][n % 2] };
        put("online_carrier", online.to_string());
    }
    if active {
        put("flow_used", format!("{}.{:02}", n * 29 % 120, n * 7 % 100));
    }
    put("create_time", format!("2023-05-{:02} 10:00:00", 1 + n % 28));
    card
}

/// The plan of the catalogue for this type and carrier.
fn plan_of(sim_type: usize, carrier: usize) -> String {
    match (sim_type, carrier) {
        (3, 1) => "m30".to_owned(),
        (3, 2) => "t100".to_owned(),
        (3, 3) => "u1024".to_owned(),
        (3, _) => "o10".to_owned(),
        (2, carrier) => format!("e{carrier}"),
        (_, carrier) => format!("v{carrier}"),
    }
}
