//! Which decisions a change set may have changed: for caches, which may keep all others.
//!
//! It looks at what changed, not at all decisions, so it says too much rather than too little. INVARIANT: a decision
//! that differs in front of a change set and behind it is covered by an entry, or everything is.

use std::collections::BTreeSet;

use feedgate_engine::Index;
use feedgate_model::{
    Attribute, AttributeId, Change, DirectoryId, Feed, FeedGroup, FeedId, Grant, Group, Name, Object,
    Principal, Scope, Task, TaskAttributes, User,
};

/// How many entries there are at most. Beyond it everything may have changed.
pub const MAX_ENTRIES: usize = 100;

/// Which decisions may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    Everything,
    /// Those about `principal`, on `place`, by one of `attributes`, of any of these.
    Entries(BTreeSet<Entry>),
}

/// Some decisions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub principal: Principal,
    /// Which of the two policies knows the name that is meant.
    pub named: Named,
    /// The id that the principal is bound to in its external directory, if it is bound.
    pub external_id: Option<Box<str>>,
    pub place: Place,
    /// None: all.
    pub attributes: Option<BTreeSet<AttributeId>>,
}

/// By which name a principal is meant: somebody who was renamed is meant by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    Before,
    After,
}

/// Where decisions are made, as questions name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Every feed, known or not, every feed group, and the system.
    Everywhere,
    /// The group itself, and the feeds that were in it or are now.
    FeedGroup(Name),
    /// By a name or an alternate name.
    Feed(Name),
}

/// Which decisions differ, at most, between the policies in front of some changes and behind them.
pub fn affected(before: &Index, after: &Index, changes: &[Change]) -> Affected {
    let mut found = Found { before, after, entries: BTreeSet::new() };
    for change in changes {
        if found.look_at(change).is_none() || found.entries.len() > MAX_ENTRIES {
            return Affected::Everything;
        }
    }
    Affected::Entries(found.entries)
}

struct Found<'i> {
    before: &'i Index,
    after: &'i Index,
    entries: BTreeSet<Entry>,
}

