//! What this decision point is, what it holds, and whether it is well.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use super::DecisionPoint;
use crate::{
    directory::{Connection, Health},
    engine::Index,
    model::{Directory, Kind, Name, Revision},
};

/// A decision point's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub revision: Revision,
    /// Why changes aren't taken, if so.
    pub trouble: Option<String>,
    /// Number of log lines that couldn't be written since the process started.
    pub log_lines_dropped: u64,
    /// The revision behind which the history begins.
    pub history_after: u64,
    /// How many follow the policy.
    pub watches: usize,
    /// How many objects there are of each kind, by `kind as usize`.
    counts: [usize; Kind::ALL.len()],
    /// In the order in which bare names are looked for.
    pub directories: Vec<DirectoryStatus>,
}

/// Counter of log lines that couldn't be written: a process has one log.
static LOG_LINES_DROPPED: AtomicU64 = AtomicU64::new(0);

/// Counts a log line that couldn't be written.
pub fn count_dropped_log_line() {
    LOG_LINES_DROPPED.fetch_add(1, Ordering::Relaxed);
}

/// A directory's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryStatus {
    pub name: Name,
    pub enabled: bool,
    /// `built-in`, or how it is reached; none if this server has no connection to it.
    pub kind: Option<&'static str>,
    /// Why it can't be asked, if so.
    pub unreachable: Option<String>,
    /// How many names and ids are remembered.
    pub people: usize,
    /// When it last answered.
    pub answered: Option<SystemTime>,
}

impl DecisionPoint {
    /// How it is.
    pub fn status(&self) -> Status {
        let index = self.index();
        let mut directories: Vec<_> = index.directories().collect();
        directories.sort_by_key(|directory| (directory.position, directory.id));
        let mut directory_status: Vec<_> = directories.iter().map(|it| self.directory_status(it)).collect();
        directory_status.extend(self.not_in_policy(&index));
        Status {
            revision: index.revision(),
            trouble: self.trouble().map(|error| error.to_string()),
            log_lines_dropped: LOG_LINES_DROPPED.load(Ordering::Relaxed),
            history_after: self.hub().history_after(),
            watches: self.0.watches.count(),
            counts: Kind::ALL.map(|kind| index.count(kind)),
            directories: directory_status,
        }
    }

    /// The same, and whether the store would refuse every change for now. A disk without room is no trouble of the
    /// writer's: changes are taken again once there is some.
    pub async fn status_of_all(&self) -> Status {
        let mut status = self.status();
        if status.trouble.is_none() {
            status.trouble = self.store().refusal().await.map(|error| error.to_string());
        }
        status
    }

    fn directory_status(&self, directory: &Directory) -> DirectoryStatus {
        let (name, enabled) = (directory.name.clone(), directory.enabled);
        let status =
            DirectoryStatus { name, enabled, kind: None, unreachable: None, people: 0, answered: None };
        if directory.is_built_in() {
            return DirectoryStatus { kind: Some("built-in"), ..status };
        }
        match self.connections().get(&directory.name) {
            None => {
                let unreachable = Some("this server isn't configured to reach it".to_owned());
                DirectoryStatus { unreachable, ..status }
            }
            Some(connection) => reached(connection, status),
        }
    }

    /// Directories that could be asked, if the policy had them.
    fn not_in_policy(&self, index: &Index) -> Vec<DirectoryStatus> {
        let known = |connection: &Connection| {
            index.directories().any(|directory| directory.name == *connection.name())
        };
        let strangers = self.connections().iter().filter(|connection| !known(connection));
        let mut strangers: Vec<_> = strangers
            .map(|connection| DirectoryStatus {
                name: connection.name().clone(),
                enabled: false,
                kind: Some(connection.kind()),
                unreachable: Some("the policy has no directory of this name".to_owned()),
                people: 0,
                answered: None,
            })
            .collect();
        strangers.sort_by(|one, other| one.name.cmp(&other.name));
        strangers
    }
}

fn reached(connection: &Connection, status: DirectoryStatus) -> DirectoryStatus {
    let Health { answered, failure } = connection.people().health();
    DirectoryStatus {
        kind: Some(connection.kind()),
        unreachable: failure.map(|failure| failure.to_string()),
        people: connection.people().remembered(),
        answered,
        ..status
    }
}

impl Status {
    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }
}
