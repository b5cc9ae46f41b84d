//! Why a change set was not applied. Nothing of it was.

use std::sync::Arc;

use feedgate_model::{Kind, StoreId};
use feedgate_store::StoreError;

/// Why an edit can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("no {kind} is called `{name}`")]
    NotFound { kind: Kind, name: String },
    #[error("no attribute is called `{0}`")]
    UnknownAttribute(String),
    #[error("the {kind} `{name}` exists already")]
    AlreadyExists { kind: Kind, name: String },
    #[error("{member} is in the group {group} already")]
    AlreadyMember { member: String, group: String },
    #[error("{member} is not directly in the group {group}")]
    NotMember { member: String, group: String },
    #[error("the {kind} `{name}` is still referred to by {}; cascade takes that along where it can", references(.by, *.more))]
    StillReferenced { kind: Kind, name: String, by: Vec<String>, more: usize },
    #[error("the {kind} `{name}` can't be changed so: {why}")]
    Immutable { kind: Kind, name: String, why: &'static str },
    #[error("{what} has at most {limit}")]
    LimitExceeded { what: &'static str, limit: usize },
    #[error("the {kind} `{name}` is at revision {actual}, not {expected}")]
    ObjectMoved { kind: Kind, name: String, expected: u64, actual: u64 },
    #[error("{field}: {why}")]
    Invalid { field: &'static str, why: String },
}

fn references(by: &[String], more: usize) -> String {
    let listed = by.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// Why a write failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// Which step of the change set, from 0.
    #[error("change {step}: {source}")]
    Edit { step: usize, source: EditError },
    #[error("the expected revision is {expected}, the head is {head}: read again and try again")]
    RevisionMismatch { expected: u64, head: u64 },
    #[error("the revision belongs to store {asked}, this is store {own}: it was restored or is another one")]
    OtherStore { asked: StoreId, own: StoreId },
    #[error("the idempotency key `{0}` came with another request before: use a new key for a new request")]
    KeyReused(String),
    #[error("a change set has {limit} changes at most, this one has {found}")]
    TooManyChanges { limit: usize, found: usize },
    #[error("the store failed: {0}")]
    Store(Arc<StoreError>),
    /// A mistake of ours. Nothing was changed.
    #[error("an internal error, which the server's log describes; nothing was changed")]
    Internal,
    #[error("the decision point is shutting down")]
    Closed,
}
