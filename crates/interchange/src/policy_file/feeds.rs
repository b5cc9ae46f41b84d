//! Feeds: they refer to each other, and their names share one namespace, so that the order of edits matters.

use std::collections::HashSet;

use super::{PolicyFile, entry::FeedEntry, index::Index};
use crate::problem::Problems;
use feedgate_model::{
    Name,
    edit::{Edit, FeedSpec, Spec},
};

/// The edits that make the file's feeds.
pub(super) fn edits(
    file: &PolicyFile,
    index: &Index<'_, '_>,
    prune: bool,
    problems: &mut Problems,
) -> Vec<Edit> {
    let Some(feeds) = &file.feeds else { return Vec::new() };
    let mut edits = release_names(feeds, index, prune, problems);
    let mut later = Vec::new();
    let mut known: HashSet<&Name> = HashSet::new();
    for feed in feeds {
        let mut spec = spec(feed, index, problems);
        known.insert(&feed.name.value);
        if let Some(Some(target)) = &spec.promote_to
            && !known.contains(target)
            && !index.existing.feeds.has(target)
        {
            // The feed it promotes to is created further down, so this is said once all are there.
            later.push(Edit::Put(Spec::Feed(FeedSpec {
                promote_to: spec.promote_to.take(),
                ..bare(&spec.name)
            })));
        }
        edits.push(Edit::Put(Spec::Feed(spec)));
    }
    edits.extend(later);
    edits
}

fn spec(feed: &FeedEntry, index: &Index<'_, '_>, problems: &mut Problems) -> FeedSpec {
    if let Some(Some(group)) = &feed.group {
        index.feed_group(group, problems);
    }
    let promote_to = feed.promote_to.as_ref().map(|target| {
        let target = target.as_ref()?;
        index.feed(target, problems).cloned()
    });
    FeedSpec {
        name: feed.name.value.clone(),
        feed_type: feed.feed_type.clone(),
        alternate_names: feed
            .alternate_names
            .as_ref()
            .map(|names| names.iter().map(|name| name.value.clone()).collect()),
        group: feed.group.as_ref().map(|group| group.as_ref().map(|group| group.value.clone())),
        promote_to,
    }
}

/// A feed of which nothing is said.
pub(super) fn bare(name: &Name) -> FeedSpec {
    FeedSpec { name: name.clone(), feed_type: None, alternate_names: None, group: None, promote_to: None }
}

/// Takes names from the feeds that have them in the store and lose them in the file, before others get them.
fn release_names(
    feeds: &[FeedEntry],
    index: &Index<'_, '_>,
    prune: bool,
    problems: &mut Problems,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut released: HashSet<&Name> = HashSet::new();
    for feed in feeds {
        for name in std::iter::once(&feed.name).chain(feed.alternate_names.iter().flatten()) {
            let Some(owner) = index.existing.feed(&name.value).filter(|owner| owner.name != feed.name.value)
            else {
                continue;
            };
            let entry = index.feed_in_file(&owner.name).filter(|entry| entry.name.value == owner.name);
            let is_main = owner.name == name.value;
            let kept = match entry.map(|entry| &entry.alternate_names) {
                Some(Some(names)) if !is_main => names.iter().map(|name| &name.value).collect(),
                None if prune && !is_main => Vec::new(),
                _ => {
                    let message = format!(
                        "`{}` is a name of the feed `{}` in the store; name that feed so, \
                         or take the name from it first",
                        name.value, owner.name
                    );
                    problems.at(name.place, message);
                    continue;
                }
            };
            if released.insert(&owner.name) {
                let names = owner.alternate_names.iter().flatten().filter(|name| kept.contains(name));
                let names = Some(names.cloned().collect());
                edits.push(Edit::Put(Spec::Feed(FeedSpec { alternate_names: names, ..bare(&owner.name) })));
            }
        }
    }
    edits
}
