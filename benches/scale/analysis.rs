//! Questions about many at once, in this process: effective attributes, explanations, lookups, previews, lint.

use std::{collections::BTreeSet, hint::black_box, sync::Arc, time::Instant};

use feedgate::{
    analysis::{
        Unmetered,
        access::Comparison,
        lint::{Circumstances, lint},
        proxies,
    },
    engine::{Demand, Holders, Index, Principals, Target, effective, explain, lookup_feeds},
    model::{
        Change, Connector, ConnectorId, ConnectorSource, Effect, FeedGroupId, FeedId, Grant, GrantId,
        GroupId, Kind, Name, Object, ObjectKey, Policy, Principal, Revision, Scope, StoreId, Task,
        TaskAttributes, TaskId, UserId,
    },
};

use crate::world::{self, FIRST, Random, Size, TASKS};

/// A task that is changed, and how many grants use it.
const CHANGED: TaskId = TaskId(FIRST + TASKS);
const USES: usize = 10_000;

/// Median and worst of some runs, in microseconds.
fn measure<T>(what: &str, runs: usize, mut run: impl FnMut(usize) -> T) {
    let mut taken: Vec<_> = (0..runs)
        .map(|number| {
            let start = Instant::now();
            black_box(run(number));
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    taken.sort_unstable_by(f64::total_cmp);
    let (median, worst) = (taken[runs / 2], taken[runs - 1]);
    if median < 1000.0 {
        println!("analysis: {what}: {median:.1} µs median, {worst:.1} µs worst of {runs}");
    } else {
        println!("analysis: {what}: {:.1} ms median, {:.1} ms worst of {runs}", median / 1e3, worst / 1e3);
    }
}

pub fn run(size: Size) {
    let index = index(size);
    let mut random = Random(4242);
    let users: Vec<_> = (0..1000).map(|_| UserId(FIRST + random.below(size.users))).collect();
    let feeds: Vec<_> = (0..1000).map(|_| FeedId(FIRST + random.below(size.feeds))).collect();
    let of = |n: usize| Principals::of_user(&index, index.user(users[n]).expect("it is there"));
    let attribute = |n: usize| world::attribute_of((n % 10) as u32).id;

    measure("ListEffectiveAttributes", 1000, |n| effective(&index, &of(n), Target::Feed(feeds[n])));
    measure("Explain, with what just missed", 200, |n| {
        let demand = Demand { attribute: attribute(n), target: Target::Feed(feeds[n]) };
        let user = index.user(users[n]).expect("it is there");
        (explain(&index, &of(n), &user.groups, demand), proxies(&index, &of(n), demand))
    });
    measure("LookupFeeds", 100, |n| lookup_feeds(&index, &of(n), attribute(n), FeedId(0)).count());
    measure("LookupPrincipals", 50, |n| {
        let demand = Demand { attribute: attribute(n), target: Target::Feed(feeds[n]) };
        let holders = Holders::new(&index, demand);
        (holders.groups_from(GroupId(0)).count(), holders.users_from(UserId(0)).count())
    });

    let task = |n: usize| TaskId(FIRST + n as u32 % TASKS);
    let group = |n: usize| Principal::Group(GroupId(FIRST + (n as u32 * 97) % size.groups));
    let grant = |principal, task, scope| Grant {
        id: GrantId(index.next_ids().of(Kind::Grant)),
        effect: Effect::Permit,
        principal,
        task,
        scope,
        comment: None,
        revision: 0,
    };
    preview(&index, "a grant to a group on a feed", 50, |n| {
        vec![Change::Created(Object::Grant(grant(group(n), CHANGED, Scope::Feed(feeds[n]))))]
    });
    preview(&index, "a grant to a group on a feed group", 20, |n| {
        let scope = Scope::FeedGroup(FeedGroupId(FIRST + n as u32 % size.feed_groups));
        vec![Change::Created(Object::Grant(grant(group(n), task(n), scope)))]
    });
    preview(&index, "a grant to a group on all feeds", 20, |n| {
        vec![Change::Created(Object::Grant(grant(group(n), task(n), Scope::AllFeeds)))]
    });
    preview(&index, "a grant to Everyone on a feed", 20, |n| {
        vec![Change::Created(Object::Grant(grant(Principal::Everyone, task(n), Scope::Feed(feeds[n]))))]
    });
    preview(&index, "a grant to Everyone on all feeds", 5, |n| {
        vec![Change::Created(Object::Grant(grant(Principal::Everyone, task(n), Scope::AllFeeds)))]
    });
    preview(&index, "a user joins a group", 20, |n| {
        let before = index.user(users[n]).expect("it is there").clone();
        let mut after = before.as_ref().clone();
        after.groups.push(GroupId(FIRST + size.groups - 1));
        after.groups.dedup();
        vec![Change::Updated(Box::new((Object::User(before), Object::User(Arc::new(after)))))]
    });
    preview(&index, &format!("an attribute more in a task of {USES} grants"), 3, |_| {
        let before = index.task(CHANGED).expect("it is there").clone();
        let ids = (0..2).map(|number| world::attribute_of(number).id);
        let after = Task { attributes: TaskAttributes::from_ids(ids), ..before.as_ref().clone() };
        vec![Change::Updated(Box::new((Object::Task(before), Object::Task(Arc::new(after)))))]
    });

    let start = Instant::now();
    let report = lint(&index, &Circumstances::default(), &[], &Unmetered).expect("it isn't given up");
    println!("analysis: Lint: {:.2} s, {} findings", start.elapsed().as_secs_f64(), report.findings.len());
}

/// The world, and what connects its feeds and groups: every tenth group is in another, every fifth feed promotes to
/// another, of every fifty feeds six are a chain in which each reads the next, and ten share a connector to outside.
fn connected(size: Size) -> Policy {
    let mut policy = world::policy(size);
    for group in policy.groups.iter_mut().filter(|it| it.id.0 >= FIRST && it.id.0 % 10 == 0) {
        let above = GroupId(FIRST + (group.id.0 * 7) % size.groups);
        Arc::make_mut(group).groups = vec![above];
    }
    for feed in policy.feeds.iter_mut().filter(|it| it.id.0 % 5 == 0) {
        Arc::make_mut(feed).promote_to = Some(FeedId(FIRST + (feed.id.0 * 3) % size.feeds));
    }
    let mut connector = |source, feeds: Vec<FeedId>| {
        let id = ConnectorId(policy.next.of(Kind::Connector) as u32);
        let name = Name::new(&format!("connector-{id}")).expect("it is a name");
        policy.put(Object::Connector(Arc::new(Connector { id, name, source, feeds, revision: 0 })));
    };
    for start in (0..size.feeds.saturating_sub(10)).step_by(50) {
        let feed = |n: u32| FeedId(FIRST + start + n);
        connector(ConnectorSource::Url("https://packages.example".into()), (0..10).map(feed).collect());
        (0..5).for_each(|n| connector(ConnectorSource::Feed(feed(n + 1)), vec![feed(n)]));
    }
    policy
}

/// The world, connected, and a task with a known number of grants.
fn index(size: Size) -> Index {
    let mut policy = connected(size);
    policy.put(Object::Task(Arc::new(Task {
        id: CHANGED,
        name: Name::new("Changed").expect("it is a name"),
        description: "".into(),
        attributes: TaskAttributes::from_ids([world::attribute_of(0).id]),
        revision: 0,
    })));
    let mut random = Random(77);
    let mut next = policy.next.of(Kind::Grant);
    let mut seen = BTreeSet::new();
    while seen.len() < USES.min(size.grants as usize) {
        let grant = Grant { task: CHANGED, ..world::grant(&mut random, size, GrantId(next)) };
        if seen.insert((grant.effect, grant.principal, grant.scope)) {
            policy.put(Object::Grant(grant));
            next += 1;
        }
    }
    Index::build(Revision { store: StoreId(1), number: 0 }, policy).expect("the world is consistent")
}

fn preview(index: &Index, what: &str, runs: usize, changes: impl Fn(usize) -> Vec<Change>) {
    let mut found = (0, 0);
    measure(&format!("Preview: {what}"), runs, |number| {
        let changes = changes(number);
        let mut after = index.at(index.revision().number + 1);
        changes.iter().for_each(|change| after.apply(change).expect("it fits"));
        let keys: BTreeSet<ObjectKey> = changes.iter().map(Change::key).collect();
        let comparison = Comparison::new(index, &after, &keys);
        let blocks = comparison.run(&Unmetered).expect("it isn't given up");
        let first: Vec<_> = blocks.blocks.iter().take(100).cloned().collect();
        let known = comparison.common(&first, 10);
        found = (blocks.gained + blocks.lost, blocks.blocks.len());
        known
    });
    println!("analysis:   of the last: {} accesses in {} groups", found.0, found.1);
}
