//! A persistent map from names to cards: what a look-up by name is for, beside the name.
//!
//! Pages of slots, each a tag (32 bits of the name's hash), the name as it is compared, and the card. Names and
//! cards lie in the page itself, so that a look-up waits for memory once and not at each of name, object and
//! what the object refers to. A change copies one page.

use std::{
    hash::{BuildHasher as _, Hasher as _},
    sync::Arc,
};

use foldhash::quality::FixedState;
use smallvec::SmallVec;

use super::id_map::IdMap;

/// Names to find a page on average before there are twice as many pages.
const AVERAGE: usize = 64;
/// More pages than this don't shorten a look-up any more.
const MOST_BITS: u32 = 24;
/// Names up to this long lie in their slots.
const SHORT: usize = 24;

/// Cards by name.
#[derive(Clone, Debug)]
pub struct NameMap<C> {
    pages: IdMap<Page<C>>,
    /// There are two to this power pages; a tag's highest bits say which.
    bits: u32,
    len: usize,
}

impl<C> Default for NameMap<C> {
    fn default() -> Self {
        Self { pages: IdMap::default(), bits: 0, len: 0 }
    }
}

/// A name as it is compared, and what it is unique in: a directory's id for a user, 0 for a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub within: u32,
    pub name: &'a [u8],
}

impl Place<'_> {
    fn tag(self) -> u32 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        hasher.write_u32(self.within);
        hasher.write(self.name);
        (hasher.finish() >> 32) as u32
    }
}

impl<C> NameMap<C> {
    fn page_of(&self, tag: u32) -> u64 {
        u64::from(tag.checked_shr(32 - self.bits).unwrap_or(0))
    }

    /// The card at this place.
    #[inline]
    pub fn get(&self, place: Place<'_>) -> Option<&C> {
        self.find(place).map(|(_, card)| card)
    }

    /// The same with the name there.
    #[inline]
    pub fn find(&self, place: Place<'_>) -> Option<(&[u8], &C)> {
        let tag = place.tag();
        let (_, slot) = self.pages.get(self.page_of(tag))?.at(tag, place)?;
        Some((&slot.name, &slot.card))
    }
}

impl<C: Clone> NameMap<C> {
    /// Sets the card at a place and gives the one that was there.
    pub fn insert(&mut self, place: Place<'_>, card: C) -> Option<C> {
        if self.len >= AVERAGE << self.bits && self.bits < MOST_BITS {
            self.grow();
        }
        let old = self.put(Slot { tag: place.tag(), within: place.within, name: place.name.into(), card });
        self.len += usize::from(old.is_none());
        old
    }

    fn put(&mut self, slot: Slot<C>) -> Option<C> {
        let key = self.page_of(slot.tag);
        match self.pages.get_mut(key) {
            Some(page) => page.put(slot),
            None => {
                let mut page = Page::default();
                page.put(slot);
                self.pages.insert(key, page);
                None
            }
        }
    }

    /// Takes the card at a place away, if there is one.
    pub fn remove(&mut self, place: Place<'_>) {
        let tag = place.tag();
        let key = self.page_of(tag);
        if self.get(place).is_none() {
            return;
        }
        if let Some(page) = self.pages.get_mut(key) {
            page.remove(tag, place);
            self.len -= 1;
        }
    }

