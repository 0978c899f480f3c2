//! Seeded dice: the same seed and salt always roll the same, on every machine and in every order of calls.

/// A splitmix64 sequence.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice whose rolls depend on `seed` and every number of `salt`.
    pub(crate) fn new(seed: u64, salt: &[u64]) -> Self {
        let mut dice = Self(seed);
        for number in salt {
            dice.0 = dice.roll() ^ number;
        }
        dice
    }

    /// Any 64 bits.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.roll() % bound }
    }

    /// True with the probability `rate` (0 never, 1 always). Always costs one roll, so that one knob does not change
    /// what the others do.
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        let unit = (self.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < rate
    }
}

/// A number for a text, to salt dice with (FNV-1a).
pub(crate) fn salt_of(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that equal seeds roll alike, that any salt changes the rolls, and that chances keep their rate.
    #[test]
    fn dice_repeat_and_keep_their_rate() {
        let rolls = |seed, salt: &[u64]| {
            let mut dice = Dice::new(seed, salt);
            [dice.roll(), dice.roll(), dice.roll()]
        };
        assert_eq!(rolls(1, &[2, 3]), rolls(1, &[2, 3]));
        assert_ne!(rolls(1, &[2, 3]), rolls(1, &[3, 2]));
        assert_ne!(rolls(1, &[2, 3]), rolls(2, &[2, 3]));
        let mut dice = Dice::new(7, &[]);
        let hits = (0..10_000).filter(|_| dice.chance(0.3)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| !dice.chance(0.0) && dice.chance(1.0)));
    }
}
