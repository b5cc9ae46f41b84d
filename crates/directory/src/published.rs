//! A value that is replaced while others read it: reading takes no lock and never waits. The only file besides
//! `policy/live` that names arc-swap.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// The newest of a value's versions.
#[derive(Debug, Default)]
pub(super) struct Published<T>(ArcSwap<T>);

impl<T> Published<T> {
    pub(super) fn new(value: Arc<T>) -> Self {
        Self(ArcSwap::new(value))
    }

    /// To keep.
    pub(super) fn get(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// To look at for a moment; the cheaper way.
    pub(super) fn peek(&self) -> impl std::ops::Deref<Target = Arc<T>> {
        self.0.load()
    }

    pub(super) fn set(&self, value: Arc<T>) {
        self.0.store(value);
    }
}
