//! Answers in pages are the answers whole, of the revision that the first page was of, whoever writes meanwhile.

use std::cell::Cell;

use feedgate::grpc::pb::{
    self, AccessDirection, Effect, compare_response, lint_response, object::Kind, preview_response,
    principal, scope,
};

use crate::support::{
    ask,
    server::Server,
    write::{self, create},
};

const USERS: usize = 200;
const FEEDS: usize = 120;
const GROUPS: usize = 5;
const FEED_GROUPS: usize = 3;
const EMPTY_GROUPS: usize = 25;

struct World {
    server: Server,
    /// How many changes came between pages.
    between: Cell<usize>,
}

fn membership(group: &str, user: &str) -> pb::Change {
    let member = pb::Principal { kind: Some(principal::Kind::User(write::name(user))) };
    create(Kind::Membership(pb::Membership { group: Some(write::name(group)), member: Some(member) }))
}

fn feed(name: &str, group: &str) -> pb::Change {
    create(Kind::Feed(pb::Feed { name: name.into(), feed_group: group.into(), ..Default::default() }))
}

fn grant(effect: Effect, to: principal::Kind, task: &str, scope: scope::Kind) -> pb::Change {
    create(Kind::Grant(pb::Grant {
        principal: Some(pb::Principal { kind: Some(to) }),
        scope: Some(pb::Scope { kind: Some(scope) }),
        ..write::grant(effect, "", task)
    }))
}

fn group(name: &str) -> principal::Kind {
    principal::Kind::Group(write::name(name))
}

const LOOK: &str = "View & Download Packages";

impl World {
    async fn new() -> Self {
        let server = Server::start();
        let mut changes = Vec::new();
        changes.extend((0..GROUPS).map(|n| create(write::group(&format!("g{n}")))));
        changes.extend((0..FEED_GROUPS).map(|n| create(write::feed_group(&format!("fg{n}")))));
        for n in 0..USERS {
            changes.push(create(write::user(&format!("u{n}"))));
            changes.push(membership(&format!("g{}", n % GROUPS), &format!("u{n}")));
        }
        changes.extend((0..FEEDS).map(|n| feed(&format!("f{n}"), &format!("fg{}", n % FEED_GROUPS))));
        changes.push(grant(Effect::Permit, group("g0"), LOOK, scope::Kind::FeedGroup("fg0".into())));
        let anonymous = principal::Kind::Anonymous(principal::Anonymous {});
        changes.push(grant(Effect::Permit, anonymous, LOOK, scope::Kind::Feed("f0".into())));
        for n in 0..EMPTY_GROUPS {
            let name = format!("empty-{n}");
            changes.push(create(write::group(&name)));
            changes.push(grant(Effect::Permit, group(&name), LOOK, scope::Kind::Feed("f0".into())));
        }
        server.policy().write(write::write(changes)).await.unwrap();
        Self { server, between: Cell::new(0) }
    }

    /// A change after which every answer here is another one.
    async fn write(&self) {
        let number = self.between.replace(self.between.get() + 1);
        let name = format!("between-{number}");
        let changes = vec![
            create(write::user(&name)),
            membership("g0", &name),
            feed(&name, "fg0"),
            create(write::group(&name)),
            grant(Effect::Permit, group(&name), LOOK, scope::Kind::Feed(name.clone())),
        ];
        self.server.policy().write(write::write(changes)).await.unwrap();
    }

    /// The feeds, the cursor behind them, the revision.
    async fn feeds(&self, cursor: &str, limit: u32) -> (Vec<pb::FoundFeed>, String, pb::Revision) {
        let request = pb::LookupFeedsRequest {
            subject: Some(ask::user("u0")),
            attribute: "Feeds_ViewFeed".into(),
            consistency: None,
            cursor: cursor.into(),
            limit,
        };
        let answer = ask::all(self.server.decisions().lookup_feeds(request).await).await.unwrap();
        let [pb::LookupFeedsResponse { feeds, next_cursor, revision, .. }] = answer.try_into().unwrap();
        (feeds, next_cursor, revision.unwrap())
    }

    async fn principals(&self, cursor: &str, limit: u32) -> (Vec<pb::FoundPrincipal>, String, pb::Revision) {
        let request = pb::LookupPrincipalsRequest {
            attribute: "Feeds_ViewFeed".into(),
            target: Some(ask::feed("f0")),
            consistency: None,
            cursor: cursor.into(),
            limit,
        };
        let answer = ask::all(self.server.decisions().lookup_principals(request).await).await.unwrap();
        let [pb::LookupPrincipalsResponse { principals, next_cursor, revision, .. }] =
            answer.try_into().unwrap();
        (principals, next_cursor, revision.unwrap())
    }

