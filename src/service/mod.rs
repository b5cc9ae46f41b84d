//! The use cases, in domain words: what the protocols above ask for, and what the rooms below do for them.
//!
//! | File | Holds |
//! |---|---|
//! | `query` | questions and answers |
//! | `check` | checks, batches, explanations, effective attributes |
//! | `batch` | a batch under way |
//! | `promotion` | may packages go from one feed to another |
//! | `lookup` | on which feeds, and who |
//! | `access`, `lint` | what a change does to whom; what is odd |
//! | `circumstances` | what lint knows beside the policy |
//! | `analysts`, `cursor` | who does the long work; where answers go on |
//! | `subject` | from a question's words to what the engine takes |
//! | `freshness` | waiting for a policy that is new enough |
//! | `watch` | following the policy as it changes |
//! | `find`, `listing`, `page` | one object by name, and lists in pages |
//! | `export`, `status` | the whole policy, and how the server is |
//! | `audit` | whether everything that a store holds fits together |
//! | `outside` | directories outside of the policy |
//! | `password` | passwords are hashed before they go further, one at a time |
//! | `sign_in` | whose name and password these are |
//! | `rescue` | the administrator's first password, and the way back in |
//! | `error` | why there is no answer |

pub mod access;
mod analysts;
pub mod audit;
mod batch;
mod check;
mod circumstances;
pub mod cursor;
mod error;
pub mod export;
pub mod find;
mod freshness;
pub mod lint;
pub mod listing;
pub mod lookup;
pub mod outside;
pub mod page;
mod password;
mod promotion;
pub mod query;
pub mod rescue;
pub mod sign_in;
pub mod status;
mod subject;
pub mod watch;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tracing::warn;

pub use check::MAX_BATCH;
pub use error::{CheckError, FreshnessError, ServiceError};

pub use crate::policy::Retention;

use self::{
    analysts::{Analysts, Length},
    outside::{Gone, Keepers, Merges, NameReport},
    password::Passwords,
    watch::Watches,
};
use crate::{
    directory::Connections,
    engine::Index,
    model::Revision,
    policy::{self, Earlier, Hub, Live, OpenError, WriteError, WriteRequest, Writer, Written},
    store::{Backup, PolicyStore, StoreError},
};

/// A decision point: a policy that answers and changes. Clones are the same one.
#[derive(Clone, Debug)]
pub struct DecisionPoint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Arc<Live>,
    store: Arc<dyn PolicyStore>,
    analysts: Analysts,
    hub: Arc<Hub>,
    watches: Watches,
    backups: Arc<Semaphore>,
    connections: Arc<Connections>,
    keepers: Keepers,
    merges: Merges,
    gone: Gone,
    passwords: Passwords,
    /// None once closed.
    writer: Mutex<Option<(Writer, JoinHandle<()>)>>,
}

impl DecisionPoint {
    /// Loads and checks the policy of a store. The store is this decision point's own from now on, and keeps as much
    /// of its history as is said here.
    pub async fn open(store: Arc<dyn PolicyStore>, retention: Retention) -> Result<Self, OpenError> {
        Self::open_among(store, retention, Connections::none()).await
    }

    /// The same, with directories outside of the policy.
    pub async fn open_among(
        store: Arc<dyn PolicyStore>,
        retention: Retention,
        connections: Connections,
    ) -> Result<Self, OpenError> {
        let policy::Opened { live, hub, writer, thread } =
            policy::open(Arc::clone(&store), retention).await?;
        let (analysts, watches) = (Analysts::default(), Watches::default());
        let (backups, writer) = (Arc::new(Semaphore::new(1)), Mutex::new(Some((writer, thread))));
        let connections = Arc::new(connections);
        let (keepers, passwords) = (Keepers::default(), Passwords::default());
        let point = Self(Arc::new(Inner {
            live,
            store,
            analysts,
            hub,
            watches,
            backups,
            connections,
            keepers,
            merges: Merges::default(),
            gone: Gone::default(),
            passwords,
            writer,
        }));
        point.keep_fresh();
        Ok(point)
    }

    /// The newest published policy.
    pub fn index(&self) -> Arc<Index> {
        self.live().snapshot()
    }

    /// The policy as it was at a revision, and what has changed since.
    async fn index_at(&self, revision: Revision) -> Result<Earlier, ServiceError> {
        self.rewind(self.index(), revision).await
    }

