//! What a directory said about somebody, and when.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use super::super::external::{Account, Person};
use feedgate_model::{OutsideGroup, Outsider, outsider::comparable};

/// What came back when a directory was asked about a name or an id.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// None: it knows nobody like that.
    pub who: Option<Arc<Known>>,
    /// When it was asked, by the clock that never goes back.
    pub asked: Instant,
    /// The same by the clock on the wall, to be shown.
    pub as_of: SystemTime,
}

/// Somebody whom a directory knows, as it said and as decisions take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub person: Person,
    pub outsider: Outsider,
}

/// How old what is known may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// From then on the directory is asked again, in the background.
    pub refresh: Duration,
    /// From then on nothing is answered from it.
    pub usable: Duration,
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    pub as_of: SystemTime,
    /// How long the answer may be kept: until the directory would be asked again.
    pub usable_for: Duration,
}

impl Sighting {
    pub(super) fn now(who: Option<Arc<Known>>, asked: Instant, as_of: SystemTime) -> Self {
        Self { who, asked, as_of }
    }

    pub fn age(&self) -> Duration {
        self.asked.elapsed()
    }

    pub fn basis(&self, ages: Ages) -> Basis {
        Basis { as_of: self.as_of, usable_for: ages.refresh.saturating_sub(self.age()) }
    }
}

impl From<Person> for Known {
    fn from(mut person: Person) -> Self {
        person.groups.sort_unstable();
        person.groups.dedup();
        let group = |group: &super::super::external::ExternalGroup| OutsideGroup {
            id: group.id.clone(),
            name: group.name.as_deref().and_then(comparable),
        };
        let outsider = Outsider {
            id: person.id.clone(),
            name: comparable(&person.name),
            disabled: person.account != Account::Enabled,
            groups: person.groups.iter().map(group).collect(),
        };
        Self { person, outsider }
    }
}

impl Basis {
    /// What an answer rests on that rests on both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { as_of: self.as_of.min(other.as_of), usable_for: self.usable_for.min(other.usable_for) }
    }
}

impl Default for Ages {
    fn default() -> Self {
        Self { refresh: Duration::from_secs(60), usable: Duration::from_secs(15 * 60) }
    }
}
