//! What records of version 1 held that is written otherwise now: settings had no `sign_in`. Only read.

use std::sync::Arc;

use serde::Deserialize;

use feedgate_model::{
    Attribute, BareNames, Change, ChangeSet, Connector, Directory, Feed, FeedGroup, Grant, Group,
    Idempotency, Object, ScopePrecedence, Settings, SignInOrder, Task, UnknownFeed, User,
};

#[derive(Clone, Copy, Deserialize)]
pub(super) struct Settings1 {
    scope_precedence: ScopePrecedence,
    unknown_feed: UnknownFeed,
    bare_names: BareNames,
    revision: u64,
}

#[derive(Deserialize)]
pub(super) struct ChangeSet1 {
    revision: u64,
    at_ms: u64,
    actor: Box<str>,
    idempotency: Option<Idempotency>,
    changes: Vec<Change1>,
}

#[derive(Deserialize)]
enum Change1 {
    Created(Object1),
    Updated(Box<(Object1, Object1)>),
    Deleted(Object1),
}

#[derive(Deserialize)]
enum Object1 {
    Settings(Settings1),
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

impl From<Settings1> for Settings {
    fn from(first: Settings1) -> Self {
        let Settings1 { scope_precedence, unknown_feed, bare_names, revision } = first;
        Self { scope_precedence, unknown_feed, bare_names, sign_in: SignInOrder::UntilAccepted, revision }
    }
}

impl From<Object1> for Object {
    fn from(first: Object1) -> Self {
        match first {
            Object1::Settings(settings) => Self::Settings(Arc::new(settings.into())),
            Object1::Attribute(attribute) => Self::Attribute(attribute),
            Object1::Task(task) => Self::Task(task),
            Object1::Directory(directory) => Self::Directory(directory),
            Object1::Group(group) => Self::Group(group),
            Object1::User(user) => Self::User(user),
            Object1::FeedGroup(group) => Self::FeedGroup(group),
            Object1::Feed(feed) => Self::Feed(feed),
            Object1::Connector(connector) => Self::Connector(connector),
            Object1::Grant(grant) => Self::Grant(grant),
        }
    }
}

impl From<Change1> for Change {
    fn from(first: Change1) -> Self {
        match first {
            Change1::Created(object) => Self::Created(object.into()),
            Change1::Updated(both) => {
                let (before, after) = *both;
                Self::Updated(Box::new((before.into(), after.into())))
            }
            Change1::Deleted(object) => Self::Deleted(object.into()),
        }
    }
}

impl From<ChangeSet1> for ChangeSet {
    fn from(first: ChangeSet1) -> Self {
        let ChangeSet1 { revision, at_ms, actor, idempotency, changes } = first;
        let changes = changes.into_iter().map(Change::from).collect();
        Self { revision, at_ms, actor, idempotency, changes }
    }
}
