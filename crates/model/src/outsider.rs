//! Outsiders: people of external directories, as decisions see them.

use super::{
    id::{GroupId, UserId},
    name::NameKey,
};

/// Somebody of an external directory, at the moment at which the directory was asked. Not part of any policy: what a
/// policy says of them it says of a [`User`](super::User) or [`Group`](super::Group) that is bound to an id, or that
/// has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outsider {
    /// The directory's own, immutable.
    pub id: Box<str>,
    /// To compare by. None if it can't be a name here, and so no name that a policy has.
    pub name: Option<Box<[u8]>>,
    /// Disabled or expired there: denied everything.
    pub disabled: bool,
    /// Every group that contains them there, directly or not.
    pub groups: Vec<OutsideGroup>,
}

/// A group of an external directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideGroup {
    pub id: Box<str>,
    /// As an outsider's.
    pub name: Option<Box<[u8]>>,
}

/// Users and groups of a policy that mean an outsider and the groups of one by another name than theirs, and aren't bound
/// to their ids: only what holds them back counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namesakes {
    pub users: Vec<UserId>,
    pub groups: Vec<GroupId>,
}

/// A name as it is compared; none if it can't be a name here.
pub fn comparable(name: &str) -> Option<Box<[u8]>> {
    NameKey::new(name).ok().map(|key| key.as_bytes().into())
}
