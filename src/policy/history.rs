//! The way back: a policy as it was at an earlier revision.
//!
//! The present index is taken and the change sets of the history are undone, the newest first. What the two have
//! in common they share, so that going back costs what changed since.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    engine::{Inconsistent, Index},
    model::ObjectKey,
    store::{PolicyStore, StoreError},
};

/// How many change sets are read at a time.
const AT_ONCE: usize = 64;

/// Why there is no policy of a revision.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the history doesn't go back to revision {asked} any more: the oldest is {oldest}")]
    NotRetained { asked: u64, oldest: u64 },
    #[error("revision {asked} has not been reached: the head is {head}")]
    NotReached { asked: u64, head: u64 },
    #[error("the history can't be read: {0}")]
    Store(#[source] StoreError),
    #[error("the history doesn't fit the policy: {0}")]
    Inconsistent(#[from] Inconsistent),
    #[error("the history has a gap after revision {0}")]
    Gap(u64),
}

/// A policy as it was, and what has changed since.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub index: Arc<Index>,
    /// The objects that change sets since then name.
    pub changed: BTreeSet<ObjectKey>,
}

/// Goes back from a policy to an earlier revision of it.
pub async fn rewind(
    store: &dyn PolicyStore,
    present: Arc<Index>,
    revision: u64,
) -> Result<Earlier, HistoryError> {
    let head = present.revision().number;
    if revision > head {
        return Err(HistoryError::NotReached { asked: revision, head });
    }
    let mut earlier = Earlier { index: present, changed: BTreeSet::new() };
    let mut at = head;
    while at > revision {
        let from = at.saturating_sub(AT_ONCE as u64).max(revision);
        let sets = store.changes_after(from, (at - from) as usize).await.map_err(|error| match error {
            StoreError::Trimmed { oldest, .. } => {
                HistoryError::NotRetained { asked: revision, oldest: oldest.saturating_sub(1) }
            }
            error => HistoryError::Store(error),
        })?;
        for set in sets.into_iter().rev() {
            if set.revision != at {
                return Err(HistoryError::Gap(at - 1));
            }
            at -= 1;
            let mut index = earlier.index.at(at);
            for change in set.changes.into_iter().rev() {
                earlier.changed.insert(change.key());
                index.apply(&change.inverse())?;
            }
            earlier.index = Arc::new(index);
            tokio::task::yield_now().await;
        }
        if at > from {
            return Err(HistoryError::Gap(from));
        }
    }
    Ok(earlier)
}
