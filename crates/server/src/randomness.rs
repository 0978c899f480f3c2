//! Randomness as a parameter: one generator, seeded by the system in production and by a number in tests.

use parking_lot::Mutex;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// A shared cryptographic generator.
#[derive(Debug)]
pub struct Randomness {
    generator: Mutex<ChaCha20Rng>,
}

impl Randomness {
    /// A generator seeded by the operating system.
    #[expect(clippy::disallowed_methods, reason = "this is the one room that asks the system for randomness")]
    pub fn system() -> Self {
        Self { generator: Mutex::new(ChaCha20Rng::from_rng(&mut rand::rng())) }
    }

    /// A generator that repeats itself for the same seed; for tests only.
    pub fn seeded(seed: u64) -> Self {
        Self { generator: Mutex::new(ChaCha20Rng::seed_from_u64(seed)) }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.generator.lock().fill_bytes(&mut bytes);
        bytes
    }

    /// 32 lower-case hexadecimal digits: the form of domain, project and user ids.
    pub fn hex_id(&self) -> String {
        hex::encode(self.bytes::<16>())
    }

    /// `length` characters of `alphabet` (at most 256 characters, evenly drawn).
    pub fn text(&self, alphabet: &[u8], length: usize) -> String {
        let mut generator = self.generator.lock();
        let fair_below = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let byte = (generator.next_u32() & 0xff) as usize;
            // Bytes beyond the last whole multiple of the alphabet would favour its first letters.
            if byte < fair_below {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        text
    }
}
