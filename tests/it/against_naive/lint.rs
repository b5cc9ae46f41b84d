//! Findings agree with section 7 of the access model, read word by word: people by asking for every decision, rules by
//! walking over the grants.

use std::collections::{BTreeMap, BTreeSet};

use feedgate::{
    analysis::{
        Person, Unmetered,
        lint::{Circumstances, Code, Finding, lint},
    },
    engine::{Demand, Index, Principals, Reason, Target, decide},
    model::{
        AttributeId, ConnectorId, ConnectorSource, DirectoryId, Effect, FeedId, Grant, GrantId, GroupId,
        Kind, ObjectKey, Principal, Scope, ScopePrecedence, UserId, attribute::built_in_id,
    },
};

use super::whole::{access, persons, targets};

/// Holds the findings of a policy against it, and notes what was found.
pub fn check(index: &Index, seen: &mut BTreeMap<Code, usize>) {
    let findings = lint(index, &Circumstances::default(), &[], &Unmetered).unwrap().findings;
    let grants: Vec<_> = index.grants_from(GrantId(0)).collect();
    people(index, &findings);
    never_decides(index, &findings);
    defeated_by_user(index, &grants, &findings);
    attributes_of_grants(index, &grants, &findings);
    contradictions(index, &grants, &findings);
    empty_groups(index, &grants, &findings);
    findings.iter().for_each(|it| *seen.entry(it.code).or_default() += 1);
}

fn id(name: &str) -> AttributeId {
    built_in_id(name).unwrap()
}

/// What somebody can be found for: the feed that it is about, another one and a connector where there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct About {
    code: Code,
    on: Option<FeedId>,
    other: Option<FeedId>,
    connector: Option<ConnectorId>,
    attribute: AttributeId,
}

const OF_PEOPLE: [Code; 11] = [
    Code::ProxyConfigureSystem,
    Code::ProxyManageFeed,
    Code::ProxyDeleteAndAdd,
    Code::ProxyOverwrite,
    Code::ProxyManageCredentials,
    Code::ProxySharedConnector,
    Code::WithoutView,
    Code::ScheduledTasksWithoutView,
    Code::PromotionWithoutSource,
    Code::PushWithoutPull,
    Code::TransitiveRead,
];

fn people(index: &Index, findings: &[Finding]) {
    let mut found = BTreeSet::new();
    for finding in findings.iter().filter(|it| OF_PEOPLE.contains(&it.code)) {
        let of = |kind| finding.objects.iter().filter(move |key| key.kind == kind);
        let mut feeds = of(Kind::Feed).map(|key| FeedId(key.id as u32));
        let between = [Code::PromotionWithoutSource, Code::TransitiveRead].contains(&finding.code);
        let other = if between { feeds.next() } else { None };
        let shared = finding.code == Code::ProxySharedConnector;
        let connector = of(Kind::Connector).next().filter(|_| shared).map(|key| ConnectorId(key.id as u32));
        let feeds: Vec<_> = feeds.collect();
        assert_eq!(finding.feeds, feeds.len() as u64, "{finding:#?}");
        assert_eq!(finding.people, of(Kind::User).count() as u64, "{finding:#?}");
        let on = if feeds.is_empty() { vec![None] } else { feeds.into_iter().map(Some).collect() };
        for on in on {
            for attribute in &finding.attributes {
                let about = About { code: finding.code, on, other, connector, attribute: *attribute };
                for who in of(Kind::User).chain(of(Kind::Group)) {
                    assert!(found.insert((about, *who)), "twice: {finding:#?}");
                }
            }
        }
    }
    let mut expected = BTreeSet::new();
    for person in persons(&[index]) {
        let who = match person {
            Person::User { user, .. } => ObjectKey { kind: Kind::User, id: user.0.into() },
            Person::Member { group, .. } => ObjectKey { kind: Kind::Group, id: group.0.into() },
            Person::Anonymous | Person::Unknown | Person::SignedIn(_) => continue,
        };
        expected.extend(of_person(index, person).into_iter().map(|about| (about, who)));
    }
    same(index, &found, &expected);
}

fn same<T: Ord + std::fmt::Debug>(index: &Index, found: &BTreeSet<T>, expected: &BTreeSet<T>) {
    let wrong: Vec<_> = found.difference(expected).collect();
    let missing: Vec<_> = expected.difference(found).collect();
    assert!(wrong.is_empty() && missing.is_empty(), "wrong {wrong:#?}, missing {missing:#?}: {index:#?}");
}

