//! From lines to figures, as pure functions: the last word on each day, and what it changes in the cycles.

use std::collections::BTreeMap;

use simlink_fleet::AccountId;

use crate::plans::cycle::{Month, StartDay};

/// What one line of a file says, resolved: the bytes of a card on a day over one of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, counting from 1.
    pub number: u64,
    /// Whose card it is.
    pub account: AccountId,
    /// The card.
    pub sim_card_id: i64,
    /// The business day as a number, `20220916`.
    pub date: i32,
    /// Bytes of the day so far.
    pub bytes: i64,
    /// On which day the card's cycles begin.
    pub start_day: StartDay,
    /// 0 the card's own ICCID, 1 to 3 the one it has at that carrier.
    pub network: u8,
    /// The card's carrier.
    pub carrier: u16,
}

/// The key of a day in the order of its table.
pub type DayKey = (i32, i64, u8, u8);

impl Line {
    /// The month of the day, `202209`.
    pub fn month(&self) -> i32 {
        self.date / 100
    }

    /// The day of the month, 1 to 31.
    pub fn day(&self) -> u8 {
        u8::try_from(self.date % 100).unwrap_or(0)
    }

    /// What the line speaks about: month, card, day, network.
    pub fn key(&self) -> DayKey {
        (self.month(), self.sim_card_id, self.day(), self.network)
    }

    /// The name of the cycle that the day belongs to, `202209`.
    pub fn cycle(&self) -> i32 {
        self.start_day.cycle_of(Month::from_yyyymm(self.month()), self.day()).yyyymm()
    }
}

/// A day that gets new bytes: the line, and what stood there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayChange {
    /// The line.
    pub line: Line,
    /// The bytes that it replaces, if any.
    pub before: Option<i64>,
}

/// By how much the cycle of a card grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleChange {
    /// The cycle's name, `202209`.
    pub cycle: i32,
    /// The card.
    pub sim_card_id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// Bytes more, or less when negative.
    pub bytes: i64,
    /// On which day the card's cycles begin.
    pub start_day: StartDay,
}

/// The lines in the order of the table's key, each key once: with the word of the line that came last.
pub fn last_words(lines: &[Line]) -> Vec<Line> {
    let mut sorted = lines.to_vec();
    // Stable: lines about the same stay in the order of the file.
    sorted.sort_by_key(Line::key);
    sorted.dedup_by(|later, kept| {
        let same = later.key() == kept.key();
        if same {
            *kept = *later;
        }
        same
    });
    sorted
}

/// What changed days change in the cycles, each cycle of a card once, in the order of their table's key.
pub fn cycle_changes(days: &[DayChange]) -> Vec<CycleChange> {
    let mut changes: BTreeMap<(i64, i32), CycleChange> = BTreeMap::new();
    for DayChange { line, before } in days {
        let bytes = line.bytes - before.unwrap_or(0);
        let key = (line.sim_card_id, line.cycle());
        let (sim_card_id, cycle) = key;
        let fresh =
            CycleChange { cycle, sim_card_id, account: line.account, bytes: 0, start_day: line.start_day };
        changes.entry(key).or_insert(fresh).bytes += bytes;
    }
    changes.into_values().collect()
}

/// What changed days change in what accounts used in a day, by account and date.
pub fn account_changes(days: &[DayChange]) -> BTreeMap<(AccountId, i32), i64> {
    let mut changes = BTreeMap::new();
    for DayChange { line, before } in days {
        *changes.entry((line.account, line.date)).or_insert(0) += line.bytes - before.unwrap_or(0);
    }
    changes
}

