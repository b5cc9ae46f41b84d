//! Requests that become durable together.

use std::sync::Arc;

use super::{error::WriteError, hub::Published, request::Written, thread::Answer};
use feedgate_engine::Index;
use feedgate_model::Idempotency;
use feedgate_store::Commit;

/// Requests that become durable together.
pub(super) struct Group {
    /// The policy with everything that is drafted.
    pub(super) head: Arc<Index>,
    pub(super) commit: Commit,
    /// The change sets of the commit, for the hub.
    pub(super) published: Vec<Published>,
    /// Who waits for it to be durable, in their order. A refusal waits, too: it may rest on a draft before it.
    pub(super) waiting: Vec<(Answer<Written>, Result<Done, WriteError>)>,
    pub(super) renewals: Vec<(Answer<bool>, Result<bool, WriteError>)>,
    pub(super) barriers: Vec<Answer<()>>,
}

/// What a request will have done.
pub(super) struct Done {
    pub(super) written: Written,
    /// By what it is to be known again.
    pub(super) key: Option<Key>,
}

/// An idempotency key and whose it is.
pub(super) struct Key {
    pub(super) actor: Box<str>,
    pub(super) idempotency: Idempotency,
}

impl Group {
    pub(super) fn new(head: Arc<Index>) -> Self {
        let (commit, published) = (Commit::default(), Vec::new());
        let (waiting, renewals, barriers) = (Vec::new(), Vec::new(), Vec::new());
        Self { head, commit, published, waiting, renewals, barriers }
    }

    pub(super) fn holds_key(&self, actor: &str, idempotency: &Idempotency) -> bool {
        let mut keys = self.waiting.iter().filter_map(|(_, done)| done.as_ref().ok()?.key.as_ref());
        keys.any(|key| *key.actor == *actor && key.idempotency.key == idempotency.key)
    }
}
