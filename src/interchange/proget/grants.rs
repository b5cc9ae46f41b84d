//! Permissions and restrictions: whom an entry means, and where it holds.

use std::collections::HashSet;

use super::{
    ImportOptions, Source,
    feeds::Feeds,
    json::{Entry, Text},
    people::People,
    shape::{ApiPermission, ExportedGrant, PrincipalType},
    tasks::Tasks,
};
use crate::{
    interchange::{
        existing::Existing,
        key::{GrantKey, Who},
        problem::Problems,
    },
    model::{
        Effect, Name,
        edit::{Edit, GrantSpec, PrincipalName, PrincipalRef, ScopeRef, Spec},
    },
};

/// What entries refer to.
pub(super) struct Context<'c, 'a> {
    pub(super) tasks: &'c Tasks<'a>,
    pub(super) people: &'c People<'a>,
    pub(super) feeds: &'c Feeds,
    pub(super) existing: &'c Existing<'c>,
    pub(super) options: &'c ImportOptions,
}

/// The grants, and what has to be there for them.
#[derive(Default)]
pub(super) struct Resolved {
    pub(super) grants: Vec<Edit>,
    pub(super) external: HashSet<(PrincipalType, PrincipalName)>,
    pub(super) new_feeds: Vec<Name>,
    pub(super) new_feed_groups: Vec<Name>,
    pub(super) duplicates: usize,
}

/// One entry, of whichever file.
struct Entered<'e> {
    effect: Effect,
    principal: (&'e str, Option<PrincipalType>),
    task: Name,
    feed: Option<&'e str>,
    feed_group: Option<&'e str>,
}

struct Reading<'c, 'a, 'p> {
    context: &'c Context<'c, 'a>,
    problems: &'p mut Problems,
    text: Text<'a>,
    resolved: &'p mut Resolved,
    found: &'p mut Vec<GrantSpec>,
    /// New feeds and feed groups that have been seen.
    new: &'p mut HashSet<(bool, Name)>,
}

impl<'a> Context<'_, 'a> {
    /// The grants of the tasks export and of the API's permissions.
    pub(super) fn read(&self, permissions: Option<Source<'a>>, problems: &mut Problems) -> Resolved {
        let (mut resolved, mut found, mut new) = (Resolved::default(), Vec::new(), HashSet::new());
        if let Some(text) = self.tasks.text {
            problems.turn_to(text.file);
            let mut reading = Reading {
                context: self,
                problems: &mut *problems,
                text,
                resolved: &mut resolved,
                found: &mut found,
                new: &mut new,
            };
            for grants in &self.tasks.grants {
                for entry in text.items(grants.entries, reading.problems) {
                    reading.exported(entry, grants.effect, &grants.task);
                }
            }
        }
        if let Some(text) = permissions.and_then(|source| Text::of(source, problems)) {
            let entries = text.items(text.whole(), problems);
            found.reserve(entries.len());
            let mut reading = Reading {
                context: self,
                problems,
                text,
                resolved: &mut resolved,
                found: &mut found,
                new: &mut new,
            };
            entries.into_iter().for_each(|entry| reading.permission(entry));
        }
        resolved.grants = distinct(found, &mut resolved.duplicates);
        resolved
    }
}

fn distinct(found: Vec<GrantSpec>, duplicates: &mut usize) -> Vec<Edit> {
    let mut seen = HashSet::with_capacity(found.len());
    let first: Vec<bool> =
        found.iter().map(|grant| GrantKey::of(grant).is_none_or(|key| seen.insert(key))).collect();
    drop(seen);
    *duplicates = first.iter().filter(|first| !**first).count();
    let grants = found.into_iter().zip(first).filter(|(_, first)| *first);
    grants.map(|(grant, _)| Edit::Put(Spec::Grant(grant))).collect()
}

impl<'a> Reading<'_, 'a, '_> {
    fn exported(&mut self, entry: Entry<'a>, effect: Effect, task: &Name) {
        let Some(grant) = self.text.parse::<ExportedGrant<'_>>(entry, self.problems) else { return };
        let ExportedGrant { principal_name, principal_type, feed, feed_group } = &grant;
        let principal = (&**principal_name, *principal_type);
        let (feed, feed_group) = (feed.as_deref(), feed_group.as_deref());
        self.resolve(entry, Entered { effect, principal, task: task.clone(), feed, feed_group });
    }

    fn permission(&mut self, entry: Entry<'a>) {
        let Some(permission) = self.text.parse::<ApiPermission<'_>>(entry, self.problems) else { return };
        let principal = match (&permission.user, &permission.group) {
            (Some(user), None) => (&**user, Some(PrincipalType::User)),
            (None, Some(group)) => (&**group, Some(PrincipalType::Group)),
            _ => {
                self.problem(entry, "exactly one of `user` and `group` is needed");
                return;
            }
        };
        let Some(task) = self.text.name(entry, &permission.task, self.problems) else { return };
        if !self.context.tasks.has(&task) && !self.context.existing.tasks.has(&task) {
            self.problem(entry, format!("there is no task `{task}`, neither in the import nor in the store"));
        }
        let effect = if permission.deny { Effect::Restrict } else { Effect::Permit };
        let (feed, feed_group) = (permission.feed.as_deref(), permission.feed_group.as_deref());
        self.resolve(entry, Entered { effect, principal, task, feed, feed_group });
    }

