//! The grants of one scope, by principal: what a decision reads.
//!
//! A table is one allocation of words: a header, buckets, entries, and the ids of the entries' grants.
//!
//! ```text
//! | count, log₂ buckets | filter·start | filter·start | … | entry | entry | … | id | id | … |
//! ```
//!
//! A principal's hash picks a bucket, and a bit in the bucket's 32-bit filter. Nearly every look-up of a
//! decision is a miss, and nearly every miss ends at that bit; neighbouring buckets share cache lines. A hit
//! reads the bucket's few entries: principal, task and effect, 8 bytes a grant. The ids (8 more) are read
//! only when an entry decides. The task is looked up in the catalogue, not copied here, so that editing a
//! task is one change and not one for every grant of it.
//!
//! A table of more than [`MOST`] entries is split in sixteen by the hash, and so on: the cost of a change
//! doesn't grow with the scope. Changing a table makes a new one; nothing is written in place.

use std::sync::Arc;

use super::principal_key::PrincipalKey;
use crate::model::{Effect, GrantId, TaskId};

/// The most entries of one table before it is split (unless they are all of one principal).
const MOST: usize = 512;
/// How many entries a bucket has at most on average.
const FILL: usize = 4;
/// How often a table is split at most: the hash has no more bits.
const DEEPEST: u32 = 4;
const HEADER: usize = 1;

/// The grants of one scope.
#[derive(Clone, Debug, Default)]
pub enum ScopeTable {
    #[default]
    Empty,
    Table(Arc<[u64]>),
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

/// A table's words, told apart.
#[derive(Clone, Copy)]
struct View<'a> {
    buckets: &'a [u64],
    entries: &'a [u64],
    ids: &'a [u64],
}

const fn filter_bit(hash: u32) -> u64 {
    1 << (32 + (hash & 31))
}

const fn child_of(hash: u32, depth: u32) -> usize {
    (hash >> (28 - 4 * depth) & 15) as usize
}

impl<'a> View<'a> {
    #[inline]
    fn of(words: &'a [u64]) -> Option<Self> {
        let header = *words.first()?;
        let (count, buckets) = (header as u32 as usize, 1 << (header >> 32));
        let (buckets, rest) = words.get(HEADER..)?.split_at_checked(buckets)?;
        let (entries, ids) = rest.split_at_checked(count)?;
        Some(Self { buckets, entries, ids })
    }

    #[inline]
    fn bucket_of(&self, hash: u32) -> usize {
        (hash >> 5) as usize & (self.buckets.len() - 1)
    }

    /// Where a bucket's entries are.
    #[inline]
    fn range(&self, bucket: usize) -> std::ops::Range<usize> {
        let start = |bucket: usize| self.buckets.get(bucket).map(|word| *word as u32 as usize);
        start(bucket).unwrap_or_default()..start(bucket + 1).unwrap_or(self.entries.len())
    }

    /// The entries of a bucket that the principal may be in; none if the filter rules it out.
    #[inline]
    fn candidates(&self, hash: u32) -> std::ops::Range<usize> {
        let bucket = self.bucket_of(hash);
        match self.buckets.get(bucket) {
            Some(word) if word & filter_bit(hash) != 0 => self.range(bucket),
            _ => 0..0,
        }
    }

    /// Calls back for each of a principal's entries.
    #[inline]
    fn visit(&self, principal: PrincipalKey, found: &mut impl FnMut(Effect, TaskId, GrantId)) {
        for at in self.candidates(principal.hash()) {
            let Some(entry) = self.entries.get(at).map(|word| Entry::unpack(*word)) else { return };
            if entry.principal == principal {
                found(entry.effect, entry.task, GrantId(self.ids.get(at).copied().unwrap_or_default()));
            }
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        self.entries.iter().copied().zip(self.ids.iter().copied())
    }
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
        Self::Table(pack(pairs))
    }

