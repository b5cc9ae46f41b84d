//! What is remembered of the people of one directory: read without a lock, by any number of readers.
//!
//! A key's entry is in one of many maps that are never changed, only replaced. What is in an entry is replaced on its
//! own.

use std::{
    collections::HashMap,
    hash::BuildHasher as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
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
    /// The memory that all entries take, and may take, in bytes.
    size: AtomicUsize,
    max_size: usize,
    /// The shard whose turn it is to make room for another one.
    turn: AtomicUsize,
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
    /// For so many entries, in so many bytes.
    pub(super) fn new(entries: usize, max_size: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::default(),
            room: (entries / SHARDS).max(1),
            size: AtomicUsize::new(0),
            max_size,
            turn: AtomicUsize::new(0),
        }
    }

    fn shard(&self, key: &[u8]) -> Option<&Shard> {
        let hash = self.hasher.hash_one(key);
        self.shards.get(hash as usize % SHARDS)
    }

    /// The memory that the entries take, in bytes, about.
    pub(super) fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    fn resize(&self, before: usize, after: usize) {
        self.size.fetch_add(after, Ordering::Relaxed);
        self.size.fetch_sub(before, Ordering::Relaxed);
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
        let put = {
            let _one = shard.changing.lock().unwrap_or_else(PoisonError::into_inner);
            self.put_in(shard, bytes, key, sighting)
        };
        self.make_room(bytes);
        put
    }

    fn put_in(
        &self,
        shard: &Shard,
        bytes: &KeyBytes,
        key: &OwnedKey,
        sighting: Arc<Sighting>,
    ) -> (Option<Arc<Sighting>>, bool) {
        let entries = shard.entries.peek();
        if let Some(entry) = entries.get(bytes) {
            let before = entry.sighting.get();
            let newest = before.asked <= sighting.asked;
            if newest {
                self.resize(size(bytes, &before), size(bytes, &sighting));
                entry.wanted.store(false, Ordering::Relaxed);
                entry.sighting.set(sighting);
            }
            return (Some(before), newest);
        }
        let mut next = Entries::clone(&entries);
        if next.len() >= self.room {
            self.resize(remove_oldest(&mut next, None), 0);
        }
        self.resize(0, size(bytes, &sighting));
        let entry =
            Entry { key: key.clone(), sighting: Published::new(sighting), wanted: AtomicBool::new(false) };
        next.insert(bytes.clone(), Arc::new(entry));
        shard.entries.set(Arc::new(next));
        (None, true)
    }

    /// Drops entries until the others take no more memory than they may: the oldest of one shard after the other, and
    /// never the one that is about to be looked at.
    fn make_room(&self, but: &KeyBytes) {
        let mut in_vain = 0;
        while self.size() > self.max_size && in_vain < SHARDS {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let Some(shard) = self.shards.get(turn % SHARDS) else { return };
            let _one = shard.changing.lock().unwrap_or_else(PoisonError::into_inner);
            let mut next = Entries::clone(&shard.entries.peek());
            let removed = remove_oldest(&mut next, Some(but));
            if removed == 0 {
                in_vain += 1;
                continue;
            }
            in_vain = 0;
            self.resize(removed, 0);
            shard.entries.set(Arc::new(next));
        }
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
            self.resize(shard.forget_older_than(age), 0);
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.entries.peek().len()).sum()
    }
}

impl Shard {
    /// Gives the memory that was freed.
    fn forget_older_than(&self, age: Duration) -> usize {
        let useless = |entry: &Arc<Entry>| entry.sighting.peek().age() >= age;
        if !self.entries.peek().values().any(useless) {
            return 0;
        }
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Entries::clone(&self.entries.peek());
        let mut freed = 0;
        next.retain(|bytes, entry| {
            let useless = useless(entry);
            freed += if useless { size(bytes, &entry.sighting.peek()) } else { 0 };
            !useless
        });
        self.entries.set(Arc::new(next));
        freed
    }
}

/// The memory of an entry: its key twice, what holds it, and what was said.
fn size(bytes: &KeyBytes, sighting: &Sighting) -> usize {
    const HELD: usize = size_of::<KeyBytes>() + size_of::<Entry>() + size_of::<Sighting>() + 64;
    HELD + 2 * bytes.len() + sighting.who.as_ref().map_or(0, |known| known.size())
}

/// Drops the oldest: of those whom nobody knows first, so that invented names drive out nobody who is real. Gives the
/// memory that it took.
fn remove_oldest(entries: &mut Entries, but: Option<&KeyBytes>) -> usize {
    let others = entries.iter().filter(|(key, _)| Some(*key) != but);
    let oldest = others.min_by_key(|(_, entry)| {
        let sighting = entry.sighting.peek();
        (sighting.who.is_some(), sighting.asked)
    });
    let Some(key) = oldest.map(|(key, _)| key.clone()) else { return 0 };
    entries.remove(&key).map_or(0, |entry| size(&key, &entry.sighting.peek()))
}

#[cfg(test)]
mod tests;
