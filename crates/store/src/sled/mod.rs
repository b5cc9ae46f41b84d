//! The embedded store, on sled 0.34.7: the only place that names sled.
//!
//! sled's hazards are known, and each has its guard here:
//!
//! | Hazard | Guard |
//! |---|---|
//! | `flush` doesn't survive a power loss, and room that a commit frees is used again by the same commit | `syncing`: sled's threads sync in earnest |
//! | what a killed process left unsynced is believed when it is opened again | `database`: synced before opening |
//! | a crash while opening leaves `snap.*.generating`, which is then read as a snapshot | `folder`: removed before opening, under our own lock |
//! | a crash while creating leaves an empty store | `folder`: created beside its place, then moved there |
//! | corruption can lose records without an error | `codec`: counts, sums and digests, verified by every load |
//! | corruption can look like a crash, after which it goes back to an earlier commit | `anchor`: the last commit, beside sled |
//! | corruption can panic | `worker`: every request catches panics |
//! | threads can deadlock | `worker`: one thread does everything |
//! | values above 128 KiB a node go to files that are never synced | `database`: parts are small enough |
//! | on a full disk it can't be opened any more | `worker`: writes are refused early |
//! | links are followed | `guard`: a store with links in it, or that others can change, is refused |
//! | nothing is sure after a failed write | `worker`: no more writes, reads from a reopened store |
//!
//! ```text
//! DIR/lock    held by the process that is named in it
//! DIR/store/  sled's, and the anchor
//! ```
//!
//! Besides the store in use there is the look at one that isn't (`offline`, and `tidy` for what lies around it), and
//! the store that is made of a backup (`restore`).
//!
//! Deliberately absent: sled's transactions and trees. One thread owns the store, so a batch on the default
//! tree is a transaction, and no closure runs twice.

mod anchor;
mod database;
mod folder;
mod guard;
mod lock;
mod offline;
mod restore;
mod syncing;
mod tidy;
mod worker;

#[cfg(test)]
mod tests;

use std::{fmt, path::Path, sync::mpsc, thread::JoinHandle};

use async_trait::async_trait;
use tokio::sync::oneshot;

pub(super) use self::database::PART_LIMIT;
use self::{
    folder::Space,
    worker::{Answer, Request, SMALLEST_CHANGE},
};
pub use self::{
    guard::{UnfitFolder, check_owner, data_folder},
    offline::Offline,
    restore::{Restored, restore},
    tidy::Defect,
};
use super::{Commit, Copied, Head, Loaded, PolicyStore, StoreError};
use feedgate_model::{ChangeSet, Credential, UserId};

/// What has to stay free on the disk, unless somebody says otherwise: sled can't be opened on a full one.
pub const SPARE_BYTES: u64 = 32 << 20;

/// A store in a folder of this machine, for one process at a time.
///
/// A request that nobody waits for any more is carried out all the same. Dropping the store waits for what
/// has been asked for, then closes it.
pub struct SledStore {
    /// None only while the store is dropped.
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
    space: Space,
}

impl SledStore {
    /// Opens the store in a folder, or makes a new one there, which holds
    /// [`Policy::initial`](feedgate_model::Policy::initial) at revision 0. Blocks.
    ///
    /// Reads only what the store knows about itself; [`load`](PolicyStore::load) verifies the rest.
    /// [`StoreError::InUse`] names the process that holds it.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_sparing(dir, SPARE_BYTES)
    }

    /// The same, for a disk on which so many bytes have to stay free: a change that could need them is refused, with
    /// [`StoreError::NoSpace`], before anything is written.
    pub fn open_sparing(dir: &Path, spare: u64) -> Result<Self, StoreError> {
        let (requests, thread) = worker::start(dir, spare)?;
        Ok(Self { requests: Some(requests), thread: Some(thread), space: Space::new(dir, spare) })
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or(StoreError::Closed)?;
        requests.send(request(answer)).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

#[async_trait]
impl PolicyStore for SledStore {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.ask(Request::Load).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.ask(Request::Head).await
    }

    async fn changes_after(&self, revision: u64, limit: usize) -> Result<Vec<ChangeSet>, StoreError> {
        self.ask(|answer| Request::ChangesAfter { revision, limit, answer }).await
    }

    async fn credential(&self, user: UserId) -> Result<Option<Credential>, StoreError> {
        self.ask(|answer| Request::Credential { user, answer }).await
    }

    async fn commit(&self, expected: u64, commit: Commit) -> Result<Head, StoreError> {
        self.ask(|answer| Request::Commit { expected, commit, answer }).await
    }

    async fn refusal(&self) -> Option<StoreError> {
        let space = self.space.clone();
        // A network file system may take its time.
        let checked = tokio::task::spawn_blocking(move || space.check(SMALLEST_CHANGE)).await;
        checked.ok().and_then(Result::err)
    }

    async fn backup(&self) -> Result<Copied, StoreError> {
        self.ask(Request::Backup).await
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // Every panic within it has been caught and reported already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore").finish_non_exhaustive()
    }
}
