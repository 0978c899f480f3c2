//! What the reader accepts, refuses and reports.

use super::*;

const HEADER: &str = "account,sim_type,carrier,iccid,sim_status";
const GOOD: &str = "demo,3,3,89860100000000000001,11";

fn read(text: &str) -> (Vec<(u64, CardRecord)>, Report) {
    let mut reader = Reader::<_, CardRecord>::open(text.as_bytes(), None).unwrap();
    let cards = reader.by_ref().map(|line| line.unwrap()).collect();
    (cards, reader.into_report())
}

/// Reads one good card with these columns set as well; the fault when it is refused.
fn read_with(columns: &[(&str, &str)]) -> Result<CardRecord, (Option<&'static str>, String)> {
    let mut fields = vec![
        ("account", "demo"),
        ("sim_type", "3"),
        ("carrier", "3"),
        ("iccid", "89860100000000000001"),
        ("sim_status", "11"),
    ];
    for (name, value) in columns {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let values: Vec<&str> = fields.iter().map(|(_, value)| *value).collect();
    let (mut cards, mut report) = read(&format!("{}\n{}\n", names.join(","), values.join(",")));
    match report.errors.pop() {
        None => Ok(cards.remove(0).1),
        Some(error) => Err((error.column, error.reason)),
    }
}

#[test]
fn every_rule_names_its_column() {
    // Shows for each rule a line that breaks it, and the column and reason it is refused with.
    const ACTIVE: (&str, &str) = ("act_date", "2022-09-16");
    for (columns, column, reason) in [
        (vec![("account", "")], "account", "is missing"),
        (vec![("iccid", "99860100000000000001")], "iccid", "is not an ICCID"),
        (vec![("iccid", "898601000000000000012")], "iccid", "longer than 20"),
        (vec![("sim_type", "4")], "sim_type", "'4' is none of 1, 2, 3"),
        (vec![("carrier", "5")], "carrier", "is none of"),
        (vec![("carrier", "101")], "carrier", "doesn't fit sim_type"),
        (vec![("sim_type", "2"), ("cid", "1")], "carrier", "doesn't fit sim_type"),
        (vec![("sim_type", "2"), ("carrier", "101")], "cid", "is missing"),
        (vec![("cid", "a b")], "cid", "something else"),
        (vec![("imsi", "4600x")], "imsi", "is not an IMSI"),
        (vec![("imsi", "4600012345678901")], "imsi", "longer than 15"),
        (vec![("msisdn", "123456789012345678901234567890123")], "msisdn", "longer than 32"),
        (vec![("imei", "490154203237517")], "imei", "is not an IMEI"),
        (vec![("sim_status", "12")], "sim_status", "is none of"),
        (vec![("sim_status", "20")], "act_date", "is missing"),
        (vec![ACTIVE], "act_date", "must be empty"),
        (vec![("operator_status", "5")], "operator_status", "must be -1"),
        (
            vec![("sim_status", "14"), ACTIVE, ("operator_status", "-1")],
            "operator_status",
            "must name the reason",
        ),
        (
            vec![("sim_status", "20"), ACTIVE, ("expire_time", "2022-09-15")],
            "expire_time",
            "is before act_date",
        ),
        (vec![("act_date", "yesterday")], "act_date", "is not a time"),
        (vec![("order_id", "0")], "order_id", "from 1 to 9007199254740991"),
        (vec![("pool_id", "9007199254740992")], "pool_id", "from 1 to"),
        (vec![("sim_type", "2"), ("carrier", "101"), ("cid", "1"), ("pool_id", "1")], "pool_id", "physical"),
        (vec![("carrier", "4"), ("real_named", "true")], "real_named", "mainland"),
        (vec![("real_named", "maybe")], "real_named", "neither true nor false"),
        (vec![("tags", "a b")], "tags", "Chinese"),
        (vec![("tags", "a;b;a")], "tags", "twice"),
        (vec![("tags", "1;2;3;4;5;6;7;8;9;10;11")], "tags", "more than 10"),
        (vec![("device_status", "5")], "device_status", "is none of"),
        (vec![("signal_level", "4")], "signal_level", "is none of"),
        (vec![("flow_used", "-1")], "flow_used", "megabytes"),
        (vec![("version", "3")], "version", "is none of"),
        (vec![("online_carrier", "1")], "online_carrier", "three-network"),
        (vec![("version", "1")], "online_carrier", "is missing"),
        (
            vec![("version", "1"), ("online_carrier", "1"), ("iccid_mobile", "8986000000000000001")],
            "version",
            "two",
        ),
        (
            vec![
                ("version", "2"),
                ("online_carrier", "2"),
                ("iccid_mobile", "8986000000000000001"),
                ("iccid_unicom", "8986010000000000001"),
            ],
            "online_carrier",
            "no ICCID",
        ),
        (
            vec![
                ("version", "2"),
                ("online_carrier", "1"),
                ("iccid_mobile", "8986000000000000001"),
                ("iccid_unicom", "89860000000000000012"),
            ],
            "iccid_unicom",
            "another network",
        ),
        (
            vec![
                ("version", "2"),
                ("carrier", "4"),
                ("online_carrier", "1"),
                ("iccid_mobile", "8986000000000000001"),
            ],
            "version",
            "physical",
        ),
    ] {
        let (named, why) = read_with(&columns).expect_err(&format!("{columns:?}"));
        assert_eq!(named, Some(column), "{columns:?}: {why}");
        assert!(why.contains(reason), "{columns:?}: {why}");
    }
    let long = "字".repeat(101);
    let (named, _) = read_with(&[("customer_attribute6", &long)]).unwrap_err();
    assert_eq!(named, Some("customer_attribute6"));
}

#[test]
fn absent_values_take_their_defaults() {
    // Shows the defaults of cid, operator_status and flags, and that values of all columns arrive.
    let card = read_with(&[]).unwrap();
    assert_eq!(
        (card.cid.as_str(), card.operator_status, card.real_named),
        ("89860100000000000001", -1, false)
    );
    let card = read_with(&[
        ("sim_status", "14"),
        ("act_date", "2022-09-16 09:14:58"),
        ("flow_used", "1.5"),
        ("tags", " 华东 ; b;"),
        ("version", "2"),
        ("online_carrier", "3"),
        ("iccid_unicom", "89860100000000000001"),
        ("iccid_telcom", "8986030000000000001"),
    ])
    .unwrap();
    assert_eq!((card.operator_status, card.act_ms), (5, Some(1_663_290_898_000)));
    assert_eq!((card.flow_used_bytes, card.tags), (Some(1_572_864), vec!["华东".into(), "b".into()]));
    assert_eq!(card.multi_sim.unwrap().iccid_of(3), Some(&card.iccid));
}

#[test]
fn a_bad_line_is_reported_and_reading_goes_on() {
    // Shows physical line numbers over blank lines, all bad lines counted, and the kept ones capped.
    let (cards, report) = read(&format!(
        "\u{FEFF}{HEADER}\r\n{GOOD}\r\n\r\ndemo,3,9,x,1\n\"open\na,b\ndemo,3,1,89860000000000000009,13\n"
    ));
    assert_eq!(cards.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 7]);
    assert_eq!((report.records, report.error_count), (2, 3));
    assert_eq!(report.errors.iter().map(|error| error.line).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(report.errors[2].reason, "has 2 fields where the header has 5");
    let (_, report) = read(&format!("{HEADER}\n{}", "x\n".repeat(1_500)));
    assert_eq!((report.error_count, report.errors.len()), (1_500, limits::LINE_ERRORS_KEPT_MAX));
}

#[test]
fn repeated_cards_name_the_first_line() {
    // Shows that both forms of an ICCID, a cid and the ICCIDs of a three-network card name one card.
    let (cards, report) = read(
        "account,sim_type,carrier,iccid,sim_status,cid,version,online_carrier,iccid_mobile,iccid_unicom\n\
         demo,3,1,8986000000000000001,11,,,,,\n\
         demo,3,1,89860000000000000017,11,,,,,\n\
         demo,3,1,8986000000000000002,11,8986000000000000001,,,,\n\
         demo,3,1,8986000000000000003,11,444,1,1,8986000000000000003,8986010000000000003\n\
         demo,3,3,8986010000000000003,11,,,,,\n",
    );
    assert_eq!(cards.len(), 2);
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.line, error.column, error.reason.as_str())).collect();
    assert_eq!(
        errors,
        [
            (3, Some("iccid"), "'8986000000000000001' stands on line 2 already"),
            (4, Some("cid"), "'8986000000000000001' stands on line 2 already"),
            (6, Some("iccid"), "'8986010000000000003' stands on line 5 already"),
        ]
    );
}

