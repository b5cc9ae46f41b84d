//! Checks of the service while changes are published beside them, on another thread.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use criterion::{BenchmarkId, Criterion};
use feedgate::{
    model::{
        Effect,
        edit::{Edit, GrantSpec, ObjectRef, PrincipalName, PrincipalRef, ScopeRef, Spec, Step},
    },
    policy::WriteRequest,
    service::{
        DecisionPoint, Retention,
        query::{Freshness, Identity, Question, Where, Who},
    },
    store::MemoryStore,
};
use futures_util::FutureExt as _;

use crate::world::{self, FIRST, Random, Size};

/// What a server of some size has.
const GRANTS: u32 = 100_000;

/// A check with all that the service does for it, alone, and with so many changes a second published.
pub fn writers(c: &mut Criterion) {
    let size = Size::of(GRANTS);
    let store = MemoryStore::holding(&world::policy(size)).expect("the world is consistent");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let point = runtime
        .block_on(DecisionPoint::open(Arc::new(store), Retention::default()))
        .expect("the world is consistent");
    let mut random = Random(12);
    let names: Vec<_> = (0..100_000)
        .map(|_| {
            let user = world::user_name(FIRST + random.below(size.users));
            let feed = world::feed_name(FIRST + random.below(size.feeds));
            (user, world::attribute_of(random.below(10)).name, feed)
        })
        .collect();
    let mut group = c.benchmark_group("check while changes are published");
    for rate in [0, 100, 1_000] {
        let over = Arc::new(AtomicBool::new(false));
        let writing = (rate > 0).then(|| {
            let (over, point, runtime) = (Arc::clone(&over), point.clone(), runtime.handle().clone());
            thread::spawn(move || runtime.block_on(write(point, size, rate, &over)))
        });
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(format!("{rate} a second")), |b| {
            b.iter(|| {
                next = (next + 1) % names.len();
                let (user, attribute, feed) = &names[next];
                let who = Who::User { directory: None, identity: Identity::Name(user) };
                let question = Question { who, attribute: attribute.as_str(), target: Where::Feed(feed) };
                // Nobody has to be waited for.
                let answer = point.check(question, Freshness::MinimizeLatency).now_or_never();
                answer.expect("it is there at once").expect("it is an answer").decision.allowed()
            });
        });
        over.store(true, Ordering::Relaxed);
        if let Some(writing) = writing {
            writing.join().expect("it wrote");
        }
    }
    group.finish();
}

/// Creates and deletes a grant in turn.
async fn write(point: DecisionPoint, size: Size, rate: u32, over: &AtomicBool) {
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
    while !over.load(Ordering::Relaxed) {
        let grant = GrantSpec {
            id: None,
            effect: Effect::Restrict,
            principal: PrincipalRef::User(PrincipalName::built_in(name(&world::user_name(FIRST)))),
            task: name("Administer"),
            scope: ScopeRef::Feed(name(&world::feed_name(FIRST + size.feeds / 2))),
            comment: None,
        };
        for edit in [
            Edit::Create(Spec::Grant(grant.clone())),
            Edit::Delete { object: ObjectRef::Grant(grant), cascade: false, missing_ok: false },
        ] {
            tick.tick().await;
            let steps = vec![Step { edit, expected_revision: None }];
            let request = WriteRequest {
                steps,
                expected: None,
                idempotency: None,
                dry_run: false,
                actor: "a bench".into(),
            };
            point.write(request).await.expect("it can be written");
        }
    }
}

fn name(name: &str) -> feedgate::model::Name {
    feedgate::model::Name::new(name).expect("generated names are valid")
}
