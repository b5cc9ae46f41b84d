//! Sets of small numbers, a bit each.

const BITS: usize = u64::BITS as usize;

/// A set of numbers below a length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// None of the numbers below `len`.
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(BITS)] }
    }

    /// Adds a number.
    #[inline]
    pub fn insert(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / BITS) {
            *word |= 1 << (number as usize % BITS);
        }
    }

    /// Takes a number out.
    #[inline]
    pub fn remove(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / BITS) {
            *word &= !(1 << (number as usize % BITS));
        }
    }

    /// Whether a number is in it.
    #[inline]
    pub fn has(&self, number: u32) -> bool {
        self.words.get(number as usize / BITS).is_some_and(|word| word >> (number as usize % BITS) & 1 == 1)
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Becomes what another of the same length is.
    pub fn copy_from(&mut self, other: &Self) {
        self.words.clone_from(&other.words);
    }

    /// Becomes empty.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Adds all of another.
    pub fn insert_all(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes all of another out.
    pub fn remove_all(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Keeps what is in another, too.
    pub fn retain_all(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = self.clone();
        left.remove_all(other);
        left
    }

    /// Becomes what is in one and not in another, all of one length. Whether that is anything.
    pub fn assign_difference(&mut self, one: &Self, other: &Self) -> bool {
        let mut any = 0;
        for ((word, one), other) in self.words.iter_mut().zip(&one.words).zip(&other.words) {
            *word = one & !other;
            any |= *word;
        }
        any != 0
    }

    /// Becomes what is in both, all of one length. Whether that is anything.
    pub fn assign_common(&mut self, one: &Self, other: &Self) -> bool {
        let mut any = 0;
        for ((word, one), other) in self.words.iter_mut().zip(&one.words).zip(&other.words) {
            *word = one & other;
            any |= *word;
        }
        any != 0
    }

    /// Keeps what is in one of the two and not in both.
    pub fn flip_all(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word ^= other);
    }

    /// Whether all of this is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(word, other)| word & !other == 0)
    }

    /// How many of the numbers below `end` are in it.
    pub fn count_below(&self, end: usize) -> u64 {
        let whole = self.words.iter().take(end / BITS).map(|word| u64::from(word.count_ones())).sum::<u64>();
        let part = self.words.get(end / BITS).map_or(0, |word| word & ((1 << (end % BITS)) - 1));
        whole + u64::from(part.count_ones())
    }

    /// The numbers from `start` on, ascending.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = u32> + '_ {
        let first = start / BITS;
        let words = self.words.iter().enumerate().skip(first);
        words.flat_map(move |(at, word)| {
            let mut left = if at == first { word & (u64::MAX << (start % BITS)) } else { *word };
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                (left != 0).then(|| {
                    left &= left - 1;
                    (at * BITS) as u32 + bit
                })
            })
        })
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.iter_from(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(numbers: &BTreeSet<u32>) -> BitSet {
        let mut set = BitSet::new(300);
        numbers.iter().for_each(|number| set.insert(*number));
        set
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(
            a in prop::collection::btree_set(0u32..300, 0..80),
            b in prop::collection::btree_set(0u32..300, 0..80),
            at in 0usize..300,
        ) {
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(x.iter().collect::<BTreeSet<_>>(), a.clone());
            prop_assert_eq!(x.iter_from(at).collect::<Vec<_>>(), a.range(at as u32..).copied().collect::<Vec<_>>());
            prop_assert_eq!(x.count_below(at), a.range(..at as u32).count() as u64);
            prop_assert_eq!(x.is_empty(), a.is_empty());
            prop_assert_eq!(x.is_within(&y), a.is_subset(&b));
            prop_assert_eq!(x.without(&y), set(&a.difference(&b).copied().collect()));
            let mut difference = BitSet::new(300);
            prop_assert_eq!(difference.assign_difference(&x, &y), !a.is_subset(&b));
            prop_assert_eq!(difference, x.without(&y));
            let mut common = BitSet::new(300);
            prop_assert_eq!(common.assign_common(&x, &y), !a.is_disjoint(&b));
            prop_assert!(a.iter().all(|number| x.has(*number)) && !x.has(1000));
            let mut differing = x.clone();
            differing.flip_all(&y);
            prop_assert_eq!(differing, set(&a.symmetric_difference(&b).copied().collect()));
            let mut both = x.clone();
            both.retain_all(&y);
            prop_assert_eq!(&both, &common);
            prop_assert_eq!(both, set(&a.intersection(&b).copied().collect()));
            let mut either = x.clone();
            either.insert_all(&y);
            prop_assert_eq!(either, set(&a.union(&b).copied().collect()));
            let mut less = x;
            a.iter().take(5).for_each(|number| less.remove(*number));
            prop_assert_eq!(less, set(&a.iter().skip(5).copied().collect()));
        }
    }
}