fn of_person(index: &Index, person: Person) -> Vec<About> {
    let feeds: Vec<_> = index.feeds_from(FeedId(0)).collect();
    let on_feeds: BTreeMap<_, _> =
        feeds.iter().map(|feed| (feed.id, access(index, person, Target::Feed(feed.id)))).collect();
    let on_system = access(index, person, Target::System);
    let system = |name: &str| on_system.contains(&id(name));
    let on = |feed: FeedId, name: &str| on_feeds[&feed].contains(&id(name));
    let configures = system("Admin_ConfigureProGet");

    let mut found = Vec::new();
    let plain = |code, on, attribute| About { code, on, other: None, connector: None, attribute };
    for attribute in index.attributes() {
        if configures && !on_system.contains(&attribute.id) {
            found.push(plain(Code::ProxyConfigureSystem, None, attribute.id));
        }
    }
    if system("Credentials_Manage") && !system("Credentials_ViewPasswords") && !configures {
        found.push(plain(Code::ProxyManageCredentials, None, id("Credentials_ViewPasswords")));
    }
    if system("Admin_ManageScheduledTasks") && !system("Admin_ViewScheduledTasks") {
        found.push(plain(Code::ScheduledTasksWithoutView, None, id("Admin_ManageScheduledTasks")));
    }
    for feed in &feeds {
        let may = |name| on(feed.id, name);
        let mut add = |code, attribute| found.push(plain(code, Some(feed.id), attribute));
        let manages = may("Admin_ManageFeed");
        let lacking =
            index.attributes().filter(|it| it.feed_scopable && !on_feeds[&feed.id].contains(&it.id));
        for attribute in lacking {
            if configures && on_system.contains(&attribute.id) {
                add(Code::ProxyConfigureSystem, attribute.id);
            }
            if manages && !configures {
                add(Code::ProxyManageFeed, attribute.id);
            }
        }
        if !manages && !configures {
            let overwrites = may("Feeds_OverwritePackage");
            if may("Feeds_DeletePackage") && may("Feeds_AddPackage") && !overwrites {
                add(Code::ProxyDeleteAndAdd, id("Feeds_OverwritePackage"));
            }
            if overwrites && !may("Feeds_DeletePackage") {
                add(Code::ProxyOverwrite, id("Feeds_DeletePackage"));
            }
        }
        for name in [
            "Admin_ManageFeed",
            "Feeds_AddPackage",
            "Feeds_DeletePackage",
            "Feeds_OverwritePackage",
            "Feeds_UnlistPackage",
            "Feeds_DownloadPackage",
        ] {
            if may(name) && !may("Feeds_ViewFeed") {
                add(Code::WithoutView, id(name));
            }
        }
        for name in ["Feeds_AddPackage", "Feeds_OverwritePackage"] {
            if may(name) && !may("Feeds_DownloadPackage") {
                add(Code::PushWithoutPull, id(name));
            }
        }
    }
    let both = |feed| on(feed, "Feeds_ViewFeed") && on(feed, "Feeds_DownloadPackage");
    for (source, target) in feeds.iter().filter_map(|feed| Some((feed, feed.promote_to?))) {
        let type_of = |feed| index.feed(feed).unwrap().feed_type.clone();
        let sources = feeds.iter().filter(|it| it.promote_to == Some(target));
        let somewhere = sources.filter(|it| it.feed_type == type_of(target)).any(|it| both(it.id));
        for name in ["Feeds_ViewFeed", "Feeds_DownloadPackage"] {
            if on(target, "Feeds_AcceptPackagePromotions") && !somewhere && !on(source.id, name) {
                let (code, other) = (Code::PromotionWithoutSource, Some(target));
                found.push(About { other, ..plain(code, Some(source.id), id(name)) });
            }
        }
    }
    let manage = "Admin_ManageConnectors";
    for connector in index.connectors_from(ConnectorId(0)) {
        for feed in &connector.feeds {
            let there = on(*feed, manage) || on(*feed, "Admin_ManageFeed") || configures;
            if connector.feeds.iter().any(|other| on(*other, manage)) && !there {
                let about = plain(Code::ProxySharedConnector, Some(*feed), id(manage));
                found.push(About { connector: Some(connector.id), ..about });
            }
        }
    }
    for reader in &feeds {
        for source in sources(index, reader.id) {
            for (way, denied) in [
                ("Feeds_ViewFeed", "Feeds_ViewFeed"),
                ("Feeds_DownloadPackage", "Feeds_DownloadPackage"),
                ("Feeds_PullPackage", "Feeds_DownloadPackage"),
            ] {
                if on(reader.id, way) && !on(source, denied) {
                    let about = plain(Code::TransitiveRead, Some(reader.id), id(way));
                    found.push(About { other: Some(source), ..about });
                }
            }
        }
    }
    found
}

