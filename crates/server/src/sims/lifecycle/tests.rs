//! The rules, written out: every operation on every card.

use simlink_carriers::{PolicyRules, SwitchPolicy};

use super::*;

const STATES: [u8; 6] = [10, 11, 13, 14, 20, 30];
const CARRIERS: [u16; 5] = [1, 2, 3, 4, 101];

/// What a card is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Physical,
    Esim,
    Vsim,
    ThreeNetwork,
}

const KINDS: [Kind; 4] = [Kind::Physical, Kind::Esim, Kind::Vsim, Kind::ThreeNetwork];

fn card(carrier: u16, kind: Kind, sim_status: u8, pooled: bool, real_named: bool) -> CardFacts {
    let networks = Networks { version: 2, present: [true; 3], online: 1, forbidden: 0 };
    CardFacts {
        sim_type: match kind {
            Kind::Vsim => 1,
            Kind::Esim => 2,
            Kind::Physical | Kind::ThreeNetwork => 3,
        },
        carrier,
        sim_status,
        operator_status: if sim_status == 14 { 5 } else { -1 },
        pooled,
        real_named,
        flow_used: Some(0),
        flow_left: Some(1),
        quota_mb: None,
        bindings_left: (carrier == 2).then_some(2),
        networks: (kind == Kind::ThreeNetwork).then_some(networks),
    }
}

fn code(result: Result<(), Forbidden>) -> &'static str {
    match result.map_err(Refusal::from) {
        Ok(()) => "ok",
        Err(Refusal::Business(code, _) | Refusal::Worded(code, _)) => code.text().code,
        Err(_) => "no business error",
    }
}

