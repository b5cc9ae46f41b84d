//! Names of the policy that aren't bound to an id, and what their directory said of them.
//!
//! Such a name may be another one of somebody who is known by a name already: then restrictions for it are theirs, too.
//! Until all names of a directory were looked up, nobody of it can be told anything.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::external::FoundKind;
use feedgate_model::{GroupId, Namesakes, Outsider, UserId};

/// A user or group of the policy, by its id there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    pub kind: FoundKind,
    pub id: u32,
}

/// What came of looking up a name.
#[derive(Clone, Debug)]
pub struct LookedUp {
    /// Stands for the name as it was then, see [`Index::unbound_in`](feedgate_engine::Index::unbound_in).
    pub mark: u64,
    pub at: Instant,
    /// The id that it means, to which it isn't bound; none if the directory knows nobody like that.
    pub means: Option<Box<str>>,
    /// The directory has more than one of that name. `means` is what it meant before, if anything.
    pub is_unclear: bool,
}

/// All names of a directory that were looked up and aren't bound.
#[derive(Debug, Default)]
pub struct Names {
    entries: HashMap<Named, LookedUp>,
    /// The marks of all.
    all: u64,
    oldest: Option<Instant>,
    users: HashMap<Box<str>, Vec<UserId>>,
    groups: HashMap<Box<str>, Vec<GroupId>>,
}

impl Names {
    pub fn new(entries: HashMap<Named, LookedUp>) -> Self {
        let mut names = Self { oldest: entries.values().map(|entry| entry.at).min(), ..Self::default() };
        for (named, entry) in &entries {
            names.all ^= entry.mark;
            let Some(means) = &entry.means else { continue };
            match named.kind {
                FoundKind::User => names.users.entry(means.clone()).or_default().push(UserId(named.id)),
                FoundKind::Group => names.groups.entry(means.clone()).or_default().push(GroupId(named.id)),
            }
        }
        Self { entries, ..names }
    }

    pub fn entry(&self, named: Named) -> Option<&LookedUp> {
        self.entries.get(&named)
    }

    /// Whether each name means the same principal as in another lookup, or none in both.
    pub fn mean_the_same(&self, other: &Self) -> bool {
        let includes = |one: &Self, other: &Self| {
            let mut meant = one.entries.iter().filter(|(_, entry)| entry.means.is_some());
            meant.all(|(named, entry)| other.entry(*named).is_some_and(|other| other.means == entry.means))
        };
        includes(self, other) && includes(other, self)
    }

    /// Whether these are all names that aren't bound, and none was looked up too long ago.
    pub fn are_all(&self, unbound: u64, usable: Duration) -> bool {
        unbound == 0 || (self.all == unbound && self.oldest.is_some_and(|at| at.elapsed() < usable))
    }

    /// The names that mean somebody, or a group that contains them.
    pub fn of(&self, outsider: &Outsider) -> Namesakes {
        let groups = outsider.groups.iter().filter_map(|group| self.groups.get(&group.id));
        Namesakes {
            users: self.users.get(&outsider.id).cloned().unwrap_or_default(),
            groups: groups.flatten().copied().collect(),
        }
    }
}