    fn grow(&mut self) {
        let pages = std::mem::take(&mut self.pages);
        self.bits += 1;
        for (_, page) in pages.iter() {
            for slot in page.0.iter().flatten() {
                self.put(slot.clone());
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Slot<C> {
    tag: u32,
    within: u32,
    name: SmallVec<[u8; SHORT]>,
    card: C,
}

impl<C> Slot<C> {
    fn place(&self) -> Place<'_> {
        Place { within: self.within, name: &self.name }
    }
}

/// An open-addressing table, at most three quarters full, of any size: cards can be large, and free slots cost
/// as much as others.
#[derive(Clone, Debug)]
struct Page<C>(Arc<[Option<Slot<C>>]>);

impl<C> Default for Page<C> {
    fn default() -> Self {
        Self(Arc::from([]))
    }
}

/// The highest bits of a tag chose the page, so all of them choose the slot, spread anew.
const fn home(tag: u32, size: usize) -> usize {
    let spread = tag.wrapping_mul(0x9E37_79B9) as u64;
    ((spread * size as u64) >> 32) as usize
}

impl<C> Page<C> {
    /// The slots in the order in which a tag's is looked for, up to the first free one.
    #[inline]
    fn starting_at_home(&self, tag: u32) -> impl Iterator<Item = (usize, &Slot<C>)> {
        let (before, behind) = self.0.split_at(home(tag, self.0.len()).min(self.0.len()));
        let at = before.len();
        let behind = (at..).zip(behind);
        let around = behind.chain((0..).zip(before));
        around.map_while(|(at, slot)| Some((at, slot.as_ref()?)))
    }

    #[inline]
    fn at(&self, tag: u32, place: Place<'_>) -> Option<(usize, &Slot<C>)> {
        self.starting_at_home(tag).find(|(_, slot)| slot.tag == tag && slot.place() == place)
    }
}

impl<C: Clone> Page<C> {
    fn put(&mut self, slot: Slot<C>) -> Option<C> {
        if let Some((at, _)) = self.at(slot.tag, slot.place()) {
            let old = Arc::make_mut(&mut self.0).get_mut(at)?.replace(slot)?;
            return Some(old.card);
        }
        let taken = self.0.iter().flatten().count();
        if (taken + 1) * 4 > self.0.len() * 3 {
            // Not twice as many: see above.
            *self = Self::of(self.0.iter().flatten().cloned().chain([slot]), (taken + 1) * 3 / 2 + 1);
        } else {
            place_in(Arc::make_mut(&mut self.0), slot);
        }
        None
    }

    fn remove(&mut self, tag: u32, place: Place<'_>) {
        let others = self.0.iter().flatten().filter(|slot| slot.tag != tag || slot.place() != place);
        // A hole would cut the runs that go over it. Pages are small: placing the rest again is simplest.
        *self = Self::of(others.cloned(), self.0.len());
    }

    fn of(slots: impl Iterator<Item = Slot<C>>, size: usize) -> Self {
        let mut page: Vec<Option<Slot<C>>> = std::iter::repeat_with(|| None).take(size).collect();
        slots.for_each(|slot| place_in(&mut page, slot));
        Self(page.into())
    }
}

/// There is a free slot: callers see to it.
fn place_in<C>(page: &mut [Option<Slot<C>>], slot: Slot<C>) {
    let at = home(slot.tag, page.len());
    let (before, behind) = page.split_at_mut(at.min(page.len()));
    if let Some(free) = behind.iter_mut().chain(before).find(|slot| slot.is_none()) {
        *free = Some(slot);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn behaves_like_a_map_and_shares() {
        let names: Vec<String> = (0..5000).map(|n| format!("{n}{}", "-name".repeat(n % 7))).collect();
        let place = |n: usize| Place { within: n as u32 % 3, name: names[n].as_bytes() };
        let (mut map, mut model) = (NameMap::default(), BTreeMap::new());
        let agrees = |map: &NameMap<usize>, model: &BTreeMap<usize, usize>| {
            for n in 0..names.len() {
                assert_eq!(map.get(place(n)), model.get(&n));
            }
            assert_eq!(map.len, model.len());
        };
        let mut before = Vec::new();
        for n in 0..names.len() {
            assert_eq!(map.insert(place(n), n), model.insert(n, n));
            if n % 3 == 0 {
                map.remove(place(n / 2));
                model.remove(&(n / 2));
                assert_eq!(map.insert(place(n), n + 1), model.insert(n, n + 1));
            }
            if n % 1000 == 0 {
                before.push((map.clone(), model.clone()));
            }
        }
        before.push((map.clone(), model));
        for n in 0..names.len() {
            map.remove(place(n));
        }
        assert_eq!(map.len, 0);
        // What was derived later has not changed what was there before.
        for (map, model) in before {
            agrees(&map, &model);
        }
    }

    #[test]
    fn equal_tags_are_told_apart() {
        let mut page = Page::default();
        let name = |n: u8| [n];
        for n in 0..200 {
            page.put(Slot { tag: 7, within: 0, name: SmallVec::from_slice(&name(n)), card: n });
        }
        for n in 0..200 {
            let at = |within| page.at(7, Place { within, name: &name(n) }).map(|(_, slot)| slot.card);
            assert_eq!((at(0), at(1)), (Some(n), None));
        }
        assert!(page.at(7, Place { within: 0, name: &name(200) }).is_none());
    }
}
