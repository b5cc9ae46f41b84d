//! What many watches send: the newest change sets, converted and encoded once.

use std::{
    collections::VecDeque,
    iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    convert::watch::{self, Kinds},
    frames::Encoded,
};
use crate::policy::Published;

/// How many are kept at most, and in how many bytes; the newest in any case.
const SETS: usize = 128;
const BYTES: usize = 8 << 20;
/// A change set with more changes than these isn't.
const CHANGES: usize = 20_000;

/// The newest change sets as messages.
#[derive(Debug, Default)]
pub(super) struct Broadcast(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    entries: VecDeque<Entry>,
    bytes: usize,
}

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
        let revision = published.set.revision;
        let found = self.lock().find(revision, kinds);
        let parts = found.unwrap_or_else(|| {
            // Not behind the lock: two may do the same, but nobody waits.
            let parts: Arc<[Encoded]> = encoded().collect();
            self.lock().keep(Entry { revision, kinds, parts: Arc::clone(&parts) });
            parts
        });
        let mut at = 0;
        Box::new(iter::from_fn(move || {
            at += 1;
            parts.get(at - 1).cloned()
        }))
    }

    /// Nothing is ever left half done behind it.
    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newest {
    fn find(&self, revision: u64, kinds: Kinds) -> Option<Arc<[Encoded]>> {
        let mut newest_first = self.entries.iter().rev();
        let found = newest_first.find(|entry| (entry.revision, entry.kinds) == (revision, kinds));
        found.map(|entry| Arc::clone(&entry.parts))
    }

    /// The oldest go for it, if there is no room.
    fn keep(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > 1 && (self.entries.len() > SETS || self.bytes > BYTES) {
            self.bytes -= self.entries.pop_front().map_or(0, |gone| gone.bytes());
        }
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        self.parts.iter().map(Encoded::size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(revision: u64, bytes: usize) -> Entry {
        let kinds = watch::wish(crate::grpc::pb::WatchRequest::default()).unwrap().kinds;
        let feed = crate::grpc::pb::Feed { name: "x".repeat(bytes), ..Default::default() };
        Entry { revision, kinds, parts: [Encoded::of(&feed)].into() }
    }

    fn kept(newest: &Newest) -> Vec<u64> {
        newest.entries.iter().map(|entry| entry.revision).collect()
    }

    #[test]
    fn the_newest_are_kept_within_bounds() {
        let mut newest = Newest::default();
        let last = SETS as u64 + 2;
        (1..=last).for_each(|revision| newest.keep(entry(revision, 1)));
        assert_eq!(kept(&newest), (3..=last).collect::<Vec<_>>());
        let kinds = newest.entries[0].kinds;
        assert!(newest.find(2, kinds).is_none() && newest.find(3, kinds).is_some());
        newest.keep(entry(200, BYTES * 3 / 4));
        assert_eq!(kept(&newest).len(), SETS);
        newest.keep(entry(201, BYTES / 2));
        assert_eq!(kept(&newest), [201]);
        newest.keep(entry(202, BYTES * 2));
        assert_eq!(kept(&newest), [202]);
        newest.keep(entry(203, 1));
        assert_eq!(kept(&newest), [203]);
        assert_eq!(newest.bytes, newest.entries[0].bytes());
    }
}
