//! What a network switch policy must be: pure (seed 4.11.2; behaviour, section 5).

use crate::error_codes::ErrorCode;

/// A policy as a request describes it, all members there may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// 1 for cards with the SDK, 2 for cards without.
    pub version: i64,
    /// 1 Mobile, 2 Telecom, 3 Unicom, 4 the carrier used last.
    pub preferred_carrier: Option<i64>,
    /// 1 Mobile, 2 Telecom, 3 Unicom.
    pub least_preferred_carrier: Option<i64>,
    /// Choose the best signal.
    pub optimal_signal: Option<bool>,
    /// Switch by itself.
    pub auto_switch: Option<bool>,
    /// Switch when the signal is weak.
    pub weak_signal_switch: Option<bool>,
    /// Switch when this address answers late.
    pub connect_ip: Option<String>,
    /// The order in which networks are tried.
    pub switch_order: Option<String>,
    /// The carrier never to use, 0 for none.
    pub blacklist: Option<i64>,
}

/// A policy that keeps the rules: each version has its own members, those of the other are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// For cards with the SDK (version 1).
    WithSdk {
        /// See [`Draft::preferred_carrier`].
        preferred_carrier: i64,
        /// See [`Draft::least_preferred_carrier`].
        least_preferred_carrier: i64,
        /// See [`Draft::optimal_signal`].
        optimal_signal: bool,
        /// See [`Draft::auto_switch`].
        auto_switch: bool,
        /// See [`Draft::weak_signal_switch`].
        weak_signal_switch: bool,
        /// See [`Draft::connect_ip`].
        connect_ip: Option<String>,
    },
    /// For cards without (version 2).
    WithoutSdk {
        /// See [`Draft::switch_order`].
        switch_order: String,
        /// See [`Draft::blacklist`].
        blacklist: i64,
    },
}

/// Checks a policy and fills in the defaults of the seed.
///
/// # Errors
/// Version 1: `GSL.00015032` where the preferred carrier is the least preferred one, `GSL.00015033` where it would
/// switch for neither reason. Version 2: `GSL.00015039` where the order does not name each carrier once.
pub fn check(draft: Draft) -> Result<Checked, ErrorCode> {
    if draft.version == 2 {
        let switch_order = draft.switch_order.unwrap_or_default();
        if !is_order(&switch_order) {
            return Err(ErrorCode::SwitchOrderMalformed);
        }
        return Ok(Checked::WithoutSdk { switch_order, blacklist: draft.blacklist.unwrap_or(0) });
    }
    let preferred_carrier = draft.preferred_carrier.unwrap_or(3);
    let least_preferred_carrier = draft.least_preferred_carrier.unwrap_or(2);
    if preferred_carrier == least_preferred_carrier {
        return Err(ErrorCode::PolicyCarriersEqual);
    }
    let weak_signal_switch = draft.weak_signal_switch.unwrap_or(false);
    let connect_ip = draft.connect_ip.filter(|address| !address.trim().is_empty());
    if !weak_signal_switch && connect_ip.is_none() {
        return Err(ErrorCode::PolicySwitchMissing);
    }
    Ok(Checked::WithSdk {
        preferred_carrier,
        least_preferred_carrier,
        optimal_signal: draft.optimal_signal.unwrap_or(false),
        auto_switch: draft.auto_switch.unwrap_or(false),
        weak_signal_switch,
        connect_ip,
    })
}

/// Whether a text is the carriers 1, 2 and 3 in some order, separated by commas.
fn is_order(text: &str) -> bool {
    let mut carriers: Vec<&str> = text.split(',').collect();
    carriers.sort_unstable();
    carriers == ["1", "2", "3"]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows version 1 for every pair of carriers (given or not) and every reason to switch, by the seed's words: equal
    /// carriers are refused first, then a policy without a reason; members of version 2 do not matter.
    #[test]
    fn version_1_in_every_combination() {
        let carriers = |max: i64| std::iter::once(None).chain((1..=max).map(Some));
        let mut checked = 0;
        for preferred in carriers(4) {
            for least in carriers(3) {
                for weak in [None, Some(false), Some(true)] {
                    for address in [None, Some(""), Some(" "), Some("www.example.com")] {
                        for (flag, order) in
                            [(None, None), (Some(false), Some("1,1")), (Some(true), Some("1,2,3"))]
                        {
                            let draft = Draft {
                                version: 1,
                                preferred_carrier: preferred,
                                least_preferred_carrier: least,
                                optimal_signal: flag,
                                auto_switch: flag.map(|flag| !flag),
                                weak_signal_switch: weak,
                                connect_ip: address.map(str::to_owned),
                                switch_order: order.map(str::to_owned),
                                blacklist: Some(1),
                            };
                            let pair = (preferred.unwrap_or(3), least.unwrap_or(2));
                            let reasons = (weak == Some(true), address == Some("www.example.com"));
                            let expected = match (pair.0 == pair.1, reasons) {
                                (true, _) => Err(ErrorCode::PolicyCarriersEqual),
                                (false, (false, false)) => Err(ErrorCode::PolicySwitchMissing),
                                (false, (weak_signal_switch, has_address)) => Ok(Checked::WithSdk {
                                    preferred_carrier: pair.0,
                                    least_preferred_carrier: pair.1,
                                    optimal_signal: flag == Some(true),
                                    auto_switch: flag == Some(false),
                                    weak_signal_switch,
                                    connect_ip: has_address.then(|| "www.example.com".to_owned()),
                                }),
                            };
                            assert_eq!(check(draft.clone()), expected, "{draft:?}");
                            checked += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(checked, 5 * 4 * 3 * 4 * 3);
    }

    /// Shows version 2 for every text of up to five of the signs `1234, ` and for odd ones: the six orders pass, all
    /// others are refused; members of version 1 do not matter.
    #[test]
    fn version_2_takes_the_six_orders() {
        let orders = ["1,2,3", "1,3,2", "2,1,3", "2,3,1", "3,1,2", "3,2,1"];
        let mut texts: Vec<String> = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..5 {
            last = last
                .iter()
                .flat_map(|text| "1234, ".chars().map(move |sign| format!("{text}{sign}")))
                .collect();
            texts.extend(last.iter().cloned());
        }
        texts.extend(["1,2,3,1", "1,2,3,", "１,2,3", "01,2,3", "1;2;3"].map(str::to_owned));
        let mut passed = 0;
        for text in texts.into_iter().map(Some).chain([None]) {
            for blacklist in [None, Some(0), Some(3)] {
                let draft = Draft {
                    version: 2,
                    switch_order: text.clone(),
                    blacklist,
                    preferred_carrier: Some(2),
                    least_preferred_carrier: Some(2),
                    ..Draft::default()
                };
                let expected = match text.as_deref() {
                    Some(text) if orders.contains(&text) => {
                        passed += 1;
                        let blacklist = blacklist.unwrap_or(0);
                        Ok(Checked::WithoutSdk { switch_order: text.to_owned(), blacklist })
                    }
                    _ => Err(ErrorCode::SwitchOrderMalformed),
                };
                assert_eq!(check(draft), expected, "{text:?}");
            }
        }
        assert_eq!(passed, 6 * 3);
    }
}
