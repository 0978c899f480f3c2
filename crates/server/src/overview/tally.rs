//! Counting a fleet in one pass over its cards. Pure.

use std::collections::BTreeMap;

use simlink_fleet::CardRef;

/// States in which a card's flow is counted: stopped and in use.
const FLOWING: [u8; 2] = [14, 20];

/// What is counted of cards.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All cards.
    pub count: u64,
    /// By `sim_status`.
    pub by_status: BTreeMap<i64, u64>,
    /// By `sim_type`.
    pub by_type: BTreeMap<i64, u64>,
    /// By carrier.
    pub by_carrier: BTreeMap<i64, u64>,
    /// By `device_status`; cards without one do not count.
    pub by_device: BTreeMap<i64, u64>,
    /// Cards in use whose plan ends within each number of days, ascending.
    pub expiring: Vec<(i64, u64)>,
    /// Cards in use of which the flow is used up.
    pub used_up: u64,
    /// Bytes used in the running cycles.
    pub flow_used: i64,
    /// Bytes left in the running cycles.
    pub flow_left: i64,
}

/// What is read of a card.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    status: u8,
    kind: u8,
    carrier: u16,
    device: Option<u8>,
    expire_ms: Option<i64>,
    used: Option<i64>,
    left: Option<i64>,
}

impl Facts {
    /// Those of a card.
    pub fn of(card: CardRef<'_>) -> Self {
        Self {
            status: card.sim_status(),
            kind: card.sim_type(),
            carrier: card.carrier(),
            device: card.device_status(),
            expire_ms: card.expire_ms(),
            used: card.flow_used(),
            left: card.flow_left(),
        }
    }
}

/// Counts cards; `days` are the horizons of plans that end, ascending.
pub fn tally(cards: impl Iterator<Item = Facts>, days: &[i64], now_ms: i64) -> Tally {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let mut tally = Tally { expiring: days.iter().map(|days| (*days, 0)).collect(), ..Tally::default() };
    for card in cards {
        tally.count += 1;
        *tally.by_status.entry(card.status.into()).or_default() += 1;
        *tally.by_type.entry(card.kind.into()).or_default() += 1;
        *tally.by_carrier.entry(card.carrier.into()).or_default() += 1;
        if let Some(device) = card.device {
            *tally.by_device.entry(device.into()).or_default() += 1;
        }
        if !FLOWING.contains(&card.status) {
            continue;
        }
        tally.flow_used += card.used.unwrap_or(0);
        tally.flow_left += card.left.unwrap_or(0).max(0);
        tally.used_up += u64::from(card.left.is_some_and(|left| left <= 0));
        for (days, count) in &mut tally.expiring {
            let ends = |expire_ms| (now_ms..now_ms + *days * DAY_MS).contains(&expire_ms);
            *count += u64::from(card.expire_ms.is_some_and(ends));
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows what counts where: flows and ends of cards that flow only, each horizon's first and last moment, a card
    /// that overdrew its plan as used up and not as less than nothing left.
    #[test]
    fn cards_are_counted() {
        const DAY_MS: i64 = 86_400_000;
        let card = |status, expire_ms, used, left| Facts {
            status,
            kind: 3,
            carrier: 2,
            device: (status == 20).then_some(3),
            expire_ms,
            used,
            left,
        };
        let cards = [
            card(20, Some(0), Some(5), Some(10)),
            card(20, Some(DAY_MS - 1), Some(7), Some(-3)),
            card(14, Some(DAY_MS), None, Some(1)),
            card(20, Some(-1), None, None),
            card(11, Some(0), Some(100), Some(100)),
        ];
        let found = tally(cards.into_iter(), &[1, 2], 0);
        let expected = Tally {
            count: 5,
            by_status: BTreeMap::from([(11, 1), (14, 1), (20, 3)]),
            by_type: BTreeMap::from([(3, 5)]),
            by_carrier: BTreeMap::from([(2, 5)]),
            by_device: BTreeMap::from([(3, 3)]),
            expiring: vec![(1, 2), (2, 3)],
            used_up: 1,
            flow_used: 12,
            flow_left: 11,
        };
        assert_eq!(found, expected);
    }
}
