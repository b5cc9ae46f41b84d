//! What was asked about, to be found again by.

use smallvec::SmallVec;

use super::super::external::{Key, Qualified};

/// A key as bytes. Most fit without an allocation.
pub(super) type KeyBytes = SmallVec<[u8; 64]>;

/// A key that is kept, to ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedKey {
    Name(Box<str>),
    /// The whole.
    Qualified(Box<str>),
    Id(Box<str>),
}

impl OwnedKey {
    pub fn as_key(&self) -> Key<'_> {
        match self {
            Self::Name(name) => Key::Name(name),
            Self::Qualified(whole) => Qualified::parse(whole).map_or(Key::Name(whole), Key::Qualified),
            Self::Id(id) => Key::Id(id),
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Qualified(text) | Self::Id(text) => text,
        }
    }
}

impl From<Key<'_>> for OwnedKey {
    fn from(key: Key<'_>) -> Self {
        match key {
            Key::Name(name) => Self::Name(name.into()),
            Key::Qualified(name) => Self::Qualified(name.whole.into()),
            Key::Id(id) => Self::Id(id.into()),
        }
    }
}

/// The bytes of a key: exactly as it is spelled, since it is the directory's business which names it takes for the same.
pub(super) fn bytes(key: Key<'_>) -> KeyBytes {
    let (tag, text) = match key {
        Key::Name(name) => (b'n', name),
        Key::Qualified(name) => (b'q', name.whole),
        Key::Id(id) => (b'i', id),
    };
    let mut bytes = KeyBytes::from_slice(&[tag]);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
