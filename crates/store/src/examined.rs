//! What was found by whoever wants to know all that is wrong.

use super::{
    Counts, Head,
    codec::{self, Contents},
};
use feedgate_model::{Policy, UserId};

/// How much was looked at, and the whole of it.
#[derive(Debug)]
pub struct Examined {
    pub counts: Counts,
    /// None if anything is wrong with the records.
    pub whole: Option<Whole>,
}

/// Everything in a store but its history.
#[derive(Debug)]
pub struct Whole {
    pub head: Head,
    pub policy: Policy,
    /// The users who have a password.
    pub credentials: Vec<UserId>,
    pub(super) state: codec::State,
}

impl Examined {
    pub(super) fn new(counts: Counts, contents: Option<Contents>) -> Self {
        let whole = contents.map(|contents| {
            let Contents { state, policy, credentials, keyed: _ } = contents;
            Whole { head: state.head, policy, credentials, state }
        });
        Self { counts, whole }
    }
}
