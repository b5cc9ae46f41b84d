//! What is asked of the writer, and what it answers.

use std::sync::Arc;

use feedgate_engine::Index;
use feedgate_model::{Change, Idempotency, Revision, edit::Step};

/// How many changes an answer lists.
pub const LISTED: usize = 1_000;
/// How many steps one change set can have.
pub const MAX_STEPS: usize = 5_000_000;

/// A change set that somebody asks for. All of it happens, as one revision, or nothing.
#[derive(Debug)]
pub struct WriteRequest {
    pub steps: Vec<Step>,
    /// The revision that must be the head.
    pub expected: Option<Revision>,
    pub idempotency: Option<Idempotency>,
    /// Check and answer, but change nothing.
    pub dry_run: bool,
    /// Who asks.
    pub actor: Box<str>,
}

/// What a request did, or would have done.
#[derive(Clone, Debug)]
pub struct Written {
    /// The head now.
    pub revision: Revision,
    pub summary: Summary,
    /// The first [`LISTED`] of the changes.
    pub changes: Vec<Change>,
    /// The policy that the changes' "before" belong to.
    pub before: Arc<Index>,
    /// The policy that their "after" belong to.
    pub after: Arc<Index>,
    pub dry_run: bool,
    /// The request had been applied before, under its idempotency key.
    pub replayed: bool,
}

/// How many objects a request changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub created: usize,
    pub updated: usize,
    pub deleted: usize,
    pub passwords: usize,
}

impl Summary {
    pub(super) fn of(changes: &[Change], passwords: usize) -> Self {
        let mut summary = Self { passwords, ..Self::default() };
        for change in changes {
            match change {
                Change::Created(_) => summary.created += 1,
                Change::Updated(_) => summary.updated += 1,
                Change::Deleted(_) => summary.deleted += 1,
            }
        }
        summary
    }
}
