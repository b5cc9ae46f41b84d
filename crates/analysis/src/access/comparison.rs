//! Two policies beside each other.

use std::collections::BTreeSet;

use super::{
    super::{
        meter::{Cancelled, Meter},
        people::{BitSet, Crowds, Person, Population},
        survey::{Ground, Survey},
    },
    blocks::{Block, Blocks, Builder, Direction},
    common::{self, Common},
    reach::{Reach, moves_people, named_users},
    shortcut::{self, Shortcut},
    targets::Targets,
};
use feedgate_engine::{Index, Target};
use feedgate_model::{AttributeId, ObjectKey};

/// Two policies, and what of them has to be looked at.
#[derive(Debug)]
pub struct Comparison<'i> {
    before: &'i Index,
    after: &'i Index,
    attributes: Vec<AttributeId>,
    population: Population,
    /// Whether the population is everybody whom the policies know.
    everybody: bool,
    crowds: Crowds,
    /// None if people are what they were.
    crowds_after: Option<Crowds>,
    targets: Targets,
    /// Whether targets whose own grants are what they were can be looked at by a shortcut.
    shortcut: bool,
}

/// One policy's answers on the way from target to target.
struct Side<'s> {
    survey: Survey<'s>,
    ground: Option<Ground>,
    allowed: Vec<BitSet>,
}

impl<'s> Side<'s> {
    fn new(index: &'s Index, population: &'s Population, crowds: &'s Crowds, of: &[AttributeId]) -> Self {
        let survey = Survey::new(index, population, crowds, of);
        Self { allowed: survey.nobody(), ground: None, survey }
    }

    /// Who may on a target.
    fn look(&mut self, target: Target) {
        let Self { survey, ground, allowed } = self;
        let index = survey.index();
        match target {
            Target::System => survey.on_system(allowed),
            Target::Feed(id) => match index.feed(id) {
                Some(feed) => survey.on_feed(survey.ground_of(feed, ground), feed, allowed),
                None => survey.on_unknown_feed(allowed),
            },
            Target::FeedGroup(id) if index.feed_group(id).is_some() => {
                survey.on_group(survey.ground_in(id, ground), allowed);
            }
            Target::UnknownFeed => survey.on_unknown_feed(allowed),
            Target::FeedGroup(_) | Target::UnknownFeedGroup => allowed.iter_mut().for_each(BitSet::clear),
        }
    }
}

/// Both policies' answers on the way from target to target.
struct Sides<'s> {
    before: Side<'s>,
    after: Side<'s>,
    /// None if there is none.
    shortcut: Option<Shortcut>,
    /// By attribute, who gains it on the target that was looked at last, and who loses it.
    gained: Vec<BitSet>,
    lost: Vec<BitSet>,
}

impl Sides<'_> {
    /// Finds out who gains and who loses on a target. False if nobody does.
    fn look(&mut self, target: Target) -> bool {
        let Self { before, after, shortcut, gained, lost } = self;
        let shortcut = shortcut.as_mut();
        let mut any = false;
        if let Some(differing) = shortcut.and_then(|it| it.differing(&before.survey, &after.survey, target)) {
            let [before, after] = [before, after].map(|side| side.survey.everywhere().allowed());
            for ((((gained, lost), differing), before), after) in
                gained.iter_mut().zip(lost).zip(differing).zip(before).zip(after)
            {
                any |= gained.assign_common(differing, after);
                any |= lost.assign_common(differing, before);
            }
            return any;
        }
        before.look(target);
        after.look(target);
        for (((gained, lost), before), after) in
            gained.iter_mut().zip(lost).zip(&before.allowed).zip(&after.allowed)
        {
            any |= gained.assign_difference(after, before);
            any |= lost.assign_difference(before, after);
        }
        any
    }
}