#[test]
fn a_header_must_be_known_and_complete() {
    // Shows what is said of unknown, repeated and missing columns and of nothing at all.
    let open = |text: &str| {
        Reader::<_, CardRecord>::open(text.as_bytes(), None).map(|_| ()).unwrap_err().to_string()
    };
    assert!(open("account,colour\n").starts_with("unknown column 'colour'; known are account, order_id"));
    assert_eq!(open("account,account\n"), "column account stands twice in the header");
    assert_eq!(open("account,carrier\n"), "column sim_type is missing from the header");
    assert_eq!(open(""), "the file is empty");
    assert_eq!(open("\"account\n"), "line 1, the header, has a quoted field that doesn't end on the line");
    assert_eq!(open(&"a,".repeat(70)), "line 1, the header, has more than 64 columns");
}

#[test]
fn json_lines_are_the_same_records() {
    // Shows that both formats read to equal records, tags as string or list, and how bad objects are refused.
    let card = read_with(&[("tags", "华东;b"), ("order_id", "7"), ("flow_used", "1.5")]).unwrap();
    let line = |tags: &str| {
        format!(
            "{{\"account\":\"demo\",\"sim_type\":3,\"carrier\":\"3\",\"iccid\":\"89860100000000000001\",\"sim_status\":11,\
             \"tags\":{tags},\"order_id\":7,\"flow_used\":1.5,\"imei\":null,\"real_named\":false}}\n"
        )
    };
    for tags in ["\"华东;b\"", "[\"华东\",\"b\"]"] {
        let (cards, report) = read(&line(tags));
        assert_eq!((&cards[0].1, report.error_count), (&card, 0));
    }
    let (_, report) =
        read("{\"colour\":1}\n{\"account\":\n[1]\n{\"account\":\"demo\",\"tags\":[1]}\n{\"imei\":{}}\n{}\n");
    let reasons: Vec<&str> = report.errors.iter().map(|error| error.reason.as_str()).collect();
    assert!(reasons[0].starts_with("has an unknown member 'colour'; known are account"), "{reasons:?}");
    assert!(reasons[1].starts_with("is not a JSON object") && reasons[2].starts_with("is not a JSON object"));
    assert_eq!(
        &reasons[3..],
        ["is a list of something else than strings", "is an object where a value is expected", "is missing"]
    );
}

