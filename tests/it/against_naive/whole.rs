//! What looks at many decisions at once agrees with the decisions one by one.

use std::collections::BTreeSet;

use feedgate::{
    analysis::{
        Person, Unmetered,
        access::{Comparison, Direction},
    },
    engine::{Demand, Holders, Index, Principals, Target, allowed, decide, effective, lookup_feeds},
    model::{
        AttributeId, Directory, DirectoryId, Effect, FeedGroupId, FeedId, GrantId, GroupId, Name, ObjectKey,
        Principal, Scope, ScopePrecedence, User, UserId,
    },
};

/// All attributes at once, and both lookups.
pub fn check(index: &Index) {
    let users: Vec<_> = index.users_from(UserId(0)).collect();
    let subjects: Vec<_> = users
        .iter()
        .map(|user| Principals::of_user(index, user))
        .chain([Principals::anonymous(), Principals::unknown(index)])
        .collect();
    for who in &subjects {
        for target in targets(&[index]) {
            let expected: Vec<_> = index
                .attributes()
                .map(|it| (it.id, decide(index, who, Demand { attribute: it.id, target })))
                .collect();
            assert_eq!(effective(index, who, target), expected, "{target:?} in {index:#?}");
            let those: Vec<_> = index.attributes_in(allowed(index, who, target)).map(|it| it.id).collect();
            let permitted = expected.iter().filter(|(_, it)| it.allowed()).map(|(id, _)| *id);
            assert_eq!(those, permitted.collect::<Vec<_>>(), "{target:?} in {index:#?}");
        }
        for attribute in index.attributes() {
            let found: Vec<_> = lookup_feeds(index, who, attribute.id, FeedId(0)).map(|it| it.id).collect();
            let may = |feed: &FeedId| {
                let target = Target::Feed(*feed);
                decide(index, who, Demand { attribute: attribute.id, target }).allowed()
            };
            let feeds = index.feeds_from(FeedId(0)).map(|feed| feed.id);
            assert_eq!(found, feeds.filter(may).collect::<Vec<_>>(), "{} in {index:#?}", attribute.name);
        }
    }
    for attribute in index.attributes() {
        for target in targets(&[index]) {
            principals(index, Demand { attribute: attribute.id, target });
        }
    }
}

fn principals(index: &Index, demand: Demand) {
    let holders = Holders::new(index, demand);
    let may = |who: &Principals| decide(index, who, demand).allowed();
    let lives = |id| index.directory(id).is_some_and(|it: &std::sync::Arc<Directory>| it.enabled);
    let users: Vec<_> = holders.users_from(UserId(0)).map(|user| user.id).collect();
    let expected = index.users_from(UserId(0)).filter(|user| lives(user.directory));
    let expected: Vec<_> =
        expected.filter(|user| may(&Principals::of_user(index, user))).map(|user| user.id).collect();
    assert_eq!(users, expected, "{demand:?} in {index:#?}");

    let groups: Vec<_> = holders.groups_from(GroupId(0)).map(|group| group.id).collect();
    let expected = index.groups_from(GroupId(0)).filter(|group| {
        let member = somebody(group.directory, vec![group.id]);
        lives(group.directory) && may(&Principals::of_user(index, &member))
    });
    assert_eq!(groups, expected.map(|group| group.id).collect::<Vec<_>>(), "{demand:?} in {index:#?}");

    let found = holders.virtual_principals();
    for (principal, own) in [
        (Principal::Everyone, &[Principal::Everyone][..]),
        (Principal::Authenticated, &[Principal::Everyone, Principal::Authenticated]),
    ] {
        assert_eq!(found.contains(&principal), may_as_such(index, own, demand), "{principal:?} {demand:?}");
    }
    assert_eq!(found.contains(&Principal::Anonymous), may(&Principals::anonymous()));
    for directory in index.directories().filter(|directory| directory.enabled) {
        let listed = found.contains(&Principal::AuthenticatedBy(directory.id));
        let fares = may(&Principals::of_user(index, &somebody(directory.id, Vec::new())));
        assert!(fares || !listed, "{demand:?} in {index:#?}");
        if !listed && fares {
            assert!(found.contains(&Principal::Authenticated), "{demand:?} in {index:#?}");
        }
    }
}

