//! What this decision point is, what it holds, and whether it is well.

use super::DecisionPoint;
use crate::model::{Kind, Name, Revision};

/// A decision point's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub revision: Revision,
    /// Why changes aren't taken, if so.
    pub trouble: Option<String>,
    /// The revision behind which the history begins.
    pub history_after: u64,
    /// How many follow the policy.
    pub watches: usize,
    /// How many objects there are of each kind, by `kind as usize`.
    counts: [usize; Kind::ALL.len()],
    /// In the order in which bare names are looked for.
    pub directories: Vec<DirectoryStatus>,
}

/// A directory's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryStatus {
    pub name: Name,
    pub enabled: bool,
    /// Why it can't be asked, if so.
    pub unreachable: Option<&'static str>,
}

impl DecisionPoint {
    /// How it is.
    pub fn status(&self) -> Status {
        let index = self.index();
        let mut directories: Vec<_> = index.directories().collect();
        directories.sort_by_key(|directory| (directory.position, directory.id));
        let directory_status = |directory: &&std::sync::Arc<crate::model::Directory>| DirectoryStatus {
            name: directory.name.clone(),
            enabled: directory.enabled,
            unreachable: (!directory.is_built_in()).then_some("this server isn't configured to reach it"),
        };
        Status {
            revision: index.revision(),
            trouble: self.trouble().map(|error| error.to_string()),
            history_after: self.hub().history_after(),
            watches: self.0.watches.count(),
            counts: Kind::ALL.map(|kind| index.count(kind)),
            directories: directories.iter().map(directory_status).collect(),
        }
    }
}

impl Status {
    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }
}
