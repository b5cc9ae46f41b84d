//! How much of the history is kept.

use std::time::Duration;

use feedgate_store::Trim;

/// A change set is kept as long as it is among the newest, or young: whichever keeps more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub change_sets: u64,
    /// 0: by number alone.
    pub age: Duration,
}

impl Retention {
    /// What may go with a commit that is made now.
    pub(super) fn trim(self) -> Trim {
        let Self { change_sets, age } = self;
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        // Without an age only the number counts, whatever clocks say.
        let since_ms = if age.is_zero() { u64::MAX } else { feedgate_store::now_ms().saturating_sub(age_ms) };
        Trim { keep: change_sets, since_ms }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { change_sets: 10_000, age: Duration::from_hours(24) }
    }
}
