//! The next index from this one and a change.

use std::sync::Arc;

use super::{Entry, Index, PrincipalKey, ScopeTable, Scoped, TaskEntry};
use feedgate_model::{
    Attribute, Change, Grant, Group, Kind, Object, ObjectKey, Scope, Task, User, id::MAX_ID,
};

/// Why objects can't be one policy. A writer that checks its changes never sees one; a store that loads does
/// when somebody else wrote it, or when an upgrade of Unicode made two names equal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    #[error(
        "{kind} {id} is called `{name}`, and so is {kind} {other}: names compare without case, by Unicode's rules; rename one with the release that wrote them"
    )]
    SameName { kind: Kind, id: u64, name: String, other: u64 },
    #[error("grant {id} and grant {other} are the same: effect, principal, task and scope")]
    SameGrant { id: u64, other: u64 },
    #[error("{kind} {id} and {kind} {other} are bound to the same id of their directory")]
    SameBinding { kind: Kind, id: u64, other: u64 },
    #[error("{} {} refers to {} {}, which isn't there", .from.kind, .from.id, .to.kind, .to.id)]
    Dangling { from: ObjectKey, to: ObjectKey },
    #[error("{} {} was to be changed or deleted and isn't there", .0.kind, .0.id)]
    Missing(ObjectKey),
    #[error("{} {} was to be created and is there already", .0.kind, .0.id)]
    Present(ObjectKey),
    #[error("{} {} is beyond the range of ids", .0.kind, .0.id)]
    OutOfRange(ObjectKey),
    #[error("there is no bit left for attribute {0}")]
    TooManyAttributes(u32),
}

impl Index {
    /// Applies what happened to one object.
    ///
    /// On an error the index may have part of the change: throw it away. References are the business of
    /// whoever makes a change; [`check_references`](Self::check_references) looks at all of them.
    pub fn apply(&mut self, change: &Change) -> Result<(), Inconsistent> {
        let key = change.key();
        match (change.before(), self.contains(key)) {
            (Some(_), false) => return Err(Inconsistent::Missing(key)),
            (None, true) => return Err(Inconsistent::Present(key)),
            (Some(_), true) | (None, false) => {}
        }
        match change {
            Change::Created(after) => self.put(after),
            Change::Updated(both) => self.put(&both.1),
            Change::Deleted(before) => {
                self.remove(before);
                Ok(())
            }
        }
    }

    /// Adds an object, or puts it in the place of the one with its key.
    pub(super) fn put(&mut self, object: &Object) -> Result<(), Inconsistent> {
        let key = object.key();
        if key.id > u64::from(MAX_ID) && key.kind != Kind::Grant {
            return Err(Inconsistent::OutOfRange(key));
        }
        self.next.note(key.kind, key.id);
        match object {
            Object::Settings(settings) => {
                self.settings = settings.clone();
                Ok(())
            }
            Object::Attribute(attribute) => self.put_attribute(attribute),
            Object::Task(task) => {
                let mask = self.attributes.mask_of(&task.attributes);
                self.tasks.put(key, TaskEntry { task: task.clone(), mask })
            }
            Object::Directory(directory) => {
                self.directories.put(key, directory.clone())?;
                self.put_directories_in_order();
                Ok(())
            }
            Object::Group(group) => self.put_group(key, group),
            Object::User(user) => self.put_user(key, user),
            Object::FeedGroup(group) => {
                let grants = self.table(Scope::FeedGroup(group.id)).clone();
                self.feed_groups.put(key, Scoped { object: group.clone(), above: None, grants })
            }
            Object::Feed(feed) => {
                let grants = self.table(Scope::Feed(feed.id)).clone();
                self.feeds.put(key, Scoped { object: feed.clone(), above: feed.group, grants })
            }
            Object::Connector(connector) => self.connectors.put(key, connector.clone()),
            Object::Grant(grant) => self.put_grant(grant),
        }
    }

    /// A change set may name the attribute in a task that comes before it: that task's bits are made anew.
    fn put_attribute(&mut self, attribute: &Arc<Attribute>) -> Result<(), Inconsistent> {
        let is_new = self.attributes.get(attribute.id).is_none();
        if !Arc::make_mut(&mut self.attributes).put(attribute.clone()) {
            return Err(Inconsistent::TooManyAttributes(attribute.id.0));
        }
        let names_it = |task: &&Arc<Task>| is_new && task.attributes.names(attribute.id);
        let waiting: Vec<_> = self.tasks().filter(names_it).cloned().collect();
        waiting.into_iter().try_for_each(|task| self.put(&Object::Task(task)))
    }

