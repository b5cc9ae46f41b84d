//! The policy that a store has now, to look things up in: what a file refers to and doesn't bring along, and
//! what it doesn't name.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt as _};

use super::key::{Who, is_built_in};
use feedgate_model::{
    AttributeName, Name, attribute,
    edit::{
        AttributeSpec, ConnectorSpec, DirectorySpec, FeedGroupSpec, FeedSpec, GrantSpec, GroupSpec,
        Membership, Spec, TaskSpec, UserSpec,
    },
};

/// The specs of one kind, in the order in which they were exported, and by key.
#[derive(Debug)]
pub struct Shelf<'a, K, T> {
    list: Vec<&'a T>,
    by_key: HashMap<K, &'a T>,
}

impl<K, T> Default for Shelf<'_, K, T> {
    fn default() -> Self {
        Self { list: Vec::new(), by_key: HashMap::new() }
    }
}

impl<'a, K: Hash + Eq, T> Shelf<'a, K, T> {
    fn add(&mut self, key: K, spec: &'a T) {
        self.list.push(spec);
        self.by_key.insert(key, spec);
    }

    /// The one that has this key.
    pub fn get(&self, key: K) -> Option<&'a T> {
        self.by_key.get(&key).copied()
    }

    /// Whether one has this key.
    pub fn has(&self, key: K) -> bool {
        self.by_key.contains_key(&key)
    }

    /// All of them, in the order of the export.
    pub fn iter(&self) -> impl Iterator<Item = &'a T> {
        self.list.iter().copied()
    }
}

/// An index over an export of a whole policy.
#[derive(Debug, Default)]
pub struct Existing<'a> {
    pub(super) attributes: Shelf<'a, &'a AttributeName, AttributeSpec>,
    pub(super) tasks: Shelf<'a, &'a Name, TaskSpec>,
    pub(super) directories: Shelf<'a, &'a Name, DirectorySpec>,
    pub(super) users: Shelf<'a, Who<'a>, UserSpec>,
    pub(super) groups: Shelf<'a, Who<'a>, GroupSpec>,
    pub(super) memberships: Vec<&'a Membership>,
    pub(super) feed_groups: Shelf<'a, &'a Name, FeedGroupSpec>,
    pub(super) feeds: Shelf<'a, &'a Name, FeedSpec>,
    pub(super) connectors: Shelf<'a, &'a Name, ConnectorSpec>,
    pub(super) grants: Vec<&'a GrantSpec>,
    alternate_names: HashMap<&'a Name, &'a FeedSpec>,
}

impl<'a> Existing<'a> {
    /// Indexes an export. Principals that are given by their id instead of a name are left out: an export
    /// has none.
    pub fn new(specs: &'a [Spec]) -> Self {
        let mut existing = Self::default();
        for spec in specs {
            match spec {
                Spec::Attribute(spec) => existing.attributes.add(&spec.name, spec),
                Spec::Task(spec) => existing.tasks.add(&spec.name, spec),
                Spec::Directory(spec) => existing.directories.add(&spec.name, spec),
                Spec::User(spec) => {
                    Who::of(&spec.user).into_iter().for_each(|who| existing.users.add(who, spec));
                }
                Spec::Group(spec) => {
                    Who::of(&spec.group).into_iter().for_each(|who| existing.groups.add(who, spec));
                }
                Spec::Membership(spec) => existing.memberships.push(spec),
                Spec::FeedGroup(spec) => existing.feed_groups.add(&spec.name, spec),
                Spec::Feed(spec) => existing.add_feed(spec),
                Spec::Connector(spec) => existing.connectors.add(&spec.name, spec),
                Spec::Grant(spec) => existing.grants.push(spec),
                Spec::Settings(_) => {}
            }
        }
        existing
    }

    fn add_feed(&mut self, feed: &'a FeedSpec) {
        self.feeds.add(&feed.name, feed);
        for name in feed.alternate_names.iter().flatten() {
            self.alternate_names.insert(name, feed);
        }
    }

    /// The feed that has this name, or has it as an alternate name.
    pub fn feed(&self, name: &Name) -> Option<&'a FeedSpec> {
        self.feeds.get(name).or_else(|| self.alternate_names.get(name).copied())
    }

    /// Whether the catalogue has this attribute; the built-in ones always count.
    pub fn has_attribute(&self, name: &AttributeName) -> bool {
        attribute::built_in_id(name.as_str()).is_some() || self.attributes.has(name)
    }

    /// The attribute of this name. Two names that differ in case alone are one attribute.
    pub(super) fn attribute_like(&self, name: &AttributeName) -> Option<&'a AttributeSpec> {
        let alike = |spec: &&AttributeSpec| spec.name.as_str().eq_ignore_ascii_case(name.as_str());
        self.attributes.get(name).or_else(|| self.attributes.iter().find(alike))
    }

    /// Whether there is this directory; the built-in one always counts.
    pub fn has_directory(&self, name: &Name) -> bool {
        is_built_in(name) || self.directories.has(name)
    }
}