/// Shows stop, resume and activation for every carrier, kind, state, pool and registration: the state alone decides,
/// and for an activation that the card is physical.
#[test]
fn states_decide_stop_resume_and_activation() {
    let (in_use, stopped, activation) = ("GSL.00016020", "GSL.00016019", "GSL.00016014");
    //                  10 testable 11 inactive 13 activatable 14 stopped 20 in use 30 disassembled
    let stop = [in_use, in_use, in_use, in_use, "ok", in_use];
    let resume = [stopped, stopped, stopped, "ok", stopped, stopped];
    let activate = ["ok", "ok", "ok", activation, activation, activation];
    let mut cases = 0;
    for carrier in CARRIERS {
        for kind in KINDS {
            for (index, state) in STATES.into_iter().enumerate() {
                for (pooled, real_named) in [(false, false), (false, true), (true, false), (true, true)] {
                    let card = card(carrier, kind, state, pooled, real_named);
                    let physical = matches!(kind, Kind::Physical | Kind::ThreeNetwork);
                    let activated = if physical { activate[index] } else { activation };
                    for (operation, expected) in [
                        (Operation::Stop, stop[index]),
                        (Operation::Resume, resume[index]),
                        (Operation::Activate, activated),
                    ] {
                        assert_eq!(code(may(&operation, &card)), expected, "{operation:?} {card:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 5 * 4 * 6 * 4 * 3);
}

/// The other operations, in the order of the marks below, each with a value that every carrier offering it takes.
fn others() -> Vec<Operation> {
    use Operation::*;
    let rules = PolicyRules::Plain { order: MobileNetwork::ALL, blacklist: None };
    vec![
        CutNet,
        RestoreNet,
        SetThreshold { quota_mb: Some(10) },
        CancelThreshold,
        BindDevice { imei: None },
        BindDevice { imei: Some("490154203237518".into()) },
        ClearRealName,
        LimitSpeed { kbps: Some(512) },
        SwitchNetwork { target: MobileNetwork::ChinaUnicom },
        SetPolicy { policy: SwitchPolicy { id: 1, rules } },
    ]
}

/// Shows, for every carrier, kind, state, pool and registration, exactly which of the other operations are permitted:
/// `*` always, `p` only pooled, `r` only real-named, `-` never, then as `GSL.00011015`. No state matters to them.
#[test]
fn carriers_and_kinds_decide_the_rest() {
    use Kind::{Esim, Physical, ThreeNetwork, Vsim};
    let table = [
        (
            1,
            [
                (Physical, "--pp*-----"),
                (Esim, "--pp*-----"),
                (Vsim, "--pp*-----"),
                (ThreeNetwork, "--pp*---**"),
            ],
        ),
        (
            2,
            [
                (Physical, "********--"),
                (Esim, "*******---"),
                (Vsim, "*******---"),
                (ThreeNetwork, "**********"),
            ],
        ),
        (
            3,
            [
                (Physical, "--pp---r--"),
                (Esim, "--pp------"),
                (Vsim, "--pp------"),
                (ThreeNetwork, "--pp---r**"),
            ],
        ),
        (
            4,
            [
                (Physical, "----------"),
                (Esim, "----------"),
                (Vsim, "----------"),
                (ThreeNetwork, "--------**"),
            ],
        ),
        (
            101,
            [
                (Physical, "----------"),
                (Esim, "----------"),
                (Vsim, "----------"),
                (ThreeNetwork, "--------**"),
            ],
        ),
    ];
    let mut cases = 0;
    for (carrier, rows) in table {
        for (kind, row) in rows {
            for (operation, mark) in others().iter().zip(row.chars()) {
                for state in STATES {
                    for (pooled, real_named) in [(false, false), (false, true), (true, false), (true, true)] {
                        let permitted = match mark {
                            '*' => true,
                            'p' => pooled,
                            'r' => real_named,
                            _ => false,
                        };
                        let expected = if permitted { "ok" } else { "GSL.00011015" };
                        let card = card(carrier, kind, state, pooled, real_named);
                        assert_eq!(code(may(operation, &card)), expected, "{operation:?} {card:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 5 * 4 * 10 * 6 * 4);
}

/// Shows whose registration can be asked for: the three carriers of the mainland.
#[test]
fn registrations_are_read_on_the_mainland() {
    assert_eq!(CARRIERS.map(reads_real_name), [true, true, true, false, false]);
}

/// Shows the values of a speed limit that the two carriers take; others are `GSL.00011016`.
#[test]
fn speeds_are_the_carriers() {
    let telecom = [
        1, 64, 256, 512, 1_024, 3_072, 5_120, 7_168, 10_240, 20_480, 30_720, 40_960, 51_200, 61_440, 71_680,
        81_920, 92_160, 102_400, 112_640, 122_880, 133_120, 143_360, 153_600,
    ];
    let unicom = [256, 512, 1_024, 2_048, 7_424];
    for (carrier, speeds) in [(2, &telecom[..]), (3, &unicom[..])] {
        let card = card(carrier, Kind::Physical, 20, false, true);
        for kbps in 0..160_000 {
            let expected = if speeds.contains(&kbps) { "ok" } else { "GSL.00011016" };
            assert_eq!(
                code(may(&Operation::LimitSpeed { kbps: Some(kbps) }, &card)),
                expected,
                "{carrier} {kbps}"
            );
        }
        assert_eq!(code(may(&Operation::LimitSpeed { kbps: None }, &card)), "ok");
    }
}

/// Shows when a card stopped for its flow may be resumed.
#[test]
fn a_card_without_flow_stays_stopped() {
    let megabyte = 1024 * 1024;
    //  operator_status, flow_used, flow_left, quota_mb
    let table = [
        ((1, Some(9), Some(0), None), "GSL.00016012"),
        ((1, Some(9), Some(-5), None), "GSL.00016012"),
        ((1, Some(9), None, None), "GSL.00016012"),
        ((1, Some(9), Some(1), None), "ok"),
        ((3, Some(9), Some(0), None), "GSL.00016012"),
        ((3, Some(9), Some(1), None), "ok"),
        ((2, Some(10 * megabyte + 1), Some(0), Some(10)), "GSL.00016012"),
        ((2, Some(10 * megabyte), Some(0), Some(10)), "ok"),
        ((2, Some(i64::MAX), Some(0), Some(-1)), "ok"),
        ((2, Some(i64::MAX), Some(0), None), "ok"),
        ((2, Some(1), Some(9), Some(0)), "GSL.00016012"),
        ((4, Some(9), Some(0), None), "ok"),
        ((5, Some(9), Some(0), None), "ok"),
        ((6, Some(9), Some(0), Some(0)), "ok"),
        ((7, None, None, None), "ok"),
    ];
    for ((operator_status, flow_used, flow_left, quota_mb), expected) in table {
        let stopped = card(2, Kind::Physical, 14, false, false);
        let card = CardFacts { operator_status, flow_used, flow_left, quota_mb, ..stopped };
        assert_eq!(code(may(&Operation::Resume, &card)), expected, "{card:?}");
    }
}

/// Shows which networks a card can be moved to: one it has, is not on, and that its policy does not forbid.
#[test]
fn networks_that_a_card_can_be_moved_to() {
    for present in 0..8_u8 {
        for online in 1..=3 {
            for forbidden in 0..=3 {
                for target in MobileNetwork::ALL {
                    let number = target as u8;
                    let has = |network: u8| present & (1 << (network - 1)) != 0;
                    let networks =
                        Networks { version: 1, present: [has(1), has(2), has(3)], online, forbidden };
                    let card = CardFacts {
                        networks: Some(networks),
                        ..card(1, Kind::ThreeNetwork, 20, false, false)
                    };
                    let free = has(number) && number != online && number != forbidden;
                    let expected = if free { "ok" } else { "GSL.00011063" };
                    assert_eq!(code(may(&Operation::SwitchNetwork { target }, &card)), expected, "{card:?}");
                }
            }
        }
    }
}

/// Shows that the third binding of a month is refused.
#[test]
fn bindings_run_out() {
    for (left, expected) in [(Some(2), "ok"), (Some(1), "ok"), (Some(0), "GSL.00011015"), (None, "ok")] {
        let card = CardFacts { bindings_left: left, ..card(2, Kind::Physical, 20, false, false) };
        assert_eq!(code(may(&Operation::BindDevice { imei: None }, &card)), expected, "{left:?}");
    }
}
