//! Feeds: they refer to each other, and their names share one namespace, so that the order of edits matters.

use std::collections::{HashMap, HashSet};

use super::{PolicyFile, defaults, entry::FeedEntry, index::Index};
use crate::problem::{At, Problems};
use feedgate_model::{
    Name,
    edit::{Edit, FeedSpec, NewName, ObjectRef, Spec},
};

/// The edits that make the file's feeds.
#[derive(Debug, Default)]
pub(super) struct FeedEdits {
    pub(super) edits: Vec<Edit>,
    /// The edits before those, which take names from feeds that may be removed.
    pub(super) first: Vec<Edit>,
    /// Feeds that the file removes and whose name another one takes as an alternate name: their temporary names.
    pub(super) renamed: HashMap<Name, Name>,
}

/// Makes the file's feeds.
pub(super) fn edits(
    file: &PolicyFile,
    index: &Index<'_, '_>,
    prune: bool,
    problems: &mut Problems,
) -> FeedEdits {
    let Some(feeds) = &file.feeds else { return FeedEdits::default() };
    let (first, renamed) = release_names(feeds, index, prune, problems);
    let mut edits = Vec::new();
    let mut later = Vec::new();
    let mut known: HashSet<&Name> = HashSet::new();
    for feed in feeds {
        let mut spec = spec(feed, index, prune, problems);
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
    FeedEdits { edits, first, renamed }
}

fn spec(feed: &FeedEntry, index: &Index<'_, '_>, prune: bool, problems: &mut Problems) -> FeedSpec {
    if let Some(Some(group)) = &feed.group {
        index.feed_group(group, problems);
    }
    let promote_to = feed.promote_to.as_ref().map(|target| {
        let target = target.as_ref()?;
        index.feed(target, problems).cloned()
    });
    let names = |names: &Vec<At<Name>>| names.iter().map(|name| name.value.clone()).collect();
    let mut spec = FeedSpec {
        name: feed.name.value.clone(),
        feed_type: feed.feed_type.clone(),
        alternate_names: feed.alternate_names.as_ref().map(names),
        group: feed.group.as_ref().map(|group| group.as_ref().map(|group| group.value.clone())),
        promote_to,
    };
    if prune {
        defaults::complete_feed(&mut spec);
    }
    spec
}

/// A feed of which nothing is said.
pub(super) fn bare(name: &Name) -> FeedSpec {
    FeedSpec { name: name.clone(), feed_type: None, alternate_names: None, group: None, promote_to: None }
}

/// Takes names from the feeds that have them in the store and lose them in the file, before others get them.
///
/// Alternate names are taken away first. Then feeds that the file removes, and whose own name becomes an alternate
/// name of another one, get a temporary name: they can only be deleted once nothing refers to them.
fn release_names(
    feeds: &[FeedEntry],
    index: &Index<'_, '_>,
    prune: bool,
    problems: &mut Problems,
) -> (Vec<Edit>, HashMap<Name, Name>) {
    let mut edits = Vec::new();
    let mut renames = Vec::new();
    let mut renamed: HashMap<Name, Name> = HashMap::new();
    let mut next = 1;
    let mut released: HashSet<&Name> = HashSet::new();
    for feed in feeds {
        for name in std::iter::once(&feed.name).chain(feed.alternate_names.iter().flatten()) {
            let Some(owner) = index.existing.feed(&name.value).filter(|owner| owner.name != feed.name.value)
            else {
                continue;
            };
            let entry = index.feed_in_file(&owner.name).filter(|entry| entry.name.value == owner.name);
            let is_main = owner.name == name.value;
            let kept: HashSet<&Name> = match entry.map(|entry| &entry.alternate_names) {
                Some(Some(names)) if !is_main => names.iter().map(|name| &name.value).collect(),
                Some(None) | None if prune && !is_main => HashSet::new(),
                None if prune => {
                    if !renamed.contains_key(&owner.name)
                        && let Some(temporary) = temporary_name(index, &mut next)
                    {
                        let object = ObjectRef::Feed(owner.name.clone());
                        renames.push(Edit::Rename { object, to: NewName::Name(temporary.clone()) });
                        renamed.insert(owner.name.clone(), temporary);
                    }
                    continue;
                }
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
    edits.extend(renames);
    (edits, renamed)
}

/// A name that no feed has in the file or in the store. `next` numbers them.
fn temporary_name(index: &Index<'_, '_>, next: &mut u32) -> Option<Name> {
    let names =
        (*next..).filter_map(|number| Some((number, Name::new(&format!("to be deleted {number}")).ok()?)));
    let is_free = |name: &Name| index.existing.feed(name).is_none() && index.feed_in_file(name).is_none();
    let (number, name) = names.into_iter().find(|(_, name)| is_free(name))?;
    *next = number.saturating_add(1);
    Some(name)
}
