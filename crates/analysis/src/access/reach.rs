//! Which people, attributes and targets changes can have to do with. What is out of reach needn't be looked at.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::super::people::{Person, Presence};
use feedgate_engine::Index;
use feedgate_model::{
    AttributeId, FeedGroupId, FeedId, Grant, GrantId, GroupId, Kind, Object, ObjectKey, Principal, Scope,
    Task, TaskId, UserId,
};

/// An estimate that never misses: an access that differs has its person, its attribute and its target in here.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) attributes: BTreeSet<AttributeId>,
    everybody: bool,
    principals: HashSet<Principal, FixedState>,
    pub(super) everywhere: bool,
    pub(super) feed_groups: BTreeSet<FeedGroupId>,
    pub(super) feeds: BTreeSet<FeedId>,
}

impl Reach {
    /// Of the objects that differ between two policies.
    pub(super) fn of(indexes: [&Index; 2], changed: &BTreeSet<ObjectKey>) -> Self {
        let mut reach = Self::default();
        let mut tasks = HashSet::<TaskId, FixedState>::default();
        for key in changed {
            let [before, after] = indexes.map(|index| index.object(*key));
            reach.add(indexes, *key, before.as_ref(), after.as_ref(), &mut tasks);
        }
        if !tasks.is_empty() {
            for (index, grant) in indexes
                .iter()
                .flat_map(|index| index.grants_from(GrantId(0)).map(move |grant| (index, grant)))
            {
                if tasks.contains(&grant.task) {
                    reach.add_places(index, &grant);
                }
            }
        }
        reach
    }

    fn add(
        &mut self,
        indexes: [&Index; 2],
        key: ObjectKey,
        before: Option<&Object>,
        after: Option<&Object>,
        tasks: &mut HashSet<TaskId, FixedState>,
    ) {
        match (before, after) {
            (Some(Object::Settings(before)), Some(Object::Settings(after)))
                if before.scope_precedence != after.scope_precedence =>
            {
                self.add_all(indexes);
            }
            // Administer has what was defined, and no longer has what is gone.
            (Some(Object::Attribute(_)), Some(Object::Attribute(_))) => {}
            (Some(Object::Attribute(it)), None) | (None, Some(Object::Attribute(it))) => {
                self.attributes.insert(it.id);
                (self.everybody, self.everywhere) = (true, true);
            }
            (Some(Object::Task(before)), Some(Object::Task(after))) => {
                let [first, second] = indexes;
                let [before, after] = [(first, before), (second, after)].map(attributes_of);
                let differ: Vec<_> = before.symmetric_difference(&after).copied().collect();
                if !differ.is_empty() {
                    tasks.insert(TaskId(key.id as u32));
                    self.attributes.extend(differ);
                }
            }
            (Some(Object::Directory(before)), Some(Object::Directory(after)))
                if before.enabled == after.enabled => {}
            (_, Some(Object::Directory(_))) | (Some(Object::Directory(_)), None) => self.add_all(indexes),
            (Some(Object::User(before)), Some(Object::User(after)))
                if before.groups == after.groups && before.disabled == after.disabled => {}
            (_, Some(Object::User(user))) | (Some(Object::User(user)), None) => {
                self.principals.insert(Principal::User(user.id));
                self.add_all_demands(indexes);
            }
            (Some(Object::Group(before)), Some(Object::Group(after))) if before.groups == after.groups => {}
            (_, Some(Object::Group(group))) | (Some(Object::Group(group)), None) => {
                self.principals.insert(Principal::Group(group.id));
                self.add_all_demands(indexes);
            }
            (Some(Object::FeedGroup(it)), None) | (None, Some(Object::FeedGroup(it))) => {
                self.feed_groups.insert(it.id);
                self.everybody = true;
                self.add_attributes(indexes);
            }
            (Some(Object::Feed(before)), Some(Object::Feed(after))) if before.group == after.group => {}
            (_, Some(Object::Feed(feed))) | (Some(Object::Feed(feed)), None) => {
                self.feeds.insert(feed.id);
                self.everybody = true;
                self.add_attributes(indexes);
            }
            // What a grant is never changes, only its comment does.
            (Some(Object::Grant(_)), Some(Object::Grant(_))) => {}
            (Some(Object::Grant(grant)), None) => {
                let [before, _] = indexes;
                self.add_grant(before, grant);
            }
            (None, Some(Object::Grant(grant))) => {
                let [_, after] = indexes;
                self.add_grant(after, grant);
            }
            // A task that comes or goes brings or takes its grants, connectors decide nothing, and nothing
            // changes its kind.
            _ => {}
        }
    }

