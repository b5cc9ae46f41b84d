//! What was gained and lost, put together: blocks of people, attributes and targets that all go together.

use std::{collections::HashMap, hash::BuildHasher as _};

use foldhash::fast::FixedState;

use super::{
    super::people::{BitSet, Headcount, Population},
    targets::order,
};
use feedgate_engine::Target;
use feedgate_model::AttributeId;

/// Which way access changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    Gained,
    Lost,
}

/// Accesses that go together: each of these people gains, or loses, each of these attributes on each of these
/// targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub direction: Direction,
    /// In the order of their ids.
    pub attributes: Vec<AttributeId>,
    pub people: Headcount,
    /// The system, then feed groups, then feeds, each in the order of their ids. At least one.
    pub targets: Vec<Target>,
}

impl Block {
    /// How many accesses it has.
    pub fn accesses(&self) -> u64 {
        self.people.all() * self.attributes.len() as u64 * self.targets.len() as u64
    }
}

/// What is gained and lost of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeTotals {
    pub attribute: AttributeId,
    pub gained: Totals,
    pub lost: Totals,
}

/// One direction of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub accesses: u64,
    /// How many different users, anywhere.
    pub people: u64,
    pub targets: u64,
}

/// All that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    pub gained: u64,
    pub lost: u64,
    /// The attributes of which anything differs, in the order of their ids.
    pub attributes: Vec<AttributeTotals>,
    /// Those with most accesses first.
    pub blocks: Vec<Block>,
}

/// Sets of people are known again by two hashes of 64 bits; the sets themselves would be too much to keep.
type Fingerprint = [u64; 2];

fn fingerprint(people: &BitSet) -> Fingerprint {
    [0x5eed, 0xfeed].map(|seed| FixedState::with_seed(seed).hash_one(people))
}

/// Blocks as they are found, target after target.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    population: &'a Population,
    attributes: &'a [AttributeId],
    places: HashMap<(Direction, Vec<usize>, Fingerprint), usize, FixedState>,
    blocks: Vec<Block>,
    tallies: Vec<[Tally; 2]>,
}

#[derive(Clone, Debug)]
struct Tally {
    totals: Totals,
    everybody: BitSet,
}

/// What one target's set of people is: where it came from, and what tells it from others.
struct Found {
    fingerprint: Fingerprint,
    people: Headcount,
    attributes: Vec<usize>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(population: &'a Population, attributes: &'a [AttributeId]) -> Self {
        let tally = || Tally { totals: Totals::default(), everybody: population.none() };
        Self {
            population,
            attributes,
            places: HashMap::default(),
            blocks: Vec::new(),
            tallies: attributes.iter().map(|_| [tally(), tally()]).collect(),
        }
    }

    /// Adds what differs on one target: by attribute, who gains or loses it.
    pub(super) fn add(&mut self, target: Target, direction: Direction, sets: &[BitSet]) {
        let mut found: Vec<Found> = Vec::new();
        for (number, set) in sets.iter().enumerate().filter(|(_, set)| !set.is_empty()) {
            let fingerprint = fingerprint(set);
            let people = match found.iter_mut().find(|other| other.fingerprint == fingerprint) {
                Some(same) => {
                    same.attributes.push(number);
                    same.people
                }
                None => {
                    let people = self.population.headcount(set);
                    found.push(Found { fingerprint, people, attributes: vec![number] });
                    people
                }
            };
            if let Some(tally) = self.tallies.get_mut(number).and_then(|it| it.get_mut(direction as usize)) {
                tally.totals.accesses += people.all();
                tally.totals.targets += 1;
                tally.everybody.insert_all(set);
            }
        }
        for Found { fingerprint, people, attributes } in found {
            self.put(target, direction, fingerprint, people, attributes);
        }
    }

    fn put(
        &mut self,
        target: Target,
        direction: Direction,
        fingerprint: Fingerprint,
        people: Headcount,
        attributes: Vec<usize>,
    ) {
        let ids = attributes.iter().filter_map(|number| self.attributes.get(*number)).copied().collect();
        let place = *self.places.entry((direction, attributes, fingerprint)).or_insert(self.blocks.len());
        match self.blocks.get_mut(place) {
            Some(block) => block.targets.push(target),
            None => self.blocks.push(Block { direction, attributes: ids, people, targets: vec![target] }),
        }
    }

    /// All of them, in their order.
    pub(super) fn finish(self) -> Blocks {
        let Self { population, attributes, places: _, mut blocks, tallies } = self;
        blocks.iter_mut().for_each(|block| block.targets.sort_unstable_by_key(order));
        blocks.sort_by_cached_key(|block| {
            let first = block.targets.first().map(order);
            (std::cmp::Reverse(block.accesses()), block.direction, first, block.attributes.clone())
        });
        let totals =
            |tally: &Tally| Totals { people: population.headcount(&tally.everybody).people, ..tally.totals };
        let attributes: Vec<_> = attributes
            .iter()
            .zip(&tallies)
            .map(|(attribute, [gained, lost])| AttributeTotals {
                attribute: *attribute,
                gained: totals(gained),
                lost: totals(lost),
            })
            .filter(|it| it.gained.targets + it.lost.targets > 0)
            .collect();
        Blocks {
            gained: attributes.iter().map(|it| it.gained.accesses).sum(),
            lost: attributes.iter().map(|it| it.lost.accesses).sum(),
            attributes,
            blocks,
        }
    }
}
