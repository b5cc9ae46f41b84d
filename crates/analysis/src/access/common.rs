//! What people have in common: the smallest group that they are all in, so that a block has a name.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::super::people::{BitSet, Crowd, Crowds, Person, Population, Presence};
use feedgate_engine::Index;
use feedgate_model::{Effect, GroupId, Principal, UserId};

/// What people have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    pub principal: Principal,
    /// Whether they are all users that it stands for.
    pub all: bool,
}

/// The policy under which it is asked.
pub(super) struct Side<'a> {
    pub(super) index: &'a Index,
    pub(super) crowds: &'a Crowds,
    pub(super) population: &'a Population,
    /// Whether the population is everybody.
    pub(super) everybody: bool,
}

impl Side<'_> {
    fn crowd(&self, principal: Principal) -> Crowd<'_> {
        self.crowds.of(principal, Effect::Permit)
    }

    /// The groups that everybody in a set is in.
    fn groups(&self, set: &BitSet) -> Vec<GroupId> {
        let first = set.iter().next().and_then(|position| self.population.class(position).first());
        let Some(person) = first else { return Vec::new() };
        let groups = Presence::of(self.index, *person).all_groups(self.index);
        groups.into_iter().filter(|group| self.crowd(Principal::Group(*group)).holds(set)).collect()
    }

    /// The virtual principal that stands for everybody in a set.
    fn virtual_principal(&self, set: &BitSet) -> Option<Common> {
        let all = [Principal::Authenticated, Principal::Anonymous, Principal::Everyone].into_iter();
        let principal = all.into_iter().find(|principal| self.crowd(*principal).holds(set))?;
        let mut standing_for = self.population.none();
        self.crowd(principal).add_to(&mut standing_for);
        Some(Common { principal, all: self.everybody && standing_for.is_within(set) })
    }
}

/// For each set of people, under its policy.
pub(super) fn of(asked: &[(&Side<'_>, &BitSet)]) -> Vec<Option<Common>> {
    let shared: Vec<_> = asked.iter().map(|(side, set)| side.groups(set)).collect();
    let mut sizes: HashMap<*const Index, HashMap<GroupId, u64, FixedState>, FixedState> = HashMap::default();
    for (side, _) in asked {
        let index: *const Index = side.index;
        sizes.entry(index).or_insert_with(|| {
            let same = asked.iter().zip(&shared).filter(|((other, _), _)| std::ptr::eq(other.index, index));
            group_sizes(side.index, same.flat_map(|(_, groups)| groups).copied().collect())
        });
    }
    let common = |((side, set), groups): (&(&Side<'_>, &BitSet), &Vec<GroupId>)| {
        let index: *const Index = side.index;
        let size = |group: &GroupId| sizes.get(&index).and_then(|it| it.get(group)).copied().unwrap_or(0);
        let Some(smallest) = groups.iter().min_by_key(|group| (size(group), **group)) else {
            return side.virtual_principal(set);
        };
        let people = side.population.headcount(set).people;
        Some(Common { principal: Principal::Group(*smallest), all: people == size(smallest) })
    };
    asked.iter().zip(&shared).map(common).collect()
}

/// How many users each of these groups has who aren't denied everything.
fn group_sizes(index: &Index, wanted: HashSet<GroupId, FixedState>) -> HashMap<GroupId, u64, FixedState> {
    if wanted.is_empty() {
        return HashMap::default();
    }
    // By group, which of the wanted ones it is in or is.
    let mut within: HashMap<GroupId, Vec<GroupId>, FixedState> = HashMap::default();
    let mut sizes: HashMap<GroupId, u64, FixedState> = wanted.iter().map(|group| (*group, 0)).collect();
    for user in index.users_from(UserId(0)) {
        let person = Person::User { user: user.id, directory: user.directory };
        let Presence::Known { groups, .. } = Presence::of(index, person) else { continue };
        let mut counted: Vec<GroupId> = Vec::new();
        for group in groups {
            let in_these = within.entry(*group).or_insert_with(|| {
                let all = feedgate_engine::Principals::groups_of(index, std::slice::from_ref(group));
                all.into_iter().filter(|it| wanted.contains(it)).collect()
            });
            counted.extend_from_slice(in_these);
        }
        counted.sort_unstable();
        counted.dedup();
        for group in counted {
            *sizes.entry(group).or_default() += 1;
        }
    }
    sizes
}