    async fn findings(&self, cursor: &str, limit: u32) -> (Vec<pb::Finding>, String, pb::Revision) {
        let request = pb::LintRequest { cursor: cursor.into(), limit, ..Default::default() };
        let answer = ask::all(self.server.analysis().lint(request).await).await.unwrap();
        let mut found = Vec::new();
        for message in answer {
            match message.part.unwrap() {
                lint_response::Part::Progress(_) => {}
                lint_response::Part::Findings(findings) => found.extend(findings.findings),
                lint_response::Part::Summary(summary) => {
                    return (found, summary.next_cursor, summary.revision.unwrap());
                }
            }
        }
        panic!("there is no summary behind {found:?}")
    }

    /// A preview of permissions to several groups, each on other feeds.
    async fn preview(&self, cursor: &str, limit: u32) -> Access {
        let changes = (0..GROUPS).map(|n| {
            let scope = scope::Kind::FeedGroup(format!("fg{}", n % FEED_GROUPS));
            grant(Effect::Permit, group(&format!("g{n}")), "Publish Packages", scope)
        });
        let page = Some(pb::AccessPage { limit, cursor: cursor.into() });
        let request = pb::PreviewRequest { changes: changes.collect(), page, consistency: None };
        let answer = ask::all(self.server.analysis().preview(request).await).await.unwrap();
        let mut access = Access::default();
        for message in answer {
            match message.part.unwrap() {
                preview_response::Part::Progress(_) => {}
                preview_response::Part::Summary(summary) => access.summary = summary,
                preview_response::Part::Groups(groups) => access.groups = Some(groups),
                preview_response::Part::Members(members) => access.members = Some(members),
            }
        }
        access
    }

    async fn compare(&self, from: u64, to: Option<u64>, cursor: &str, limit: u32) -> Access {
        let store = self.server.status().await.store_id;
        let at = |number| pb::Revision { store, number };
        let page = Some(pb::AccessPage { limit, cursor: cursor.into() });
        let request = pb::CompareRequest { from: Some(at(from)), to: to.map(at), page };
        let answer = ask::all(self.server.analysis().compare(request).await).await.unwrap();
        let mut access = Access::default();
        for message in answer {
            match message.part.unwrap() {
                compare_response::Part::Progress(_) => {}
                compare_response::Part::Summary(summary) => access.summary = summary,
                compare_response::Part::Groups(groups) => access.groups = Some(groups),
                compare_response::Part::Members(members) => access.members = Some(members),
            }
        }
        access
    }
}

#[derive(Default)]
struct Access {
    summary: pb::AccessSummary,
    groups: Option<pb::AccessGroups>,
    members: Option<pb::AccessMembers>,
}

/// Asks for page after page, from a cursor to the end, with a change now and then, and gives all that came.
async fn paged<T>(
    world: &World,
    from: &str,
    limit: u32,
    revision: pb::Revision,
    page: impl AsyncFn(&str, u32) -> (Vec<T>, String, pb::Revision),
) -> Vec<T> {
    let (mut all, mut cursor, mut pages) = (Vec::new(), from.to_owned(), 0);
    loop {
        let (items, next, at) = page(&cursor, limit).await;
        assert_eq!(at, revision, "a page of another revision");
        assert!(items.len() <= limit as usize);
        assert!(next.is_empty() || items.len() == limit as usize, "a page that isn't full isn't the last");
        all.extend(items);
        if next.is_empty() {
            return all;
        }
        cursor = next;
        if pages % 8 == 0 {
            world.write().await;
        }
        pages += 1;
    }
}

#[tokio::test]
async fn lookups() {
    let world = World::new().await;
    for limit in 1..=7 {
        let (whole, next, revision) = world.feeds("", 0).await;
        assert!(whole.len() >= FEEDS / FEED_GROUPS && next.is_empty());
        let pages =
            paged(&world, "", limit, revision, async |cursor, limit| world.feeds(cursor, limit).await);
        assert_eq!(pages.await, whole, "{limit} at a time");
    }
    for limit in 1..=7 {
        let (whole, next, revision) = world.principals("", 0).await;
        assert!(whole.len() > USERS / GROUPS && next.is_empty());
        let pages =
            paged(&world, "", limit, revision, async |cursor, limit| world.principals(cursor, limit).await);
        assert_eq!(pages.await, whole, "{limit} at a time");
    }
    assert!(world.between.get() > 20);
}

#[tokio::test]
async fn findings() {
    let world = World::new().await;
    for limit in [4, 7] {
        let (whole, next, revision) = world.findings("", 0).await;
        assert!(whole.len() >= EMPTY_GROUPS && next.is_empty());
        let pages =
            paged(&world, "", limit, revision, async |cursor, limit| world.findings(cursor, limit).await);
        assert_eq!(pages.await, whole, "{limit} at a time");
    }
    assert!(world.between.get() > 0);
}