    fn add_grant(&mut self, index: &Index, grant: &Grant) {
        if let Some(task) = index.task(grant.task) {
            self.attributes.extend(attributes_of((index, task)));
        }
        self.add_places(index, grant);
    }

    fn add_places(&mut self, index: &Index, grant: &Grant) {
        self.principals.insert(grant.principal);
        match grant.scope {
            Scope::AllFeeds => self.everywhere = true,
            Scope::Feed(feed) => {
                self.feeds.insert(feed);
            }
            Scope::FeedGroup(group) => {
                if self.feed_groups.insert(group) {
                    let inside = index.feeds_from(FeedId(0)).filter(|feed| feed.group == Some(group));
                    self.feeds.extend(inside.map(|feed| feed.id));
                }
            }
        }
    }

    fn add_attributes(&mut self, indexes: [&Index; 2]) {
        self.attributes.extend(indexes.iter().flat_map(|index| index.attributes()).map(|it| it.id));
    }

    fn add_all_demands(&mut self, indexes: [&Index; 2]) {
        self.everywhere = true;
        self.add_attributes(indexes);
    }

    fn add_all(&mut self, indexes: [&Index; 2]) {
        self.everybody = true;
        self.add_all_demands(indexes);
    }

    /// Tells who is in reach, under two policies.
    pub(super) fn people(&self, indexes: [&Index; 2]) -> People<'_> {
        let groups = indexes.map(|index| inside(index, &self.principals));
        People { reach: self, groups }
    }
}

/// Who is in reach.
pub(super) struct People<'r> {
    reach: &'r Reach,
    /// By policy, the groups whose members are in reach.
    groups: [HashSet<GroupId, FixedState>; 2],
}

impl People<'_> {
    /// Whether this is everybody.
    pub(super) fn is_everybody(&self) -> bool {
        let all = [Principal::Everyone, Principal::Authenticated];
        self.reach.everybody || all.iter().any(|it| self.reach.principals.contains(it))
    }

    /// Whether a person is in reach.
    pub(super) fn has(&self, person: Person, presences: &[Presence<'_>]) -> bool {
        if self.is_everybody() {
            return true;
        }
        let named = |principal| self.reach.principals.contains(&principal);
        if matches!(person, Person::User { user, .. } if named(Principal::User(user))) {
            return true;
        }
        presences.iter().zip(&self.groups).any(|(presence, groups)| match presence {
            Presence::Anonymous => named(Principal::Anonymous),
            Presence::Unknown => {
                self.reach.principals.iter().any(|it| !matches!(it, Principal::User(_) | Principal::Group(_)))
            }
            Presence::Denied => false,
            Presence::Known { directory, groups: own } => {
                named(Principal::AuthenticatedBy(*directory)) || own.iter().any(|it| groups.contains(it))
            }
        })
    }
}

/// The groups among some principals, and all groups in them.
fn inside(index: &Index, principals: &HashSet<Principal, FixedState>) -> HashSet<GroupId, FixedState> {
    let mut found: HashSet<_, FixedState> = principals
        .iter()
        .filter_map(|principal| match principal {
            Principal::Group(group) => Some(*group),
            _ => None,
        })
        .collect();
    let mut members: HashMap<GroupId, Vec<GroupId>, FixedState> = HashMap::default();
    for group in index.nested_groups() {
        group.groups.iter().for_each(|above| members.entry(*above).or_default().push(group.id));
    }
    let mut waiting: Vec<GroupId> = found.iter().copied().collect();
    while let Some(group) = waiting.pop() {
        let inner = members.get(&group).into_iter().flatten().copied();
        waiting.extend(inner.filter(|group| found.insert(*group)));
    }
    found
}

fn attributes_of((index, task): (&Index, &std::sync::Arc<Task>)) -> BTreeSet<AttributeId> {
    index.attributes_in(index.bits_of_task(task.id)).map(|attribute| attribute.id).collect()
}

/// The users whom grants on some scopes name.
pub(super) fn named_users(
    index: &Index,
    scopes: Option<impl IntoIterator<Item = Scope>>,
) -> HashSet<UserId, FixedState> {
    let user = |principal| match principal {
        Principal::User(user) => Some(user),
        _ => None,
    };
    match scopes {
        None => index.grants_from(GrantId(0)).filter_map(|grant| user(grant.principal)).collect(),
        Some(scopes) => scopes
            .into_iter()
            .flat_map(|scope| index.table(scope).entries())
            .filter_map(|(entry, _)| user(entry.principal.principal()))
            .collect(),
    }
}

/// The kinds whose changes can tell people apart otherwise than before.
pub(super) const fn moves_people(kind: Kind) -> bool {
    matches!(kind, Kind::Directory | Kind::Group | Kind::User)
}
