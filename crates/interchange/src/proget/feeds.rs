//! Feeds and feed groups: from the API, or as far as grants name them.

use foldhash::{HashMap, HashSet};

use super::{Source, json::Text, shape::ApiFeed};
use crate::{
    existing::Existing,
    problem::{Note, Problems},
};
use feedgate_model::{
    Name,
    edit::{Edit, FeedGroupSpec, FeedSpec, Spec},
};

/// The feeds of an import.
#[derive(Default)]
pub(super) struct Feeds {
    /// Whether there is a file of them. If not, grants say what feeds there are.
    pub(super) given: bool,
    list: Vec<FeedSpec>,
    /// Names and alternate names, to names.
    names: HashMap<Name, Name>,
    groups: Vec<Name>,
    group_names: HashSet<Name>,
}

pub(super) fn read(source: Option<Source<'_>>, problems: &mut Problems) -> Feeds {
    let mut feeds = Feeds { given: source.is_some(), ..Feeds::default() };
    let Some(text) = source.and_then(|source| Text::of(source, problems)) else { return feeds };
    for entry in text.items(text.whole(), problems) {
        let named = |name| ApiFeed { name, ..ApiFeed::default() };
        let Some(feed) = text.parse_or_name(entry, named, problems) else { continue };
        let ApiFeed { name, feed_type, alternate_names, feed_group } = feed;
        let Some(name) = text.name(entry, &name, problems) else { continue };
        let alternate_names: Option<Vec<_>> = alternate_names
            .map(|names| names.iter().filter_map(|name| text.name(entry, name, problems)).collect());
        let group = feed_group.and_then(|group| text.name(entry, &group, problems));
        for each in std::iter::once(&name).chain(alternate_names.iter().flatten()) {
            if feeds.names.insert(each.clone(), name.clone()).is_some() {
                let message = format!("the name `{each}` stands for two feeds in the import");
                problems.at(text.place(entry.offset), message);
            }
        }
        feeds.groups.extend(group.clone().filter(|group| feeds.group_names.insert(group.clone())));
        feeds.list.push(FeedSpec {
            name,
            feed_type: feed_type.map(Into::into),
            alternate_names,
            group: group.map(Some),
            promote_to: None,
        });
    }
    feeds
}

impl Feeds {
    /// The name of the feed that has this name or alternate name, in the import or in the store.
    pub(super) fn find<'f>(&'f self, name: &Name, existing: &Existing<'f>) -> Option<&'f Name> {
        self.names.get(name).or_else(|| existing.feed(name).map(|feed| &feed.name))
    }

    pub(super) fn has_group(&self, name: &Name, existing: &Existing<'_>) -> bool {
        existing.feed_groups.has(name) || self.group_names.contains(name)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Feed groups, then feeds, and what only grants name.
    pub(super) fn edits(self, groups: Vec<Name>, feeds: Vec<Name>, notes: &mut Vec<Note>) -> Vec<Edit> {
        for (what, names) in [("feed group", &groups), ("feed", &feeds)] {
            for name in names {
                notes.push(Note(format!("creates the {what} `{name}`, which permissions name")));
            }
        }
        let put_group = |name| Edit::Put(Spec::FeedGroup(FeedGroupSpec { name, description: None }));
        let new_feed =
            |name| FeedSpec { name, feed_type: None, alternate_names: None, group: None, promote_to: None };
        let mut edits: Vec<_> = self.groups.into_iter().chain(groups).map(put_group).collect();
        let feeds = self.list.into_iter().chain(feeds.into_iter().map(new_feed));
        edits.extend(feeds.map(|feed| Edit::Put(Spec::Feed(feed))));
        edits
    }
}
