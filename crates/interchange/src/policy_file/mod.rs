//! Policy files: policy as code, in YAML or JSON of the same shape.
//!
//! ```yaml
//! version: 1
//! tasks:
//!   - {name: View Packages, attributes: [Feeds_ViewFeed]}
//! grants:
//!   - {permit: View Packages, to: everyone, scope: all}
//! ```
//!
//! A file holds a whole policy or a part of one. An absent key leaves things as they are (or, with `--prune`, has its
//! default: see `defaults`), a list that is present (`members`, `attributes`) is complete, and `null` for a feed's
//! `group` or `promote_to` means none.
//! Whatever isn't understood is an error with its place: a key that was silently dropped could be a
//! restriction.
//!
//! There are deliberately no passwords in it.

pub(crate) mod bindings;
mod defaults;
pub(super) mod document;
mod edits;
mod entry;
mod feeds;
mod index;
mod read;
mod read_grant;
mod render;
mod scalar;
mod spelling;
#[cfg(test)]
mod tests;

pub use render::{render, write};

use super::{
    existing::Existing,
    problem::{Note, Problem, Problems},
    text,
};
use entry::{
    AttributeEntry, ConnectorEntry, DirectoryEntry, FeedEntry, FeedGroupEntry, GrantEntry, GroupEntry,
    TaskEntry, UserEntry,
};
use feedgate_model::edit::{Edit, SettingsSpec};

/// A policy file that has been read, but not compared with anything: its references may lead nowhere yet.
#[derive(Clone, Debug, Default)]
pub struct PolicyFile {
    file: Box<str>,
    settings: Option<SettingsSpec>,
    attributes: Option<Vec<AttributeEntry>>,
    directories: Option<Vec<DirectoryEntry>>,
    tasks: Option<Vec<TaskEntry>>,
    users: Option<Vec<UserEntry>>,
    groups: Option<Vec<GroupEntry>>,
    feed_groups: Option<Vec<FeedGroupEntry>>,
    feeds: Option<Vec<FeedEntry>>,
    connectors: Option<Vec<ConnectorEntry>>,
    grants: Option<Vec<GrantEntry>>,
}

/// What makes a store agree with a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEdits {
    /// In an order in which they can be applied, as one change set.
    pub edits: Vec<Edit>,
    /// What the operator should be told.
    pub notes: Vec<Note>,
}

impl PolicyFile {
    /// Reads a policy file. `file` is what it is called in messages.
    ///
    /// Fails with everything that is wrong with its form: the encoding, the syntax (which ends the reading),
    /// keys that nobody knows, values of a wrong type, names that can't be names.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = text::utf8(file, bytes).map_err(|problem| vec![problem])?;
        let mut read = Self { file: file.into(), ..Self::default() };
        let mut problems = Problems::of(file);
        document::read(text, &mut read, &mut problems);
        problems.or(read)
    }

    /// What makes a store that has the existing policy agree with the file.
    ///
    /// References are looked up in the file first, then in the store. A user or group of an external
    /// directory needs no mention of its own. With `prune`, the file is authoritative for the kinds that it has: what
    /// the store has and the file doesn't name goes, absent keys get their defaults (except a user's `disabled`, a
    /// directory's `enabled` and `external_id`), and names get the file's spelling. Built-in things and the last
    /// administrator stay.
    ///
    /// Fails with everything that is wrong with the file's meaning: duplicate names, references to nothing.
    pub fn edits(&self, existing: &Existing<'_>, prune: bool) -> Result<PolicyEdits, Vec<Problem>> {
        edits::translate(self, existing, prune)
    }
}
