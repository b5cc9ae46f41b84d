//! What was looked at, and what is wrong.

use crate::store::{Counts, Problems, Whole};

/// What to do about what can't be put right.
pub(super) const RESTORE: &str = "keep a copy of what is there, then restore a backup into a new folder";

/// The outcome of a look at a store or a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub looked: Looked,
    /// The first of them.
    pub problems: Vec<Problem>,
    /// How many there are besides.
    pub more: u64,
    /// What was put right, as things done.
    pub repaired: Vec<String>,
    /// Whether something was to be put right, and nothing was because of the other problems.
    pub not_repaired: bool,
}

/// Something that isn't as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub what: String,
    pub to_do: String,
    pub remedy: Remedy,
}

/// What puts something right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The next start, by itself: it is what a kill or a power loss leaves behind. So does `fsck --repair`.
    Start,
    /// Only `fsck --repair`.
    Repair,
    /// Nothing here.
    None,
}

/// How much was looked at. The store and what is in it are known only if its records are whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The incarnation, the newest revision, and the one behind which the history begins.
    pub head: Option<(u64, u64, u64)>,
    pub parts: u64,
    pub objects: u64,
    pub credentials: u64,
    pub change_sets: u64,
    /// Of a data folder's store.
    pub files: Option<u64>,
    /// Whether a data folder has a token; the next start makes one if not.
    pub token: Option<bool>,
}

impl Report {
    /// Of records that were examined.
    pub(super) fn new(counts: Counts, whole: Option<&Whole>, problems: &Problems) -> Self {
        let Counts { parts, objects, credentials, change_sets } = counts;
        let head = whole.map(|whole| whole.head);
        let head = head.map(|head| (head.store.0, head.revision, head.history_after));
        let looked = Looked { head, parts, objects, credentials, change_sets, files: None, token: None };
        let mut report = Self { looked, ..Self::default() };
        report.add(problems);
        report
    }

    /// Adds problems for which there is nothing but a backup.
    pub(super) fn add(&mut self, problems: &Problems) {
        self.more = self.more.saturating_add(problems.more());
        self.problems.extend(problems.listed().iter().map(|what| Problem {
            what: what.clone(),
            to_do: RESTORE.to_owned(),
            remedy: Remedy::None,
        }));
    }

    /// Whether there is nothing to be done.
    pub fn is_clean(&self) -> bool {
        self.more == 0 && self.problems.iter().all(|problem| problem.remedy == Remedy::Start)
    }
}