/// The feeds that a feed reads, directly or through others; not itself.
fn sources(index: &Index, reader: FeedId) -> BTreeSet<FeedId> {
    let mut all = BTreeSet::from([reader]);
    loop {
        let read: BTreeSet<_> = index
            .connectors_from(ConnectorId(0))
            .filter(|connector| connector.feeds.iter().any(|feed| all.contains(feed)))
            .filter_map(|connector| match connector.source {
                ConnectorSource::Feed(source) => Some(source),
                _ => None,
            })
            .collect();
        if read.is_subset(&all) {
            all.remove(&reader);
            return all;
        }
        all.extend(read);
    }
}

/// A grant that never decides decides nothing for anybody.
fn never_decides(index: &Index, findings: &[Finding]) {
    let idle = findings.iter().filter(|it| it.code == Code::NeverDecides);
    let idle: BTreeSet<_> = idle.map(|it| GrantId(it.objects[0].id)).collect();
    if idle.is_empty() {
        return;
    }
    let users: Vec<_> = index.users_from(UserId(0)).map(|user| Principals::of_user(index, user)).collect();
    for who in users.into_iter().chain([Principals::anonymous(), Principals::unknown(index)]) {
        for target in targets(&[index]).into_iter().chain([Target::UnknownFeed]) {
            for attribute in index.attributes() {
                let decision = decide(index, &who, Demand { attribute: attribute.id, target });
                let decides = decision.grant().is_some_and(|grant| idle.contains(&grant));
                assert!(!decides, "{decision:?}, {} on {target:?} in {index:#?}", attribute.name);
            }
        }
    }
}

fn given(index: &Index, grant: &Grant) -> BTreeSet<AttributeId> {
    let attributes = index.attributes_in(index.bits_of_task(grant.task));
    attributes.filter(|it| it.feed_scopable || grant.scope == Scope::AllFeeds).map(|it| it.id).collect()
}

fn covers(index: &Index, scope: Scope, target: Target) -> bool {
    match (scope, target) {
        (Scope::AllFeeds, _) => true,
        (Scope::Feed(one), Target::Feed(other)) => one == other,
        (Scope::FeedGroup(one), Target::FeedGroup(other)) => one == other,
        (Scope::FeedGroup(group), Target::Feed(feed)) => index.feed(feed).unwrap().group == Some(group),
        _ => false,
    }
}

fn defeated_by_user(index: &Index, grants: &[Grant], findings: &[Finding]) {
    let mut found = BTreeSet::new();
    for finding in findings.iter().filter(|it| it.code == Code::RestrictionDefeatedByUser) {
        let mut numbers = finding.objects.iter().filter(|it| it.kind == Kind::Grant).map(|it| GrantId(it.id));
        let restriction = numbers.next().unwrap();
        let users: BTreeSet<_> =
            finding.objects.iter().filter(|it| it.kind == Kind::User).map(|it| it.id).collect();
        let permissions: Vec<_> = numbers.map(|it| index.grant(it).unwrap()).collect();
        let theirs: BTreeSet<_> = permissions.iter().map(|it| user_of(it.principal)).collect();
        assert_eq!((users, finding.people), (theirs.clone(), theirs.len() as u64), "{finding:#?}");
        found.extend(permissions.iter().map(|it| (restriction, it.id)));
    }
    let mut expected = BTreeSet::new();
    for user in index.users_from(UserId(0)) {
        if !index.directory(user.directory).unwrap().enabled {
            continue;
        }
        let groups = Principals::groups_of(index, &user.groups);
        let theirs: Vec<_> = grants
            .iter()
            .filter(|it| it.effect == Effect::Restrict)
            .filter(|it| match it.principal {
                Principal::User(_) | Principal::Anonymous => false,
                Principal::Group(group) => groups.contains(&group),
                Principal::AuthenticatedBy(directory) => directory == user.directory,
                Principal::Everyone | Principal::Authenticated => true,
            })
            .map(|it| (it, given(index, it)))
            .collect();
        let who = Principals::of_user(index, user);
        for target in targets(&[index]) {
            for attribute in index.attributes() {
                let decision = decide(index, &who, Demand { attribute: attribute.id, target });
                let Reason::Permitted(permission) = decision.reason else { continue };
                if index.grant(permission).unwrap().principal != Principal::User(user.id) {
                    continue;
                }
                let met = theirs.iter().filter(|(restriction, given)| {
                    given.contains(&attribute.id) && covers(index, restriction.scope, target)
                });
                expected.extend(met.map(|(restriction, _)| (restriction.id, permission)));
            }
        }
    }
    same(index, &found, &expected);
}

fn user_of(principal: Principal) -> u64 {
    match principal {
        Principal::User(user) => user.0.into(),
        other => panic!("{other:?}"),
    }
}

