//! Principals: who a grant can be for.

use serde::{Deserialize, Serialize};

use super::{
    id::{DirectoryId, GroupId, UserId},
    name::Name,
};

/// Whom a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Principal {
    User(UserId),
    Group(GroupId),
    /// Anybody, signed in or not.
    Everyone,
    /// Anybody who is signed in.
    Authenticated,
    /// Anybody who is signed in by this directory.
    AuthenticatedBy(DirectoryId),
    /// Anybody who is not signed in.
    Anonymous,
}

/// A user of the built-in directory, or one of an external directory that the policy names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub directory: DirectoryId,
    pub name: Name,
    /// The external directory's own immutable id, once it has been asked.
    pub external_id: Option<Box<str>>,
    pub display_name: Box<str>,
    pub email: Box<str>,
    /// A disabled user is denied everything.
    pub disabled: bool,
    /// The groups that contain the user directly, ascending. Membership is kept with the member, so that
    /// a change to a group of 100,000 is a change to one of them.
    pub groups: Vec<GroupId>,
    /// The revision that last changed this object.
    pub revision: u64,
}

/// A group of users and groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub directory: DirectoryId,
    pub name: Name,
    /// The external directory's own immutable id, once it has been asked.
    pub external_id: Option<Box<str>>,
    pub description: Box<str>,
    /// The groups that contain this one directly, ascending. Cycles are harmless.
    pub groups: Vec<GroupId>,
    /// The revision that last changed this object.
    pub revision: u64,
}

impl User {
    /// Whether it lives in the directory that every store has.
    pub fn is_built_in(&self) -> bool {
        self.directory == DirectoryId::BUILT_IN
    }
}

impl Group {
    /// Whether it lives in the directory that every store has.
    pub fn is_built_in(&self) -> bool {
        self.directory == DirectoryId::BUILT_IN
    }
}
