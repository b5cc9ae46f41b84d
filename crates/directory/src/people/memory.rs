//! What is remembered of the people of one directory: read without a lock, by any number of readers.
//!
//! A key's entry is in one of many maps that are never changed, only replaced. What is in an entry is replaced on its
//! own.

use std::{
    collections::HashMap,
    hash::BuildHasher as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use foldhash::quality::RandomState;

use super::{
    super::published::Published,
    key::{KeyBytes, OwnedKey},
    sighting::{Known, Sighting},
};

const SHARDS: usize = 256;

type Entries = HashMap<KeyBytes, Arc<Entry>, RandomState>;

/// Sightings by key.
#[derive(Debug)]
pub(super) struct Memory {
    shards: Box<[Shard]>,
    hasher: RandomState,
    /// How many entries a shard has at most.
    room: usize,
}

#[derive(Debug, Default)]
struct Shard {
    entries: Published<Entries>,
    /// Held by whoever replaces the map.
    changing: Mutex<()>,
}

#[derive(Debug)]
struct Entry {
    key: OwnedKey,
    sighting: Published<Sighting>,
    /// Somebody wanted it since it was asked about last.
    wanted: AtomicBool,
}

/// What is due to be asked about again.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) key: OwnedKey,
    pub(super) wanted: bool,
    pub(super) who: Option<Arc<Known>>,
}

impl Memory {
    /// For so many entries.
    pub(super) fn new(entries: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        let room = (entries / SHARDS).max(1);
        Self { shards, hasher: RandomState::default(), room }
    }

    fn shard(&self, key: &[u8]) -> Option<&Shard> {
        let hash = self.hasher.hash_one(key);
        self.shards.get(hash as usize % SHARDS)
    }

    /// What is remembered, however old it is, and notes that it was wanted.
    pub(super) fn get(&self, key: &[u8]) -> Option<Arc<Sighting>> {
        let entries = self.shard(key)?.entries.peek();
        let entry = entries.get(key)?;
        if !entry.wanted.load(Ordering::Relaxed) {
            entry.wanted.store(true, Ordering::Relaxed);
        }
        Some(entry.sighting.get())
    }

    /// The same, of interest to nobody.
    pub(super) fn look(&self, key: &[u8]) -> Option<Arc<Sighting>> {
        Some(self.shard(key)?.entries.peek().get(key)?.sighting.get())
    }

    /// Remembers a sighting, unless a later one is there. Gives what was known before, and whether it is remembered.
    pub(super) fn put(
        &self,
        bytes: &KeyBytes,
        key: &OwnedKey,
        sighting: Arc<Sighting>,
    ) -> (Option<Arc<Sighting>>, bool) {
        let Some(shard) = self.shard(bytes) else { return (None, false) };
        let _one = shard.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = shard.entries.peek();
        if let Some(entry) = entries.get(bytes) {
            let before = entry.sighting.get();
            let newest = before.asked <= sighting.asked;
            if newest {
                entry.wanted.store(false, Ordering::Relaxed);
                entry.sighting.set(sighting);
            }
            return (Some(before), newest);
        }
        let mut next = Entries::clone(&entries);
        if next.len() >= self.room {
            make_room(&mut next);
        }
        let entry =
            Entry { key: key.clone(), sighting: Published::new(sighting), wanted: AtomicBool::new(false) };
        next.insert(bytes.clone(), Arc::new(entry));
        shard.entries.set(Arc::new(next));
        (None, true)
    }

    /// What is older than an age.
    pub(super) fn older_than(&self, age: Duration) -> Vec<Due> {
        let entries = self.shards.iter().flat_map(|shard| {
            let entries = shard.entries.get();
            let due = entries.values().filter_map(|entry| {
                let sighting = entry.sighting.peek();
                (sighting.age() >= age).then(|| Due {
                    key: entry.key.clone(),
                    wanted: entry.wanted.load(Ordering::Relaxed),
                    who: sighting.who.clone(),
                })
            });
            due.collect::<Vec<_>>()
        });
        entries.collect()
    }

    /// Forgets what is of no use any more. A shard at a time: others get their turn in between.
    pub(super) async fn forget_older_than(&self, age: Duration) {
        for shard in &self.shards {
            shard.forget_older_than(age);
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.entries.peek().len()).sum()
    }
}

impl Shard {
    fn forget_older_than(&self, age: Duration) {
        let useless = |entry: &Arc<Entry>| entry.sighting.peek().age() >= age;
        if !self.entries.peek().values().any(useless) {
            return;
        }
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Entries::clone(&self.entries.peek());
        next.retain(|_, entry| !useless(entry));
        self.entries.set(Arc::new(next));
    }
}

/// Drops the oldest: of those whom nobody knows first, so that invented names drive out nobody who is real.
fn make_room(entries: &mut Entries) {
    let oldest = entries.iter().min_by_key(|(_, entry)| {
        let sighting = entry.sighting.peek();
        (sighting.who.is_some(), sighting.asked)
    });
    if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
        entries.remove(&oldest);
    }
}