/// Attributes of the system on feeds, and what is given to the public.
fn attributes_of_grants(index: &Index, grants: &[Grant], findings: &[Finding]) {
    let of = |code| -> BTreeSet<_> {
        let findings = findings.iter().filter(|it| it.code == code);
        findings.map(|it| (it.objects[0].id, it.attributes.clone())).collect()
    };
    let those = |grant: &Grant, wanted: &dyn Fn(&feedgate::model::Attribute) -> bool| {
        let attributes = index.attributes_in(index.bits_of_task(grant.task)).filter(|it| wanted(it));
        let attributes: Vec<_> = attributes.map(|it| it.id).collect();
        (!attributes.is_empty()).then_some((grant.id.0, attributes))
    };
    let on_feeds = grants.iter().filter(|it| it.scope != Scope::AllFeeds);
    let idle = on_feeds.filter_map(|grant| those(grant, &|it| !it.feed_scopable)).collect();
    same(index, &of(Code::SystemAttributeOnFeed), &idle);

    let reading = [id("Feeds_ViewFeed"), id("Feeds_DownloadPackage")];
    let public = grants.iter().filter(|it| {
        it.effect == Effect::Permit && matches!(it.principal, Principal::Everyone | Principal::Anonymous)
    });
    let beyond = public.filter_map(|grant| {
        let taken = taken_before(index, grants, grant);
        those(grant, &|it| {
            !reading.contains(&it.id) && given(index, grant).contains(&it.id) && !taken.contains(&it.id)
        })
    });
    same(index, &of(Code::PublicBeyondReading), &beyond.collect());
}

/// What grants of one rank to whoever is this virtual principal decide before a permission does.
fn taken_before(index: &Index, grants: &[Grant], permission: &Grant) -> BTreeSet<AttributeId> {
    let equal = index.settings().scope_precedence == ScopePrecedence::FeedAndGroupEqual;
    let group = match permission.scope {
        Scope::Feed(feed) if equal => index.feed(feed).unwrap().group.map(Scope::FeedGroup),
        _ => None,
    };
    let before = grants.iter().filter(|it| {
        (it.scope == permission.scope || Some(it.scope) == group)
            && (it.principal == permission.principal || it.principal == Principal::Everyone)
            && (it.effect == Effect::Restrict || it.id < permission.id)
    });
    before.flat_map(|it| given(index, it)).collect()
}

fn contradictions(index: &Index, grants: &[Grant], findings: &[Finding]) {
    let found = findings.iter().filter(|it| it.code == Code::Contradiction);
    let found: BTreeSet<_> = found.map(|it| (it.objects[0].id, it.objects[1].id)).collect();
    let equal = index.settings().scope_precedence == ScopePrecedence::FeedAndGroupEqual;
    let mut expected = BTreeSet::new();
    for permission in grants.iter().filter(|it| it.effect == Effect::Permit) {
        for restriction in grants.iter().filter(|it| it.effect == Effect::Restrict) {
            let one_rank = permission.scope == restriction.scope
                || match (permission.scope, restriction.scope) {
                    (Scope::Feed(feed), Scope::FeedGroup(group)) => {
                        equal && index.feed(feed).unwrap().group == Some(group)
                    }
                    _ => false,
                };
            let both = !given(index, permission).is_disjoint(&given(index, restriction));
            if permission.principal == restriction.principal && one_rank && both {
                expected.insert((permission.id.0, restriction.id.0));
            }
        }
    }
    same(index, &found, &expected);
}

fn empty_groups(index: &Index, grants: &[Grant], findings: &[Finding]) {
    let found = findings.iter().filter(|it| it.code == Code::EmptyGroup);
    let found: BTreeSet<_> = found
        .map(|it| {
            let grants = it.objects[1..].iter().map(|key| key.id);
            (GroupId(it.objects[0].id as u32), grants.collect::<BTreeSet<_>>())
        })
        .collect();
    let mut inhabited: BTreeSet<GroupId> = BTreeSet::new();
    for user in index.users_from(UserId(0)) {
        inhabited.extend(Principals::groups_of(index, &user.groups));
    }
    for group in index.groups_from(GroupId(0)).filter(|it| it.directory != DirectoryId::BUILT_IN) {
        inhabited.extend(Principals::groups_of(index, &[group.id]));
    }
    let mut expected = BTreeMap::<_, BTreeSet<_>>::new();
    for grant in grants {
        if let Principal::Group(group) = grant.principal
            && !inhabited.contains(&group)
        {
            expected.entry(group).or_default().insert(grant.id.0);
        }
    }
    same(index, &found, &expected.into_iter().collect());
}