    fn put_directories_in_order(&mut self) {
        let mut enabled: Vec<_> = self.directories().filter(|it| it.enabled).cloned().collect();
        enabled.sort_by_key(|directory| (directory.position, directory.id));
        self.enabled_directories = enabled.into();
    }

    fn put_user(&mut self, key: ObjectKey, user: &Arc<User>) -> Result<(), Inconsistent> {
        let before = self.users.get(user.id.0).map(Arc::as_ref);
        self.bound_users.note(user.id.0, before, Some(user));
        self.unbound.note(before, Some(user));
        self.users.put(key, user.clone())
    }

    fn put_group(&mut self, key: ObjectKey, group: &Arc<Group>) -> Result<(), Inconsistent> {
        if group.groups.is_empty() {
            self.nested.remove(key.id);
        } else {
            self.nested.insert(key.id, group.clone());
        }
        let before = self.groups.get(group.id.0).map(Arc::as_ref);
        self.bound_groups.note(group.id.0, before, Some(group));
        self.unbound.note(before, Some(group));
        self.groups.put(key, group.clone())
    }

    fn put_grant(&mut self, grant: &Grant) -> Result<(), Inconsistent> {
        if let Some(old) = self.grants.get(grant.id) {
            self.remove_from_table(&old);
        }
        let entry = Entry::of(grant);
        if let Some(other) = self.table(grant.scope).find(entry) {
            return Err(Inconsistent::SameGrant { id: grant.id.0, other: other.0 });
        }
        match self.table_mut(grant.scope) {
            Some(table) => table.insert(entry, grant.id),
            None => {
                let from = ObjectKey { kind: Kind::Grant, id: grant.id.0 };
                return Err(Inconsistent::Dangling { from, to: scope_key(grant.scope) });
            }
        }
        self.grants.put(grant);
        Ok(())
    }

    fn remove(&mut self, object: &Object) {
        match object {
            Object::Settings(_) => self.settings = Arc::default(),
            Object::Attribute(attribute) => Arc::make_mut(&mut self.attributes).remove(attribute.id),
            Object::Task(task) => self.tasks.remove(task.id.0),
            Object::Directory(directory) => {
                self.directories.remove(directory.id.0);
                self.put_directories_in_order();
            }
            Object::Group(group) => {
                self.nested.remove(group.id.0.into());
                let before = self.groups.get(group.id.0).map(Arc::as_ref);
                self.bound_groups.note(group.id.0, before, None);
                self.unbound.note(before, None);
                self.groups.remove(group.id.0);
            }
            Object::User(user) => {
                let before = self.users.get(user.id.0).map(Arc::as_ref);
                self.bound_users.note(user.id.0, before, None);
                self.unbound.note(before, None);
                self.users.remove(user.id.0);
            }
            Object::FeedGroup(group) => self.feed_groups.remove(group.id.0),
            Object::Feed(feed) => self.feeds.remove(feed.id.0),
            Object::Connector(connector) => self.connectors.remove(connector.id.0),
            Object::Grant(grant) => {
                if let Some(old) = self.grants.get(grant.id) {
                    self.remove_from_table(&old);
                    self.grants.remove(old.id);
                }
            }
        }
    }

    fn remove_from_table(&mut self, grant: &Grant) {
        if let Some(table) = self.table_mut(grant.scope) {
            table.remove(Entry::of(grant));
        }
    }

    pub(super) fn table_mut(&mut self, scope: Scope) -> Option<&mut ScopeTable> {
        match scope {
            Scope::AllFeeds => Some(&mut self.all_feeds),
            Scope::FeedGroup(id) => self.feed_groups.get_mut(id.0).map(|entry| &mut entry.grants),
            Scope::Feed(id) => self.feeds.get_mut(id.0).map(|entry| &mut entry.grants),
        }
    }
}

impl Entry {
    /// A grant as a table holds it.
    pub fn of(grant: &Grant) -> Self {
        Self { principal: PrincipalKey::of(grant.principal), task: grant.task, effect: grant.effect }
    }
}

/// The object that a scope is.
pub(super) fn scope_key(scope: Scope) -> ObjectKey {
    match scope {
        Scope::AllFeeds => ObjectKey { kind: Kind::Settings, id: 0 },
        Scope::FeedGroup(id) => ObjectKey { kind: Kind::FeedGroup, id: id.0.into() },
        Scope::Feed(id) => ObjectKey { kind: Kind::Feed, id: id.0.into() },
    }
}
