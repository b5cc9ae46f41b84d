//! The whole set of objects, as a store loads it and an index is built from it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Attribute, BuiltInTask, Connector, Directory, DirectoryId, Effect, Feed, FeedGroup, Grant, GrantId,
    Group, GroupId, Kind, Name, NameError, Object, Principal, Scope, Settings, Task, User, UserId, attribute,
    directory,
};

/// A policy at one revision. Plain lists: whoever needs to look something up builds an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub settings: Arc<Settings>,
    pub attributes: Vec<Arc<Attribute>>,
    pub tasks: Vec<Arc<Task>>,
    pub directories: Vec<Arc<Directory>>,
    pub groups: Vec<Arc<Group>>,
    pub users: Vec<Arc<User>>,
    pub feed_groups: Vec<Arc<FeedGroup>>,
    pub feeds: Vec<Arc<Feed>>,
    pub connectors: Vec<Arc<Connector>>,
    pub grants: Vec<Grant>,
    /// The ids that the next objects get. Not derived from the lists: the largest object may be gone.
    pub next: NextIds,
}

/// The id that the next object of each kind gets; ids below it are never used again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextIds([u64; Kind::ALL.len()]);

impl NextIds {
    /// The next id of a kind.
    pub fn of(&self, kind: Kind) -> u64 {
        self.0.get(kind as usize).copied().unwrap_or(u64::MAX)
    }

    /// Notes that an object exists: its id and all below it are used up.
    pub fn note(&mut self, kind: Kind, id: u64) {
        if let Some(next) = self.0.get_mut(kind as usize) {
            *next = (*next).max(id.saturating_add(1));
        }
    }
}

impl Policy {
    /// What a new store has: the catalogue, the five tasks, the built-in directory, and the user `Admin` in
    /// the group `Administrators` with Administer on all feeds (access model, sections 3 and 6).
    pub fn initial() -> Result<Self, NameError> {
        let mut policy = Self::default();
        for attribute in attribute::built_in() {
            policy.put(Object::Attribute(Arc::new(attribute)));
        }
        for task in BuiltInTask::ALL {
            policy.put(Object::Task(Arc::new(task.task()?)));
        }
        policy.put(Object::Directory(Arc::new(Directory {
            id: DirectoryId::BUILT_IN,
            name: Name::new(directory::BUILT_IN_NAME)?,
            domains: Vec::new(),
            netbios: Vec::new(),
            enabled: true,
            position: 0,
            revision: 0,
        })));
        let administrators = GroupId(1);
        policy.put(Object::Group(Arc::new(Group {
            id: administrators,
            directory: DirectoryId::BUILT_IN,
            name: Name::new("Administrators")?,
            external_id: None,
            description: "".into(),
            groups: Vec::new(),
            revision: 0,
        })));
        policy.put(Object::User(Arc::new(User {
            id: UserId(1),
            directory: DirectoryId::BUILT_IN,
            name: Name::new("Admin")?,
            external_id: None,
            display_name: "Administrator".into(),
            email: "".into(),
            disabled: false,
            groups: vec![administrators],
            revision: 0,
        })));
        policy.put(Object::Grant(Grant {
            id: GrantId(1),
            effect: Effect::Permit,
            principal: Principal::Group(administrators),
            task: BuiltInTask::Administer.id(),
            scope: Scope::AllFeeds,
            comment: None,
            revision: 0,
        }));
        for kind in Kind::ALL {
            policy.next.note(kind, 0);
        }
        Ok(policy)
    }

    /// Adds an object. Nothing is checked here: building an index does.
    pub fn put(&mut self, object: Object) {
        let key = object.key();
        self.next.note(key.kind, key.id);
        match object {
            Object::Settings(settings) => self.settings = settings,
            Object::Attribute(attribute) => self.attributes.push(attribute),
            Object::Task(task) => self.tasks.push(task),
            Object::Directory(directory) => self.directories.push(directory),
            Object::Group(group) => self.groups.push(group),
            Object::User(user) => self.users.push(user),
            Object::FeedGroup(group) => self.feed_groups.push(group),
            Object::Feed(feed) => self.feeds.push(feed),
            Object::Connector(connector) => self.connectors.push(connector),
            Object::Grant(grant) => self.grants.push(grant),
        }
    }

    /// Every object but the grants, kind by kind: what a thing refers to comes before it, save for references
    /// within a kind (a group in a group, a feed that promotes to a feed). The grants come after them all.
    pub fn objects_but_grants(&self) -> impl Iterator<Item = Object> + '_ {
        let settings = std::iter::once(Object::Settings(self.settings.clone()));
        settings
            .chain(self.attributes.iter().cloned().map(Object::Attribute))
            .chain(self.tasks.iter().cloned().map(Object::Task))
            .chain(self.directories.iter().cloned().map(Object::Directory))
            .chain(self.groups.iter().cloned().map(Object::Group))
            .chain(self.users.iter().cloned().map(Object::User))
            .chain(self.feed_groups.iter().cloned().map(Object::FeedGroup))
            .chain(self.feeds.iter().cloned().map(Object::Feed))
            .chain(self.connectors.iter().cloned().map(Object::Connector))
    }

    /// Every object, in that order.
    pub fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        self.objects_but_grants().chain(self.grants.iter().cloned().map(Object::Grant))
    }
}
