//! Length, depth and shape of an LDAP message, checked before the LDAP client parses it.
//!
//! The client's parser calls itself for each constructed element and allocates for every element. A message that is
//! nested deeply enough would overflow the stack of the process, and one of many small elements would take many times
//! its length of memory. [`check`] walks over the bytes without recursion and without allocation.

use smallvec::SmallVec;

use crate::DirectoryError;

/// The longest message, in bytes. The identities of 10,000 groups take a third of it.
pub(super) const MAX_MESSAGE: usize = 1 << 20;
/// How deep elements may be nested. An entry has a depth of 5, a control of 4.
pub(super) const MAX_DEPTH: usize = 16;
/// How many elements a message may have.
pub(super) const MAX_ELEMENTS: usize = 32_768;
/// The memory of an element after it is parsed, besides its content.
const ELEMENT: usize = 64;

/// The longest header of an element: a tag, and a length of up to four bytes behind their number.
pub(super) const MAX_HEADER: usize = 6;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
/// The answers to what this client asks: of a bind, an entry, the end of a search, a reference, of an extended request,
/// and an intermediate one.
const ANSWERS: [u8; 6] = [0x61, 0x64, 0x65, 0x73, EXTENDED_RESPONSE, 0x79];
pub(super) const EXTENDED_RESPONSE: u8 = 0x78;
/// What may follow them: controls, and the name of a notice where Active Directory puts it.
const BEHIND: [u8; 2] = [0xa0, 0x8a];

/// Why a message isn't passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("it can't be read as LDAP")]
    NotLdap,
    #[error("a message is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    #[error("a message has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    #[error("a message of {length} bytes is longer than {limit} bytes")]
    TooLong { length: usize, limit: usize },
    #[error("the answer is larger than {} KiB", .0 >> 10)]
    TooMuch(usize),
    #[error("it sends what it wasn't asked for")]
    Unasked,
}

impl Fault {
    pub(super) fn at(&self, url: &str) -> DirectoryError {
        let why = format!("{url}: {self}").into();
        match self {
            Self::NotLdap | Self::TooDeep | Self::Unasked => DirectoryError::Malformed(why),
            Self::TooManyElements | Self::TooLong { .. } | Self::TooMuch(_) => {
                DirectoryError::Incomplete(why)
            }
        }
    }
}

/// The tag and the length of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) tag: u8,
    /// How many bytes the header itself has.
    pub(super) size: usize,
    /// How many bytes follow it.
    pub(super) length: usize,
}

impl Header {
    /// Reads the header that the bytes begin with; none if a part of it is missing.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let [tag, first, rest @ ..] = bytes else { return Ok(None) };
        // A tag of several bytes occurs nowhere in LDAP, and the client's parser reads it as something else.
        if tag & 0x1f == 0x1f {
            return Err(Fault::NotLdap);
        }
        if *first < 0x80 {
            return Ok(Some(Self { tag: *tag, size: 2, length: usize::from(*first) }));
        }
        // LDAP has no indefinite lengths (RFC 4511, section 5.1), and none above 2³¹.
        let count = usize::from(first & 0x7f);
        if !(1..=MAX_HEADER - 2).contains(&count) {
            return Err(Fault::NotLdap);
        }
        let Some(octets) = rest.get(..count) else { return Ok(None) };
        let length = octets.iter().fold(0, |length, octet| (length << 8) | usize::from(*octet));
        Ok(Some(Self { tag: *tag, size: 2 + count, length }))
    }

    const fn is_constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }
}

/// The memory that a message takes after it is parsed, about; or why it can't be an answer.
pub(super) fn check(message: &[u8]) -> Result<usize, Fault> {
    envelope(message)?;
    let mut ends: SmallVec<[usize; MAX_DEPTH]> = SmallVec::new();
    let mut elements = 0;
    let mut at = 0;
    while at < message.len() {
        let within = ends.last().copied().unwrap_or(message.len());
        let header = Header::read(message.get(at..within).unwrap_or_default())?.ok_or(Fault::NotLdap)?;
        elements += 1;
        if elements > MAX_ELEMENTS {
            return Err(Fault::TooManyElements);
        }
        at += header.size;
        let end = at.checked_add(header.length).filter(|end| *end <= within).ok_or(Fault::NotLdap)?;
        if !header.is_constructed() {
            at = end;
        } else if ends.len() == MAX_DEPTH {
            return Err(Fault::TooDeep);
        } else {
            ends.push(end);
        }
        while ends.last() == Some(&at) {
            ends.pop();
        }
    }
    Ok(message.len() + elements * ELEMENT)
}

