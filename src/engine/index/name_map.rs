//! A persistent map from names to ids that holds no name: whoever looks says which id has it.
//!
//! Pages of eight-byte slots, each a tag (32 bits of the name's hash) and an id. A look-up touches one page
//! and compares one name; a change copies one page. Tags alone place the slots, so growing needs no name.

use std::{
    hash::{BuildHasher, Hash, Hasher},
    sync::Arc,
};

use foldhash::quality::FixedState;

use super::id_map::IdMap;

/// Names to find a page on average before there are twice as many pages.
const AVERAGE: usize = 64;
const FEWEST_SLOTS: usize = 8;
/// More pages than this don't shorten a look-up any more.
const MOST_BITS: u32 = 24;

/// Ids by the hash of a name.
#[derive(Clone, Debug, Default)]
pub struct NameMap {
    pages: IdMap<Arc<Page>>,
    /// There are two to this power pages; a tag's highest bits say which.
    bits: u32,
    len: usize,
}

/// The hash that a name is found by. `within` is what it is unique in: a directory, for a user.
pub fn tag(within: u32, name: &[u8]) -> u32 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    within.hash(&mut hasher);
    name.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

impl NameMap {
    fn page_of(&self, tag: u32) -> u64 {
        u64::from(tag.checked_shr(32 - self.bits).unwrap_or(0))
    }

    /// The id with this tag whose name is the one looked for.
    pub fn find(&self, tag: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.pages.get(self.page_of(tag))?.find(tag, is_it)
    }

    /// Adds an id. The name mustn't be there yet; nothing here can tell.
    pub fn insert(&mut self, tag: u32, id: u32) {
        if self.len >= AVERAGE << self.bits && self.bits < MOST_BITS {
            self.grow();
        }
        self.insert_into_page(tag, id);
        self.len += 1;
    }

    fn insert_into_page(&mut self, tag: u32, id: u32) {
        let key = self.page_of(tag);
        if self.pages.get(key).is_none() {
            self.pages.insert(key, Arc::default());
        }
        if let Some(page) = self.pages.get_mut(key) {
            Arc::make_mut(page).insert(tag, id);
        }
    }

    /// Takes an id out, if it is there.
    pub fn remove(&mut self, tag: u32, id: u32) {
        let key = self.page_of(tag);
        if self.find(tag, |found| found == id).is_none() {
            return;
        }
        if let Some(page) = self.pages.get_mut(key) {
            Arc::make_mut(page).remove(tag, id);
            self.len -= 1;
        }
    }

    fn grow(&mut self) {
        let pages = std::mem::take(&mut self.pages);
        self.bits += 1;
        for (_, page) in pages.iter() {
            for (tag, id) in page.slots() {
                self.insert_into_page(tag, id);
            }
        }
    }
}

/// An open-addressing table, a power of two in size and at most three quarters full.
#[derive(Clone, Debug, Default)]
struct Page {
    /// Tag above, id + 1 below; 0 is free.
    slots: Vec<u64>,
    len: usize,
}

impl Page {
    fn pack(tag: u32, id: u32) -> u64 {
        u64::from(tag) << 32 | (u64::from(id) + 1)
    }

    const fn unpack(slot: u64) -> (u32, u32) {
        ((slot >> 32) as u32, (slot as u32).wrapping_sub(1))
    }

    fn slots(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.slots.iter().filter(|slot| **slot != 0).map(|slot| Self::unpack(*slot))
    }

    fn home(&self, tag: u32) -> usize {
        // The highest bits chose the page, so the lowest choose the slot.
        tag as usize & self.slots.len().saturating_sub(1)
    }

    fn find(&self, tag: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let last = self.slots.len().saturating_sub(1);
        let mut at = self.home(tag);
        // Ends at a free slot, of which there always is one.
        loop {
            let slot = self.slots.get(at).copied().filter(|slot| *slot != 0)?;
            let (found, id) = Self::unpack(slot);
            if found == tag && is_it(id) {
                return Some(id);
            }
            at = (at + 1) & last;
        }
    }

    fn insert(&mut self, tag: u32, id: u32) {
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.rebuild((self.slots.len() * 2).max(FEWEST_SLOTS), |_| true);
        }
        self.place(Self::pack(tag, id));
        self.len += 1;
    }

    fn remove(&mut self, tag: u32, id: u32) {
        let gone = Self::pack(tag, id);
        // A hole would cut the runs that go over it. Pages are small: placing the rest again is simplest.
        self.rebuild(self.slots.len(), |slot| slot != gone);
        self.len -= 1;
    }

    fn rebuild(&mut self, size: usize, keep: impl Fn(u64) -> bool) {
        let slots = std::mem::replace(&mut self.slots, vec![0; size]);
        for slot in slots.into_iter().filter(|slot| *slot != 0 && keep(*slot)) {
            self.place(slot);
        }
    }

    fn place(&mut self, slot: u64) {
        let home = self.home(Self::unpack(slot).0);
        let (before, behind) = self.slots.split_at_mut(home);
        if let Some(free) = behind.iter_mut().chain(before).find(|slot| **slot == 0) {
            *free = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn finds_what_was_put_and_only_that() {
        let (mut map, mut model) = (NameMap::default(), BTreeMap::new());
        let names: Vec<String> = (0..5000).map(|n| format!("name-{n}")).collect();
        let tag_of = |id: u32| tag(0, names[id as usize].as_bytes());
        for id in 0..5000 {
            map.insert(tag_of(id), id);
            model.insert(names[id as usize].clone(), id);
            if id % 3 == 0 {
                map.remove(tag_of(id / 2), id / 2);
                model.remove(&names[id as usize / 2]);
            }
        }
        let before = map.clone();
        for id in 0..5000 {
            let found = map.find(tag_of(id), |found| found == id);
            assert_eq!(found, model.get(&names[id as usize]).copied());
        }
        for id in 0..5000 {
            map.remove(tag_of(id), id);
        }
        assert_eq!(map.len, 0);
        assert_eq!(before.len, model.len());
    }

    #[test]
    fn equal_tags_are_told_apart() {
        let mut map = NameMap::default();
        for id in 0..300 {
            map.insert(7, id);
        }
        for id in 0..300 {
            assert_eq!(map.find(7, |found| found == id), Some(id));
        }
        assert_eq!(map.find(7, |_| false), None);
    }
}
