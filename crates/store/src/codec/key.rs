//! Which records there are, and the keys that they are found by.

use std::fmt;

use feedgate_model::{Kind, ObjectKey, UserId};

/// How many ids one page of objects spans.
pub(super) const PAGE_SPAN: u64 = 64;

const META: u8 = 1;
const OBJECTS: u8 = 2;
const CREDENTIALS: u8 = 3;
const LOG: u8 = 4;

/// What a record is found by. Sorted as in the store: the state before all that it vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKey {
    /// The version of the whole format. Its own bytes are the same in every version.
    Format,
    /// [`State`](super::State).
    State,
    /// The objects of a kind with ids from `page` × 64.
    Page { kind: Kind, page: u64 },
    /// How a user signs in.
    Credential(UserId),
    /// The change set that makes this revision.
    ChangeSet(u64),
}

impl RecordKey {
    /// The page that holds an object.
    pub fn page_of(object: ObjectKey) -> Self {
        Self::Page { kind: object.kind, page: object.id / PAGE_SPAN }
    }

    /// The version that its payload is written in. Older ones are read, too.
    ///
    /// 2: settings have `sign_in`.
    pub(super) fn version(self) -> u8 {
        match self {
            Self::Page { kind: Kind::Settings, .. } | Self::ChangeSet(_) => 2,
            Self::Format | Self::State | Self::Page { .. } | Self::Credential(_) => 1,
        }
    }

    /// The key of one part.
    pub fn part(self, part: u32) -> Vec<u8> {
        let mut key = Vec::with_capacity(14);
        match self {
            Self::Format => key.extend([META, 0]),
            Self::State => key.extend([META, 1]),
            Self::Page { kind, page } => {
                key.extend([OBJECTS, kind_code(kind)]);
                key.extend(page.to_be_bytes());
            }
            Self::Credential(user) => {
                key.push(CREDENTIALS);
                key.extend(user.0.to_be_bytes());
            }
            Self::ChangeSet(revision) => {
                key.push(LOG);
                key.extend(revision.to_be_bytes());
            }
        }
        key.extend(part.to_be_bytes());
        key
    }

    /// Which record's part has this key; none if no record's has.
    pub fn parse(key: &[u8]) -> Option<(Self, u32)> {
        let (rest, part) = key.split_last_chunk()?;
        let record = match rest.split_first()? {
            (&META, [0]) => Self::Format,
            (&META, [1]) => Self::State,
            (&OBJECTS, [kind, page @ ..]) => {
                Self::Page { kind: kind_of(*kind)?, page: u64::from_be_bytes(page.try_into().ok()?) }
            }
            (&CREDENTIALS, user) => Self::Credential(UserId(u32::from_be_bytes(user.try_into().ok()?))),
            (&LOG, revision) => Self::ChangeSet(u64::from_be_bytes(revision.try_into().ok()?)),
            _ => return None,
        };
        Some((record, u32::from_be_bytes(*part)))
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("the record of the format"),
            Self::State => f.write_str("the record of the state"),
            Self::Page { kind, page } => write!(f, "page {page} of kind {kind}"),
            Self::Credential(user) => write!(f, "the credential of user {user}"),
            Self::ChangeSet(revision) => write!(f, "change set {revision}"),
        }
    }
}

/// What a kind is stored as. Written out, so that the order of the kinds in the model is free.
pub(super) const fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::Settings => 0,
        Kind::Attribute => 1,
        Kind::Task => 2,
        Kind::Directory => 3,
        Kind::Group => 4,
        Kind::User => 5,
        Kind::FeedGroup => 6,
        Kind::Feed => 7,
        Kind::Connector => 8,
        Kind::Grant => 9,
    }
}

/// The kind that is stored so.
pub(super) fn kind_of(code: u8) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind_code(*kind) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_in_order() {
        let mut keys = vec![RecordKey::Format, RecordKey::State];
        keys.extend(Kind::ALL.map(|kind| RecordKey::Page { kind, page: 7 }));
        keys.push(RecordKey::Page { kind: Kind::Grant, page: u64::MAX });
        keys.extend([RecordKey::Credential(UserId(1)), RecordKey::Credential(UserId(256))]);
        keys.extend([RecordKey::ChangeSet(1), RecordKey::ChangeSet(256)]);
        let parts: Vec<_> = keys.iter().flat_map(|key| [(*key, 0), (*key, 256)]).collect();
        let stored: Vec<_> = parts.iter().map(|(key, part)| key.part(*part)).collect();
        assert!(stored.is_sorted());
        let parsed: Vec<_> = stored.iter().filter_map(|key| RecordKey::parse(key)).collect();
        assert_eq!(parsed, parts);
    }

    #[test]
    fn other_keys_are_none() {
        for key in
            [&[][..], &[9, 0, 0, 0, 0], &[2, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[1, 2, 0, 0, 0, 0]]
        {
            assert_eq!(RecordKey::parse(key), None);
        }
    }
}