    fn problem(&mut self, entry: Entry<'_>, message: impl Into<String>) {
        self.problems.at(self.text.place(entry.offset), message);
    }

    fn resolve(&mut self, entry: Entry<'_>, entered: Entered<'_>) {
        let Entered { effect, principal: (name, kind), task, feed, feed_group } = entered;
        let principal = self.principal(entry, name, kind);
        let scope = self.scope(entry, feed, feed_group);
        if let (Some(principal), Some(scope)) = (principal, scope) {
            self.found.push(GrantSpec { id: None, effect, principal, task, scope, comment: None });
        }
    }

    /// Whom a name means: a virtual principal wherever it stands, a built-in one, or one of the directory
    /// that was given (access model, section 9).
    fn principal(
        &mut self,
        entry: Entry<'_>,
        name: &str,
        kind: Option<PrincipalType>,
    ) -> Option<PrincipalRef> {
        if let Some(principal) = virtual_principal(name) {
            return Some(principal);
        }
        let name = self.text.name(entry, name, self.problems)?;
        let Context { people, existing, options, .. } = self.context;
        let outside = |kind| {
            let who = Who::new(options.directory.as_ref(), &name);
            who.directory.is_some_and(|_| match kind {
                PrincipalType::User => existing.users.has(who),
                PrincipalType::Group => existing.groups.has(who),
            })
        };
        let inside = |kind| match kind {
            PrincipalType::User => people.has_user(&name, existing),
            PrincipalType::Group => people.has_group(&name, existing),
        };
        let candidates = [
            (PrincipalType::User, true, inside(PrincipalType::User)),
            (PrincipalType::Group, true, inside(PrincipalType::Group)),
            (PrincipalType::User, false, outside(PrincipalType::User)),
            (PrincipalType::Group, false, outside(PrincipalType::Group)),
        ];
        let mut there = candidates.into_iter().filter(|(_, _, there)| *there);
        let (kind, is_built_in) = match (kind, there.next(), there.next()) {
            // Built-in names need no directory, all others are in the one that was given.
            (Some(kind), _, _) => (kind, inside(kind)),
            (None, Some((kind, is_built_in, _)), None) => (kind, is_built_in),
            (None, Some(_), Some(_)) => {
                self.problem(
                    entry,
                    format!("`{name}` is the name of more than one user or group; add `principalType`"),
                );
                return None;
            }
            (None, None, _) => {
                let message = format!(
                    "there is no user or group `{name}`, and without `principalType` none can be created"
                );
                self.problem(entry, message);
                return None;
            }
        };
        let principal = if is_built_in {
            PrincipalName::built_in(name)
        } else if let Some(directory) = &options.directory {
            let principal = Who::new(Some(directory), &name).to_principal();
            self.resolved.external.insert((kind, principal.clone()));
            principal
        } else {
            let what = if kind == PrincipalType::User { "user" } else { "group" };
            let message =
                format!("the {what} `{name}` isn't built in; give the directory that has names like this");
            self.problem(entry, message);
            return None;
        };
        Some(match kind {
            PrincipalType::User => PrincipalRef::User(principal),
            PrincipalType::Group => PrincipalRef::Group(principal),
        })
    }

    fn scope(&mut self, entry: Entry<'_>, feed: Option<&str>, feed_group: Option<&str>) -> Option<ScopeRef> {
        let Context { feeds, existing, .. } = self.context;
        match (feed, feed_group) {
            (None, None) => Some(ScopeRef::AllFeeds),
            (Some(feed), None) => {
                let name = self.text.name(entry, feed, self.problems)?;
                if let Some(name) = feeds.find(&name, existing) {
                    return Some(ScopeRef::Feed(name.clone()));
                }
                self.create(entry, false, &name)?;
                Some(ScopeRef::Feed(name))
            }
            (None, Some(group)) => {
                let name = self.text.name(entry, group, self.problems)?;
                if !feeds.has_group(&name, existing) {
                    self.create(entry, true, &name)?;
                }
                Some(ScopeRef::FeedGroup(name))
            }
            (Some(_), Some(_)) => {
                self.problem(entry, "at most one of `feed` and `feedGroup` can be here");
                None
            }
        }
    }

    /// Notes a feed or feed group that only grants name. With a file of feeds there must be none.
    fn create(&mut self, entry: Entry<'_>, is_group: bool, name: &Name) -> Option<()> {
        let what = if is_group { "feed group" } else { "feed" };
        if self.context.feeds.given {
            self.problem(
                entry,
                format!("there is no {what} `{name}`, neither in the file of feeds nor in the store"),
            );
            return None;
        }
        if self.new.insert((is_group, name.clone())) {
            let list =
                if is_group { &mut self.resolved.new_feed_groups } else { &mut self.resolved.new_feeds };
            list.push(name.clone());
        }
        Some(())
    }
}

fn virtual_principal(name: &str) -> Option<PrincipalRef> {
    [
        ("Everyone", PrincipalRef::Everyone),
        ("Authenticated", PrincipalRef::Authenticated { directory: None }),
        ("Anonymous", PrincipalRef::Anonymous),
    ]
    .into_iter()
    .find_map(|(word, principal)| word.eq_ignore_ascii_case(name).then_some(principal))
}
