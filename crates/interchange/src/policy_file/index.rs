//! Where a reference leads: to something in the file, to something in the store, or to nothing.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::Hash,
};

use super::{
    PolicyFile,
    entry::{FeedEntry, Person},
};
use crate::{
    existing::Existing,
    key::{Who, is_built_in},
    problem::{At, Place, Problems},
};
use feedgate_model::{AttributeName, BuiltInTask, Name, attribute, edit::PrincipalName, similar};

/// The names in a file, over the names in a store.
pub(super) struct Index<'f, 'e> {
    pub(super) existing: &'e Existing<'e>,
    file: &'f PolicyFile,
    attributes: Layer<&'f AttributeName>,
    tasks: Layer<&'f Name>,
    directories: Layer<&'f Name>,
    users: Layer<Who<'f>>,
    groups: Layer<Who<'f>>,
    feed_groups: Layer<&'f Name>,
    feed_names: HashMap<&'f Name, &'f FeedEntry>,
    feeds_hidden: bool,
    /// The five of a new store, which are never pruned.
    built_in_tasks: HashSet<Name>,
}

/// The names of one kind in the file.
struct Layer<K> {
    places: HashMap<K, Place>,
    /// Whether the store's own will be gone unless the file names them.
    hides_store: bool,
}

impl<K: Hash + Eq + Copy + fmt::Display> Layer<K> {
    fn new(
        keys: Option<impl Iterator<Item = (K, Place)>>,
        what: &str,
        prune: bool,
        problems: &mut Problems,
    ) -> Self {
        let mut layer = Self { places: HashMap::new(), hides_store: prune && keys.is_some() };
        for (key, place) in keys.into_iter().flatten() {
            if let Some(first) = layer.places.insert(key, place) {
                problems.at(
                    place,
                    format!("{what} {} stands twice in the file, first in line {}", shown(key), first.line),
                );
            }
        }
        layer
    }

    fn has(&self, key: K) -> bool {
        self.places.contains_key(&key)
    }
}

/// A name in backticks, unless it brings its own.
fn shown(key: impl fmt::Display) -> String {
    let key = key.to_string();
    if key.starts_with('`') { key } else { format!("`{key}`") }
}

