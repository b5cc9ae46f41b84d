//! The index: a policy laid out for decisions, immutable once it is published.
//!
//! | File | Holds |
//! |---|---|
//! | `id_map` | objects by id; persistent, so that the next index shares what didn't change |
//! | `name_map` | by name: ids, and what else a look-up by name is for |
//! | `named` | objects by both |
//! | `member` | a user as a decision needs one |
//! | `bound` | users and groups of external directories by their ids there, and those without |
//! | `scope_table` | the grants of one scope by principal: what a decision reads |
//! | `principal_key` | a principal in 32 bits |
//! | `attributes`, `bits` | the catalogue, each attribute's bit, and sets of them |
//! | `grants` | grants by id |
//! | `build` | an index from a whole policy |
//! | `apply` | the next index from this one and a change |
//! | `read` | looking things up and listing them |
//!
//! Cloning an index clones a handful of `Arc`s. Applying a change to a clone copies the few nodes on the way
//! to what changed: tens of microseconds and kilobytes at a million grants. A clone that nobody else holds
//! parts of is changed in place, so a change set of a million grants costs what it adds.
//!
//! INVARIANT: an index made change by change gives the same answers as one built from the same objects.

mod apply;
mod attributes;
mod bits;
mod bound;
mod build;
mod grants;
mod id_map;
mod member;
mod name_map;
mod named;
mod principal_key;
mod read;
mod scope_table;
mod similar;

use std::sync::Arc;

use attributes::Attributes;
use bound::{Bound, Unbound};
use grants::Grants;
use id_map::IdMap;
use member::MemberCard;
use named::Named;

pub use apply::Inconsistent;
pub use bits::AttributeBits;
pub use bound::mark;
pub use member::Member;
pub use principal_key::PrincipalKey;
pub use scope_table::{AT_ONCE, Entry, Found, ScopeTable};

use feedgate_model::{
    Connector, Directory, Feed, FeedGroup, FeedGroupId, Group, NextIds, Revision, Settings, Task, User,
};

/// A policy at one revision, laid out for decisions.
#[derive(Clone, Debug)]
pub struct Index {
    revision: Revision,
    settings: Arc<Settings>,
    attributes: Arc<Attributes>,
    tasks: Named<TaskEntry>,
    directories: Named<Arc<Directory>>,
    /// In their order; made anew whenever a directory changes.
    enabled_directories: Arc<[Arc<Directory>]>,
    groups: Named<Arc<Group>>,
    /// The groups that are in groups: few look-ups have to go further when there are none.
    nested: IdMap<Arc<Group>>,
    users: Named<Arc<User>>,
    /// Users and groups of external directories by their ids there.
    bound_users: Bound,
    bound_groups: Bound,
    unbound: Unbound,
    feed_groups: Named<Scoped<FeedGroup>>,
    feeds: Named<Scoped<Feed>>,
    connectors: Named<Arc<Connector>>,
    grants: Grants,
    /// The grants on all feeds.
    all_feeds: ScopeTable,
    next: NextIds,
}

/// A task, and its attributes as the bits that a decision tests.
#[derive(Clone, Debug)]
struct TaskEntry {
    task: Arc<Task>,
    mask: u64,
}

/// A feed or feed group, and the grants on it.
#[derive(Clone, Debug)]
struct Scoped<T> {
    object: Arc<T>,
    /// The feed group of a feed, as the object has it: a decision needs nothing else of that.
    above: Option<FeedGroupId>,
    grants: ScopeTable,
}