/// The number of a message.
pub(super) fn number(message: &[u8]) -> Result<u32, Fault> {
    let (_, content) = Elements(message).next().ok_or(Fault::NotLdap)??;
    match Elements(content).next().ok_or(Fault::NotLdap)?? {
        (INTEGER, number) if number.len() <= 4 => {
            Ok(number.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
        }
        _ => Err(Fault::NotLdap),
    }
}

/// Checks that a message is a sequence of a number, an answer and perhaps controls (RFC 4511, section 4.1.1).
fn envelope(message: &[u8]) -> Result<(), Fault> {
    let mut outer = Elements(message);
    let (tag, content) = outer.next().ok_or(Fault::NotLdap)??;
    if tag != SEQUENCE || !outer.0.is_empty() {
        return Err(Fault::NotLdap);
    }
    let mut parts = Elements(content);
    let (id, number) = parts.next().ok_or(Fault::NotLdap)??;
    let (answer, _) = parts.next().ok_or(Fault::NotLdap)??;
    let behind = parts.next().transpose()?;
    let fits = id == INTEGER
        && (1..=4).contains(&number.len())
        && ANSWERS.contains(&answer)
        && behind.is_none_or(|(tag, _)| BEHIND.contains(&tag))
        && parts.next().is_none();
    if fits { Ok(()) } else { Err(Fault::NotLdap) }
}

/// Elements that stand one after the other, each with its tag and its content.
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Result<(u8, &'a [u8]), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let next = split(self.0);
        self.0 = next.as_ref().map(|(_, _, rest)| *rest).unwrap_or_default();
        Some(next.map(|(tag, content, _)| (tag, content)))
    }
}

fn split(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), Fault> {
    let header = Header::read(bytes)?.ok_or(Fault::NotLdap)?;
    let rest = bytes.get(header.size..).unwrap_or_default();
    let (content, rest) = rest.split_at_checked(header.length).ok_or(Fault::NotLdap)?;
    Ok((header.tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An element with a length of four bytes.
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84], length.as_slice(), content].concat()
    }

    fn entry(content: &[u8]) -> Vec<u8> {
        element(SEQUENCE, &[b"\x02\x01\x02".as_slice(), &element(0x64, content)].concat())
    }

    fn nested(depth: usize) -> Vec<u8> {
        (0..depth).fold(Vec::new(), |inner, _| element(SEQUENCE, &inner))
    }

    #[test]
    fn depth_length_and_number_of_elements_are_limited() {
        // The message and the entry are two levels.
        assert_eq!(check(&entry(&nested(MAX_DEPTH - 2))).map(drop), Ok(()));
        assert_eq!(check(&entry(&nested(MAX_DEPTH - 1))), Err(Fault::TooDeep));
        assert_eq!(check(&entry(&nested(12_000))), Err(Fault::TooDeep));
        // The message, its number and the entry are three elements.
        assert_eq!(check(&entry(&b"\x04\x00".repeat(MAX_ELEMENTS - 3))).map(drop), Ok(()));
        assert_eq!(check(&entry(&b"\x04\x00".repeat(MAX_ELEMENTS - 2))), Err(Fault::TooManyElements));
    }

    #[test]
    fn shapes() {
        for (message, expected) in [
            (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00".as_slice(), true),
            // Controls, and the notice of Active Directory.
            (b"\x30\x0e\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00\xa0\x00", true),
            (b"\x30\x0f\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00\x8a\x01x", true),
            (b"", false),
            (b"\x30\x00", false),
            (b"\x02\x01\x01", false),
            // No answer, a request, and an answer to something else.
            (b"\x30\x03\x02\x01\x01", false),
            (b"\x30\x05\x02\x01\x01\x60\x00", false),
            (b"\x30\x05\x02\x01\x01\x6b\x00", false),
            // No number, or none that fits.
            (b"\x30\x05\x04\x01\x01\x61\x00", false),
            (b"\x30\x04\x02\x00\x61\x00", false),
            // Too much behind it, within the message and outside.
            (b"\x30\x07\x02\x01\x01\x61\x00\x04\x00", false),
            (b"\x30\x09\x02\x01\x01\x61\x00\xa0\x00\xa0\x00", false),
            (b"\x30\x05\x02\x01\x01\x61\x00\x30\x00", false),
            // An element that is longer than what it is in.
            (b"\x30\x07\x02\x01\x01\x61\x02\x04\x01", false),
            // No length, a length of nothing, of five bytes; a tag of two.
            (b"\x30\x80\x02\x01\x01\x61\x00\x00\x00", false),
            (b"\x30\x85\x00\x00\x00\x00\x05\x02\x01\x01\x61\x00", false),
            (b"\x30\x08\x02\x01\x01\x61\x03\x1f\x7f\x00", false),
        ] {
            assert_eq!(check(message).is_ok(), expected, "{message:x?}");
        }
    }

    proptest! {
        /// Any bytes have an answer, and what is accepted is whole.
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
            let _ = check(&entry(&bytes));
        }
    }
}
