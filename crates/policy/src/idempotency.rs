//! Requests that are known again by their key.
//!
//! A request with a key always makes a revision, even if nothing changes: its change set is where the key is kept.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::error::WriteError;
use feedgate_model::Idempotency;

/// An actor, and a key of theirs.
type Whose = (Arc<str>, Arc<str>);

/// The keys of the change sets in the history. A key is its actor's own.
#[derive(Debug, Default)]
pub(super) struct KnownKeys {
    known: HashMap<Whose, Known>,
    /// By revision, so that they go with the history.
    order: VecDeque<(u64, Whose)>,
}

#[derive(Debug)]
struct Known {
    request: [u8; 32],
    revision: u64,
}

impl KnownKeys {
    /// Remembers a change set's key.
    pub(super) fn remember(&mut self, actor: &str, idempotency: &Idempotency, revision: u64) {
        let whose: Whose = (actor.into(), (*idempotency.key).into());
        self.order.push_back((revision, whose.clone()));
        self.known.insert(whose, Known { request: idempotency.request, revision });
    }

    /// Forgets the keys of change sets that have left the history, which now begins behind this revision.
    pub(super) fn forget_through(&mut self, revision: u64) {
        while let Some((_, whose)) = self.order.pop_front_if(|(of, _)| *of <= revision) {
            self.known.remove(&whose);
        }
    }

    /// The revision that a request made when it came before; an error if its key came with another request.
    pub(super) fn revision_of(
        &self,
        actor: &str,
        idempotency: &Idempotency,
    ) -> Result<Option<u64>, WriteError> {
        match self.known.get(&(actor.into(), (*idempotency.key).into())) {
            None => Ok(None),
            Some(known) if known.request == idempotency.request => Ok(Some(known.revision)),
            Some(_) => Err(WriteError::KeyReused(idempotency.key.to_string())),
        }
    }
}
