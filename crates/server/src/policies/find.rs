//! One policy, as cards are given it.

use simlink_carriers::{MobileNetwork, PolicyRules};
use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

/// A policy that the account may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// 1 for cards with the SDK, 2 for cards without.
    pub version: u8,
    /// Whether it may be set.
    pub enabled: bool,
    /// The contract's number of the network it forbids; 0 none.
    pub forbidden: u8,
    /// What a carrier is told of it.
    pub rules: PolicyRules,
}

/// A policy of the account or of the system.
///
/// # Errors
/// Those of the database.
pub fn find(tx: &mut Tx<'_>, account: AccountId, policy_id: i64) -> Result<Option<StoredPolicy>, DbError> {
    tx.find(
        "SELECT version, enabled, blacklist, preferred_carrier, least_preferred_carrier, optimal_signal, \
         auto_switch, weak_signal_switch, connect_ip, switch_order FROM network_switch_policy \
         WHERE network_switch_policy_id = $2 AND (account_id = $1 OR account_id IS NULL)",
        params![account.0, policy_id],
        |row| {
            let network = |number: Option<i64>| number.and_then(MobileNetwork::from_number);
            let (version, forbidden): (u8, u8) = (row.get(0)?, row.get(2)?);
            let switch_order: Option<String> = row.get(9)?;
            let rules = if version == 1 {
                PolicyRules::Sdk {
                    preferred: network(row.get(3)?),
                    least_preferred: network(row.get(4)?).unwrap_or(MobileNetwork::ChinaUnicom),
                    optimal_signal: row.get(5)?,
                    auto_switch: row.get(6)?,
                    weak_signal_switch: row.get::<Option<bool>>(7)?.unwrap_or(false),
                    connect_ip: row.get(8)?,
                }
            } else {
                PolicyRules::Plain {
                    order: order(switch_order.as_deref().unwrap_or_default()),
                    blacklist: network(Some(i64::from(forbidden))),
                }
            };
            Ok(StoredPolicy { version, enabled: row.get(1)?, forbidden, rules })
        },
    )
}

/// The networks of `3,1,2`; the contract's order where a text is none.
fn order(text: &str) -> [MobileNetwork; 3] {
    let named = text.split(',').filter_map(|number| MobileNetwork::from_number(number.trim().parse().ok()?));
    let named: Vec<MobileNetwork> = named.collect();
    named.try_into().unwrap_or(MobileNetwork::ALL)
}
