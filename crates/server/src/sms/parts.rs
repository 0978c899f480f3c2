//! How many messages a text takes on its way: 160 characters of the default alphabet or 70 others fit one; of longer
//! texts each part loses a few to its number (GSM 03.38, 03.40).

/// Characters of one message, and of each part of several, in the default alphabet and in others.
const DEFAULT_ALPHABET: (usize, usize) = (160, 153);
const OTHER_ALPHABETS: (usize, usize) = (70, 67);

/// The default alphabet; the characters of the second text take two places.
const SINGLE: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                      ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const DOUBLE: &str = "\u{c}^{}\\[~]|€";

/// The messages that a text takes; at least one.
pub(super) fn parts(content: &str) -> u8 {
    let places = content.chars().map(|character| {
        let single = SINGLE.contains(character).then_some(1);
        single.or_else(|| DOUBLE.contains(character).then_some(2))
    });
    let (length, (one, each)) = match places.sum::<Option<usize>>() {
        Some(length) => (length, DEFAULT_ALPHABET),
        None => (content.encode_utf16().count(), OTHER_ALPHABETS),
    };
    let parts = if length <= one { 1 } else { length.div_ceil(each) };
    u8::try_from(parts).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the bounds of one and of several parts in both alphabets, and what takes two places.
    #[test]
    fn texts_are_cut_where_the_standard_says() {
        let table = [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("a".repeat(1_000), 7),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("中".repeat(70), 1),
            ("中".repeat(71), 2),
            ("中".repeat(134), 2),
            ("中".repeat(135), 3),
            ("中".repeat(1_000), 15),
            (format!("{}中", "a".repeat(69)), 1),
            (format!("{}中", "a".repeat(70)), 2),
            ("💩".repeat(35), 1),
            ("💩".repeat(36), 2),
        ];
        for (content, expected) in table {
            assert_eq!(parts(&content), expected, "{} characters", content.chars().count());
        }
    }
}
