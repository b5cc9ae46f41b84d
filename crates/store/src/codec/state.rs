//! The state: the one record that vouches for all others. Written with every commit.

use serde::{Deserialize, Serialize};

use super::{
    super::{Head, StoreError},
    RecordKey, Records, damaged, genesis,
    key::{kind_code, kind_of},
    read,
    record::Tally,
    wire,
};
use feedgate_model::{Kind, NextIds, StoreId, name::unicode_versions};

/// The version of the format that this feedgate writes, and the newest that it reads. It reads all before it, too.
///
/// 2: settings have `sign_in`, in their own record and in change sets.
pub const FORMAT: u32 = 2;

/// What a store knows about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub head: Head,
    /// How many commits there were, those of credentials alone included.
    pub commits: u64,
    /// The digest of the revision behind which the change log begins.
    pub log_digest: [u8; 32],
    pub next: NextIds,
    /// The Unicode versions by which stored names were told apart.
    pub unicode: Box<str>,
    pub(super) objects: Tally,
    pub(super) credentials: Tally,
    pub(super) log: Tally,
}

impl State {
    /// Of a store without a record.
    pub(super) fn new(store: StoreId) -> Self {
        let digest = genesis(store);
        Self {
            head: Head { store, revision: 0, digest, history_after: 0 },
            commits: 0,
            log_digest: digest,
            next: NextIds::default(),
            unicode: unicode_versions().into(),
            objects: Tally::default(),
            credentials: Tally::default(),
            log: Tally::default(),
        }
    }

    /// A hash of all of it.
    pub fn fingerprint(&self) -> Result<[u8; 32], StoreError> {
        Ok(blake3::hash(&self.encode()?).into())
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let stored = Stored {
            store: self.head.store,
            revision: self.head.revision,
            digest: self.head.digest,
            commits: self.commits,
            log_after: (self.head.history_after, self.log_digest),
            next: Kind::ALL.map(|kind| (kind_code(kind), self.next.of(kind))).to_vec(),
            unicode: self.unicode.clone(),
            objects: (self.objects.parts, self.objects.sum),
            credentials: (self.credentials.parts, self.credentials.sum),
            log: (self.log.parts, self.log.sum),
        };
        wire::encode(RecordKey::State, &stored)
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Self, StoreError> {
        let stored: Stored = wire::decode(RecordKey::State, payload)?;
        let mut next = NextIds::default();
        for (code, id) in stored.next {
            let kind = kind_of(code).ok_or_else(|| damaged(RecordKey::State, "it names an unknown kind"))?;
            if let Some(used) = id.checked_sub(1) {
                next.note(kind, used);
            }
        }
        let tally = |(parts, sum)| Tally { parts, sum };
        let (history_after, log_digest) = stored.log_after;
        let Stored { store, revision, digest, .. } = stored;
        Ok(Self {
            head: Head { store, revision, digest, history_after },
            commits: stored.commits,
            log_digest,
            next,
            unicode: stored.unicode,
            objects: tally(stored.objects),
            credentials: tally(stored.credentials),
            log: tally(stored.log),
        })
    }
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Stored {
    store: StoreId,
    revision: u64,
    digest: [u8; 32],
    commits: u64,
    log_after: (u64, [u8; 32]),
    /// By the code of the kind, so that there can be more of them one day.
    next: Vec<(u8, u64)>,
    unicode: Box<str>,
    objects: (u64, u128),
    credentials: (u64, u128),
    log: (u64, u128),
}

/// The payload of the record of the format.
pub(super) fn encode_format() -> [u8; 4] {
    FORMAT.to_le_bytes()
}

/// [`StoreError::NewerFormat`] if a newer feedgate wrote the store.
pub(super) fn check_format(payload: &[u8]) -> Result<(), StoreError> {
    let found = payload.try_into().map(u32::from_le_bytes);
    match found.map_err(|_| damaged(RecordKey::Format, "it isn't a number"))? {
        1..=FORMAT => Ok(()),
        found if found > FORMAT => Err(StoreError::NewerFormat { found, known: FORMAT }),
        found => Err(damaged(RecordKey::Format, format_args!("there was no format {found}"))),
    }
}

/// Reads the format, then the state.
pub fn read_state(records: &impl Records) -> Result<State, StoreError> {
    let missing = |key| move || damaged(key, "it is missing");
    check_format(&read(records, RecordKey::Format)?.ok_or_else(missing(RecordKey::Format))?.payload)?;
    State::decode(&read(records, RecordKey::State)?.ok_or_else(missing(RecordKey::State))?.payload)
}