#[tokio::test]
async fn previews_and_the_members_of_their_groups() {
    let world = World::new().await;
    let whole = world.preview("", 1_000).await;
    let revision = whole.summary.from.unwrap();
    let pb::AccessGroups { groups, next_cursor } = whole.groups.unwrap();
    assert!(groups.len() > 3 && next_cursor.is_empty(), "{} groups", groups.len());
    assert_eq!(whole.summary.groups, groups.len() as u64);
    let accesses = groups.iter().map(|it| (it.people + it.others) * it.targets * it.attributes.len() as u64);
    assert_eq!(accesses.sum::<u64>(), whole.summary.gained + whole.summary.lost);

    let large = groups.iter().find(|it| it.people > 10 && it.targets > 10).unwrap();
    for limit in [1, 3, 7] {
        let whole = world.preview("", 1_000).await;
        let (revision, whole) = (whole.summary.from.unwrap(), whole.groups.unwrap().groups);
        let pages = paged(&world, "", limit, revision, async |cursor, limit| {
            let Access { summary, groups, .. } = world.preview(cursor, limit).await;
            let pb::AccessGroups { groups, next_cursor } = groups.unwrap();
            (groups, next_cursor, summary.from.unwrap())
        });
        assert_eq!(pages.await, whole, "{limit} at a time");
    }
    for limit in [3, 7, 10, 1_000] {
        let principals = paged(&world, &large.principals_cursor, limit, revision, async |cursor, limit| {
            let Access { summary, members, groups } = world.preview(cursor, limit).await;
            let pb::AccessMembers { principals, targets, next_cursor } = members.unwrap();
            assert!(targets.is_empty() && groups.is_none());
            (principals, next_cursor, summary.from.unwrap())
        });
        let principals = principals.await;
        assert_eq!(principals.len() as u64, large.people + large.others);
        assert_eq!(principals[..10], large.first_principals[..]);
        let targets = paged(&world, &large.targets_cursor, limit, revision, async |cursor, limit| {
            let Access { summary, members, groups } = world.preview(cursor, limit).await;
            let pb::AccessMembers { principals, targets, next_cursor } = members.unwrap();
            assert!(principals.is_empty() && groups.is_none());
            (targets, next_cursor, summary.from.unwrap())
        });
        let targets = targets.await;
        assert_eq!(targets.len() as u64, large.targets);
        assert_eq!(targets[..10], large.first_targets[..]);
    }
    assert!(world.between.get() > 0);
}

fn without_cursors(groups: &[pb::AccessGroup]) -> Vec<pb::AccessGroup> {
    let plain = |group: &pb::AccessGroup| pb::AccessGroup {
        principals_cursor: String::new(),
        targets_cursor: String::new(),
        ..group.clone()
    };
    groups.iter().map(plain).collect()
}

#[tokio::test]
async fn comparisons() {
    let world = World::new().await;
    for _ in 0..3 {
        world.write().await;
    }
    let [there, back] = [world.compare(1, Some(4), "", 0).await, world.compare(4, Some(1), "", 0).await];
    let (forward, backward) = (there.summary, back.summary);
    assert!(forward.gained > 0);
    assert_eq!((forward.gained, forward.lost), (backward.lost, backward.gained));
    assert_eq!((forward.from, forward.to), (backward.to, backward.from));
    assert_eq!((forward.groups, forward.changed_objects), (backward.groups, backward.changed_objects));
    let mirrored = |it: &pb::AttributeAccess| pb::AttributeAccess {
        attribute: it.attribute.clone(),
        gained: it.lost,
        lost: it.gained,
        people_gaining: it.people_losing,
        people_losing: it.people_gaining,
        targets_gaining: it.targets_losing,
        targets_losing: it.targets_gaining,
    };
    assert_eq!(forward.attributes, backward.attributes.iter().map(mirrored).collect::<Vec<_>>());
    let mut mirrored = without_cursors(&back.groups.unwrap().groups);
    for group in &mut mirrored {
        group.direction = match group.direction() {
            AccessDirection::Gained => AccessDirection::Lost.into(),
            _ => AccessDirection::Gained.into(),
        };
    }
    let key = |it: &pb::AccessGroup| format!("{it:?}");
    mirrored.sort_by_key(key);
    let mut groups = without_cursors(&there.groups.unwrap().groups);
    groups.sort_by_key(key);
    assert_eq!(groups, mirrored);

    let same = world.compare(2, Some(2), "", 0).await;
    let pb::AccessSummary { gained, lost, attributes, groups, changed_objects, .. } = same.summary;
    assert_eq!((gained, lost, attributes.len(), groups, changed_objects), (0, 0, 0, 0, 0));
    assert_eq!(same.groups, Some(pb::AccessGroups::default()));

    // Up to the newest: what that is, the first page decides.
    let first = world.compare(0, None, "", 1).await;
    let to = first.summary.to.unwrap();
    let whole = world.compare(0, Some(to.number), "", 1_000).await.groups.unwrap().groups;
    let pb::AccessGroups { groups: mut found, next_cursor } = first.groups.unwrap();
    assert!(!next_cursor.is_empty());
    let rest = paged(&world, &next_cursor, 2, to, async |cursor, limit| {
        let Access { summary, groups, .. } = world.compare(0, None, cursor, limit).await;
        let pb::AccessGroups { groups, next_cursor } = groups.unwrap();
        (groups, next_cursor, summary.to.unwrap())
    });
    found.extend(rest.await);
    assert_eq!(without_cursors(&found), without_cursors(&whole));
}
