//! The way forward: the history once more, from an earlier revision on.
//!
//! Change sets refer by ids; what those were called at the time, the policy of the time knows. So the policy is taken
//! back once and then goes forward with the change sets.

use std::sync::Arc;

use super::{
    history::{HistoryError, rewind},
    hub::Published,
};
use feedgate_engine::Index;
use feedgate_store::PolicyStore;

/// How many change sets, and with how many changes in all, are read at a time; one at least. As many as the hub keeps:
/// who is so far behind comes up to it in one turn.
const SETS: usize = 512;
const CHANGES: usize = 20_000;

/// A policy on its way to the present.
#[derive(Debug)]
pub struct Replay {
    index: Arc<Index>,
}

impl Replay {
    /// Begins behind a revision, for as long as that is wanted. Takes the processor for as long as there are changes
    /// since: not for a thread that answers checks.
    pub async fn begin(
        store: &dyn PolicyStore,
        present: Arc<Index>,
        after: u64,
        wanted: impl Fn() -> bool,
    ) -> Result<Self, HistoryError> {
        Ok(Self { index: rewind(store, present, after, wanted).await?.index })
    }

    /// The revision that it has come to.
    pub fn at(&self) -> u64 {
        self.index.revision().number
    }

    /// The next change sets, up to a revision that has been published.
    pub async fn next(
        &mut self,
        store: &dyn PolicyStore,
        through: u64,
    ) -> Result<Vec<Published>, HistoryError> {
        let (mut published, mut changes) = (Vec::new(), 0);
        while self.at() < through && published.len() < SETS && changes < CHANGES {
            let at = self.at();
            // One at a time: a change set can be as large as a policy.
            let sets = store.changes_after(at, 1).await.map_err(|error| HistoryError::reading(at, error))?;
            let set = sets.into_iter().next().filter(|set| set.revision == at + 1);
            let set = set.ok_or(HistoryError::Gap(at))?;
            let mut after = self.index.at(set.revision);
            for change in &set.changes {
                after.apply(change)?;
            }
            changes += set.changes.len();
            let (before, after) = (Arc::clone(&self.index), Arc::new(after));
            self.index = Arc::clone(&after);
            published.push(Published { set: Arc::new(set), before, after });
        }
        Ok(published)
    }
}