impl<'f, 'e> Index<'f, 'e> {
    /// Collects the names; duplicates are problems.
    pub(super) fn new(
        file: &'f PolicyFile,
        existing: &'e Existing<'e>,
        prune: bool,
        problems: &mut Problems,
    ) -> Self {
        fn names<'f, T>(
            list: Option<&'f Vec<T>>,
            name: impl Fn(&'f T) -> (&'f Name, Place),
        ) -> Option<impl Iterator<Item = (&'f Name, Place)>> {
            list.map(|list| list.iter().map(name))
        }
        let attributes =
            file.attributes.as_ref().map(|list| list.iter().map(|entry| (&entry.value.name, entry.place)));
        let tasks = names(file.tasks.as_ref(), |task| (&task.name.value, task.name.place));
        let directories = names(file.directories.as_ref(), |entry| (&entry.value.name, entry.place));
        let users =
            file.users.as_ref().map(|list| list.iter().map(|user| (user.user.who(), user.user.name.place)));
        let groups = file
            .groups
            .as_ref()
            .map(|list| list.iter().map(|group| (group.group.who(), group.group.name.place)));
        let feed_groups = names(file.feed_groups.as_ref(), |entry| (&entry.value.name, entry.place));
        let connectors = names(file.connectors.as_ref(), |entry| (&entry.name.value, entry.name.place));
        Layer::new(connectors, "the connector", prune, problems);
        Self {
            existing,
            file,
            attributes: Layer::new(attributes, "the attribute", prune, problems),
            tasks: Layer::new(tasks, "the task", prune, problems),
            directories: Layer::new(directories, "the directory", prune, problems),
            users: Layer::new(users, "the user", prune, problems),
            groups: Layer::new(groups, "the group", prune, problems),
            feed_groups: Layer::new(feed_groups, "the feed group", prune, problems),
            feed_names: feed_names(file, problems),
            feeds_hidden: prune && file.feeds.is_some(),
            built_in_tasks: BuiltInTask::ALL.iter().filter_map(|task| Name::new(task.name()).ok()).collect(),
        }
    }

    /// Whether something is in the file, or in the store and stays there; notes a problem if not.
    fn found(
        &self,
        name: &At<impl fmt::Display>,
        what: &str,
        in_file: bool,
        in_store: bool,
        hidden: bool,
        problems: &mut Problems,
    ) -> bool {
        let At { value, place } = name;
        let found = in_file || (in_store && !hidden);
        if !found && in_store {
            let message = format!(
                "the {what} `{value}` would be pruned, since the file's list doesn't name it; add it there"
            );
            problems.at(*place, message);
        } else if !found {
            let question = if problems.is_full() { String::new() } else { self.question(what, value) };
            let message =
                format!("there is no {what} `{value}`, neither in the file nor in the store{question}");
            problems.at(*place, message);
        }
        found
    }

    /// Asks whether a similar name is meant.
    fn question(&self, what: &str, wanted: &impl fmt::Display) -> String {
        fn name(principal: &PrincipalName) -> Option<&str> {
            Who::of(principal).map(|who| who.name.as_str())
        }
        let Self { file, existing, .. } = self;
        let (in_file, in_store): (Vec<&str>, Vec<&str>) = match what {
            "attribute" => (
                file.attributes.iter().flatten().map(|it| it.value.name.as_str()).collect(),
                existing.attributes.iter().map(|it| it.name.as_str()).collect(),
            ),
            "task" => (
                file.tasks.iter().flatten().map(|it| it.name.value.as_str()).collect(),
                existing.tasks.iter().map(|it| it.name.as_str()).collect(),
            ),
            "directory" => (
                file.directories.iter().flatten().map(|it| it.value.name.as_str()).collect(),
                existing.directories.iter().map(|it| it.name.as_str()).collect(),
            ),
            "user" => (
                file.users.iter().flatten().map(|it| it.user.name.value.as_str()).collect(),
                existing.users.iter().filter_map(|it| name(&it.user)).collect(),
            ),
            "group" => (
                file.groups.iter().flatten().map(|it| it.group.name.value.as_str()).collect(),
                existing.groups.iter().filter_map(|it| name(&it.group)).collect(),
            ),
            "feed group" => (
                file.feed_groups.iter().flatten().map(|it| it.value.name.as_str()).collect(),
                existing.feed_groups.iter().map(|it| it.name.as_str()).collect(),
            ),
            "feed" => (
                file.feeds.iter().flatten().map(|it| it.name.value.as_str()).collect(),
                existing.feeds.iter().map(|it| it.name.as_str()).collect(),
            ),
            _ => return String::new(),
        };
        let mut names = in_file;
        names.extend(in_store);
        similar::question(&similar::similar(&wanted.to_string(), names))
    }

    /// Checks that there is this attribute.
    pub(super) fn attribute(&self, name: &'f At<AttributeName>, problems: &mut Problems) {
        let built_in = attribute::built_in_id(name.value.as_str()).is_some();
        let in_file = built_in || self.attributes.has(&name.value);
        let in_store = self.existing.attributes.has(&name.value);
        self.found(name, "attribute", in_file, in_store, self.attributes.hides_store, problems);
    }

    /// Checks that there is this task, and gives its name: `and` stands for `&` if no task has that very name.
    pub(super) fn task(&self, name: &'f At<Name>, problems: &mut Problems) -> Name {
        let is_there = |name: &Name| {
            let hidden = self.tasks.hides_store && !self.built_in_tasks.contains(name);
            self.tasks.has(name) || (self.existing.tasks.has(name) && !hidden)
        };
        if !is_there(&name.value)
            && let Some(name) = similar::with_ampersand(&name.value).filter(is_there)
        {
            return name;
        }
        let in_store = self.existing.tasks.has(&name.value);
        let hidden = self.tasks.hides_store && !self.built_in_tasks.contains(&name.value);
        self.found(name, "task", self.tasks.has(&name.value), in_store, hidden, problems);
        name.value.clone()
    }

    /// Checks that there is this directory.
    pub(super) fn directory(&self, name: &'f At<Name>, problems: &mut Problems) -> bool {
        let in_file = is_built_in(&name.value) || self.directories.has(&name.value);
        let in_store = self.existing.directories.has(&name.value);
        self.found(name, "directory", in_file, in_store, self.directories.hides_store, problems)
    }

    /// Checks that there is this user, or a directory that it could be in. True if only this reference mentions it,
    /// so that it has to be created or to get its defaults.
    pub(super) fn user(&self, user: &'f Person, problems: &mut Problems) -> bool {
        let who = user.who();
        let (in_file, in_store) = (self.users.has(who), self.existing.users.has(who));
        self.person(user, "user", in_file, in_store, self.users.hides_store, problems)
    }

    /// Checks that there is this group, or a directory that it could be in. True as for [`user`](Self::user).
    pub(super) fn group(&self, group: &'f Person, problems: &mut Problems) -> bool {
        let who = group.who();
        let (in_file, in_store) = (self.groups.has(who), self.existing.groups.has(who));
        self.person(group, "group", in_file, in_store, self.groups.hides_store, problems)
    }

    fn person(
        &self,
        person: &'f Person,
        what: &str,
        in_file: bool,
        in_store: bool,
        hidden: bool,
        problems: &mut Problems,
    ) -> bool {
        match &person.directory {
            Some(directory) if !is_built_in(&directory.value) => {
                self.directory(directory, problems) && !in_file && (hidden || !in_store)
            }
            _ => {
                self.found(&person.name, what, in_file, in_store, hidden, problems);
                false
            }
        }
    }

    /// Checks that there is this feed group.
    pub(super) fn feed_group(&self, name: &'f At<Name>, problems: &mut Problems) {
        let (in_file, in_store) =
            (self.feed_groups.has(&name.value), self.existing.feed_groups.has(&name.value));
        self.found(name, "feed group", in_file, in_store, self.feed_groups.hides_store, problems);
    }

    /// The feed that has this name or alternate name, by its name.
    pub(super) fn feed(&self, name: &'f At<Name>, problems: &mut Problems) -> Option<&'f Name>
    where
        'e: 'f,
    {
        if let Some(feed) = self.feed_names.get(&name.value) {
            return Some(&feed.name.value);
        }
        // An alternate name that the file takes away from a feed leads nowhere.
        let in_store = self.existing.feed(&name.value).filter(|feed| {
            feed.name == name.value
                || self.feed_names.get(&feed.name).is_none_or(|entry| entry.alternate_names.is_none())
        });
        let found = self.found(name, "feed", false, in_store.is_some(), self.feeds_hidden, problems);
        in_store.filter(|_| found).map(|feed| &feed.name)
    }

    /// The file's feed of this name or alternate name.
    pub(super) fn feed_in_file(&self, name: &Name) -> Option<&'f FeedEntry> {
        self.feed_names.get(name).copied()
    }
}

/// Names and alternate names of feeds, which share one namespace.
fn feed_names<'f>(file: &'f PolicyFile, problems: &mut Problems) -> HashMap<&'f Name, &'f FeedEntry> {
    let mut names: HashMap<&Name, (&FeedEntry, Place)> = HashMap::new();
    for feed in file.feeds.iter().flatten() {
        for name in std::iter::once(&feed.name).chain(feed.alternate_names.iter().flatten()) {
            if let Some((_, first)) = names.insert(&name.value, (feed, name.place)) {
                let message = format!(
                    "the name `{}` stands for two feeds in the file, first in line {}",
                    name.value, first.line
                );
                problems.at(name.place, message);
            }
        }
    }
    names.into_iter().map(|(name, (feed, _))| (name, feed)).collect()
}
