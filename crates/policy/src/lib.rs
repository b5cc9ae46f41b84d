//! The policy in force: how it changes, and how it is read.
//!
//! | File | Holds |
//! |---|---|
//! | `live` | the published index; the only file that names arc-swap |
//! | `renewal` | a credential in place of another one |
//! | `request` | what is asked of the writer, and what it answers |
//! | `draft` | from edits by name to changes by id |
//! | `writer` | the way to the thread that owns all writes |
//! | `thread`, `group` | that thread; what it commits in one go |
//! | `history`, `replay` | the policy as it was at an earlier revision; the way forward from there |
//! | `retention` | how much of the history is kept |
//! | `hub` | the newest change sets, for whoever follows them |
//! | `idempotency` | requests that are known again |
//! | `error` | why a change set was not applied |
//!
//! INVARIANT: durable before visible, visible before acknowledged. The writer hands a change set to the store,
//! publishes the index that has it, puts it into the hub, and only then answers. Those who wait for it in the hub are
//! woken behind that.

pub mod draft;
mod error;
mod group;
mod history;
mod hub;
mod idempotency;
mod live;
mod renewal;
mod replay;
mod request;
mod retention;
mod thread;
mod writer;

use std::sync::Arc;

pub use draft::{Draft, Drafted};
pub use error::{EditError, WriteError};
pub use history::{Earlier, HistoryError, rewind};
pub use hub::{Follower, Hub, HubClosed, Next, Published};
pub use live::Live;
pub use replay::Replay;
pub use request::{LISTED, MAX_STEPS, Summary, WriteRequest, Written};
pub use retention::Retention;
use tokio::{runtime::Handle, sync::watch};
pub use writer::Writer;

use self::{idempotency::KnownKeys, thread::WriterThread};
use feedgate_engine::{Inconsistent, Index};
use feedgate_model::Revision;
use feedgate_store::{Keyed, Loaded, PolicyStore, StoreError};

/// Why there is no policy to answer from.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the stored policy is inconsistent: {0}")]
    Inconsistent(#[from] Inconsistent),
    #[error("the writer's thread can't be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A policy that has been loaded: what reads it, what writes it, and the writer's thread.
#[derive(Debug)]
pub struct Opened {
    pub live: Arc<Live>,
    pub hub: Arc<Hub>,
    pub writer: Writer,
    pub thread: std::thread::JoinHandle<()>,
}

/// Loads the policy of a store, checks all of it, and starts its writer.
pub async fn open(store: Arc<dyn PolicyStore>, retention: Retention) -> Result<Opened, OpenError> {
    let Loaded { head, policy, keyed } = store.load().await?;
    let index = Index::build(Revision { store: head.store, number: head.revision }, policy)?;
    let live = Arc::new(Live::new(Arc::new(index)));
    let mut known = KnownKeys::default();
    for Keyed { revision, actor, idempotency } in &keyed {
        known.remember(actor, idempotency, *revision);
    }
    let runtime = Handle::current();
    let hub = Arc::new(Hub::start(head.revision, head.history_after, &runtime));
    let (broken, _) = watch::channel(None);
    let (live_of_writer, hub_of_writer) = (Arc::clone(&live), Arc::clone(&hub));
    let (writer, thread) = Writer::start(WriterThread {
        store,
        live: live_of_writer,
        hub: hub_of_writer,
        known,
        retention,
        runtime,
        broken,
    })?;
    Ok(Opened { live, hub, writer, thread })
}
