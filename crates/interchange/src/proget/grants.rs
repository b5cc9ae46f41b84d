//! Permissions and restrictions: whom an entry means, and where it holds.

use foldhash::{HashSet, HashSetExt as _};

use super::{
    Outsiders, Source,
    entries::{self, Entered, virtual_principal},
    feeds::Feeds,
    hybrid::Rebinding,
    json::{Entry, Text},
    shape::PrincipalType,
    tasks::Tasks,
    whom::{Meant, Whom},
};
use crate::{
    key::{GrantKey, Who},
    problem::{Note, Problems},
};
use feedgate_model::{
    Effect, Name,
    edit::{Edit, GrantSpec, PrincipalName, PrincipalRef, ScopeRef, Spec},
};

/// What entries refer to.
pub(super) struct Context<'c, 'a> {
    pub(super) tasks: &'c Tasks<'a>,
    pub(super) feeds: &'c Feeds,
    pub(super) whom: Whom<'c, 'a>,
}

/// The grants, and what has to be there for them.
#[derive(Default)]
pub(super) struct Resolved {
    pub(super) grants: Vec<Edit>,
    pub(super) external: HashSet<(PrincipalType, PrincipalName)>,
    pub(super) new_feeds: Vec<Name>,
    pub(super) new_feed_groups: Vec<Name>,
    pub(super) duplicates: usize,
    pub(super) rebindings: Vec<Rebinding>,
}

struct Reading<'c, 'a, 'p> {
    context: &'c Context<'c, 'a>,
    problems: &'p mut Problems,
    text: Text<'a>,
    resolved: &'p mut Resolved,
    found: &'p mut Vec<GrantSpec>,
    /// New feeds and feed groups that have been seen.
    new: &'p mut HashSet<(bool, Name)>,
    /// What the store has, as far as that matters.
    present: &'p HashSet<GrantKey<'c>>,
}

impl<'a> Context<'_, 'a> {
    /// The grants of the tasks export and of the API's permissions.
    pub(super) fn read(&self, permissions: Option<Source<'a>>, problems: &mut Problems) -> Resolved {
        let (mut resolved, mut found, mut new) = (Resolved::default(), Vec::new(), HashSet::new());
        let present = match self.whom.outsiders {
            Outsiders::Among(..) => {
                self.whom.existing.grants.iter().filter_map(|it| GrantKey::of(it)).collect()
            }
            Outsiders::Nowhere | Outsiders::In(_) => HashSet::new(),
        };
        entries::each(self.tasks, permissions, problems, |problems, (text, entry), entered| {
            let (resolved, found, new) = (&mut resolved, &mut found, &mut new);
            Reading { context: self, problems, text, resolved, found, new, present: &present }
                .resolve(entry, entered);
        });
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
    fn problem(&mut self, entry: Entry<'_>, message: impl Into<String>) {
        self.problems.at(self.text.place(entry.offset), message);
    }

    fn resolve(&mut self, entry: Entry<'_>, entered: Entered<'_>) {
        let Entered { effect, principal: (name, kind), task, feed, feed_group } = entered;
        if !self.context.tasks.has(&task) && !self.context.whom.existing.tasks.has(&task) {
            self.problem(entry, format!("there is no task `{task}`, neither in the import nor in the store"));
        }
        let meant = self.meant(entry, effect, name, kind);
        let scope = self.scope(entry, feed, feed_group);
        let (Some(Meant { principals, rebound }), Some(scope)) = (meant, scope) else { return };
        let mut comes_alive = false;
        let verb = match effect {
            Effect::Permit => "permit",
            Effect::Restrict => "restrict",
        };
        let note = rebound.map(|rebound| Note(format!("{verb} `{task}` {} to {rebound}", on(&scope))));
        for principal in principals {
            self.resolved.external.extend(outsider(&principal));
            let (task, scope) = (task.clone(), scope.clone());
            let grant = GrantSpec { id: None, effect, principal, task, scope, comment: None };
            comes_alive |= GrantKey::of(&grant).is_none_or(|key| !self.present.contains(&key));
            self.found.push(grant);
        }
        self.resolved.rebindings.extend(note.map(|note| Rebinding { note, comes_alive }));
    }

    fn meant(
        &mut self,
        entry: Entry<'_>,
        effect: Effect,
        name: &str,
        kind: Option<PrincipalType>,
    ) -> Option<Meant<PrincipalRef>> {
        if let Some(principal) = virtual_principal(name) {
            return Some(Meant::just(principal));
        }
        let name = self.text.name(entry, name, self.problems)?;
        let meant = self.context.whom.of_grant(effect, &name, kind);
        meant.map_err(|message| self.problem(entry, message)).ok()
    }

    fn scope(&mut self, entry: Entry<'_>, feed: Option<&str>, feed_group: Option<&str>) -> Option<ScopeRef> {
        let Context { feeds, whom: Whom { existing, .. }, .. } = self.context;
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

/// The user or group of an external directory that a grant is for.
fn outsider(principal: &PrincipalRef) -> Option<(PrincipalType, PrincipalName)> {
    let (kind, name) = match principal {
        PrincipalRef::User(name) => (PrincipalType::User, name),
        PrincipalRef::Group(name) => (PrincipalType::Group, name),
        PrincipalRef::Everyone | PrincipalRef::Authenticated { .. } | PrincipalRef::Anonymous => return None,
    };
    Who::of(name)?.directory?;
    Some((kind, name.clone()))
}

fn on(scope: &ScopeRef) -> String {
    match scope {
        ScopeRef::AllFeeds => "on all feeds".to_owned(),
        ScopeRef::FeedGroup(name) => format!("on the feed group `{name}`"),
        ScopeRef::Feed(name) => format!("on the feed `{name}`"),
    }
}
