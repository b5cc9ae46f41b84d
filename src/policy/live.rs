//! The published index. The only file that names arc-swap.

use std::{sync::Arc, time::Duration};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

use crate::engine::Index;

/// The newest index, for everybody to read. One writer publishes.
#[derive(Debug)]
pub struct Live {
    current: ArcSwap<Index>,
    revision: watch::Sender<u64>,
}

impl Live {
    pub(super) fn new(index: Arc<Index>) -> Self {
        let revision = watch::Sender::new(index.revision().number);
        Self { current: ArcSwap::new(index), revision }
    }

    /// For one unit of work that ends soon: no lock, no counting. Take it once, after the last await, and use
    /// it for all of the work: two loads may be two revisions.
    pub fn peek(&self) -> Guard<Arc<Index>> {
        self.current.load()
    }

    /// To keep: counts a reference.
    pub fn snapshot(&self) -> Arc<Index> {
        self.current.load_full()
    }

    // INVARIANT: revisions never go back. There is one writer, and what it publishes it has made durable.
    pub(super) fn publish(&self, index: Arc<Index>) {
        let number = index.revision().number;
        self.current.store(index);
        self.revision.send_replace(number);
    }

    /// Waits until a revision is published. False if it isn't in time.
    pub async fn reaches(&self, revision: u64, within: Duration) -> bool {
        let mut published = self.revision.subscribe();
        tokio::time::timeout(within, published.wait_for(|number| *number >= revision)).await.is_ok()
    }
}
