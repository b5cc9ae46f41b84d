//! The published index. The only file that names arc-swap.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use feedgate_engine::Index;

/// The newest index, for everybody to read. One writer publishes.
#[derive(Debug)]
pub struct Live(ArcSwap<Index>);

impl Live {
    pub(super) fn new(index: Arc<Index>) -> Self {
        Self(ArcSwap::new(index))
    }

    /// For one unit of work that ends soon: no lock, no counting. Take it once, after the last await, and use
    /// it for all of the work: two loads may be two revisions.
    pub fn peek(&self) -> Guard<Arc<Index>> {
        self.0.load()
    }

    /// To keep: counts a reference.
    pub fn snapshot(&self) -> Arc<Index> {
        self.0.load_full()
    }

    // INVARIANT: revisions never go back. There is one writer, and what it publishes it has made durable.
    pub(super) fn publish(&self, index: Arc<Index>) {
        self.0.store(index);
    }
}
