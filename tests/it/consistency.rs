//! How fresh an answer is: never from behind what was committed when a question came, if it says so.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use feedgate::{
    model::{ChangeSet, Credential, Revision, UserId, edit::Edit},
    policy::{Retention, WriteRequest},
    service::{
        DecisionPoint, FreshnessError, ServiceError,
        query::{Freshness, Identity, Patience, Question, Where, Who},
    },
    store::{Commit, Copied, FailAt, Head, Loaded, MemoryStore, PolicyStore, StoreError},
};
use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};

use crate::support::edits::*;

/// A store whose commits wait until they are let through.
#[derive(Debug)]
struct Held {
    store: MemoryStore,
    /// How many commits may pass.
    gate: Semaphore,
    /// How many have come.
    came: Semaphore,
}

#[async_trait]
impl PolicyStore for Held {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.store.load().await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.store.head().await
    }

    async fn changes_after(&self, revision: u64, limit: usize) -> Result<Vec<ChangeSet>, StoreError> {
        self.store.changes_after(revision, limit).await
    }

    async fn credential(&self, user: UserId) -> Result<Option<Credential>, StoreError> {
        self.store.credential(user).await
    }

    async fn commit(&self, expected: u64, commit: Commit) -> Result<Head, StoreError> {
        self.came.add_permits(1);
        self.gate.acquire().await.unwrap().forget();
        self.store.commit(expected, commit).await
    }

    async fn backup(&self) -> Result<Copied, StoreError> {
        self.store.backup().await
    }
}

struct World {
    store: Arc<Held>,
    point: DecisionPoint,
}

impl World {
    async fn new() -> Self {
        let (gate, came) = (Semaphore::new(0), Semaphore::new(0));
        let store = Arc::new(Held { store: MemoryStore::new().unwrap(), gate, came });
        let point = DecisionPoint::open(store.clone(), Retention::default()).await.unwrap();
        Self { store, point }
    }

    /// Begins to write, and returns when the store has been asked to.
    async fn begin(&self, name: &str) -> JoinHandle<Result<Revision, ServiceError>> {
        let (point, steps) = (self.point.clone(), vec![step(Edit::Create(feed(name)))]);
        let write = tokio::spawn(async move {
            let request = WriteRequest {
                steps,
                expected: None,
                idempotency: None,
                dry_run: false,
                actor: "test".into(),
            };
            point.write(request).await.map(|written| written.revision)
        });
        self.store.came.acquire().await.unwrap().forget();
        write
    }

    fn let_through(&self) {
        self.store.gate.add_permits(1);
    }

    fn revision(&self, number: u64) -> Revision {
        Revision { number, ..self.point.index().revision() }
    }

    /// Which revision a question is answered from.
    async fn ask(&self, freshness: Freshness) -> Result<u64, ServiceError> {
        let who = Who::User { directory: None, identity: Identity::Name("Admin") };
        let question = Question { who, attribute: "Admin_ConfigureProGet", target: Where::System };
        self.point.check(question, freshness).await.map(|answer| answer.revision.number)
    }
}

#[tokio::test]
async fn a_question_waits_for_what_is_under_way() {
    let world = World::new().await;
    let write = world.begin("a").await;
    let waits = Patience(Duration::from_secs(60));
    for freshness in [Freshness::AtLeast(world.revision(1), waits), Freshness::FullyConsistent(waits)] {
        timeout(Duration::from_millis(20), world.ask(freshness)).await.unwrap_err();
        let impatient = freshness.within(Duration::from_millis(20));
        let late = world.ask(impatient).await.unwrap_err();
        assert!(matches!(late, ServiceError::Freshness(FreshnessError::Late { head: 0 })), "{late}");
    }
    // What doesn't ask for more is answered at once.
    assert_eq!(world.ask(Freshness::MinimizeLatency).await.unwrap(), 0);
    assert_eq!(world.ask(Freshness::AtLeast(world.revision(0), waits)).await.unwrap(), 0);

    let (at_least, consistent, ()) = tokio::join!(
        world.ask(Freshness::AtLeast(world.revision(1), waits)),
        world.ask(Freshness::FullyConsistent(waits)),
        async { world.let_through() },
    );
    assert_eq!((at_least.unwrap(), consistent.unwrap()), (1, 1));
    assert_eq!(write.await.unwrap().unwrap(), world.revision(1));
}

#[tokio::test]
async fn what_is_not_on_its_way_is_not_waited_for() {
    let world = World::new().await;
    let error = world.ask(Freshness::AtLeast(world.revision(1), Patience::default())).await.unwrap_err();
    let expected = FreshnessError::NotReached { asked: 1, head: 0 };
    assert!(matches!(&error, ServiceError::Freshness(found) if *found == expected), "{error}");
}

/// When nobody knows what was committed last, nobody says that an answer is from there.
#[tokio::test]
async fn in_doubt_nothing_is_called_fresh() {
    let world = World::new().await;
    world.let_through();
    world.begin("a").await.await.unwrap().unwrap();
    world.store.store.fail_next(FailAt::AfterCommit, StoreError::OutcomeUnknown("told to".into()));
    let write = world.begin("b").await;
    // The store says that it has it; then it counts.
    world.let_through();
    assert_eq!(write.await.unwrap().unwrap(), world.revision(2));
    world.store.store.fail_next(FailAt::BeforeCommit, StoreError::ReadOnly("told to".into()));
    let write = world.begin("c").await;
    world.let_through();
    write.await.unwrap().unwrap_err();

    let patience = Patience::default();
    for freshness in [Freshness::FullyConsistent(patience), Freshness::AtLeast(world.revision(3), patience)] {
        let error = world.ask(freshness).await.unwrap_err();
        assert!(matches!(error, ServiceError::Freshness(FreshnessError::Unknown { .. })), "{error}");
    }
    assert_eq!(world.ask(Freshness::MinimizeLatency).await.unwrap(), 2);
    assert_eq!(world.ask(Freshness::AtLeast(world.revision(2), patience)).await.unwrap(), 2);
}
