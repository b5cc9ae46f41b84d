//! A history that doesn't go back to the beginning any more.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use feedgate::{
    analysis::{Unmetered, lint::Severity},
    model::{
        ChangeSet, Credential, Revision, UserId,
        edit::{Edit, Step},
    },
    policy::{HistoryError, Retention, WriteRequest},
    service::{
        DecisionPoint, ServiceError,
        access::{AccessAnswer, AccessPage, AccessPart},
        cursor::Fingerprint,
        lint::{LintAnswer, LintQuestion},
        lookup::{FoundFeeds, Portion},
        query::{Freshness, Identity, Who},
    },
    store::{Commit, Copied, Head, Loaded, MemoryStore, PolicyStore, StoreError},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::{ask, edits::*};

/// A store in memory that keeps its change sets from one on.
#[derive(Debug)]
struct Short {
    store: MemoryStore,
    oldest: AtomicU64,
}

#[async_trait]
impl PolicyStore for Short {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.store.load().await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.store.head().await
    }

    async fn changes_after(&self, revision: u64, limit: usize) -> Result<Vec<ChangeSet>, StoreError> {
        let oldest = self.oldest.load(Ordering::Relaxed);
        if revision + 1 < oldest {
            return Err(StoreError::Trimmed { asked: revision, oldest });
        }
        self.store.changes_after(revision, limit).await
    }

    async fn credential(&self, user: UserId) -> Result<Option<Credential>, StoreError> {
        self.store.credential(user).await
    }

    async fn commit(&self, expected: u64, commit: Commit) -> Result<Head, StoreError> {
        self.store.commit(expected, commit).await
    }

    async fn backup(&self) -> Result<Copied, StoreError> {
        self.store.backup().await
    }
}

const REQUEST: Fingerprint = Fingerprint([1; 16]);

struct World {
    store: Arc<Short>,
    point: DecisionPoint,
}

impl World {
    /// At revision 1 there are two feeds, and two groups without members that have grants.
    async fn new() -> Self {
        let store = Arc::new(Short { store: MemoryStore::new().unwrap(), oldest: AtomicU64::new(1) });
        let point = DecisionPoint::open(store.clone(), Retention::default()).await.unwrap();
        let world = Self { store, point };
        let edits = ["a", "b"].into_iter().flat_map(|name| {
            [
                Edit::Create(feed(name)),
                Edit::Create(group(name)),
                Edit::Create(permit("Manage Feed", name, Some(name))),
            ]
        });
        world.write(edits.collect()).await;
        world
    }

    async fn write(&self, edits: Vec<Edit>) {
        let steps = edits.into_iter().map(step).collect();
        let request =
            WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() };
        self.point.write(request).await.unwrap();
    }

    fn revision(&self, number: u64) -> Revision {
        Revision { number, ..self.point.index().revision() }
    }

    async fn feeds(&self, cursor: &str) -> Result<FoundFeeds, ServiceError> {
        let who = Who::User { directory: None, identity: Identity::Name("Admin") };
        let portion = Portion { cursor, limit: Some(1), request: REQUEST };
        self.point.lookup_feeds(who, "Feeds_ViewFeed", Freshness::MinimizeLatency, portion).await
    }

    async fn lint(&self, cursor: &str) -> Result<LintAnswer, ServiceError> {
        let question = LintQuestion {
            codes: Vec::new(),
            min_severity: Severity::Info,
            accepted: Vec::new(),
            limit: 1,
            cursor,
            request: REQUEST,
        };
        self.point.lint(question, Freshness::MinimizeLatency, Arc::new(Unmetered)).await
    }

    async fn preview(&self, cursor: &str) -> Result<AccessAnswer, ServiceError> {
        let steps: Vec<Step> = vec![step(delete(feedgate::model::edit::ObjectRef::Feed(name("a")), true))];
        let page = AccessPage { cursor, limit: 1, request: REQUEST };
        self.point.preview(steps, Freshness::MinimizeLatency, page, Arc::new(Unmetered)).await
    }

    async fn compare(&self, from: u64, to: u64) -> Result<AccessAnswer, ServiceError> {
        let (from, to) = (self.revision(from), self.revision(to));
        let page = AccessPage { cursor: "", limit: 1, request: REQUEST };
        self.point.compare(from, Some(to), page, Arc::new(Unmetered)).await
    }
}

#[track_caller]
fn not_retained<T>(answer: Result<T, ServiceError>, revision: u64, still: u64) {
    let Err(error) = answer else { panic!("revision {revision} was reached") };
    assert!(
        matches!(
            error,
            ServiceError::History(HistoryError::NotRetained { asked, oldest })
                if (asked, oldest) == (revision, still)
        ),
        "{error:?}"
    );
    let status = Status::from(error);
    assert_eq!(ask::reason(&status), (Code::OutOfRange, "REVISION_NOT_RETAINED".into()));
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["oldest"], still.to_string());
}

#[tokio::test]
async fn what_is_not_retained_is_not_answered_from() {
    let world = World::new().await;
    let found = world.feeds("").await.unwrap();
    let of_feeds = found.feeds.cursor_behind(found.feeds.items[0]);
    let of_lint = world.lint("").await.unwrap().next.unwrap().text();
    let AccessPart::Groups { groups, .. } = world.preview("").await.unwrap().part else { panic!() };
    let of_preview = groups[0].persons_cursor.text();

    for number in 2..=100 {
        world.write(vec![Edit::Create(user(&format!("u{number}")))]).await;
    }
    // As far as the history goes: the revision that the oldest change set began at.
    world.store.oldest.store(2, Ordering::Relaxed);
    assert_eq!(world.feeds(&of_feeds).await.unwrap().feeds.index.revision().number, 1);
    assert_eq!(world.lint(&of_lint).await.unwrap().index.revision().number, 1);
    assert_eq!(world.preview(&of_preview).await.unwrap().before.revision().number, 1);
    world.compare(1, 100).await.unwrap();
    not_retained(world.compare(0, 1).await, 0, 1);

    for oldest in [3, 50, 100] {
        world.store.oldest.store(oldest, Ordering::Relaxed);
        not_retained(world.feeds(&of_feeds).await, 1, oldest - 1);
        not_retained(world.lint(&of_lint).await, 1, oldest - 1);
        not_retained(world.preview(&of_preview).await, 1, oldest - 1);
        not_retained(world.compare(0, 100).await, 0, oldest - 1);
        not_retained(world.compare(100, 0).await, 0, oldest - 1);
        world.compare(oldest - 1, 100).await.unwrap();
        // The present needs no history.
        world.compare(100, 100).await.unwrap();
        world.feeds("").await.unwrap();
    }
}