impl<'i> Comparison<'i> {
    /// Of two policies that differ in these objects, and in no others.
    pub fn new(before: &'i Index, after: &'i Index, changed: &BTreeSet<ObjectKey>) -> Self {
        let indexes = [before, after];
        let reach = Reach::of(indexes, changed);
        let targets = Targets::of(indexes, &reach);
        let mut named = named_users(before, targets.scopes(before));
        named.extend(named_users(after, targets.scopes(after)));
        let people = reach.people(indexes);
        let moved = changed.iter().any(|key| moves_people(key.kind));
        // Where people stay what they are, one policy tells as much of them as two.
        let present: &[&Index] = if moved { &indexes } else { &[before] };
        let population = Population::new(present, &named, |person, presences| people.has(person, presences));
        let everybody = people.is_everybody();
        drop(people);
        Self {
            crowds: Crowds::new(before, &population),
            crowds_after: moved.then(|| Crowds::new(after, &population)),
            before,
            after,
            attributes: reach.attributes.into_iter().collect(),
            population,
            everybody,
            targets,
            shortcut: shortcut::is_open(changed),
        }
    }

    /// The policies, before and after.
    pub fn indexes(&self) -> [&'i Index; 2] {
        [self.before, self.after]
    }

    fn crowds_after(&self) -> &Crowds {
        self.crowds_after.as_ref().unwrap_or(&self.crowds)
    }

    fn both(&self) -> Sides<'_> {
        let before = Side::new(self.before, &self.population, &self.crowds, &self.attributes);
        let after = Side::new(self.after, &self.population, self.crowds_after(), &self.attributes);
        let (gained, lost) = (before.survey.nobody(), before.survey.nobody());
        let shortcut = if self.shortcut { Shortcut::new(&before.survey, &after.survey) } else { None };
        Sides { before, after, shortcut, gained, lost }
    }

    /// Everything that differs.
    pub fn run(&self, meter: &dyn Meter) -> Result<Blocks, Cancelled> {
        let mut builder = Builder::new(&self.population, &self.attributes);
        if self.attributes.is_empty() || self.population.len() == 0 {
            return Ok(builder.finish());
        }
        let mut sides = self.both();
        let total = self.targets.in_order.len() as u64;
        for (done, target) in (0..).zip(&self.targets.in_order) {
            meter.at(done, total)?;
            if sides.look(*target) {
                builder.add(*target, Direction::Gained, &sides.gained);
                builder.add(*target, Direction::Lost, &sides.lost);
            }
        }
        meter.at(total, total)?;
        Ok(builder.finish())
    }

    /// Who is in each of some blocks: the classes.
    fn classes(&self, blocks: &[Block]) -> Vec<BitSet> {
        let mut sides = self.both();
        let of = |block: &Block| {
            let (Some(target), Some(attribute)) = (block.targets.first(), block.attributes.first()) else {
                return self.population.none();
            };
            sides.look(*target);
            let sets = if block.direction == Direction::Gained { &sides.gained } else { &sides.lost };
            let set = self.attributes.binary_search(attribute).ok().and_then(|at| sets.get(at));
            set.cloned().unwrap_or_default()
        };
        blocks.iter().map(of).collect()
    }

    /// Who is in a block: all persons, in their order.
    pub fn persons(&self, block: &Block) -> Vec<Person> {
        let classes = self.classes(std::slice::from_ref(block));
        classes.first().map(|classes| self.population.persons(classes)).unwrap_or_default()
    }

    /// So many of the persons in some blocks, users first, and what all of them have in common, if anything.
    pub fn common(&self, blocks: &[Block], most: usize) -> Vec<(Vec<Person>, Option<Common>)> {
        let classes = self.classes(blocks);
        let sides =
            [(self.before, &self.crowds), (self.after, self.crowds_after())].map(|(index, crowds)| {
                common::Side { index, crowds, population: &self.population, everybody: self.everybody }
            });
        let [before, after] = &sides;
        let side = |block: &Block| if block.direction == Direction::Lost { before } else { after };
        let asked: Vec<_> = blocks.iter().zip(&classes).map(|(block, set)| (side(block), set)).collect();
        let found = common::of(&asked);
        classes.iter().map(|set| self.population.first_of(set, most)).zip(found).collect()
    }
}
