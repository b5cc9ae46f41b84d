//! Cursors: where an answer goes on, at the revision that it began at.
//!
//! A cursor is good for the request that it came from and for nothing else. It says of which store and revision the
//! answer was; asked with it, that revision is answered from again, for as long as the history reaches it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::error::ServiceError;
use crate::model::{Revision, StoreId};

/// A hash of a request, without what may differ when it is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

/// Which part of an answer a cursor goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    Feeds = 1,
    Principals = 2,
    Findings = 3,
    Groups = 4,
    GroupPrincipals = 5,
    GroupTargets = 6,
}

impl Part {
    const ALL: [Self; 6] = [
        Self::Feeds,
        Self::Principals,
        Self::Findings,
        Self::Groups,
        Self::GroupPrincipals,
        Self::GroupTargets,
    ];
}

/// Where an answer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub part: Part,
    pub revision: Revision,
    pub request: Fingerprint,
    /// Which group, for its members.
    pub group: u64,
    /// The first that comes.
    pub from: u64,
}

const BYTES: usize = 1 + 16 + 16 + 16 + 4;

impl Cursor {
    /// As callers hold it.
    pub fn text(self) -> String {
        let Self { part, revision: Revision { store, number }, request, group, from } = self;
        let mut bytes = vec![part as u8];
        bytes.extend(store.0.to_be_bytes());
        bytes.extend(number.to_be_bytes());
        bytes.extend(request.0);
        bytes.extend(group.to_be_bytes());
        bytes.extend(from.to_be_bytes());
        bytes.extend(check(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads one of the same request; none if there is none.
    pub fn read(text: &str, request: Fingerprint, parts: &[Part]) -> Result<Option<Self>, ServiceError> {
        if text.is_empty() {
            return Ok(None);
        }
        let cursor = Self::decode(text).filter(|it| it.request == request && parts.contains(&it.part));
        cursor.map(Some).ok_or_else(|| Self::invalid(text, parts))
    }

    /// What is answered to a text that is no cursor for these parts.
    pub fn invalid(text: &str, parts: &[Part]) -> ServiceError {
        let field = if parts.contains(&Part::Groups) { "page.cursor" } else { "cursor" };
        ServiceError::InvalidCursor { field, cursor: text.chars().take(80).collect() }
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (signed, sum) = bytes.split_at(BYTES - 4);
        if sum != check(signed) {
            return None;
        }
        let (part, rest) = signed.split_first()?;
        let (words, request) = (number_at(rest, 0)?, rest.get(16..32)?.try_into().ok()?);
        Some(Self {
            part: Part::ALL.into_iter().find(|it| *it as u8 == *part)?,
            revision: Revision { store: StoreId(words), number: number_at(rest, 8)? },
            request: Fingerprint(request),
            group: number_at(rest, 32)?,
            from: number_at(rest, 40)?,
        })
    }
}

fn number_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Finds cursors that were cut or mistyped. It proves nothing: whoever may ask may ask for any part.
fn check(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = *blake3::hash(bytes).as_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_request_only() {
        let request = Fingerprint([7; 16]);
        let revision = Revision { store: StoreId(0x1234_5678_9abc_def0), number: 42 };
        let cursor = Cursor { part: Part::GroupTargets, revision, request, group: 3, from: u64::MAX };
        let text = cursor.text();
        assert_eq!(Cursor::read(&text, request, &Part::ALL).unwrap(), Some(cursor));
        assert_eq!(Cursor::read("", request, &Part::ALL).unwrap(), None);
        Cursor::read(&text, Fingerprint([8; 16]), &Part::ALL).unwrap_err();
        Cursor::read(&text, request, &[Part::Groups]).unwrap_err();
        for at in 0..text.len() {
            let mut other: Vec<char> = text.chars().collect();
            other[at] = if other[at] == 'A' { 'B' } else { 'A' };
            let other: String = other.into_iter().collect();
            assert!(Cursor::read(&other, request, &Part::ALL).is_err(), "{other}");
        }
        Cursor::read(&text[1..], request, &Part::ALL).unwrap_err();
    }
}
