//! What was put right, for an operator to read.

use std::fmt;

use super::{ADMIN, ADMINISTRATORS};
use crate::model::Name;

/// One thing that had to be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutRight {
    DirectoryEnabled,
    UserCreated,
    UserEnabled,
    GroupCreated,
    MemberAdded,
    /// It didn't have every attribute any more.
    TaskRestored(Name),
    GroupPermitted,
    RestrictionRemoved {
        of_user: bool,
        task: Name,
    },
    /// Some other restriction, on everyone for instance, would have defeated the group's permission.
    UserPermitted,
    PasswordSet,
}

impl fmt::Display for PutRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectoryEnabled => f.write_str("the built-in directory is enabled"),
            Self::UserCreated => write!(f, "the user {ADMIN} is created"),
            Self::UserEnabled => write!(f, "the user {ADMIN} is enabled"),
            Self::GroupCreated => write!(f, "the group {ADMINISTRATORS} is created"),
            Self::MemberAdded => write!(f, "{ADMIN} is in the group {ADMINISTRATORS}"),
            Self::TaskRestored(task) => write!(f, "the task {task} has every attribute"),
            Self::GroupPermitted => write!(f, "{ADMINISTRATORS} may do everything on all feeds"),
            Self::RestrictionRemoved { of_user, task } => {
                let who = if *of_user { ADMIN } else { ADMINISTRATORS };
                write!(f, "a restriction of {who} is removed: task {task}")
            }
            Self::UserPermitted => write!(
                f,
                "{ADMIN} may do everything on all feeds as a user, because others' restrictions defeat the group's permission"
            ),
            Self::PasswordSet => {
                write!(f, "{ADMIN} has a new one-time password, to be changed at the next sign-in")
            }
        }
    }
}
