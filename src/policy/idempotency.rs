//! Requests that are known again by their key.
//!
//! A request with a key always makes a revision, even if nothing changes: its change set is where the key is kept.

use std::collections::HashMap;

use super::error::WriteError;
use crate::model::Idempotency;

/// The keys of the change sets in the history. A key is its actor's own.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(HashMap<(Box<str>, Box<str>), Known>);

#[derive(Debug)]
struct Known {
    request: [u8; 32],
    revision: u64,
}

impl KnownKeys {
    /// Remembers a change set's key.
    pub(super) fn remember(&mut self, actor: &str, idempotency: &Idempotency, revision: u64) {
        let known = Known { request: idempotency.request, revision };
        self.0.insert((actor.into(), idempotency.key.clone()), known);
    }

    /// The revision that a request made when it came before; an error if its key came with another request.
    pub(super) fn revision_of(
        &self,
        actor: &str,
        idempotency: &Idempotency,
    ) -> Result<Option<u64>, WriteError> {
        match self.0.get(&(actor.into(), idempotency.key.clone())) {
            None => Ok(None),
            Some(known) if known.request == idempotency.request => Ok(Some(known.revision)),
            Some(_) => Err(WriteError::KeyReused(idempotency.key.to_string())),
        }
    }
}