/// What the grants to some virtual principals alone say, in rank order.
fn may_as_such(index: &Index, own: &[Principal], demand: Demand) -> bool {
    let Some(attribute) = index.attribute(demand.attribute) else { return false };
    let group = match demand.target {
        Target::Feed(feed) => index.feed(feed).unwrap().group,
        Target::FeedGroup(group) => Some(group),
        _ => None,
    };
    let equal = index.settings().scope_precedence == ScopePrecedence::FeedAndGroupEqual;
    let level = |scope| match scope {
        Scope::AllFeeds => Some(2),
        _ if !attribute.feed_scopable => None,
        Scope::FeedGroup(on) => (group == Some(on)).then_some(if equal { 0 } else { 1 }),
        Scope::Feed(on) => (demand.target == Target::Feed(on)).then_some(0),
    };
    let has = |task| index.bits_of_task(task).has(index.bits_of(attribute.id));
    let grants = index.grants_from(GrantId(0)).filter(|it| own.contains(&it.principal) && has(it.task));
    let first = grants.filter_map(|it| Some((level(it.scope)?, it.effect == Effect::Permit))).min();
    first.is_some_and(|(_, permits)| permits)
}

/// A user whom no grant names.
fn somebody(directory: DirectoryId, groups: Vec<GroupId>) -> User {
    User {
        id: UserId(1 << 29),
        directory,
        name: Name::new("somebody").unwrap(),
        external_id: None,
        display_name: "".into(),
        email: "".into(),
        disabled: false,
        groups,
        revision: 0,
    }
}

/// The system, feed groups and feeds, as comparisons list them.
pub fn targets(indexes: &[&Index]) -> Vec<Target> {
    let groups = indexes.iter().flat_map(|index| index.feed_groups_from(FeedGroupId(0))).map(|it| it.id);
    let feeds = indexes.iter().flat_map(|index| index.feeds_from(FeedId(0))).map(|it| it.id);
    let (groups, feeds): (BTreeSet<_>, BTreeSet<_>) = (groups.collect(), feeds.collect());
    let groups = groups.into_iter().map(Target::FeedGroup);
    [Target::System].into_iter().chain(groups).chain(feeds.into_iter().map(Target::Feed)).collect()
}

/// Compares two policies, holds it against all decisions under both, and gives how many differ.
pub fn compare(before: &Index, after: &Index, changed: &BTreeSet<ObjectKey>) -> usize {
    let comparison = Comparison::new(before, after, changed);
    let found = comparison.run(&Unmetered).unwrap();
    let mut accesses = BTreeSet::new();
    for block in &found.blocks {
        let persons = comparison.persons(block);
        let people = persons.iter().filter(|it| matches!(it, Person::User { .. })).count() as u64;
        assert_eq!((block.people.people, block.people.all()), (people, persons.len() as u64));
        for person in &persons {
            for attribute in &block.attributes {
                for target in &block.targets {
                    let access = (block.direction, *person, *attribute, number(*target));
                    assert!(accesses.insert(access), "twice: {access:?}");
                }
            }
        }
    }
    let count = |direction| accesses.iter().filter(|access| access.0 == direction).count() as u64;
    assert_eq!((found.gained, found.lost), (count(Direction::Gained), count(Direction::Lost)));

    let mut expected = BTreeSet::new();
    for person in persons(&[before, after]) {
        for target in targets(&[before, after]) {
            let (had, has) = (access(before, person, target), access(after, person, target));
            let gained = has.difference(&had).map(|attribute| (Direction::Gained, *attribute));
            let lost = had.difference(&has).map(|attribute| (Direction::Lost, *attribute));
            for (direction, attribute) in gained.chain(lost) {
                expected.insert((direction, person, attribute, number(target)));
            }
        }
    }
    let (wrong, missing): (Vec<_>, Vec<_>) =
        (accesses.difference(&expected).collect(), expected.difference(&accesses).collect());
    let context = || format!("{changed:?}\n{before:#?}\n{after:#?}");
    assert!(wrong.is_empty() && missing.is_empty(), "wrong {wrong:?}, missing {missing:?}: {}", context());
    for total in &found.attributes {
        let of = |direction| {
            let all = accesses.iter().filter(move |it| it.0 == direction && it.2 == total.attribute);
            let people = all.clone().filter(|it| matches!(it.1, Person::User { .. }));
            let people = people.map(|it| it.1).collect::<BTreeSet<_>>().len() as u64;
            let targets = all.clone().map(|it| it.3).collect::<BTreeSet<_>>().len() as u64;
            (all.count() as u64, people, targets)
        };
        let [gained, lost] = [total.gained, total.lost].map(|it| (it.accesses, it.people, it.targets));
        assert_eq!((gained, lost), (of(Direction::Gained), of(Direction::Lost)));
    }
    let commons = comparison.common(&found.blocks, usize::MAX);
    for ((persons, common), block) in commons.iter().zip(&found.blocks) {
        assert_eq!(persons, &comparison.persons(block));
        let index = if block.direction == Direction::Gained { after } else { before };
        if let Some((Principal::Group(group), all)) = common.map(|it| (it.principal, it.all)) {
            let members: BTreeSet<_> = index
                .users_from(UserId(0))
                .filter(|it| !it.disabled && index.directory(it.directory).unwrap().enabled)
                .filter(|it| Principals::groups_of(index, &it.groups).contains(&group))
                .map(|it| Person::User { user: it.id, directory: it.directory })
                .collect();
            let people: BTreeSet<_> =
                persons.iter().filter(|it| matches!(it, Person::User { .. })).copied().collect();
            assert!(people.is_subset(&members));
            assert_eq!(all, people == members, "{group} {people:?} {members:?}");
        }
    }
    accesses.len()
}

