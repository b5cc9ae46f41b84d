//! The grants of one scope, by principal: what a decision reads.
//!
//! A table is one allocation of words: buckets, and entries with the ids of their grants.
//!
//! ```text
//! | filter·start | filter·start | … | entry | id | entry | id | … |
//! ```
//!
//! A principal's hash picks a bucket, and a bit in the bucket's 32-bit filter. Nearly every look-up of a
//! decision is a miss, and nearly every miss ends at that bit; neighbouring buckets share cache lines. Which of
//! a subject's principals a table may know is found out for all of them before any entry is read, so that the
//! memory that is waited for is waited for at once. A hit reads the bucket's few entries, which share a cache line or two:
//! principal, task and effect in 8 bytes, the grant's id in 8 more. The task is looked up in the
//! catalogue, not copied here, so that editing a task is one change and not one for every grant of it.
//!
//! A table of more than [`MOST`] entries is split in sixteen by the hash, and so on: the cost of a change
//! doesn't grow with the scope. Changing a table makes a new one; nothing is written in place.

mod words;

use std::sync::Arc;

pub use self::words::Found;
use self::words::Words;
use super::principal_key::PrincipalKey;
use feedgate_model::{Effect, GrantId, TaskId};

/// The most entries of one table before it is split (unless they are all of one principal).
const MOST: usize = if cfg!(test) { 512 } else { 4096 };
/// How often a table is split at most: the hash has no more bits.
const DEEPEST: u32 = 4;

/// How many principals are sifted at a time.
pub const AT_ONCE: usize = 64;

/// The grants of one scope.
#[derive(Clone, Debug, Default)]
pub enum ScopeTable {
    #[default]
    Empty,
    Table(Words),
    Split(Arc<[ScopeTable; 16]>),
}

/// A grant as a decision sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub principal: PrincipalKey,
    pub task: TaskId,
    pub effect: Effect,
}

impl Entry {
    const fn pack(self) -> u64 {
        let restrict = matches!(self.effect, Effect::Restrict) as u64;
        (self.principal.bits() as u64) << 32 | (self.task.0 as u64) << 1 | restrict
    }

    const fn unpack(word: u64) -> Self {
        Self {
            principal: PrincipalKey::from_bits((word >> 32) as u32),
            task: TaskId(word as u32 >> 1),
            effect: if word & 1 == 1 { Effect::Restrict } else { Effect::Permit },
        }
    }
}

const fn child_of(hash: u32, depth: u32) -> usize {
    (hash >> (28 - 4 * depth) & 15) as usize
}

impl ScopeTable {
    /// A table of many grants at once.
    pub fn from_entries(entries: impl IntoIterator<Item = (Entry, GrantId)>) -> Self {
        let pairs = entries.into_iter().map(|(entry, id)| (entry.pack(), id.0)).collect();
        Self::build(pairs, 0)
    }

    fn build(pairs: Vec<(u64, u64)>, depth: u32) -> Self {
        if pairs.is_empty() {
            return Self::Empty;
        }
        if pairs.len() > MOST && depth < DEEPEST && !all_of_one_principal(&pairs) {
            let mut parts: [Vec<(u64, u64)>; 16] = Default::default();
            for pair in pairs {
                if let Some(part) = parts.get_mut(child_of(hash_of(pair.0), depth)) {
                    part.push(pair);
                }
            }
            return Self::Split(Arc::new(parts.map(|part| Self::build(part, depth + 1))));
        }
        Self::Table(Words::pack(pairs))
    }

    /// The table of a principal's grants; at most one.
    #[inline]
    fn table_of(&self, hash: u32) -> Option<&Words> {
        let mut table = self;
        let mut depth = 0;
        loop {
            match table {
                Self::Empty => return None,
                Self::Table(words) => return Some(words),
                Self::Split(children) => table = children.get(child_of(hash, depth))?,
            }
            depth += 1;
        }
    }

    /// Which of up to [`AT_ONCE`] principals there may be grants of: the lowest bit is the first one's. Of one
    /// without a bit there are none.
    #[inline]
    pub fn sift(&self, principals: &[PrincipalKey]) -> u64 {
        let hashes = principals.get(..AT_ONCE).unwrap_or(principals).iter().rev().map(|it| it.hash());
        match self {
            Self::Empty => 0,
            Self::Table(words) => words.sift(hashes),
            Self::Split(_) => hashes.fold(0, |all, hash| {
                all << 1 | self.table_of(hash).map_or(0, |words| words.sift(std::iter::once(hash)))
            }),
        }
    }

    /// Calls back for each of a principal's grants here.
    #[inline]
    pub fn visit(&self, principal: PrincipalKey, mut found: impl FnMut(Found)) {
        if let Some(words) = self.table_of(principal.hash()) {
            words.visit(std::iter::once(principal), &mut found);
        }
    }

    /// The same for several principals.
    #[inline]
    pub fn visit_each(&self, principals: &[PrincipalKey], mut found: impl FnMut(Found)) {
        for some in principals.chunks(AT_ONCE) {
            self.visit_sifted(some, self.sift(some), &mut found);
        }
    }

