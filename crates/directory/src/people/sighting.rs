//! What a directory said about somebody, and when.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use super::super::external::{Account, DirectoryError, ExternalGroup, Person};
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

/// The longest id of an external directory, in bytes.
pub(crate) const MAX_ID: usize = 1_024;
/// The longest name of a user or group, in bytes. A display name or an email address that is longer is left out.
const MAX_NAME: usize = 1_024;
/// How much memory one user may take, with all groups.
const MAX_KNOWN: usize = 16 << 20;
/// The memory of an allocation, besides its content.
const ALLOCATION: usize = 16;

impl Known {
    /// Takes what a directory said about a user. [`DirectoryError::Malformed`] or [`DirectoryError::Incomplete`] if it
    /// is more than will be remembered.
    pub fn new(mut person: Person) -> Result<Self, DirectoryError> {
        let groups = &mut person.groups;
        groups.sort_unstable();
        groups.dedup();
        fits("the user's id", &person.id, MAX_ID)?;
        fits("the user's name", &person.name, MAX_NAME)?;
        for group in groups.iter() {
            fits("a group's id", &group.id, MAX_ID)?;
            fits("a group's name", group.name.as_deref().unwrap_or_default(), MAX_NAME)?;
        }
        for shown in [&mut person.display_name, &mut person.email] {
            if shown.len() > MAX_NAME {
                *shown = Box::default();
            }
        }
        let group = |group: &ExternalGroup| OutsideGroup {
            id: group.id.clone(),
            name: group.name.as_deref().and_then(comparable),
        };
        let outsider = Outsider {
            id: person.id.clone(),
            name: comparable(&person.name),
            disabled: person.account != Account::Enabled,
            groups: person.groups.iter().map(group).collect(),
        };
        let known = Self { person, outsider };
        if known.size() > MAX_KNOWN {
            let (name, limit) = (&known.person.name, MAX_KNOWN >> 20);
            let why = format!("`{name}` and the groups that they are in take more than {limit} MiB");
            return Err(DirectoryError::Incomplete(why.into()));
        }
        Ok(known)
    }

    /// The memory that it takes, in bytes, about.
    pub(super) fn size(&self) -> usize {
        let Self { person, outsider } = self;
        let texts = person.id.len() + person.name.len() + person.display_name.len() + person.email.len();
        let group = |group: &ExternalGroup| {
            let texts = group.id.len() + group.name.as_deref().unwrap_or_default().len();
            size_of::<ExternalGroup>() + 2 * ALLOCATION + texts
        };
        let outside = |group: &OutsideGroup| {
            let texts = group.id.len() + group.name.as_deref().unwrap_or_default().len();
            size_of::<OutsideGroup>() + 2 * ALLOCATION + texts
        };
        let groups: usize = person.groups.iter().map(group).sum();
        let outside: usize = outsider.groups.iter().map(outside).sum();
        let compared = outsider.id.len() + outsider.name.as_deref().unwrap_or_default().len();
        size_of::<Self>() + 8 * ALLOCATION + texts + compared + groups + outside
    }
}

fn fits(what: &str, text: &str, limit: usize) -> Result<(), DirectoryError> {
    if text.len() <= limit {
        return Ok(());
    }
    let begins: String = text.chars().take(64).collect();
    let why = format!("{what} has {} bytes, more than {limit}: `{begins}…`", text.len());
    Err(DirectoryError::Malformed(why.into()))
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
