//! Everything that bears on a decision, in the order in which it is weighed.

use super::decision::{PrincipalRank, ScopeRank};
use crate::model::{Grant, GroupId};

/// A grant that matches the subject, the attribute and the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub grant: Grant,
    pub principal_rank: PrincipalRank,
    pub scope_rank: ScopeRank,
    /// From the group that contains the user directly to the one that the grant names; empty when the grant
    /// names the user or a virtual principal.
    pub path: Vec<GroupId>,
    /// False for a permission that doesn't count because the subject is unknown.
    pub counts: bool,
    pub decides: bool,
}