impl Found<'_> {
    /// None if everything may have changed.
    fn look_at(&mut self, change: &Change) -> Option<()> {
        let (before, after) = (change.before(), change.after());
        match before.or(after)? {
            // How the policy is read, and whom a name means.
            Object::Settings(_) | Object::Directory(_) => return None,
            Object::Attribute(_) => self.attribute(pick::attribute(before), pick::attribute(after)),
            Object::Task(_) => self.task(pick::task(before), pick::task(after)),
            Object::User(_) => self.user(pick::user(before), pick::user(after)),
            Object::Group(_) => self.group(pick::group(before), pick::group(after)),
            Object::FeedGroup(_) => self.feed_group(pick::feed_group(before), pick::feed_group(after)),
            Object::Feed(_) => self.feed(pick::feed(before), pick::feed(after)),
            // Where packages come from is not what anybody may do.
            Object::Connector(_) => {}
            Object::Grant(_) => self.grant(pick::grant(before), pick::grant(after)),
        }
        Some(())
    }

    /// Adds an entry for everyone on a place.
    fn everyone(&mut self, place: Place, attributes: Option<BTreeSet<AttributeId>>) {
        self.add(Principal::Everyone, Named::After, None, place, attributes);
    }

    /// Adds the entries for a principal: one for its name and external id after the changes, and one for those
    /// before the changes if they differ.
    ///
    /// A cache can't know which users of an external directory are in a group, nor which user an unbound name
    /// means. An entry for all users of the directory covers these.
    fn principal(&mut self, principal: Principal, place: &Place, attributes: Option<&BTreeSet<AttributeId>>) {
        let [was, is] = [self.before, self.after].map(|index| Identity::of(index, principal));
        let attributes = || attributes.cloned();
        let last = is.or(was);
        if let Some(last) = last.filter(|last| last.is_vague) {
            let all = Principal::AuthenticatedBy(last.directory);
            self.add(all, Named::After, None, place.clone(), attributes());
        }
        if let Some(was) = was.filter(|_| was != is) {
            self.add(principal, Named::Before, was.external_id, place.clone(), attributes());
        }
        if is.is_some() || was.is_none() {
            let id = is.and_then(|is| is.external_id);
            self.add(principal, Named::After, id, place.clone(), attributes());
        }
    }

    fn add(
        &mut self,
        principal: Principal,
        named: Named,
        external_id: Option<&str>,
        place: Place,
        attributes: Option<BTreeSet<AttributeId>>,
    ) {
        let external_id = external_id.map(Box::from);
        self.entries.insert(Entry { principal, named, external_id, place, attributes });
    }

    /// Tasks of all attributes have it, or had it.
    fn attribute(&mut self, before: Option<&Attribute>, after: Option<&Attribute>) {
        let known = |it: &Attribute| (it.name.clone(), it.feed_scopable);
        if before.map(known) != after.map(known) {
            let ids = before.into_iter().chain(after).map(|it| it.id).collect();
            self.everyone(Place::Everywhere, Some(ids));
        }
    }

    /// A task that is new or gone has no grants, or they are new or gone, too.
    fn task(&mut self, before: Option<&Task>, after: Option<&Task>) {
        let (Some(before), Some(after)) = (before, after) else { return };
        let differ = match (&before.attributes, &after.attributes) {
            (was, is) if was == is => return,
            (TaskAttributes::These(was), TaskAttributes::These(is)) => {
                Some(was.symmetric_difference(is).copied().collect())
            }
            _ => None,
        };
        self.everyone(Place::Everywhere, differ);
    }

    fn user(&mut self, before: Option<&User>, after: Option<&User>) {
        // Whom a name means, whether they may do anything, and what they belong to.
        let known = |it: &User| {
            (it.directory, it.name.clone(), it.external_id.clone(), it.disabled, it.groups.clone())
        };
        if before.map(known) != after.map(known)
            && let Some(user) = after.or(before)
        {
            self.principal(Principal::User(user.id), &Place::Everywhere, None);
        }
    }

    /// A group's members are part of their own objects, and its grants are objects of their own. The name of a group
    /// of an external directory counts: restrictions match by name.
    fn group(&mut self, before: Option<&Group>, after: Option<&Group>) {
        let known = |it: &Group| {
            let name = (!it.is_built_in()).then(|| it.name.clone());
            (it.directory, name, it.external_id.clone(), it.groups.clone())
        };
        if before.map(known) != after.map(known)
            && let Some(group) = after.or(before)
        {
            self.principal(Principal::Group(group.id), &Place::Everywhere, None);
        }
    }

    fn feed_group(&mut self, before: Option<&FeedGroup>, after: Option<&FeedGroup>) {
        let known = |it: &FeedGroup| it.name.clone();
        if before.map(known) != after.map(known) {
            for group in before.into_iter().chain(after) {
                self.everyone(Place::FeedGroup(group.name.clone()), None);
            }
        }
    }

    fn feed(&mut self, before: Option<&Feed>, after: Option<&Feed>) {
        // Promotions go by the type and by where they lead, too.
        let known = |it: &Feed| {
            let names: Vec<_> = it.names().cloned().collect();
            (names, it.group, it.feed_type.clone(), it.promote_to)
        };
        if before.map(known) != after.map(known) {
            for name in before.into_iter().chain(after).flat_map(Feed::names) {
                self.everyone(Place::Feed(name.clone()), None);
            }
        }
    }

    fn grant(&mut self, before: Option<&Grant>, after: Option<&Grant>) {
        let known = |it: &Grant| (it.effect, it.principal, it.task, it.scope);
        if before.map(known) == after.map(known) {
            return;
        }
        for grant in before.into_iter().chain(after) {
            let attributes = self.attributes_of(grant);
            if attributes.as_ref().is_some_and(BTreeSet::is_empty) {
                continue;
            }
            for place in self.places(grant.scope) {
                self.principal(grant.principal, &place, attributes.as_ref());
            }
        }
    }

    /// What the grant's task has or had; none for all.
    fn attributes_of(&self, grant: &Grant) -> Option<BTreeSet<AttributeId>> {
        let mut all = BTreeSet::new();
        for task in [self.before, self.after].into_iter().filter_map(|index| index.task(grant.task)) {
            match &task.attributes {
                TaskAttributes::All => return None,
                TaskAttributes::These(ids) => all.extend(ids),
            }
        }
        Some(all)
    }

    /// Where a scope is, by all names that it has or had.
    fn places(&self, scope: Scope) -> BTreeSet<Place> {
        let both = [self.before, self.after].into_iter();
        match scope {
            Scope::AllFeeds => [Place::Everywhere].into(),
            Scope::FeedGroup(id) => both
                .filter_map(|index| index.feed_group(id))
                .map(|it| Place::FeedGroup(it.name.clone()))
                .collect(),
            Scope::Feed(id) => both.flat_map(|index| feed_names(index, id)).map(Place::Feed).collect(),
        }
    }
}

/// The name and id by which requests refer to a user or a group under one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity<'i> {
    directory: DirectoryId,
    name: &'i Name,
    external_id: Option<&'i str>,
    /// Users of the directory are meant whom neither the name nor the external id finds.
    is_vague: bool,
}

impl<'i> Identity<'i> {
    /// None for a virtual principal, and for a principal that the policy doesn't have.
    fn of(index: &'i Index, principal: Principal) -> Option<Self> {
        let (directory, name, external_id, is_group) = match principal {
            Principal::User(id) => {
                let user = index.user(id)?;
                (user.directory, &user.name, user.external_id.as_deref(), false)
            }
            Principal::Group(id) => {
                let group = index.group(id)?;
                (group.directory, &group.name, group.external_id.as_deref(), true)
            }
            _ => return None,
        };
        let is_vague = directory != DirectoryId::BUILT_IN && (is_group || external_id.is_none());
        Some(Self { directory, name, external_id, is_vague })
    }
}

/// Objects of one kind.
mod pick {
    use feedgate_model::{Attribute, Feed, FeedGroup, Grant, Group, Object, Task, User};

    macro_rules! pick {
        ($($name:ident: $kind:ident),*) => {$(
            pub(super) fn $name(object: Option<&Object>) -> Option<&$kind> {
                match object? {
                    Object::$kind(it) => Some(it),
                    _ => None,
                }
            }
        )*};
    }
    pick!(attribute: Attribute, task: Task, user: User, group: Group);
    pick!(feed_group: FeedGroup, feed: Feed, grant: Grant);
}

fn feed_names(index: &Index, id: FeedId) -> Vec<Name> {
    index.feed(id).map(|feed| feed.names().cloned().collect()).unwrap_or_default()
}