/// The newest day that lines speak of, by carrier.
pub fn newest_days(lines: &[Line]) -> BTreeMap<u16, i32> {
    let mut newest = BTreeMap::new();
    for line in lines {
        let day = newest.entry(line.carrier).or_insert(line.date);
        *day = line.date.max(*day);
    }
    newest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ACCOUNT: AccountId = AccountId(1);

    fn line(number: u64, card: i64, date: i32, bytes: i64, carrier: i32) -> Line {
        let start_day = StartDay::of_carrier(carrier);
        let carrier = u16::try_from(carrier).unwrap();
        Line { number, account: ACCOUNT, sim_card_id: card, date, bytes, start_day, network: 0, carrier }
    }

    /// Shows on both sides of each cut which cycle a day belongs to, over the turn of the year and the leap day.
    #[test]
    fn days_belong_to_the_cycle_they_fall_into() {
        for (carrier, date, cycle) in [
            (1, 20_240_131, 202_401),
            (1, 20_240_229, 202_402),
            (1, 20_240_301, 202_403),
            (3, 20_240_226, 202_402),
            (3, 20_240_227, 202_403),
            (3, 20_240_229, 202_403),
            (3, 20_240_301, 202_403),
            (3, 20_231_226, 202_312),
            (3, 20_231_227, 202_401),
            (3, 20_231_231, 202_401),
            (2, 20_231_231, 202_312),
            (501, 20_240_227, 202_402),
        ] {
            assert_eq!(line(1, 1, date, 0, carrier).cycle(), cycle, "{carrier} {date}");
        }
    }

    /// Shows that the last of several words on a day holds, networks count apart, and keys come in the table's order.
    #[test]
    fn last_words_hold() {
        let other_network = Line { network: 2, ..line(5, 2, 20_240_102, 50, 1) };
        let lines = [
            line(1, 2, 20_240_102, 10, 1),
            line(2, 1, 20_240_103, 20, 1),
            line(3, 2, 20_240_102, 30, 1),
            line(4, 9, 20_231_231, 40, 1),
            other_network,
        ];
        let words: Vec<u64> = last_words(&lines).iter().map(|line| line.number).collect();
        assert_eq!(words, [4, 2, 3, 5]);
        assert_eq!(last_words(&[]), []);
    }

    /// Shows differences of new, higher, lower and unchanged days, summed by cycle and card.
    #[test]
    fn cycles_change_by_differences() {
        let change = |card, date, bytes, carrier, before| DayChange {
            line: line(1, card, date, bytes, carrier),
            before,
        };
        let days = [
            change(7, 20_240_226, 100, 3, None),
            change(7, 20_240_227, 5, 3, Some(9)),
            change(7, 20_240_228, 50, 3, Some(50)),
            change(8, 20_240_227, 1, 1, None),
            change(8, 20_240_228, 0, 1, None),
        ];
        let changes: Vec<_> = cycle_changes(&days)
            .iter()
            .map(|change| (change.cycle, change.sim_card_id, change.bytes))
            .collect();
        assert_eq!(changes, [(202_402, 7, 100), (202_403, 7, -4), (202_402, 8, 1)]);
    }

    /// Shows that each carrier has its own newest day, wherever it stands in the file.
    #[test]
    fn newest_days_are_each_carriers_own() {
        let lines =
            [line(1, 1, 20_240_103, 1, 1), line(2, 2, 20_240_105, 1, 3), line(3, 1, 20_240_102, 0, 1)];
        assert_eq!(newest_days(&lines), BTreeMap::from([(1, 20_240_103), (3, 20_240_105)]));
    }

    prop_compose! {
        fn any_line()(card in 1..6_i64, day in 1..=28_i32, month in 0..3_i32, bytes in 0..1_000_i64, network in 0..4_u8) -> Line {
            // A card has one carrier: the odd ones Unicom's.
            let carrier = if card % 2 == 1 { 3 } else { 1 };
            Line { network, ..line(0, card, [202_312, 202_401, 202_402][month as usize] * 100 + day, bytes, carrier) }
        }
    }

    /// Days and cycles as tables hold them.
    type Tables = (BTreeMap<DayKey, Line>, BTreeMap<(i32, i64), i64>);

    fn apply((days, cycles): &mut Tables, lines: &[Line]) {
        let changed: Vec<DayChange> = last_words(lines)
            .into_iter()
            .map(|line| DayChange { line, before: days.insert(line.key(), line).map(|before| before.bytes) })
            .collect();
        for change in cycle_changes(&changed) {
            *cycles.entry((change.cycle, change.sim_card_id)).or_default() += change.bytes;
        }
    }

    proptest! {
        /// Shows that cycles are the sums of their days and no bytes are lost, however lines are cut into chunks.
        #[test]
        fn sums_hold_however_lines_are_cut(lines in prop::collection::vec(any_line(), 0..80), chunk in 1..20_usize) {
            let (mut whole, mut cut) = (Tables::default(), Tables::default());
            apply(&mut whole, &lines);
            lines.chunks(chunk).for_each(|lines| apply(&mut cut, lines));
            let mut sums: BTreeMap<(i32, i64), i64> = BTreeMap::new();
            for line in whole.0.values() {
                *sums.entry((line.cycle(), line.sim_card_id)).or_default() += line.bytes;
            }
            prop_assert_eq!(&whole.1, &sums);
            prop_assert_eq!(&cut, &whole);
            // What the same lines change the second time is nothing.
            apply(&mut cut, &lines);
            prop_assert_eq!(&cut, &whole);
        }
    }
}
