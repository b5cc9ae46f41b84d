//! One table: its words, and what they mean.

use std::sync::Arc;

use super::{Entry, hash_of};
use crate::index::principal_key::PrincipalKey;
use feedgate_model::{Effect, GrantId, TaskId};

/// How many entries a bucket has at most on average.
pub(super) const FILL: usize = 4;

/// The words of up to [`MOST`](super::MOST) grants, or of one principal's. How many buckets they begin with stands beside the pointer, so that
/// finding a bucket waits for no other word.
#[derive(Clone, Debug)]
pub struct Words {
    log: u8,
    words: Arc<[u64]>,
}

/// A grant that was found.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub effect: Effect,
    pub task: TaskId,
    pub id: GrantId,
}

const fn filter_shift(hash: u32) -> u32 {
    32 + (hash & 31)
}

/// Words, told apart.
#[derive(Clone, Copy)]
struct View<'a> {
    buckets: &'a [u64],
    /// Each with the id of its grant.
    entries: &'a [[u64; 2]],
}

impl View<'_> {
    /// Where a bucket's entries are.
    #[inline]
    fn range(&self, bucket: usize) -> std::ops::Range<usize> {
        let start = |bucket: usize| self.buckets.get(bucket).map(|word| *word as u32 as usize);
        start(bucket).unwrap_or_default()..start(bucket + 1).unwrap_or(self.entries.len())
    }
}

impl Words {
    /// Lays grants out: as packed entries, each with its id.
    pub(super) fn pack(mut pairs: Vec<(u64, u64)>) -> Self {
        let log = pairs.len().div_ceil(FILL).next_power_of_two().trailing_zeros();
        let mask = (1u32 << log) - 1;
        let bucket = |entry: u64| (hash_of(entry) >> 5 & mask) as usize;
        pairs.sort_unstable_by_key(|pair| (bucket(pair.0), pair.0));

        let mut words = Vec::with_capacity((1 << log) + 2 * pairs.len());
        let mut at = 0;
        for number in 0..1usize << log {
            let mine = pairs.iter().skip(at).take_while(|pair| bucket(pair.0) == number);
            let (mut filter, start) = (0, at);
            for pair in mine {
                filter |= 1 << filter_shift(hash_of(pair.0));
                at += 1;
            }
            words.push(filter | start as u64);
        }
        words.extend(pairs.iter().flat_map(|(entry, id)| [*entry, *id]));
        Self { log: log as u8, words: words.into() }
    }

    #[inline]
    fn buckets(&self) -> &[u64] {
        self.words.split_at_checked(1 << self.log).unwrap_or_default().0
    }

    #[inline]
    fn bucket_of(&self, hash: u32) -> usize {
        (hash >> 5) as usize & ((1 << self.log) - 1)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        let (buckets, rest) = self.words.split_at_checked(1 << self.log).unwrap_or_default();
        View { buckets, entries: rest.as_chunks().0 }
    }

    pub(super) fn len(&self) -> usize {
        self.view().entries.len()
    }

    /// Whether one entry more asks for more buckets.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= FILL << self.log
    }

    /// Whether these are other words, unchanged.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.words, &other.words)
    }

    /// For each of these hashes, the last one in the lowest bit: 1 if there may be grants of a principal with it, 0 if
    /// there are none.
    #[inline]
    pub(super) fn sift(&self, hashes: impl Iterator<Item = u32>) -> u64 {
        let buckets = self.buckets();
        let last = buckets.len().saturating_sub(1);
        hashes.fold(0, |all, hash| {
            let word = buckets.get((hash >> 5) as usize & last).map_or(0, |word| *word);
            all << 1 | word >> filter_shift(hash) & 1
        })
    }

    /// Calls back for each of these principals' grants.
    #[inline]
    pub(super) fn visit(
        &self,
        principals: impl Iterator<Item = PrincipalKey>,
        found: &mut impl FnMut(Found),
    ) {
        let view = self.view();
        principals.for_each(|principal| self.visit_one(view, principal, found));
    }

    #[inline]
    fn visit_one(&self, view: View<'_>, principal: PrincipalKey, found: &mut impl FnMut(Found)) {
        let range = view.range(self.bucket_of(principal.hash()));
        for [entry, id] in view.entries.get(range).unwrap_or_default() {
            let entry = Entry::unpack(*entry);
            if entry.principal == principal {
                found(Found { effect: entry.effect, task: entry.task, id: GrantId(*id) });
            }
        }
    }

    /// Every packed entry with its id.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.view().entries.iter().map(|[entry, id]| (*entry, *id))
    }

    /// The same with one entry more and as many buckets.
    pub(super) fn with(&self, entry: u64, id: u64) -> Self {
        let (view, hash) = (self.view(), hash_of(entry));
        let bucket = self.bucket_of(hash);
        let at = view.range(bucket).end;
        let (before, behind) = view.entries.split_at_checked(at).unwrap_or_default();

        let mut words = Vec::with_capacity(self.words.len() + 2);
        words.extend_from_slice(view.buckets);
        if let Some(word) = words.get_mut(bucket) {
            *word |= 1 << filter_shift(hash);
        }
        for word in words.iter_mut().skip(bucket + 1) {
            *word += 1;
        }
        words.extend_from_slice(before.as_flattened());
        words.extend([entry, id]);
        words.extend_from_slice(behind.as_flattened());
        Self { log: self.log, words: words.into() }
    }
}
