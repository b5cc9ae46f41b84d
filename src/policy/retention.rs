//! How much of the history is kept.

use std::time::Duration;

use crate::store::{self, Trim};

/// A change set is kept as long as it is among the newest, or young: whichever keeps more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub change_sets: u64,
    pub age: Duration,
}

impl Retention {
    /// What may go with a commit that is made now.
    pub(super) fn trim(self) -> Trim {
        let age = u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX);
        Trim { keep: self.change_sets, since_ms: store::now_ms().saturating_sub(age) }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { change_sets: 10_000, age: Duration::from_hours(24) }
    }
}
