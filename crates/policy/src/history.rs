//! The way back: a policy as it was at an earlier revision.
//!
//! The present index is taken and the change sets of the history are undone, the newest first. What the two have
//! in common they share, so that going back costs what changed since.

use std::{collections::BTreeSet, sync::Arc};

use feedgate_engine::{Inconsistent, Index};
use feedgate_model::ObjectKey;
use feedgate_store::{PolicyStore, StoreError};

/// After how many changes it is asked whether the way back is still wanted.
const LOOK_UP: usize = 256;

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
    #[error("the way back was given up: nobody waits for it")]
    Abandoned,
}

impl HistoryError {
    /// Why what comes behind a revision can't be read.
    pub(super) fn reading(asked: u64, error: StoreError) -> Self {
        match error {
            StoreError::Trimmed { oldest, .. } => {
                Self::NotRetained { asked, oldest: oldest.saturating_sub(1) }
            }
            error => Self::Store(error),
        }
    }
}

/// A policy as it was, and what has changed since.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub index: Arc<Index>,
    /// The objects that change sets since then name.
    pub changed: BTreeSet<ObjectKey>,
}

/// Goes back from a policy to an earlier revision of it, for as long as that is wanted. Takes the processor for as
/// long as there are changes: not for a thread that answers checks.
pub async fn rewind(
    store: &dyn PolicyStore,
    present: Arc<Index>,
    revision: u64,
    wanted: impl Fn() -> bool,
) -> Result<Earlier, HistoryError> {
    let head = present.revision().number;
    if revision > head {
        return Err(HistoryError::NotReached { asked: revision, head });
    }
    let mut earlier = Earlier { index: present, changed: BTreeSet::new() };
    for at in (revision..head).rev() {
        // One at a time: a change set can be as large as a policy.
        let sets =
            store.changes_after(at, 1).await.map_err(|error| HistoryError::reading(revision, error))?;
        let set = sets.into_iter().next().filter(|set| set.revision == at + 1);
        let mut index = earlier.index.at(at);
        for (number, change) in set.ok_or(HistoryError::Gap(at))?.changes.into_iter().rev().enumerate() {
            if number % LOOK_UP == 0 && !wanted() {
                return Err(HistoryError::Abandoned);
            }
            earlier.changed.insert(change.key());
            index.apply(&change.inverse())?;
        }
        earlier.index = Arc::new(index);
    }
    Ok(earlier)
}