    /// The table of a principal's grants; at most one.
    #[inline]
    fn table_of(&self, hash: u32) -> Option<&[u64]> {
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

    /// Calls back for each of a principal's grants here.
    #[inline]
    pub fn visit(&self, principal: PrincipalKey, mut found: impl FnMut(Effect, TaskId, GrantId)) {
        if let Some(view) = self.table_of(principal.hash()).and_then(View::of) {
            view.visit(principal, &mut found);
        }
    }

    /// The same for several principals: the table's parts are told apart once.
    #[inline]
    pub fn visit_each(&self, principals: &[PrincipalKey], mut found: impl FnMut(Effect, TaskId, GrantId)) {
        match self {
            Self::Empty => {}
            Self::Table(words) => {
                if let Some(view) = View::of(words) {
                    principals.iter().for_each(|principal| view.visit(*principal, &mut found));
                }
            }
            Self::Split(_) => principals.iter().for_each(|principal| self.visit(*principal, &mut found)),
        }
    }

    /// Which grant has this natural key, if one does.
    pub fn find(&self, entry: Entry) -> Option<GrantId> {
        let mut id = None;
        self.visit(entry.principal, |effect, task, found| {
            if (effect, task) == (entry.effect, entry.task) {
                id = Some(found);
            }
        });
        id
    }

    /// Whether another table is this one, unchanged. One that was made anew is another, even if it is equal.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::Table(one), Self::Table(other)) => Arc::ptr_eq(one, other),
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
            Self::Table(words) => all.extend(View::of(words).iter().flat_map(View::pairs)),
            Self::Split(children) => children.iter().for_each(|child| child.collect(all)),
        }
    }

    /// Adds a grant. Its natural key mustn't be there yet.
    pub fn insert(&mut self, entry: Entry, id: GrantId) {
        self.insert_at(entry.pack(), id.0, 0);
    }

    fn insert_at(&mut self, entry: u64, id: u64, depth: u32) {
        match self {
            Self::Empty => *self = Self::Table(pack(vec![(entry, id)])),
            Self::Table(words) => {
                let Some(view) = View::of(words) else { return };
                let count = view.entries.len();
                let grown = if count >= MOST && depth < DEEPEST {
                    Self::build(view.pairs().chain([(entry, id)]).collect(), depth)
                } else if count >= view.buckets.len() * FILL {
                    Self::Table(pack(view.pairs().chain([(entry, id)]).collect()))
                } else {
                    Self::Table(spliced(view, entry, id))
                };
                *self = grown;
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
                let Some(view) = View::of(words) else { return };
                let left = view.pairs().filter(|pair| pair.0 != entry).collect();
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

/// Lays entries out as a table's words.
fn pack(mut pairs: Vec<(u64, u64)>) -> Arc<[u64]> {
    let log = pairs.len().div_ceil(FILL).next_power_of_two().trailing_zeros();
    let mask = (1u32 << log) - 1;
    let bucket = |entry: u64| (hash_of(entry) >> 5 & mask) as usize;
    pairs.sort_unstable_by_key(|pair| (bucket(pair.0), pair.0));

    let mut words = Vec::with_capacity(HEADER + (1 << log) + 2 * pairs.len());
    words.push(u64::from(log) << 32 | pairs.len() as u64);
    let mut at = 0;
    for number in 0..1usize << log {
        let mine = pairs.iter().skip(at).take_while(|pair| bucket(pair.0) == number);
        let (mut filter, start) = (0, at);
        for pair in mine {
            filter |= filter_bit(hash_of(pair.0));
            at += 1;
        }
        words.push(filter | start as u64);
    }
    words.extend(pairs.iter().map(|pair| pair.0));
    words.extend(pairs.iter().map(|pair| pair.1));
    words.into()
}

/// A table with one entry more and as many buckets.
fn spliced(view: View<'_>, entry: u64, id: u64) -> Arc<[u64]> {
    let hash = hash_of(entry);
    let bucket = view.bucket_of(hash);
    let at = view.range(bucket).end;
    let header = u64::from(view.buckets.len().trailing_zeros()) << 32 | (view.entries.len() as u64 + 1);
    let (entries_before, entries_behind) = view.entries.split_at_checked(at).unwrap_or_default();
    let (ids_before, ids_behind) = view.ids.split_at_checked(at).unwrap_or_default();

    let mut words = Vec::with_capacity(HEADER + view.buckets.len() + 2 * view.entries.len() + 2);
    words.push(header);
    words.extend_from_slice(view.buckets);
    if let Some(word) = words.get_mut(HEADER + bucket) {
        *word |= filter_bit(hash);
    }
    for word in words.iter_mut().skip(HEADER + bucket + 1) {
        *word += 1;
    }
    words.extend_from_slice(entries_before);
    words.push(entry);
    words.extend_from_slice(entries_behind);
    words.extend_from_slice(ids_before);
    words.push(id);
    words.extend_from_slice(ids_behind);
    words.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{GroupId, Principal};

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
