//! Stores: where a policy survives.
//!
//! A store keeps the objects of the newest revision, the change sets that led there, and the credentials
//! beside them. It knows nothing of decisions: the writer hands it change sets that have been checked, in
//! the order of their revisions, and a start-up hands it a [`Policy`] back.
//!
//! | File | Holds |
//! |---|---|
//! | `error`, `problems` | what can go wrong, and all that is wrong, for the operator |
//! | `codec` | the format of records, the same in every durable store |
//! | `sled` | the embedded store: the only place that names sled |
//! | `backup` | all of a store in one file |
//! | `examined` | what was found by whoever wants to know all that is wrong |
//! | `memory` | a store that forgets, for tests and for policies that are only tried out |
//! | `conformance` | the suite that every store passes |

mod backup;
mod codec;
mod error;
mod examined;
mod memory;
mod problems;
mod sled;

#[cfg(test)]
mod conformance;

pub use backup::{Archive, Backup, BackupError, Copied, Stamp};
pub use codec::Counts;
pub use error::{RestoreError, StoreError};
pub use examined::{Examined, Whole};
pub use memory::{FailAt, MemoryStore};
pub use problems::Problems;
use sled::PART_LIMIT;
pub use sled::{
    Defect, Offline, Restored, SPARE_BYTES, SledStore, UnfitFolder, check_owner, data_folder, restore,
};

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;

use feedgate_model::{ChangeSet, Credential, Idempotency, Policy, StoreId, UserId};

/// Where a store's history ends, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub store: StoreId,
    /// The newest revision; 0 in a store that has seen no change.
    pub revision: u64,
    /// The hash of the newest change set, which includes the one before it, and so all.
    pub digest: [u8; 32],
    /// The revision behind which the history begins: change sets up to it are no longer kept.
    pub history_after: u64,
}

/// What a store holds, read and verified whole.
#[derive(Debug)]
pub struct Loaded {
    pub head: Head,
    pub policy: Policy,
    /// The change sets of the history that came with an idempotency key, in order.
    pub keyed: Vec<Keyed>,
}

/// A change set that is known again by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    pub revision: u64,
    pub actor: Box<str>,
    pub idempotency: Idempotency,
}

/// What is to become durable in one go.
#[derive(Debug, Default)]
pub struct Commit {
    /// Contiguous, the first one right behind the head. May be empty when there are only credentials.
    pub change_sets: Vec<Arc<ChangeSet>>,
    /// Set or, with none, removed. Outside the revisions.
    pub credentials: Vec<(UserId, Option<Credential>)>,
    /// What of the history may go with it; nothing, if there is nothing else to commit.
    pub trim: Option<Trim>,
}

/// Which change sets may go: those that are neither among the newest nor young. The oldest go first, and the first
/// that stays ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// How many of the newest stay, those of the commit included.
    pub keep: u64,
    /// Those that were made at this time or later stay, in milliseconds since 1970-01-01 UTC.
    pub since_ms: u64,
}

/// How many change sets go with one commit at most, so that none takes long.
pub const MAX_TRIMMED: usize = 256;

/// Now, by this machine's clock: milliseconds since 1970-01-01 UTC.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A new incarnation's id: random, never 0.
fn new_store_id() -> Result<StoreId, StoreError> {
    loop {
        let id = getrandom::u64().map_err(|error| StoreError::Io {
            what: "get random bytes from",
            path: "the operating system".into(),
            source: std::io::Error::other(error),
        })?;
        if id != 0 {
            return Ok(StoreId(id));
        }
    }
}

/// A place where a policy survives.
///
/// One writer owns a store. A failed [`commit`](Self::commit) has either happened whole or not at all; when
/// the error [says so](StoreError::outcome_unknown), only [`load`](Self::load) tells which.
#[async_trait]
pub trait PolicyStore: Send + Sync + std::fmt::Debug {
    /// Reads and verifies everything: checksums, counts, the contiguous history, the format. A new store
    /// holds [`Policy::initial`] at revision 0.
    async fn load(&self) -> Result<Loaded, StoreError>;

    /// Where the history ends, durably: an error when a failed write left that unknown.
    async fn head(&self) -> Result<Head, StoreError>;

    /// Up to `limit` change sets after a revision, in order.
    ///
    /// [`StoreError::Trimmed`] if the next one after it is no longer kept.
    async fn changes_after(&self, revision: u64, limit: usize) -> Result<Vec<ChangeSet>, StoreError>;

    /// How a user signs in; none if no password was ever set.
    async fn credential(&self, user: UserId) -> Result<Option<Credential>, StoreError>;

    /// Makes change sets and credentials durable, all or none. When it returns, they survive a power loss.
    ///
    /// [`StoreError::HeadMoved`] unless the store's head is at `expected`.
    async fn commit(&self, expected: u64, commit: Commit) -> Result<Head, StoreError>;

    /// Reason why every change is refused for now; none if a small one would be taken. Waits for no commit.
    async fn refusal(&self) -> Option<StoreError> {
        None
    }

    /// Copies all records as they are between two commits. Commits wait meanwhile, and for nothing else of a backup.
    async fn backup(&self) -> Result<Copied, StoreError>;
}
