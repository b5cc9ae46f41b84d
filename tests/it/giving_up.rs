//! Work that nobody waits for any more ends, and leaves its place to other work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use feedgate::{
    analysis::{Cancelled, Meter, Unmetered, lint::Severity},
    grpc::pb,
    model::edit::{Edit, GrantSpec, PrincipalRef, ScopeRef},
    policy::{Retention, WriteRequest},
    service::{
        DecisionPoint, ServiceError,
        access::{AccessPage, SharedMeter},
        cursor::Fingerprint,
        lint::LintQuestion,
        query::Freshness,
    },
    store::MemoryStore,
};
use tokio::time::timeout;

use crate::support::{ask, edits::*, server::Server, write};

/// More work than waits for its turn at a time.
const MUCH: usize = 200;
const REQUEST: Fingerprint = Fingerprint([1; 16]);

/// Gives up when some steps are done.
struct Until(AtomicU64);

impl Meter for Until {
    fn at(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        assert!(done <= total);
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 0 { Err(Cancelled) } else { Ok(()) }
    }
}

fn until(steps: u64) -> SharedMeter {
    Arc::new(Until(AtomicU64::new(steps)))
}

async fn point() -> DecisionPoint {
    let point =
        DecisionPoint::open(Arc::new(MemoryStore::new().unwrap()), Retention::default()).await.unwrap();
    let steps = (0..10).map(|number| step(Edit::Create(feed(&format!("feed-{number}"))))).collect();
    let request =
        WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() };
    point.write(request).await.unwrap();
    point
}

async fn lint(point: &DecisionPoint, meter: SharedMeter) -> Result<(), ServiceError> {
    let question = LintQuestion {
        codes: Vec::new(),
        min_severity: Severity::Info,
        accepted: Vec::new(),
        limit: 10,
        cursor: "",
        request: REQUEST,
    };
    point.lint(question, Freshness::MinimizeLatency, meter).await.map(drop)
}

async fn preview(point: &DecisionPoint, meter: SharedMeter) -> Result<(), ServiceError> {
    let everything = Edit::Create(feedgate::model::edit::Spec::Grant(GrantSpec {
        id: None,
        effect: feedgate::model::Effect::Permit,
        principal: PrincipalRef::Everyone,
        task: name("Administer"),
        scope: ScopeRef::AllFeeds,
        comment: None,
    }));
    let page = AccessPage { cursor: "", limit: 10, request: REQUEST };
    point.preview(vec![step(everything)], Freshness::MinimizeLatency, page, meter).await.map(drop)
}

#[tokio::test]
async fn work_that_is_given_up_ends_with_an_error_and_leaves_its_place() {
    let point = point().await;
    for number in 0..MUCH {
        let meter = until(number as u64 % 3);
        let answer = if number % 2 == 0 { lint(&point, meter).await } else { preview(&point, meter).await };
        assert!(matches!(answer, Err(ServiceError::Cancelled(_))), "{answer:?}");
    }
    timeout(Duration::from_secs(20), lint(&point, Arc::new(Unmetered))).await.unwrap().unwrap();
    timeout(Duration::from_secs(20), preview(&point, Arc::new(Unmetered))).await.unwrap().unwrap();
}

/// Readers that go away, before the work begins, while it waits or when it is done.
#[tokio::test]
async fn a_stream_that_is_dropped_leaves_its_place() {
    let server = Server::start();
    let changes = (0..500).map(|number| write::create(write::feed(&format!("feed-{number}")))).collect();
    server.policy().write(write::write(changes)).await.unwrap();
    let mut analysis = server.analysis();
    for number in 0..MUCH {
        let stream = analysis.lint(pb::LintRequest::default()).await.unwrap();
        if number % 10 == 0 {
            tokio::task::yield_now().await;
        }
        drop(stream);
    }
    let start = Instant::now();
    loop {
        let answer = ask::all(analysis.lint(pb::LintRequest::default()).await).await;
        match answer {
            Ok(answer) => break assert!(answer.last().is_some()),
            Err(status) => assert_eq!(ask::reason(&status).1, "OVERLOADED", "{status:?}"),
        }
        assert!(start.elapsed() < Duration::from_secs(30), "its places are taken for good");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
