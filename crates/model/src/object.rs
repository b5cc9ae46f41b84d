//! Any one object of a policy.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Attribute, Connector, Directory, Feed, FeedGroup, Grant, Group, Settings, Task, User};

/// An object of any kind. Shared, because the index, a change set and an answer hold the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Object {
    Settings(Arc<Settings>),
    Attribute(Arc<Attribute>),
    Task(Arc<Task>),
    Directory(Arc<Directory>),
    Group(Arc<Group>),
    User(Arc<User>),
    FeedGroup(Arc<FeedGroup>),
    Feed(Arc<Feed>),
    Connector(Arc<Connector>),
    Grant(Grant),
}

/// The kinds of objects, in an order in which each refers only to kinds before it or to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    Settings,
    Attribute,
    Task,
    Directory,
    Group,
    User,
    FeedGroup,
    Feed,
    Connector,
    Grant,
}

impl Kind {
    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::Settings,
        Self::Attribute,
        Self::Task,
        Self::Directory,
        Self::Group,
        Self::User,
        Self::FeedGroup,
        Self::Feed,
        Self::Connector,
        Self::Grant,
    ];

    /// What an operator calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Attribute => "attribute",
            Self::Task => "task",
            Self::Directory => "directory",
            Self::Group => "group",
            Self::User => "user",
            Self::FeedGroup => "feed group",
            Self::Feed => "feed",
            Self::Connector => "connector",
            Self::Grant => "grant",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What an object is known by for ever: its kind and its id (0 for the settings, of which there is one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    pub kind: Kind,
    pub id: u64,
}

impl Object {
    /// What it is known by.
    pub fn key(&self) -> ObjectKey {
        let (kind, id) = match self {
            Self::Settings(_) => (Kind::Settings, 0),
            Self::Attribute(attribute) => (Kind::Attribute, attribute.id.0.into()),
            Self::Task(task) => (Kind::Task, task.id.0.into()),
            Self::Directory(directory) => (Kind::Directory, directory.id.0.into()),
            Self::Group(group) => (Kind::Group, group.id.0.into()),
            Self::User(user) => (Kind::User, user.id.0.into()),
            Self::FeedGroup(group) => (Kind::FeedGroup, group.id.0.into()),
            Self::Feed(feed) => (Kind::Feed, feed.id.0.into()),
            Self::Connector(connector) => (Kind::Connector, connector.id.0.into()),
            Self::Grant(grant) => (Kind::Grant, grant.id.0),
        };
        ObjectKey { kind, id }
    }

    /// The revision that last changed it.
    pub fn revision(&self) -> u64 {
        match self {
            Self::Settings(settings) => settings.revision,
            Self::Attribute(attribute) => attribute.revision,
            Self::Task(task) => task.revision,
            Self::Directory(directory) => directory.revision,
            Self::Group(group) => group.revision,
            Self::User(user) => user.revision,
            Self::FeedGroup(group) => group.revision,
            Self::Feed(feed) => feed.revision,
            Self::Connector(connector) => connector.revision,
            Self::Grant(grant) => grant.revision,
        }
    }
}
