//! A persistent map from ids to values: the next one shares all but a path with the one before.
//!
//! A radix tree with 64 slots a node, each node packed to the slots that are taken. Which ones those are stands
//! beside the pointer to the node, and not in it: a look-up waits for memory once a level. Cloning the map is
//! cloning one `Arc`; changing a clone copies the nodes on the way to the change, unless nobody else holds
//! them: then it changes in place, which is what makes a change set of a million grants affordable.

use std::{fmt, iter::FusedIterator, sync::Arc};

use smallvec::SmallVec;

const BITS: u32 = 6;
const SLOTS: u64 = 1 << BITS;

/// Values by id.
#[derive(Clone)]
pub struct IdMap<V> {
    root: Node<V>,
    /// How many levels of inner nodes stand above the leaves.
    height: u32,
    len: usize,
}

#[derive(Clone)]
enum Node<V> {
    Inner(Packed<Node<V>>),
    Leaf(Packed<V>),
}

/// Up to 64 slots, of which only the taken ones have room.
struct Packed<T> {
    taken: u64,
    items: Arc<[T]>,
}

impl<T> Clone for Packed<T> {
    fn clone(&self) -> Self {
        Self { taken: self.taken, items: Arc::clone(&self.items) }
    }
}

impl<T> Packed<T> {
    fn new() -> Self {
        Self { taken: 0, items: Arc::from([]) }
    }

    /// Where a slot's item is, or would be.
    #[inline]
    const fn rank(&self, slot: u64) -> usize {
        // Ids are given one after the other, so that most nodes are full.
        if self.taken == u64::MAX {
            return slot as usize;
        }
        (self.taken & ((1 << slot) - 1)).count_ones() as usize
    }

    #[inline]
    const fn has(&self, slot: u64) -> bool {
        self.taken >> slot & 1 == 1
    }

    #[inline]
    fn get(&self, slot: u64) -> Option<&T> {
        if self.has(slot) { self.items.get(self.rank(slot)) } else { None }
    }
}

impl<T: Clone> Packed<T> {
    fn get_mut(&mut self, slot: u64) -> Option<&mut T> {
        let rank = self.rank(slot);
        if self.has(slot) { Arc::make_mut(&mut self.items).get_mut(rank) } else { None }
    }

    fn insert(&mut self, slot: u64, item: T) -> Option<T> {
        if let Some(place) = self.get_mut(slot) {
            return Some(std::mem::replace(place, item));
        }
        let (before, behind) = self.items.split_at_checked(self.rank(slot)).unwrap_or_default();
        let mut items = Vec::with_capacity(self.items.len() + 1);
        items.extend_from_slice(before);
        items.push(item);
        items.extend_from_slice(behind);
        self.items = items.into();
        self.taken |= 1 << slot;
        None
    }

    fn remove(&mut self, slot: u64) -> Option<T> {
        if !self.has(slot) {
            return None;
        }
        let mut items = self.items.to_vec();
        let gone = items.remove(self.rank(slot));
        self.items = items.into();
        self.taken &= !(1 << slot);
        Some(gone)
    }
}

/// Levels are as many as 64 bits have sixes, so that nothing wraps.
#[inline]
const fn slot_of(key: u64, level: u32) -> u64 {
    key.wrapping_shr(BITS.wrapping_mul(level)) & (SLOTS - 1)
}

impl<V> Default for IdMap<V> {
    fn default() -> Self {
        Self { root: Node::Leaf(Packed::new()), height: 0, len: 0 }
    }
}

impl<V> IdMap<V> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn reaches(&self, key: u64) -> bool {
        key.checked_shr(BITS * (self.height + 1)).unwrap_or(0) == 0
    }

    /// The value with this id.
    #[inline]
    pub fn get(&self, key: u64) -> Option<&V> {
        if !self.reaches(key) {
            return None;
        }
        let mut node = &self.root;
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(leaf) => return leaf.get(slot_of(key, 0)),
                Node::Inner(inner) => node = inner.get(slot_of(key, level))?,
            }
            level = level.saturating_sub(1);
        }
    }

    /// All values, ascending by id, beginning with this id or the next one that is there.
    pub fn iter_from(&self, start: u64) -> Iter<'_, V> {
        let mut iter = Iter { stack: SmallVec::new() };
        if self.reaches(start) {
            iter.descend(&self.root, self.height, 0, start);
        }
        iter
    }

    /// All values, ascending by id.
    pub fn iter(&self) -> Iter<'_, V> {
        self.iter_from(0)
    }
}

impl<V: Clone> IdMap<V> {
    /// The value with this id, to be changed.
    pub fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        // Looking first keeps a miss from copying the path.
        self.get(key)?;
        let mut node = &mut self.root;
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(leaf) => return leaf.get_mut(slot_of(key, 0)),
                Node::Inner(inner) => node = inner.get_mut(slot_of(key, level))?,
            }
            level = level.saturating_sub(1);
        }
    }

    /// Sets a value and gives the one it had.
    pub fn insert(&mut self, key: u64, value: V) -> Option<V> {
        while !self.reaches(key) {
            self.height += 1;
            let below = std::mem::replace(&mut self.root, Node::Inner(Packed::new()));
            if let Node::Inner(root) = &mut self.root
                && !below.is_empty()
            {
                root.insert(0, below);
            }
        }
        let old = self.root.insert(key, self.height, value);
        self.len += usize::from(old.is_none());
        old
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: u64) -> Option<V> {
        self.get(key)?;
        let old = self.root.remove(key, self.height)?;
        self.len -= 1;
        if self.len == 0 {
            *self = Self::default();
        }
        Some(old)
    }
}

