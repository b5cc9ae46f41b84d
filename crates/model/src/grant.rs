//! Grants: the rules themselves.

use serde::{Deserialize, Serialize};

use super::{
    id::{FeedGroupId, FeedId, GrantId, TaskId},
    principal::Principal,
};

/// What a grant does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    Permit,
    /// Wins a tie.
    Restrict,
}

/// Where a grant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    AllFeeds,
    FeedGroup(FeedGroupId),
    Feed(FeedId),
}

/// (effect, principal, task, scope), which is unique, with an id and a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub id: GrantId,
    pub effect: Effect,
    pub principal: Principal,
    pub task: TaskId,
    pub scope: Scope,
    pub comment: Option<Box<str>>,
    /// The revision that last changed this object.
    pub revision: u64,
}
