//! Revisions: points in the history of one store.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A store's incarnation: random, new for a new store and for a restored one. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StoreId(pub u64);

/// A point in the history of one incarnation of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Revision {
    pub store: StoreId,
    /// Grows by one with every committed change set. 0 is the store before its first.
    pub number: u64,
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}
