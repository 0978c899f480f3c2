//! What a seed decides beforehand: the faults of each carrier, the outage, how often attempts are cut off.

use simlink_carriers::simulator::Knobs;

use super::dice::Dice;

/// The carriers' links, by the contract's carrier number from 1.
pub const LINKS: [&str; 4] = ["mobile", "telecom", "unicom", "others"];

/// The options of a run; printed where it fails.
#[derive(Debug)]
pub struct Plan {
    pub seed: u64,
    /// Orders to be placed.
    pub orders: usize,
    /// Orders placed at once, at most.
    pub orders_at_once: u64,
    /// The faults of each link, in phases that follow one another.
    pub faults: Vec<[Knobs; 4]>,
    /// The link that is down for a while, from this share of the orders to that, in percent.
    pub outage: (usize, std::ops::Range<usize>),
    /// How many settlings in a hundred are cut off in the middle.
    pub cut_off_percent: u64,
    /// Calls a second that the links allow themselves; 0 is unlimited.
    pub calls_per_second: u32,
}

impl Plan {
    pub fn new(seed: u64, orders: usize) -> Self {
        let mut dice = Dice::new(seed);
        let begin = usize::try_from(dice.below(80)).expect("it is small");
        let length = usize::try_from(dice.between(5, 40)).expect("it is small");
        Self {
            seed,
            orders,
            orders_at_once: dice.below(12) + 1,
            faults: (0..=dice.below(3)).map(|_| std::array::from_fn(|_| faults(&mut dice))).collect(),
            outage: (usize::try_from(dice.below(4)).expect("it is small"), begin..begin + length),
            cut_off_percent: *dice.pick(&[0, 0, 5, 20]),
            calls_per_second: *dice.pick(&[0, 0, 0, 20, 50]),
        }
    }

    /// The faults of a link after so many orders.
    pub fn knobs(&self, link: usize, placed: usize) -> Knobs {
        let percent = placed * 100 / self.orders;
        let phase = (percent * self.faults.len() / 100).min(self.faults.len() - 1);
        let down = self.outage.0 == link && self.outage.1.contains(&percent);
        Knobs { down, ..self.faults[phase][link] }
    }
}

/// Each fault is there in some of the cases, so that each meets each other, and often in none.
fn faults(dice: &mut Dice) -> Knobs {
    let mut rate = |percent: u64| {
        let rates = [0.02, 0.1, 0.3, 0.6];
        if dice.percent(percent) { *dice.pick(&rates) } else { 0.0 }
    };
    let mut knobs = Knobs {
        lose_request_rate: rate(30),
        lose_answer_rate: rate(30),
        carrier_error_rate: rate(30),
        fail_rate: rate(30),
        accept_rate: rate(60),
        silence_rate: rate(30),
        early_push_rate: rate(30),
        duplicate_rate: rate(30),
        contradict_rate: rate(30),
        stray_rate: rate(30),
        drift_rate: rate(30),
        ..Knobs::default()
    };
    knobs.push_delay_ms = *dice.pick(&[0, 500, 2_000, 40_000, 3 * 3_600_000]);
    knobs.push_jitter_ms = *dice.pick(&[0, 5_000, 120_000, 3_600_000]);
    knobs.drift_delay_ms = *dice.pick(&[0, 1_000, 60_000]);
    knobs.lock_ms = *dice.pick(&[0, 0, 2_000, 60_000]);
    knobs.calls_per_second = *dice.pick(&[0, 0, 0, 1, 3]);
    knobs
}
