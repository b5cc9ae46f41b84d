//! Everybody who is asked about, in classes of people whom no grant tells apart.

use std::collections::{BinaryHeap, HashMap, HashSet};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::{
    bit_set::BitSet,
    presence::{Person, Presence},
};
use feedgate_engine::Index;
use feedgate_model::{GroupId, UserId};

/// People in classes. A class is known by its position; those of one person come first.
#[derive(Debug, Default)]
pub struct Population {
    persons: Vec<Person>,
    /// Where each class's persons begin, and behind the last where they end.
    starts: Vec<u32>,
    /// How many classes have one person.
    singles: usize,
    /// The classes with others than users, and how many: few.
    others: Vec<(u32, u64)>,
}

/// How many persons a set of classes has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headcount {
    /// Users of the policies.
    pub people: u64,
    /// All others: the virtual ones, and members of external groups.
    pub others: u64,
}

impl Headcount {
    /// All of them.
    pub const fn all(self) -> u64 {
        self.people + self.others
    }
}

/// What makes a class: presence in each policy, and the user itself where a grant names it.
type Class<'i> = (SmallVec<[Presence<'i>; 2]>, Option<UserId>);

impl Population {
    /// Everybody of one or two policies whom `wanted` picks. Users in `named` are told apart from all others.
    pub fn new<'i>(
        indexes: &[&'i Index],
        named: &HashSet<UserId, FixedState>,
        wanted: impl Fn(Person, &[Presence<'i>]) -> bool,
    ) -> Self {
        let mut classes: Vec<SmallVec<[Person; 1]>> = Vec::new();
        let mut places: HashMap<Class<'i>, usize, FixedState> = HashMap::default();
        for person in persons(indexes) {
            let presences: SmallVec<[Presence<'i>; 2]> =
                indexes.iter().map(|index| Presence::of(index, person)).collect();
            if !wanted(person, &presences) {
                continue;
            }
            let own = match person {
                Person::User { user, .. } if named.contains(&user) => Some(user),
                _ => None,
            };
            let place = *places.entry((presences, own)).or_insert(classes.len());
            match classes.get_mut(place) {
                Some(class) => class.push(person),
                None => classes.push(SmallVec::from_iter([person])),
            }
        }
        // Stable: classes stay in the order of their first persons.
        classes.sort_by_key(|class| class.len() > 1);
        let mut population = Self { starts: vec![0], ..Self::default() };
        population.singles = classes.iter().take_while(|class| class.len() == 1).count();
        for (position, class) in (0..).zip(classes) {
            let others = class.iter().filter(|person| !matches!(person, Person::User { .. })).count() as u64;
            if others > 0 {
                population.others.push((position, others));
            }
            population.persons.extend(class);
            population.starts.push(population.persons.len() as u32);
        }
        population
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The persons of a class, in their order; at least one.
    pub fn class(&self, position: u32) -> &[Person] {
        let at = |position: usize| self.starts.get(position).map_or(0, |start| *start as usize);
        self.persons.get(at(position as usize)..at(position as usize + 1)).unwrap_or_default()
    }

    /// The first person of each class, by position.
    pub fn representatives(&self) -> impl Iterator<Item = (u32, Person)> + '_ {
        (0..self.len() as u32).filter_map(|position| Some((position, *self.class(position).first()?)))
    }

    /// No class.
    pub fn none(&self) -> BitSet {
        BitSet::new(self.len())
    }

    /// How many persons are in these classes.
    pub fn size(&self, classes: &BitSet) -> u64 {
        let many = classes.iter_from(self.singles).map(|position| self.class(position).len() as u64);
        classes.count_below(self.singles) + many.sum::<u64>()
    }

    /// The same, people and others apart.
    pub fn headcount(&self, classes: &BitSet) -> Headcount {
        let others =
            self.others.iter().filter(|(position, _)| classes.has(*position)).map(|(_, count)| count);
        let others = others.sum();
        Headcount { people: self.size(classes) - others, others }
    }

    /// The first persons in these classes, so many at the most: users, then others, each in their order.
    pub fn first_of(&self, classes: &BitSet, most: usize) -> Vec<Person> {
        let is_user = |person: &&Person| matches!(person, Person::User { .. });
        // The classes of one person are in the order of these; of each larger one the first few can be among the
        // first of all.
        let singles = classes.iter().take_while(|position| (*position as usize) < self.singles);
        let singles = singles.flat_map(|position| self.class(position)).filter(is_user).take(most);
        let mut users: BinaryHeap<Person> = singles.copied().collect();
        for position in classes.iter_from(self.singles) {
            for user in self.class(position).iter().filter(is_user).take(most) {
                if users.len() >= most && users.peek().is_none_or(|last| user >= last) {
                    break;
                }
                users.push(*user);
                if users.len() > most {
                    users.pop();
                }
            }
        }
        let mut first = users.into_sorted_vec();
        let others = self.others.iter().filter(|(position, _)| classes.has(*position));
        let others = others.flat_map(|(position, _)| self.class(*position)).filter(|it| !is_user(it));
        let mut others: Vec<_> = others.copied().collect();
        others.sort_unstable();
        first.extend(others.into_iter().take(most.saturating_sub(first.len())));
        first
    }

    /// The persons in these classes: users, then others, each in their order.
    pub fn persons(&self, classes: &BitSet) -> Vec<Person> {
        let mut persons: Vec<_> = classes.iter().flat_map(|position| self.class(position)).copied().collect();
        persons.sort_unstable_by_key(|person| (!matches!(person, Person::User { .. }), *person));
        persons
    }
}

/// Everybody of one or two policies, each once.
fn persons(indexes: &[&Index]) -> Vec<Person> {
    let directories = indexes.iter().flat_map(|index| index.directories());
    let directories = directories.filter(|directory| directory.enabled);
    let groups = indexes.iter().flat_map(|index| index.groups_from(GroupId(0)));
    let external = groups.filter(|group| !group.is_built_in());
    let users = indexes.iter().flat_map(|index| index.users_from(UserId(0)));
    let mut persons: Vec<_> = [Person::Anonymous, Person::Unknown]
        .into_iter()
        .chain(directories.map(|directory| Person::SignedIn(directory.id)))
        .chain(external.map(|group| Person::Member { group: group.id, directory: group.directory }))
        .chain(users.map(|user| Person::User { user: user.id, directory: user.directory }))
        .collect();
    persons.sort_unstable();
    persons.dedup();
    persons
}
