//! What a decision costs, and what drives that: `cargo bench --bench engine [-- FILTER]`.
//!
//! Grants, groups of the subject, scopes that cover the target, keys that are asked again or never again, changes
//! meanwhile. What a whole server does is measured by `benches/run`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement fails loudly"
)]

#[path = "engine/asking.rs"]
mod asking;
#[path = "engine/beside.rs"]
mod beside;
#[path = "engine/questions.rs"]
mod questions;
#[path = "scale/world.rs"]
mod world;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feedgate::{
    engine::{Index, Outlook, Principals, Target},
    model::{Change, FeedId, GrantId, Kind, Object, Revision, StoreId, UserId},
};

use self::{
    asking::ATTRIBUTES,
    questions::Questions,
    world::{FIRST, Random, Size},
};

const GRANTS: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
const MANY: u32 = 1_000_000;

fn index(size: Size) -> Index {
    Index::build(Revision { store: StoreId(1), number: 0 }, world::policy(size)).expect("it is consistent")
}

/// From random strings, as a check has them, at ever more grants.
fn grants(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision by grants");
    for grants in GRANTS {
        let size = Size::of(grants);
        let index = index(size);
        for (keys, of) in [("random", questions::MANY), ("hot", 1_000)] {
            let questions = Questions::new(size, of);
            let mut next = 0;
            group.bench_function(BenchmarkId::new(keys, grants), |b| {
                b.iter(|| {
                    next = (next + 1) % of;
                    questions.ask(&index, next)
                });
            });
        }
    }
    group.finish();
}

/// One subject, whose principals are known, and 1,000 feeds.
fn one_user(c: &mut Criterion) {
    let size = Size::of(MANY);
    let index = index(size);
    let mut random = Random(5);
    let feeds: Vec<_> = (0..1_000).map(|_| FeedId(FIRST + random.below(size.feeds))).collect();
    let users: Vec<_> = (0..1_000).map(|_| UserId(FIRST + random.below(size.users))).collect();
    let mut group = c.benchmark_group("one user and 1,000 feeds");
    group.throughput(Throughput::Elements(feeds.len() as u64));
    let mut next = 0;
    group.bench_function("one attribute", |b| {
        b.iter(|| {
            next = (next + 1) % users.len();
            let who = Principals::of_user(&index, index.user(users[next]).expect("it is there"));
            asking::allowed_on(&index, &who, &feeds, next)
        });
    });
    group.bench_function("one attribute in series", |b| {
        b.iter(|| {
            next = (next + 1) % users.len();
            let who = Principals::of_user(&index, index.user(users[next]).expect("it is there"));
            asking::allowed_in_series(&index, who, &feeds, next)
        });
    });
    group.bench_function("every attribute", |b| {
        b.iter(|| {
            next = (next + 1) % users.len();
            let who = Principals::of_user(&index, index.user(users[next]).expect("it is there"));
            let mut outlook = Outlook::new(&index, &who);
            feeds.iter().map(|feed| outlook.on(Target::Feed(*feed)).len()).sum::<u32>()
        });
    });
    group.finish();
}

/// Subjects of ever more groups.
fn groups(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision by groups of the subject");
    for each in [1, 10, 100, 1_000] {
        let size = Size { groups_each: each, users: 10_000, ..Size::of(MANY) };
        let (index, questions) = (index(size), Questions::new(size, questions::MANY));
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(each), |b| {
            b.iter(|| {
                next = (next + 1) % questions::MANY;
                questions.ask(&index, next)
            });
        });
    }
    group.finish();
}

/// Targets that one, two or three scopes cover.
fn scopes(c: &mut Criterion) {
    let size = Size::of(MANY);
    let index = index(size);
    let mut random = Random(6);
    let who: Vec<_> = (0..1_000)
        .map(|_| UserId(FIRST + random.below(size.users)))
        .map(|id| Principals::of_user(&index, index.user(id).expect("it is there")))
        .collect();
    let mut group = c.benchmark_group("decision by scopes that cover the target");
    for (scopes, target) in [
        (1, (|_, _| Target::System) as fn(&mut Random, Size) -> Target),
        (2, |random, size| Target::FeedGroup(world::feed_group(random, size))),
        (3, |random, size| Target::Feed(FeedId(FIRST + random.below(size.feeds)))),
    ] {
        let targets: Vec<_> = (0..10_000).map(|_| target(&mut random, size)).collect();
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(scopes), |b| {
            b.iter(|| {
                next = (next + 1) % targets.len();
                asking::decided(&index, &who[next % who.len()], next % ATTRIBUTES, targets[next])
            });
        });
    }
    group.finish();
}

/// The next index with one grant more, ready to be published.
fn publish(c: &mut Criterion) {
    let mut group = c.benchmark_group("next index with one grant more");
    for grants in GRANTS {
        let size = Size::of(grants);
        let index = index(size);
        let mut random = Random(7);
        let id = index.next_ids().of(Kind::Grant);
        group.bench_function(BenchmarkId::from_parameter(grants), |b| {
            b.iter_batched(
                || {
                    let new = |grant: &feedgate::model::Grant| {
                        index.find_grant(grant.effect, grant.principal, grant.task, grant.scope).is_none()
                    };
                    std::iter::repeat_with(|| world::grant(&mut random, size, GrantId(id))).find(new)
                },
                |grant| {
                    let mut next = index.at(1);
                    next.apply(&Change::Created(Object::Grant(grant.expect("there is always one more"))))
                        .expect("it is new");
                    next
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn settings() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3))
}

criterion_group! {
    name = engine;
    config = settings();
    targets = grants, one_user, groups, scopes, publish, beside::writers
}
criterion_main!(engine);
