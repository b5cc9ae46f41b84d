//! What a change set is said to affect, against what it does: every decision that differs is covered.
//!
//! Questions are asked by name here, as caches know them: a name can come to mean somebody else.

use std::collections::BTreeSet;

use feedgate::{
    analysis::{Affected, Entry, Named, Place, affected},
    engine::{Decision, Demand, Index, Principals, Target, decide},
    model::{Change, DirectoryId, FeedGroupId, FeedId, GroupId, Name, NameKey, Principal, User, UserId},
};

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    /// A name of a directory, whether or not somebody has it.
    Called(DirectoryId, Name),
}

/// Where, by names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Where {
    System,
    Feed(Name),
    FeedGroup(Name),
}

#[derive(Debug, Default)]
pub struct Figures {
    pub differ: usize,
    pub same: usize,
    /// Those that a cache would have dropped for nothing.
    pub covered: usize,
    pub everything: usize,
    pub sets: usize,
}

/// Asks everything in front of a change set and behind it.
pub fn check(before: &Index, after: &Index, changes: &[Change], figures: &mut Figures) {
    figures.sets += 1;
    let Affected::Entries(entries) = affected(before, after, changes) else {
        figures.everything += 1;
        return;
    };
    let places = [before, after].into_iter().flat_map(places).collect::<BTreeSet<_>>();
    let attributes =
        [before, after].into_iter().flat_map(|index| index.attributes()).map(|it| it.name.as_str());
    let attributes: BTreeSet<_> = attributes.collect();
    for who in [before, after].into_iter().flat_map(people).collect::<BTreeSet<_>>() {
        let about: Vec<_> = entries.iter().filter(|entry| covers(entry, &who, before, after)).collect();
        for place in &places {
            let there: Vec<_> =
                about.iter().copied().filter(|entry| reaches(&entry.place, place, before, after)).collect();
            for attribute in &attributes {
                let [was, is] = [before, after].map(|index| answer(index, &who, attribute, place));
                let covered = there.iter().any(|entry| includes(entry, attribute, before, after));
                let context =
                    || format!("{who:?} {attribute} {place:?}: {was:?}, {is:?}; {entries:?}; {changes:?}");
                assert!(covered || was == is, "{}", context());
                figures.differ += usize::from(was != is);
                figures.same += usize::from(was == is);
                figures.covered += usize::from(was == is && covered);
            }
        }
    }
}

fn people(index: &Index) -> impl Iterator<Item = Who> + '_ {
    let users = index.users_from(UserId(0)).map(|user| Who::Called(user.directory, user.name.clone()));
    users.chain([Who::Nobody, Who::Called(DirectoryId(0), Name::new("who is that").unwrap())])
}

fn places(index: &Index) -> impl Iterator<Item = Where> + '_ {
    let feeds = index.feeds_from(FeedId(0));
    let feeds = feeds.flat_map(|feed| feed.alternate_names.iter().chain([&feed.name])).cloned();
    let groups = index.feed_groups_from(FeedGroupId(0)).map(|group| group.name.clone());
    let nowhere = Name::new("nowhere").unwrap();
    feeds.map(Where::Feed).chain(groups.map(Where::FeedGroup)).chain([
        Where::System,
        Where::Feed(nowhere.clone()),
        Where::FeedGroup(nowhere),
    ])
}

fn user<'i>(index: &'i Index, who: &Who) -> Option<&'i User> {
    match who {
        Who::Nobody => None,
        Who::Called(directory, name) => index.user_named(*directory, &key(name)).map(AsRef::as_ref),
    }
}

/// None for an attribute that isn't there.
fn answer(index: &Index, who: &Who, attribute: &str, place: &Where) -> Option<Decision> {
    let principals = match (who, user(index, who)) {
        (_, Some(user)) => Principals::of_user(index, user),
        (Who::Nobody, None) => Principals::anonymous(),
        (Who::Called(..), None) => Principals::unknown(index),
    };
    let target = match place {
        Where::System => Target::System,
        Where::Feed(name) => {
            index.feed_named(&key(name)).map_or(Target::UnknownFeed, |feed| Target::Feed(feed.id))
        }
        Where::FeedGroup(name) => {
            let group = index.feed_group_named(&key(name));
            group.map_or(Target::UnknownFeedGroup, |group| Target::FeedGroup(group.id))
        }
    };
    let attribute = index.attribute_named(attribute)?.id;
    Some(decide(index, &principals, Demand { attribute, target }))
}

fn covers(entry: &Entry, who: &Who, before: &Index, after: &Index) -> bool {
    let known = [before, after].into_iter().any(|index| user(index, who).is_some());
    // Who is known in neither is nobody's, and held back by whatever holds back anybody.
    let unknown = [before, after].into_iter().any(|index| user(index, who).is_none());
    match entry.principal {
        Principal::Everyone => true,
        Principal::Anonymous => unknown,
        Principal::Authenticated => *who != Who::Nobody,
        Principal::AuthenticatedBy(directory) => match who {
            Who::Nobody => false,
            Who::Called(of, _) => *of == directory || !known || unknown,
        },
        Principal::User(id) => {
            let named = match entry.named {
                Named::Before => [before, after],
                Named::After => [after, before],
            };
            let named = named.into_iter().find_map(|index| index.user(id)).map(|user| &user.name);
            matches!(who, Who::Called(_, name) if Some(name) == named)
        }
        Principal::Group(id) => [before, after]
            .into_iter()
            .any(|index| user(index, who).is_some_and(|user| groups(index, user).contains(&id))),
    }
}

fn key(name: &Name) -> NameKey<'_> {
    NameKey::new(name.as_str()).unwrap()
}

/// All groups that somebody is in.
fn groups(index: &Index, user: &User) -> BTreeSet<GroupId> {
    let (mut found, mut open) = (BTreeSet::new(), user.groups.clone());
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(index.group(id).into_iter().flat_map(|group| &group.groups));
        }
    }
    found
}

fn reaches(entry: &Place, place: &Where, before: &Index, after: &Index) -> bool {
    match (entry, place) {
        (Place::Everywhere, _) => true,
        (Place::Feed(named), Where::Feed(asked)) => named == asked,
        (Place::FeedGroup(named), Where::FeedGroup(asked)) => named == asked,
        (Place::FeedGroup(named), Where::Feed(asked)) => [before, after].into_iter().any(|index| {
            let group = index.feed_named(&key(asked)).and_then(|feed| index.feed_group(feed.group?));
            group.is_some_and(|group| group.name == *named)
        }),
        (Place::Feed(_), _) | (Place::FeedGroup(_), Where::System) => false,
    }
}

fn includes(entry: &Entry, attribute: &str, before: &Index, after: &Index) -> bool {
    let Some(ids) = &entry.attributes else { return true };
    [before, after]
        .into_iter()
        .filter_map(|index| index.attribute_named(attribute))
        .any(|it| ids.contains(&it.id))
}
