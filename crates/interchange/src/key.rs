//! Natural keys: what tells whether two specs mean the same object, borrowed from the specs themselves so
//! that a million grants can be compared without a copy.

use feedgate_model::{
    Effect, Name, directory,
    edit::{GrantSpec, Member, PrincipalName, PrincipalRef, ScopeRef},
};

/// A user or a group: a name in the built-in directory (none) or in an external one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who<'a> {
    pub directory: Option<&'a Name>,
    pub name: &'a Name,
}

impl<'a> Who<'a> {
    /// Somebody in a directory; the built-in one may be given by its name or not at all.
    pub fn new(directory: Option<&'a Name>, name: &'a Name) -> Self {
        Self { directory: directory.filter(|directory| !is_built_in(directory)), name }
    }

    /// None if the principal is known by its id: nothing that comes from a file is.
    pub fn of(principal: &'a PrincipalName) -> Option<Self> {
        match principal {
            PrincipalName::Named { directory, name } => Some(Self::new(directory.as_ref(), name)),
            PrincipalName::Id(_) => None,
        }
    }

    /// The same, owned.
    pub fn to_principal(self) -> PrincipalName {
        PrincipalName::Named { directory: self.directory.cloned(), name: self.name.clone() }
    }
}

impl std::fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.directory {
            Some(directory) => write!(f, "`{}` of `{directory}`", self.name),
            None => write!(f, "`{}`", self.name),
        }
    }
}

/// Whether a directory's name is the built-in one's.
pub fn is_built_in(directory: &Name) -> bool {
    directory.key() == directory::BUILT_IN_NAME.as_bytes()
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberKey<'a> {
    User(Who<'a>),
    Group(Who<'a>),
}

impl<'a> MemberKey<'a> {
    /// None if the member is known by its id.
    pub fn of(member: &'a Member) -> Option<Self> {
        match member {
            Member::User(user) => Who::of(user).map(Self::User),
            Member::Group(group) => Who::of(group).map(Self::Group),
        }
    }
}

/// Whom a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKey<'a> {
    User(Who<'a>),
    Group(Who<'a>),
    Everyone,
    Authenticated(Option<&'a Name>),
    Anonymous,
}

impl<'a> PrincipalKey<'a> {
    /// None if the principal is known by its id.
    pub fn of(principal: &'a PrincipalRef) -> Option<Self> {
        Some(match principal {
            PrincipalRef::User(user) => Self::User(Who::of(user)?),
            PrincipalRef::Group(group) => Self::Group(Who::of(group)?),
            PrincipalRef::Everyone => Self::Everyone,
            PrincipalRef::Authenticated { directory } => Self::Authenticated(directory.as_ref()),
            PrincipalRef::Anonymous => Self::Anonymous,
        })
    }
}

/// (effect, principal, task, scope), which is unique. A feed counts by the name that the spec has: whoever
/// compares keys sees to it that this isn't an alternate one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GrantKey<'a> {
    pub effect: Effect,
    pub principal: PrincipalKey<'a>,
    pub task: &'a Name,
    pub scope: &'a ScopeRef,
}

impl<'a> GrantKey<'a> {
    /// None if the principal is known by its id.
    pub fn of(grant: &'a GrantSpec) -> Option<Self> {
        let GrantSpec { id: _, effect, principal, task, scope, comment: _ } = grant;
        Some(Self { effect: *effect, principal: PrincipalKey::of(principal)?, task, scope })
    }
}
