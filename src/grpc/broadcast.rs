//! What many watches send: the newest change sets, converted and encoded once.

use std::{
    collections::VecDeque,
    iter,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    convert::watch::{self, Kinds},
    frames::Encoded,
};
use crate::policy::Published;

/// How many are kept.
const KEPT: usize = 4;
/// A change set with more changes isn't.
const CHANGES: usize = 20_000;

/// The newest change sets as messages.
#[derive(Debug, Default)]
pub(super) struct Broadcast(Mutex<VecDeque<Entry>>);

#[derive(Debug)]
struct Entry {
    revision: u64,
    kinds: Kinds,
    parts: Arc<[Encoded]>,
}

impl Broadcast {
    /// The parts of a change set; none if nothing of it is of these kinds.
    pub(super) fn change_set<'p>(
        &self,
        published: &'p Published,
        kinds: Kinds,
    ) -> Box<dyn Iterator<Item = Encoded> + Send + 'p> {
        let encoded = || watch::change_set(published, kinds).map(|part| Encoded::of(&part));
        if published.set.changes.len() > CHANGES {
            return Box::new(encoded());
        }
        let parts = self.find(published.set.revision, kinds).unwrap_or_else(|| {
            // Not behind the lock: two may do the same, but nobody waits.
            let parts: Arc<[Encoded]> = encoded().collect();
            self.keep(Entry { revision: published.set.revision, kinds, parts: Arc::clone(&parts) });
            parts
        });
        let mut at = 0;
        Box::new(iter::from_fn(move || {
            at += 1;
            parts.get(at - 1).cloned()
        }))
    }

    fn find(&self, revision: u64, kinds: Kinds) -> Option<Arc<[Encoded]>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = entries.iter().filter(|entry| (entry.revision, entry.kinds) == (revision, kinds));
        found.next().map(|entry| Arc::clone(&entry.parts))
    }

    /// Instead of the oldest, which goes.
    fn keep(&self, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        entries.push_back(entry);
    }
}
