//! Circumstances: facts beyond the policy on which findings depend.

use std::collections::{BTreeMap, BTreeSet};

use feedgate_model::{DirectoryId, GrantId, Principal, UserId};

/// Facts beyond the policy. What isn't given isn't known, and nothing is found of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Circumstances {
    /// Users with a password that is publicly known.
    pub known_passwords: Vec<UserId>,
    /// Users who can't sign in for a reason that the policy doesn't have.
    pub obstacles: BTreeMap<UserId, Obstacle>,
    /// External directories that this server isn't configured to reach.
    pub unconfigured: BTreeSet<DirectoryId>,
    /// Users and groups that their directories were asked about and that aren't bound to an id there.
    pub unbound: Vec<UnboundPrincipal>,
}

/// The reason for which a user can't sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obstacle {
    /// A built-in user has no password.
    NoPassword,
    /// The external directory doesn't have the id any more that the user is bound to.
    Gone,
    /// The external directory has the account disabled.
    AccountDisabled,
    /// The external directory says that the account has expired.
    AccountExpired,
}

/// A user or group of an external directory that isn't bound to an id there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnboundPrincipal {
    pub principal: Principal,
    pub why: UnboundReason,
    /// Restrictions for it and for the groups that contain it.
    pub restrictions: Vec<GrantId>,
    /// Permissions likewise.
    pub permissions: Vec<GrantId>,
}

/// The reason for which a principal isn't bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnboundReason {
    NotFound,
    Ambiguous,
    Taken,
    /// It was bound to an id that the directory doesn't have any more.
    Vanished,
}

impl Circumstances {
    /// The reason for which a principal isn't bound; `None` if it is, as far as is known.
    pub(super) fn why_unbound(&self, principal: Principal) -> Option<UnboundReason> {
        self.unbound.iter().find(|it| it.principal == principal).map(|it| it.why)
    }
}