fn number(target: Target) -> (u8, u32) {
    match target {
        Target::System => (0, 0),
        Target::FeedGroup(id) => (1, id.0),
        Target::Feed(id) => (2, id.0),
        other => panic!("{other:?}"),
    }
}

pub fn persons(indexes: &[&Index]) -> BTreeSet<Person> {
    let mut persons = BTreeSet::from([Person::Anonymous, Person::Unknown]);
    for index in indexes {
        let directories = index.directories().filter(|directory| directory.enabled);
        persons.extend(directories.map(|directory| Person::SignedIn(directory.id)));
        let groups = index.groups_from(GroupId(0)).filter(|group| group.directory != DirectoryId::BUILT_IN);
        persons.extend(groups.map(|it| Person::Member { group: it.id, directory: it.directory }));
        let users = index.users_from(UserId(0));
        persons.extend(users.map(|it| Person::User { user: it.id, directory: it.directory }));
    }
    persons
}

/// What somebody may on a target: attributes of the system on the system only. A feed that isn't there is one that
/// isn't registered, a built-in user who isn't there is unknown.
pub fn access(index: &Index, person: Person, target: Target) -> BTreeSet<AttributeId> {
    let lives = |directory| index.directory(directory).is_some_and(|it| it.enabled);
    let known = |directory, groups| {
        lives(directory).then(|| Principals::of_user(index, &somebody(directory, groups)))
    };
    let who = match person {
        Person::Anonymous => Some(Principals::anonymous()),
        Person::Unknown => Some(Principals::unknown(index)),
        Person::SignedIn(directory) => known(directory, Vec::new()),
        Person::Member { group, directory } => {
            known(directory, index.group(group).map(|it| it.id).into_iter().collect())
        }
        Person::User { user, directory } => match index.user(user) {
            Some(user) if lives(directory) => Some(Principals::of_user(index, user)),
            Some(_) => None,
            None if directory == DirectoryId::BUILT_IN => Some(Principals::unknown(index)),
            None => known(directory, Vec::new()),
        },
    };
    let target = match target {
        Target::Feed(id) if index.feed(id).is_none() => Target::UnknownFeed,
        Target::FeedGroup(id) if index.feed_group(id).is_none() => Target::UnknownFeedGroup,
        target => target,
    };
    let attributes = index.attributes().filter(|it| it.feed_scopable || target == Target::System);
    let attributes: Vec<_> = attributes.map(|it| it.id).collect();
    let may = |attribute: &AttributeId| {
        let demand = Demand { attribute: *attribute, target };
        who.as_ref().is_some_and(|who| decide(index, who, demand).allowed())
    };
    attributes.into_iter().filter(may).collect()
}
