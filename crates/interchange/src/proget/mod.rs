//! What a ProGet hands out: its exports of tasks and users, and its API's arrays of tasks, permissions,
//! users, groups and feeds (access model, section 9).
//!
//! The shapes of the exports are only partly published. So an entry with a key that isn't understood is
//! refused, never dropped: it could be what makes a grant a restriction, or narrows it to a feed.
//!
//! | File | Holds |
//! |---|---|
//! | `json` | files to entries, each with its place |
//! | `shape` | what an entry looks like |
//! | `entries` | permissions and restrictions, entry by entry |
//! | `tasks`, `people`, `memberships`, `feeds`, `grants` | what entries mean |
//! | `whom` | whom a name means |
//! | `hybrid`, `carried` | an ordered list of directories, and what its members' namesakes get |
//! | `password` | hashes, and the password that everybody knows |

mod carried;
mod entries;
mod feeds;
mod grants;
mod hybrid;
mod json;
mod memberships;
mod password;
mod people;
mod shape;
mod tasks;
#[cfg(test)]
mod tests;
mod whom;

pub use hybrid::{Holders, Hybrid, InvalidHybrid, Rebinding, to_look_up};
pub use shape::PrincipalType;

use std::{cell::LazyCell, collections::HashSet};

use self::{carried::Carried, whom::Whom};
use super::{
    existing::Existing,
    problem::{Note, Problem, Problems},
    prune::{self, Completion, Kinds, Pruning},
};
use feedgate_model::{Name, edit::Edit};

/// A file to be imported.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What it is called in messages.
    pub file: &'a str,
    pub bytes: &'a [u8],
}

/// The files of an import, each an export or an array of API objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// The tasks export, which has grants too, or API tasks.
    pub tasks: Option<Source<'a>>,
    /// The users export, which has groups too, or API users.
    pub users: Option<Source<'a>>,
    /// API groups, or plain names.
    pub groups: Option<Source<'a>>,
    /// API permissions.
    pub permissions: Option<Source<'a>>,
    /// API feeds, or plain names. If there are none, the feeds and feed groups that grants name are created.
    pub feeds: Option<Source<'a>>,
}

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub outsiders: Outsiders,
    /// Whether grants go that the import doesn't name; nothing else does.
    pub prune: bool,
}

/// Where users and groups live that aren't built in.
#[derive(Clone, Debug, Default)]
pub enum Outsiders {
    /// There are none.
    #[default]
    Nowhere,
    In(Name),
    /// In the members of a hybrid directory, which have said whom they have.
    Among(Hybrid, Holders),
}

/// What an import makes of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// In an order in which they can be applied, as one change set.
    pub edits: Vec<Edit>,
    /// What the operator should be told.
    pub notes: Vec<Note>,
    /// What was bound to a hybrid directory, and what it is bound to now. Each is reported, and if one of them comes
    /// alive by it, an operator has to agree before anything is written.
    pub rebindings: Vec<Rebinding>,
    pub counts: Counts,
}

/// How much the files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub tasks: usize,
    pub users: usize,
    pub groups: usize,
    pub feeds: usize,
    pub grants: usize,
}

/// Translates a ProGet's files into edits of a store that has the existing policy.
///
/// Fails with everything that is wrong in any of the files.
pub fn import(
    sources: &Sources<'_>,
    existing: &Existing<'_>,
    options: &ImportOptions,
) -> Result<Import, Vec<Problem>> {
    let mut problems = Problems::of("import");
    let (mut notes, mut rebindings) = (Vec::new(), Vec::new());
    let ImportOptions { outsiders, prune } = options;
    let directories = match outsiders {
        Outsiders::Nowhere => Vec::new(),
        Outsiders::In(directory) => {
            if !existing.has_directory(directory) {
                problems.whole(format!("there is no directory `{directory}` in the store; create it first"));
            }
            Vec::new()
        }
        Outsiders::Among(hybrid, _) => {
            hybrid::edits(hybrid, existing, &mut rebindings, &mut notes, &mut problems)
        }
    };
    let tasks = tasks::read(sources.tasks, existing, &mut problems);
    let people = people::read(sources.users, sources.groups, &mut problems, &mut notes);
    let feeds = feeds::read(sources.feeds, &mut problems);
    let has_grants = tasks.is_export() || sources.permissions.is_some();
    let whom = Whom { people: &people, existing, outsiders };
    let resolved =
        grants::Context { tasks: &tasks, feeds: &feeds, whom }.read(sources.permissions, &mut problems);
    // Only asked for where a name may mean somebody of several directories.
    let carried = || Carried::of(&resolved.grants, existing);
    let memberships = memberships::of(whom, &LazyCell::new(carried), &mut problems);
    let grants::Resolved { grants, external, new_feeds, new_feed_groups, duplicates, rebindings: of_grants } =
        resolved;
    rebindings.extend(of_grants);
    rebindings.extend(memberships.rebindings);
    let mut told = HashSet::new();
    rebindings.retain(|rebinding| told.insert(rebinding.clone()));
    if duplicates > 0 {
        notes.push(Note(format!("left out {duplicates} permissions that stand in the import twice")));
    }
    let counts = Counts {
        tasks: tasks.len(),
        users: people.user_count(),
        groups: people.group_count(),
        feeds: feeds.len(),
        grants: grants.len(),
    };
    let mut edits = directories;
    edits.extend(tasks.into_edits());
    edits.extend(people.edits());
    edits.extend(people::external(memberships.external.into_iter().chain(external), existing));
    edits.extend(memberships.edits);
    edits.extend(feeds.edits(new_feed_groups, new_feeds, &mut notes));
    edits.extend(grants);
    edits.extend(people.passwords(&mut notes));
    if *prune && has_grants {
        let kinds = Kinds { grants: true, ..Kinds::default() };
        let Pruning { first, last } =
            prune::deletions(existing, &edits, Completion::default(), &kinds, &mut notes);
        edits.extend(first);
        edits.extend(last);
    }
    problems.or(Import { edits, notes, rebindings, counts })
}
