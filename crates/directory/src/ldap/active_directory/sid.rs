//! objectSid: a group as tokens have it.

use std::fmt;

use crate::ldap::escape::Value;

/// A security identifier, in its binary form ([MS-DTYP] 2.4.2.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sid(Box<[u8]>);

/// How many numbers there may be behind the authority.
const MOST: usize = 15;

impl Sid {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let [1, count, _, _, _, _, _, _, rest @ ..] = bytes else { return None };
        let count = usize::from(*count);
        (count <= MOST && rest.len() == count * 4).then(|| Self(bytes.into()))
    }

    /// Reads `S-1-5-21-…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_at_checked(4)?;
        if !first.eq_ignore_ascii_case("S-1-") {
            return None;
        }
        let mut numbers = rest.split('-');
        let authority = number::<u64>(numbers.next()?)?;
        let [0, 0, authority @ ..] = authority.to_be_bytes() else { return None };
        let numbers: Vec<u32> = numbers.map(number).collect::<Option<_>>()?;
        if numbers.len() > MOST {
            return None;
        }
        let mut bytes = vec![1, u8::try_from(numbers.len()).ok()?];
        bytes.extend(authority);
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        Some(Self(bytes.into()))
    }

    /// Another one of the same domain.
    pub(super) fn sibling(&self, last: u32) -> Option<Self> {
        let (domain, _) = self.0.split_last_chunk::<4>().filter(|(domain, _)| domain.len() >= 8)?;
        Some(Self([domain, &last.to_le_bytes()].concat().into()))
    }

    /// The filter for the entry that has it.
    pub(super) fn condition(&self) -> String {
        format!("(objectSid={})", Value::bytes(&self.0).as_str())
    }
}

/// Digits, and nothing else that the standard library takes for a number.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, _, a, b, c, d, e, g, rest @ ..] = &*self.0 else { return Ok(()) };
        write!(f, "S-1-{}", u64::from_be_bytes([0, 0, *a, *b, *c, *d, *e, *g]))?;
        for number in rest.chunks_exact(4).filter_map(|number| <[u8; 4]>::try_from(number).ok()) {
            write!(f, "-{}", u32::from_le_bytes(number))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spelling() {
        for text in ["S-1-5-21-3623811015-3361044348-30300820-513", "S-1-5-32-545", "S-1-1-0"] {
            let sid = Sid::parse(text).unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(Sid::read(&sid.0), Some(sid));
        }
        for wrong in ["", "S-1-", "S-2-5-21", "S-1-5-+1", "S-1-5-4294967296", "S-1-5--1", "S-1-5-1)(cn=*"] {
            assert_eq!(Sid::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn of_the_same_domain() {
        let user = Sid::parse("S-1-5-21-1-2-3-1104").unwrap();
        assert_eq!(user.sibling(513).unwrap().to_string(), "S-1-5-21-1-2-3-513");
    }

    #[test]
    fn bytes_that_are_none() {
        for wrong in
            [&[][..], &[1, 1, 0, 0, 0, 0, 0, 5], &[2, 0, 0, 0, 0, 0, 0, 5], &[1, 0, 0, 0, 0, 0, 0, 5, 1]]
        {
            assert_eq!(Sid::read(wrong), None);
        }
    }
}
