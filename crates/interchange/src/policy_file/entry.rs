//! What the entries of a policy file say. Names that refer to something keep their places, so that a
//! reference to nothing can be pointed at.

use crate::{
    key::Who,
    problem::{At, Place},
};
use feedgate_model::{
    AttributeName, Effect, Name,
    edit::{AttributeSpec, DirectorySpec, FeedGroupSpec},
};

/// A user or a group by name. No directory means the built-in one.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: At<Name>,
    pub(super) directory: Option<At<Name>>,
}

impl Person {
    pub(super) fn who(&self) -> Who<'_> {
        Who::new(self.directory.as_ref().map(|directory| &directory.value), &self.name.value)
    }
}

pub(super) type AttributeEntry = At<AttributeSpec>;
pub(super) type DirectoryEntry = At<DirectorySpec>;
pub(super) type FeedGroupEntry = At<FeedGroupSpec>;

#[derive(Clone, Debug)]
pub(super) struct TaskEntry {
    pub(super) name: At<Name>,
    pub(super) description: Option<Box<str>>,
    pub(super) attributes: Option<TaskAttributes>,
}

#[derive(Clone, Debug)]
pub(super) enum TaskAttributes {
    All,
    These(Vec<At<AttributeName>>),
}

#[derive(Clone, Debug)]
pub(super) struct UserEntry {
    pub(super) user: Person,
    pub(super) display_name: Option<Box<str>>,
    pub(super) email: Option<Box<str>>,
    pub(super) disabled: Option<bool>,
    pub(super) external_id: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub(super) struct GroupEntry {
    pub(super) group: Person,
    pub(super) description: Option<Box<str>>,
    pub(super) external_id: Option<Box<str>>,
    pub(super) members: Option<Vec<Principal>>,
}

/// Which of the two a person is.
#[derive(Clone, Debug)]
pub(super) enum Principal {
    User(Person),
    Group(Person),
}

#[derive(Clone, Debug)]
pub(super) struct FeedEntry {
    pub(super) name: At<Name>,
    pub(super) feed_type: Option<Box<str>>,
    pub(super) alternate_names: Option<Vec<At<Name>>>,
    pub(super) group: Option<Option<At<Name>>>,
    pub(super) promote_to: Option<Option<At<Name>>>,
}

#[derive(Clone, Debug)]
pub(super) struct ConnectorEntry {
    pub(super) name: At<Name>,
    pub(super) source: Source,
    pub(super) feeds: Option<Vec<At<Name>>>,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Url(Box<str>),
    Feed(At<Name>),
}

#[derive(Clone, Debug)]
pub(super) struct GrantEntry {
    pub(super) place: Place,
    pub(super) effect: Effect,
    pub(super) task: At<Name>,
    pub(super) to: To,
    pub(super) scope: Scope,
    pub(super) comment: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub(super) enum To {
    Principal(Principal),
    Everyone,
    Authenticated(Option<At<Name>>),
    Anonymous,
}

#[derive(Clone, Debug)]
pub(super) enum Scope {
    AllFeeds,
    FeedGroup(At<Name>),
    Feed(At<Name>),
}
