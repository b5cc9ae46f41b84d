//! What a policy knows of somebody.

use smallvec::SmallVec;

use feedgate_engine::{Groups, Index, Principals};
use feedgate_model::{DirectoryId, GroupId, UserId};

/// Somebody whose access is asked about. In the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Person {
    /// Nobody is signed in.
    Anonymous,
    /// Somebody whom no directory knows.
    Unknown,
    /// Somebody whom this directory knows, in no group and named by no grant.
    SignedIn(DirectoryId),
    /// A member of this group of an external directory, in no other group.
    Member {
        group: GroupId,
        directory: DirectoryId,
    },
    User {
        user: UserId,
        directory: DirectoryId,
    },
}

/// What a policy knows of a person: all by which grants tell people apart who aren't named themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence<'i> {
    Anonymous,
    Unknown,
    /// Disabled, or of a directory that is: denied everything.
    Denied,
    Known {
        directory: DirectoryId,
        /// Directly.
        groups: &'i [GroupId],
    },
}

impl<'i> Presence<'i> {
    /// Of a person in a policy. A built-in user that isn't there is unknown, as it is in a check; an external one
    /// lives in its directory all the same, and so does a member of a group that the policy doesn't name.
    pub fn of(index: &'i Index, person: Person) -> Self {
        let known = |directory, groups| match index.directory(directory) {
            Some(there) if there.enabled => Self::Known { directory, groups },
            _ => Self::Denied,
        };
        match person {
            Person::Anonymous => Self::Anonymous,
            Person::Unknown => Self::Unknown,
            Person::SignedIn(directory) => known(directory, &[]),
            Person::Member { group, directory } => match index.group(group) {
                Some(group) => known(directory, std::slice::from_ref(&group.id)),
                None => known(directory, &[]),
            },
            Person::User { user, directory } => match index.user(user) {
                None if directory == DirectoryId::BUILT_IN => Self::Unknown,
                None => known(directory, &[]),
                Some(user) if user.disabled => Self::Denied,
                Some(user) => known(directory, &user.groups),
            },
        }
    }

    /// The groups that contain somebody, directly or through groups.
    pub fn all_groups(self, index: &Index) -> Groups {
        match self {
            Self::Known { groups, .. } => Principals::groups_of(index, groups),
            Self::Anonymous | Self::Unknown | Self::Denied => SmallVec::new(),
        }
    }
}