#[test]
fn a_caller_adds_what_only_it_knows() {
    // Shows progress in bytes and a rejected record counted as a bad line.
    let file = format!("{HEADER}\n{GOOD}\n");
    let mut reader =
        Reader::<_, CardRecord>::open(file.as_bytes(), Format::of_path("x.csv".as_ref())).unwrap();
    let (line, _) = reader.next().unwrap().unwrap();
    reader.reject(line, Fault::at("account", "is unknown"));
    assert!(reader.next().is_none());
    assert_eq!(reader.bytes_read(), file.len() as u64);
    assert_eq!((reader.report().records, reader.report().error_count), (0, 1));
}

#[test]
fn plans_pools_and_usage_are_read_by_the_same_reader() {
    // Shows defaults and refusals of the three smaller files.
    let plan = "price_plan_id,price_plan_name,flow_total,period,period_type,sim_type,carrier_type,price\n";
    let text = format!(
        "{plan}1,中国联通消费级每月30M联接服务（1年）,30,1,50,3,3,2400\n1,x,30,1,50,3,3,1\n2,x,30,0,50,3,3,1\n3,x,1,1,50,3,101,1\n"
    );
    let mut reader = Reader::<_, PlanRecord>::open(text.as_bytes(), None).unwrap();
    let (_, first) = reader.next().unwrap().unwrap();
    assert_eq!((first.package_type, first.effect_type, first.price_cents), (1, 1, 2_400));
    assert!(reader.next().is_none());
    assert_eq!(
        reader.report().errors.iter().map(|error| error.column).collect::<Vec<_>>(),
        [Some("price_plan_id"), Some("period"), Some("carrier_type")]
    );

    let text = "account,pool_id,pool_name,kind,price_plan_id,effective_time,threshold_mb\n\
        demo,1,a,back,1,2022-08-27,10\ndemo,1,b,back,1,2022-08-27,\ndemo,2,a,back,1,2022-08-27,\ndemo,3,c,side,1,2022-08-27,\n";
    let mut reader = Reader::<_, PoolRecord>::open(text.as_bytes(), None).unwrap();
    let (_, first) = reader.next().unwrap().unwrap();
    assert_eq!((first.kind, first.threshold_bytes), (PoolKind::Back, Some(10_485_760)));
    assert!(reader.next().is_none());
    assert_eq!(
        reader.report().errors.iter().map(|error| error.column).collect::<Vec<_>>(),
        [Some("pool_id"), Some("pool_name"), Some("kind")]
    );

    let text =
        "iccid,date,mb\n8986010000000000001,20220916,0.5\n8986010000000000001,20220931,0.5\n1,20220916,1\n";
    let mut reader = Reader::<_, UsageRecord>::open(text.as_bytes(), None).unwrap();
    let (_, first) = reader.next().unwrap().unwrap();
    assert_eq!((first.date, first.bytes), (20_220_916, 524_288));
    assert!(reader.next().is_none());
    assert_eq!(reader.report().error_count, 2);
}
