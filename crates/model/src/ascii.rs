//! What kinds of bytes there are in a short text, eight at a time: names are looked at with every question.

/// In each byte its lowest bit.
const EACH: u64 = 0x0101_0101_0101_0101;
/// In each byte its highest bit.
const HIGHEST: u64 = 0x80 * EACH;

/// Which kinds there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Bytes of characters beyond ASCII. If there are any, nothing else is known.
    pub(super) foreign: bool,
    pub(super) control: bool,
    pub(super) upper_case: bool,
}

impl Kinds {
    #[inline]
    pub(super) fn of(text: &[u8]) -> Self {
        let (words, rest) = text.as_chunks();
        // None of the kinds.
        let mut last = *b"00000000";
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let (mut foreign, mut control, mut upper_case) = (0, 0, 0);
        for word in words.iter().chain([&last]) {
            let word = u64::from_le_bytes(*word);
            // The highest bit of each byte that is at least so much. Right for ASCII: no byte carries into the next.
            let at_least = |least: u8| word.wrapping_add(u64::from(0x80 - least) * EACH);
            foreign |= word;
            control |= !at_least(b' ') | at_least(0x7f);
            upper_case |= at_least(b'A') & !at_least(b'Z' + 1);
        }
        let any = |bits: u64| bits & HIGHEST != 0;
        Self { foreign: any(foreign), control: any(control), upper_case: any(upper_case) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_looking_at_each_byte_says() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                for length in place + 1..=20 {
                    let mut text = vec![b'x'; length];
                    text[place] = byte;
                    let kinds = Kinds::of(&text);
                    assert_eq!(kinds.foreign, !byte.is_ascii(), "{byte} at {place} of {length}");
                    if byte.is_ascii() {
                        assert_eq!(kinds.control, byte.is_ascii_control(), "{byte} at {place} of {length}");
                        assert_eq!(
                            kinds.upper_case,
                            byte.is_ascii_uppercase(),
                            "{byte} at {place} of {length}"
                        );
                    }
                }
            }
        }
        assert_eq!(Kinds::of(b""), Kinds::default());
    }
}
