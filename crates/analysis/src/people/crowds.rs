//! For each principal the people that it stands for, under one policy.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{
    bit_set::BitSet,
    population::Population,
    presence::{Person, Presence},
};
use feedgate_engine::{Index, Principals};
use feedgate_model::{DirectoryId, Effect, GroupId, Principal, UserId};

/// From one in how many on a crowd is a bit set.
const DENSE: usize = 32;

/// Some of a population.
#[derive(Clone, Copy, Debug)]
pub enum Crowd<'a> {
    Few(&'a [u32]),
    Many(&'a BitSet),
}

impl Crowd<'_> {
    /// Adds them to a set.
    pub fn add_to(self, set: &mut BitSet) {
        match self {
            Self::Few(positions) => positions.iter().for_each(|position| set.insert(*position)),
            Self::Many(all) => set.insert_all(all),
        }
    }

    /// Takes them out of a set.
    pub fn take_from(self, set: &mut BitSet) {
        match self {
            Self::Few(positions) => positions.iter().for_each(|position| set.remove(*position)),
            Self::Many(all) => set.remove_all(all),
        }
    }

    /// Whether everybody in a set is among them.
    pub fn holds(self, set: &BitSet) -> bool {
        match self {
            Self::Few(positions) => set.iter().all(|position| positions.binary_search(&position).is_ok()),
            Self::Many(all) => set.is_within(all),
        }
    }
}

/// A virtual principal's people: those whose permissions count, and those whose restrictions do.
#[derive(Clone, Debug)]
struct Virtual {
    permitted: BitSet,
    restricted: BitSet,
}

/// The people of every principal under one policy.
#[derive(Debug)]
pub struct Crowds {
    everyone: BitSet,
    authenticated: Virtual,
    anonymous: Virtual,
    by_directory: HashMap<DirectoryId, Virtual, FixedState>,
    groups: HashMap<GroupId, Group, FixedState>,
    users: HashMap<UserId, u32, FixedState>,
}

#[derive(Debug)]
enum Group {
    Few(Vec<u32>),
    Many(BitSet),
}

impl Crowds {
    /// Finds out who is who. Whoever is denied everything is in no crowd.
    pub fn new(index: &Index, population: &Population) -> Self {
        let none = || Virtual { permitted: population.none(), restricted: population.none() };
        let mut crowds = Self {
            everyone: population.none(),
            authenticated: none(),
            anonymous: none(),
            by_directory: index.directories().map(|directory| (directory.id, none())).collect(),
            groups: HashMap::default(),
            users: HashMap::default(),
        };
        let mut groups: HashMap<GroupId, Vec<u32>, FixedState> = HashMap::default();
        let nested = index.nested_groups().map(|group| group.id);
        let above: HashMap<GroupId, _, FixedState> =
            nested.map(|group| (group, Principals::groups_of(index, &[group]))).collect();
        for (position, person) in population.representatives() {
            let presence = Presence::of(index, person);
            crowds.place(position, presence);
            let Presence::Known { groups: own, .. } = presence else { continue };
            let all = own.iter().flat_map(|own| above.get(own).map_or(std::slice::from_ref(own), |all| all));
            for group in all {
                let members = groups.entry(*group).or_default();
                // A group that is met on two ways counts once.
                if members.last() != Some(&position) {
                    members.push(position);
                }
            }
            if let (Person::User { user, .. }, [_]) = (person, population.class(position)) {
                crowds.users.insert(user, position);
            }
        }
        crowds.groups = groups.into_iter().map(|(id, few)| (id, Group::of(few, population))).collect();
        crowds
    }

    /// Which virtual principals a class counts for. An unknown one is held back by all of them, and permitted
    /// by Everyone alone (access model, section 5, step 1).
    fn place(&mut self, position: u32, presence: Presence<'_>) {
        let Self { everyone, authenticated, anonymous, by_directory, .. } = self;
        match presence {
            Presence::Denied => return,
            Presence::Anonymous => anonymous.count(position),
            Presence::Known { directory, .. } => {
                authenticated.count(position);
                if let Some(by) = by_directory.get_mut(&directory) {
                    by.count(position);
                }
            }
            Presence::Unknown => {
                let all = by_directory.values_mut().chain([authenticated, anonymous]);
                all.for_each(|it| it.restricted.insert(position));
            }
        }
        everyone.insert(position);
    }

    /// Whom a grant of this effect to this principal is for.
    pub fn of(&self, principal: Principal, effect: Effect) -> Crowd<'_> {
        match principal {
            Principal::Everyone => Crowd::Many(&self.everyone),
            Principal::Authenticated => self.authenticated.crowd(effect),
            Principal::Anonymous => self.anonymous.crowd(effect),
            Principal::AuthenticatedBy(directory) => {
                self.by_directory.get(&directory).map_or(Crowd::Few(&[]), |it| it.crowd(effect))
            }
            Principal::Group(group) => match self.groups.get(&group) {
                Some(Group::Few(few)) => Crowd::Few(few),
                Some(Group::Many(many)) => Crowd::Many(many),
                None => Crowd::Few(&[]),
            },
            Principal::User(user) => {
                self.users.get(&user).map_or(Crowd::Few(&[]), |it| Crowd::Few(std::slice::from_ref(it)))
            }
        }
    }

    /// Where a user stands who has a class alone.
    pub fn position_of(&self, user: UserId) -> Option<u32> {
        self.users.get(&user).copied()
    }
}

impl Virtual {
    fn crowd(&self, effect: Effect) -> Crowd<'_> {
        Crowd::Many(match effect {
            Effect::Permit => &self.permitted,
            Effect::Restrict => &self.restricted,
        })
    }

    fn count(&mut self, position: u32) {
        self.permitted.insert(position);
        self.restricted.insert(position);
    }
}

impl Group {
    fn of(few: Vec<u32>, population: &Population) -> Self {
        if few.len() <= population.len() / DENSE {
            return Self::Few(few);
        }
        let mut many = population.none();
        few.iter().for_each(|position| many.insert(*position));
        Self::Many(many)
    }
}
