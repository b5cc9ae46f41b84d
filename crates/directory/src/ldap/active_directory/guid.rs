//! objectGUID: whom an entry stands for, for ever.

use std::fmt;

/// As the directory has it: the first three groups of digits have their bytes in reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guid([u8; 16]);

impl Guid {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads what `Display` writes, in either case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let dashes: Vec<_> = text.match_indices('-').map(|(at, _)| at).collect();
        if text.len() != 36 || dashes != [8, 13, 18, 23] {
            return None;
        }
        let digits = text.bytes().filter(|byte| *byte != b'-').map(|digit| char::from(digit).to_digit(16));
        let digits: Vec<u32> = digits.collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [high, low] => u8::try_from(high * 16 + low).ok(),
                _ => None,
            })
            .collect();
        let bytes: [u8; 16] = bytes.try_into().ok()?;
        Some(Self(reordered(bytes)))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// From one order to the other, and back.
fn reordered(bytes: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in reordered(self.0).iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spelling() {
        let bytes: Vec<u8> = (0..16).collect();
        let guid = Guid::read(&bytes).unwrap();
        assert_eq!(guid.to_string(), "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(Guid::parse(&guid.to_string()), Some(guid));
        assert_eq!(Guid::parse(&guid.to_string().to_uppercase()), Some(guid));
        for wrong in [
            "",
            "03020100-0504-0706-0809-0a0b0c0d0e0",
            "03020100x0504-0706-0809-0a0b0c0d0e0f",
            "0302010g-0504-0706-0809-0a0b0c0d0e0f",
            "03020100-0504-0706-0809-0a0b0c0d0e\u{e9}",
        ] {
            assert_eq!(Guid::parse(wrong), None, "{wrong}");
        }
    }
}
