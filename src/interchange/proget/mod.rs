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
//! | `tasks`, `people`, `memberships`, `feeds`, `grants` | what entries mean |
//! | `password` | hashes, and the password that everybody knows |

mod feeds;
mod grants;
mod json;
mod memberships;
mod password;
mod people;
mod shape;
mod tasks;
#[cfg(test)]
mod tests;

use super::{
    existing::Existing,
    problem::{Note, Problem, Problems},
    prune::{self, Kinds},
};
use crate::model::{Name, edit::Edit};

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
    /// Where users and groups live that aren't built in.
    pub directory: Option<Name>,
    /// Whether grants go that the import doesn't name; nothing else does.
    pub prune: bool,
}

/// What an import makes of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// In an order in which they can be applied, as one change set.
    pub edits: Vec<Edit>,
    /// What the operator should be told.
    pub notes: Vec<Note>,
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
    let mut notes = Vec::new();
    if let Some(directory) = options.directory.as_ref().filter(|name| !existing.has_directory(name)) {
        problems.whole(format!("there is no directory `{directory}` in the store; create it first"));
    }
    let tasks = tasks::read(sources.tasks, existing, &mut problems);
    let people = people::read(sources.users, sources.groups, &mut problems, &mut notes);
    let feeds = feeds::read(sources.feeds, &mut problems);
    let memberships = memberships::of(&people, existing, options, &mut problems);
    let has_grants = tasks.is_export() || sources.permissions.is_some();
    let context = grants::Context { tasks: &tasks, people: &people, feeds: &feeds, existing, options };
    let resolved = context.read(sources.permissions, &mut problems);
    let grants::Resolved { grants, external, new_feeds, new_feed_groups, duplicates } = resolved;
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
    let mut edits = tasks.into_edits();
    edits.extend(people.edits());
    edits.extend(people::external(memberships.external.into_iter().chain(external), existing));
    edits.extend(memberships.edits);
    edits.extend(feeds.edits(new_feed_groups, new_feeds, &mut notes));
    edits.extend(grants);
    edits.extend(people.passwords(&mut notes));
    if options.prune && has_grants {
        let kinds = Kinds { grants: true, ..Kinds::default() };
        let deletions = prune::deletions(existing, &edits, &kinds, &mut notes);
        edits.extend(deletions);
    }
    problems.or(Import { edits, notes, counts })
}
