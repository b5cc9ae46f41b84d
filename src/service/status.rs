//! What this decision point is, what it holds, and whether it is well.

use crate::{
    engine::Index,
    model::{Kind, Name, Revision},
};

/// A decision point's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub revision: Revision,
    pub writable: bool,
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

impl Status {
    /// The state of a policy that is in force.
    pub fn of(index: &Index, writable: bool) -> Self {
        let mut directories: Vec<_> = index.directories().collect();
        directories.sort_by_key(|directory| (directory.position, directory.id));
        let directory_status = |directory: &&std::sync::Arc<crate::model::Directory>| DirectoryStatus {
            name: directory.name.clone(),
            enabled: directory.enabled,
            unreachable: (!directory.is_built_in()).then_some("this server isn't configured to reach it"),
        };
        Self {
            revision: index.revision(),
            writable,
            counts: Kind::ALL.map(|kind| index.count(kind)),
            directories: directories.iter().map(directory_status).collect(),
        }
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }
}
