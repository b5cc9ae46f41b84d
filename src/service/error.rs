//! Why a question couldn't be answered. None of these is a denial, and none may be taken for a yes.

use crate::{
    analysis::Cancelled,
    directory::ResolveError,
    model::{NameError, StoreId},
    policy::{HistoryError, WriteError},
    store::StoreError,
};

/// Why a check has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Subject(#[from] ResolveError),
    #[error("target: {0}")]
    InvalidTarget(NameError),
    #[error("no attribute is called `{0}`: `feedgate list attributes` shows all, in their spelling")]
    UnknownAttribute(Box<str>),
    #[error(
        "the deadline of the batch passed before this item was answered: ask for fewer items, or allow more time"
    )]
    DeadlineExceeded,
}

/// Why no policy is fresh enough.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FreshnessError {
    #[error("the revision belongs to store {asked}, this is store {own}: it was restored or is another one")]
    OtherStore { asked: StoreId, own: StoreId },
    #[error("revision {asked} has not been reached: the head is {head}")]
    NotReached { asked: u64, head: u64 },
    #[error("the writer did not come to an end in time: the published revision is {head}; try again")]
    Late { head: u64 },
    #[error("nobody knows what was committed last: {why}")]
    Unknown { why: String },
    #[error("the decision point is shutting down")]
    Closed,
}

/// Why a call has no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    Freshness(#[from] FreshnessError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// `advice` names similar objects and the list of all.
    #[error("{kind} {name} doesn't exist{advice}")]
    NotFound { kind: &'static str, name: String, advice: String },
    #[error("a batch has 1 to {limit} items, this one has {found}")]
    BatchSize { limit: usize, found: usize },
    #[error("`{0}` is not a page token of this list")]
    InvalidPageToken(String),
    #[error(
        "`{cursor}` is not a cursor of this request: send it with the request that it came from, unchanged"
    )]
    InvalidCursor { field: &'static str, cursor: String },
    #[error(
        "passwords, accounts or names in directories changed since the first findings were sent: ask again without a cursor"
    )]
    FindingsMoved,
    #[error("too much analysis waits already: try again later")]
    Overloaded,
    #[error(
        "this server has no connection to the directory `{0}`: add a `[[directory]]` of that name to its configuration"
    )]
    NoConnection(String),
    #[error("too many passwords wait to be verified already: try again later")]
    TooManySignIns,
    #[error("a backup is being made already: try again when it is done")]
    BackupUnderWay,
    /// A mistake of ours, which the log describes.
    #[error("an internal error, which the server's log describes")]
    Internal,
    #[error("{field}: {source}")]
    InvalidName { field: &'static str, source: NameError },
    #[error("a password could not be hashed")]
    Hash,
}