    /// The same for those with a bit; none has one that isn't there.
    #[inline]
    pub fn visit_sifted(&self, principals: &[PrincipalKey], mut sifted: u64, mut found: impl FnMut(Found)) {
        let those = std::iter::from_fn(|| {
            if sifted == 0 {
                return None;
            }
            let principal = principals.get(sifted.trailing_zeros() as usize)?;
            sifted &= sifted - 1;
            Some(*principal)
        });
        match self {
            Self::Empty => {}
            Self::Table(words) => words.visit(those, &mut found),
            Self::Split(_) => those.for_each(|principal| self.visit(principal, &mut found)),
        }
    }

    /// Which grant has this natural key, if one does.
    pub fn find(&self, entry: Entry) -> Option<GrantId> {
        let mut id = None;
        self.visit(entry.principal, |found| {
            if (found.effect, found.task) == (entry.effect, entry.task) {
                id = Some(found.id);
            }
        });
        id
    }

    /// Whether another table is this one, unchanged. One that was made anew is another, even if it is equal.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::Table(one), Self::Table(other)) => one.is_same(other),
            (Self::Split(one), Self::Split(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Every grant here, in no order.
    pub fn entries(&self) -> Vec<(Entry, GrantId)> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all.into_iter().map(|(word, id)| (Entry::unpack(word), GrantId(id))).collect()
    }

    fn collect(&self, all: &mut Vec<(u64, u64)>) {
        match self {
            Self::Empty => {}
            Self::Table(words) => all.extend(words.pairs()),
            Self::Split(children) => children.iter().for_each(|child| child.collect(all)),
        }
    }

    /// Adds a grant. Its natural key mustn't be there yet.
    pub fn insert(&mut self, entry: Entry, id: GrantId) {
        self.insert_at(entry.pack(), id.0, 0);
    }

    fn insert_at(&mut self, entry: u64, id: u64, depth: u32) {
        match self {
            Self::Empty => *self = Self::Table(Words::pack(vec![(entry, id)])),
            Self::Table(words) => {
                let all = || words.pairs().chain([(entry, id)]).collect();
                *self = if words.len() >= MOST && depth < DEEPEST {
                    Self::build(all(), depth)
                } else if words.is_full() {
                    Self::Table(Words::pack(all()))
                } else {
                    Self::Table(words.with(entry, id))
                };
            }
            Self::Split(children) => {
                if let Some(child) = Arc::make_mut(children).get_mut(child_of(hash_of(entry), depth)) {
                    child.insert_at(entry, id, depth + 1);
                }
            }
        }
    }

    /// Takes a grant out, if it is there.
    pub fn remove(&mut self, entry: Entry) {
        self.remove_at(entry.pack(), 0);
    }

    fn remove_at(&mut self, entry: u64, depth: u32) {
        match self {
            Self::Empty => {}
            Self::Table(words) => {
                let left = words.pairs().filter(|pair| pair.0 != entry).collect();
                *self = Self::build(left, DEEPEST);
            }
            Self::Split(children) => {
                let children = Arc::make_mut(children);
                if let Some(child) = children.get_mut(child_of(hash_of(entry), depth)) {
                    child.remove_at(entry, depth + 1);
                }
                if children.iter().all(|child| matches!(child, Self::Empty)) {
                    *self = Self::Empty;
                }
            }
        }
    }
}

const fn hash_of(entry: u64) -> u32 {
    Entry::unpack(entry).principal.hash()
}

fn all_of_one_principal(pairs: &[(u64, u64)]) -> bool {
    pairs.first().is_none_or(|first| pairs.iter().all(|pair| pair.0 >> 32 == first.0 >> 32))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use feedgate_model::{GroupId, Principal};

    fn entry(group: u32, task: u32, restrict: bool) -> Entry {
        Entry {
            principal: PrincipalKey::of(Principal::Group(GroupId(group))),
            task: TaskId(task),
            effect: if restrict { Effect::Restrict } else { Effect::Permit },
        }
    }

    fn agrees(table: &ScopeTable, model: &BTreeMap<Entry, GrantId>) {
        let mut all = table.entries();
        all.sort_unstable();
        assert_eq!(all, model.iter().map(|(entry, id)| (*entry, *id)).collect::<Vec<_>>());
        for (entry, id) in model {
            assert_eq!(table.find(*entry), Some(*id));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn behaves_like_a_map(
            steps in prop::collection::vec((any::<bool>(), 0u32..400, 0u32..4, any::<bool>()), 1..2500)
        ) {
            let (mut table, mut model) = (ScopeTable::default(), BTreeMap::new());
            for (id, (put, group, task, restrict)) in (1..).map(GrantId).zip(steps) {
                let entry = entry(group, task, restrict);
                if put && !model.contains_key(&entry) {
                    table.insert(entry, id);
                    model.insert(entry, id);
                } else if !put {
                    table.remove(entry);
                    model.remove(&entry);
                    prop_assert_eq!(table.find(entry), None);
                }
            }
            agrees(&table, &model);
            agrees(&ScopeTable::from_entries(model.clone()), &model);
        }
    }

    #[test]
    fn splits_by_principal_and_never_for_one() {
        let (mut table, mut model) = (ScopeTable::default(), BTreeMap::new());
        for (id, n) in (1..).map(GrantId).zip(0..20_000) {
            table.insert(entry(n, 1, false), id);
            model.insert(entry(n, 1, false), id);
        }
        assert!(matches!(table, ScopeTable::Split(_)));
        agrees(&table, &model);

        let one = (0..2000).map(|n| (entry(1, n, false), GrantId(u64::from(n) + 1)));
        assert!(matches!(ScopeTable::from_entries(one), ScopeTable::Table(_)));
    }
}