    /// The same, on the way back from a policy.
    async fn rewind(&self, from: Arc<Index>, revision: Revision) -> Result<Earlier, ServiceError> {
        let own = from.revision().store;
        if revision.store != own {
            return Err(FreshnessError::OtherStore { asked: revision.store, own }.into());
        }
        if revision.number == from.revision().number {
            return Ok(Earlier { index: from, changed: BTreeSet::new() });
        }
        let (store, runtime) = (Arc::clone(&self.0.store), Handle::current());
        // When this call is dropped, so is the one who waits.
        let waiting = Arc::new(());
        let still_there = Arc::downgrade(&waiting);
        let back = self.analysts().work(Length::Long, move || {
            let wanted = || still_there.strong_count() > 0;
            runtime.block_on(policy::rewind(store.as_ref(), from, revision.number, wanted))
        });
        let earlier = back.await??;
        drop(waiting);
        Ok(earlier)
    }

    /// Applies a change set. When it returns, the changes are durable and every later check sees them.
    pub async fn write(&self, request: WriteRequest) -> Result<Written, ServiceError> {
        Ok(self.write_and_report(request).await?.0)
    }

    /// The same, with a report of the names of external directories that aren't bound to an id.
    pub async fn write_and_report(
        &self,
        request: WriteRequest,
    ) -> Result<(Written, NameReport), ServiceError> {
        let steps = self.passwords().hash_all(request.steps).await?;
        let set = password::set_in(&steps);
        let written = self.writer()?.write(WriteRequest { steps, ..request }).await?;
        self.tell_passwords(&written, &set);
        // The change set is made: a report that can't be made is no failure of it.
        let report = self.bind_written(&written).await.unwrap_or_else(|error| {
            warn!(%error, "names of the last change can't be reported");
            NameReport::default()
        });
        Ok((written, report))
    }

    /// Why changes aren't taken, if so.
    pub fn trouble(&self) -> Option<WriteError> {
        match self.writer() {
            Ok(writer) => writer.trouble(),
            Err(closed) => Some(closed),
        }
    }

    /// Returns when changes aren't taken any more: because a write has failed for good, with the error, or because the
    /// writer has ended.
    pub fn broken(&self) -> impl Future<Output = Option<Arc<StoreError>>> + Send + use<> {
        // Whoever waits for this keeps nothing open: neither the writer nor the store.
        let broken = self.writer().map(|writer| writer.broken());
        async move {
            match broken {
                Ok(broken) => broken.await,
                Err(_) => None,
            }
        }
    }

    /// All of the store as it is at one moment. Changes wait while the records are copied, not while they are verified.
    ///
    /// One at a time, for as long as what comes with it is held: a copy is as large as the store.
    pub async fn backup(&self) -> Result<(Backup, OwnedSemaphorePermit), ServiceError> {
        let place = Arc::clone(&self.0.backups).try_acquire_owned();
        let place = place.map_err(|_| ServiceError::BackupUnderWay)?;
        let copied = self.store().backup().await?;
        let backup = self.analysts().work(Length::Long, move || copied.verify()).await??;
        Ok((backup, place))
    }

    /// Takes no more changes, and waits for those under way. Checks go on.
    pub async fn close(&self) {
        self.end_watches();
        self.0.keepers.end();
        let Some((writer, thread)) = self.writer_slot().take() else { return };
        drop(writer);
        // A panic in the thread was reported when it happened.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }

    fn live(&self) -> &Live {
        &self.0.live
    }

    fn hub(&self) -> &Hub {
        &self.0.hub
    }

    fn store(&self) -> &dyn PolicyStore {
        self.0.store.as_ref()
    }

    fn connections(&self) -> &Connections {
        &self.0.connections
    }

    fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    fn analysts(&self) -> &Analysts {
        &self.0.analysts
    }

    fn writer(&self) -> Result<Writer, WriteError> {
        self.writer_slot().as_ref().map(|(writer, _)| writer.clone()).ok_or(WriteError::Closed)
    }

    /// Nothing here is ever left half done, so a panic elsewhere doesn't spoil the lock.
    fn writer_slot(&self) -> MutexGuard<'_, Option<(Writer, JoinHandle<()>)>> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
