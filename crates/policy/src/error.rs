//! Why a change set was not applied. Nothing of it was.

use std::sync::Arc;

use feedgate_model::{Kind, StoreId};
use feedgate_store::StoreError;

/// Why an edit can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// `advice` names similar objects and the list of all; a draft adds it.
    #[error("no {kind} is called `{name}`{advice}")]
    NotFound { kind: Kind, name: String, advice: String },
    #[error("no attribute is called `{name}`{advice}")]
    UnknownAttribute { name: String, advice: String },
    /// `holder` is the name of the object that has the name, which may be spelled otherwise or be another one.
    #[error("{}", already(*.kind, .name, .holder))]
    AlreadyExists { kind: Kind, name: String, holder: String },
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

fn already(kind: Kind, name: &str, holder: &str) -> String {
    if name == holder {
        format!("the {kind} `{name}` exists already")
    } else {
        format!("the {kind} `{holder}` has the name `{name}` already")
    }
}

impl EditError {
    /// No object of this kind has this name.
    pub(crate) fn not_found(kind: Kind, name: impl ToString) -> Self {
        Self::NotFound { kind, name: name.to_string(), advice: String::new() }
    }
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