impl<V> Node<V> {
    fn empty(level: u32) -> Self {
        if level == 0 { Self::Leaf(Packed::new()) } else { Self::Inner(Packed::new()) }
    }

    const fn is_empty(&self) -> bool {
        match self {
            Self::Inner(inner) => inner.taken == 0,
            Self::Leaf(leaf) => leaf.taken == 0,
        }
    }
}

impl<V: Clone> Node<V> {
    fn insert(&mut self, key: u64, level: u32, value: V) -> Option<V> {
        match self {
            Self::Leaf(leaf) => leaf.insert(slot_of(key, 0), value),
            Self::Inner(inner) => {
                let slot = slot_of(key, level);
                if !inner.has(slot) {
                    inner.insert(slot, Self::empty(level - 1));
                }
                inner.get_mut(slot)?.insert(key, level - 1, value)
            }
        }
    }

    fn remove(&mut self, key: u64, level: u32) -> Option<V> {
        match self {
            Self::Leaf(leaf) => leaf.remove(slot_of(key, 0)),
            Self::Inner(inner) => {
                let slot = slot_of(key, level);
                let child = inner.get_mut(slot)?;
                let old = child.remove(key, level - 1);
                if child.is_empty() {
                    inner.remove(slot);
                }
                old
            }
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for IdMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Values ascending by id.
pub struct Iter<'a, V> {
    /// Four levels reach over sixteen million ids: nearly no list has to be allocated.
    stack: SmallVec<[Frame<'a, V>; 4]>,
}

struct Frame<'a, V> {
    node: &'a Node<V>,
    level: u32,
    /// The bits of the key above this node's.
    prefix: u64,
    /// The slots that are still to come.
    left: u64,
}

impl<'a, V> Iter<'a, V> {
    /// Puts a node on the stack, and what is below it on the way to `start`.
    fn descend(&mut self, mut node: &'a Node<V>, mut level: u32, mut prefix: u64, start: u64) {
        loop {
            let slot = slot_of(start, level);
            let from = u64::MAX << slot;
            match node {
                Node::Leaf(leaf) => {
                    self.stack.push(Frame { node, level, prefix, left: leaf.taken & from });
                    return;
                }
                Node::Inner(inner) => {
                    let Some(child) = inner.get(slot) else {
                        self.stack.push(Frame { node, level, prefix, left: inner.taken & from });
                        return;
                    };
                    let left = inner.taken & from & !(1 << slot);
                    self.stack.push(Frame { node, level, prefix, left });
                    prefix = prefix << BITS | slot;
                    node = child;
                    level = level.saturating_sub(1);
                }
            }
        }
    }
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (u64, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let frame = self.stack.last_mut()?;
            if frame.left == 0 {
                self.stack.pop();
                continue;
            }
            let slot = u64::from(frame.left.trailing_zeros());
            frame.left &= frame.left - 1;
            let key = frame.prefix << BITS | slot;
            match frame.node {
                Node::Leaf(leaf) => return leaf.get(slot).map(|value| (key, value)),
                Node::Inner(inner) => {
                    let (child, level) = (inner.get(slot)?, frame.level.saturating_sub(1));
                    self.descend(child, level, key, 0);
                }
            }
        }
    }
}

impl<V> FusedIterator for Iter<'_, V> {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_a_map_and_shares(steps in prop::collection::vec((any::<bool>(), prop_oneof![0u64..200, 0u64..100_000, any::<u64>()]), 1..300), start in 0u64..100_000) {
            let (mut map, mut model) = (IdMap::default(), BTreeMap::new());
            let mut before = Vec::new();
            for (n, (put, key)) in steps.into_iter().enumerate() {
                if n % 50 == 0 {
                    before.push((map.clone(), model.clone()));
                }
                if put {
                    prop_assert_eq!(map.insert(key, n), model.insert(key, n));
                } else {
                    prop_assert_eq!(map.remove(key), model.remove(&key));
                }
                prop_assert_eq!(map.get(key), model.get(&key));
                prop_assert_eq!(map.get_mut(key), model.get_mut(&key));
                prop_assert_eq!(map.len(), model.len());
            }
            before.push((map, model));
            // What was derived later has not changed what was there before.
            for (map, model) in before {
                let all: Vec<_> = map.iter().map(|(key, value)| (key, *value)).collect();
                prop_assert_eq!(all, model.clone().into_iter().collect::<Vec<_>>());
                let some: Vec<_> = map.iter_from(start).map(|(key, _)| key).collect();
                prop_assert_eq!(some, model.range(start..).map(|(key, _)| *key).collect::<Vec<_>>());
            }
        }
    }
}
