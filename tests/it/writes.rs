//! Change sets: all or nothing, once, in order, and only if the store has them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use feedgate::{
    model::{
        BuiltInTask, GroupId, Idempotency, Kind, Principal, Revision, StoreId, TaskAttributes, UserId,
        edit::{Edit, Member, NewName, ObjectRef, Spec, Step},
    },
    policy::{EditError, Retention, WriteError, WriteRequest, Written},
    service::{
        DecisionPoint, ServiceError,
        query::{Freshness, Identity, Question, Where, Who},
    },
    store::{FailAt, MemoryStore, PolicyStore, StoreError},
};

use crate::support::edits::*;

struct Point {
    point: DecisionPoint,
    store: Arc<MemoryStore>,
}

fn request(edits: Vec<Edit>) -> WriteRequest {
    let steps = edits.into_iter().map(step).collect();
    WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() }
}

impl Point {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new().unwrap());
        Self { point: DecisionPoint::open(store.clone(), Retention::default()).await.unwrap(), store }
    }

    async fn send(&self, request: WriteRequest) -> Result<Written, WriteError> {
        self.point.write(request).await.map_err(|error| match error {
            ServiceError::Write(error) => error,
            other => panic!("{other}"),
        })
    }

    async fn write(&self, edits: Vec<Edit>) -> Written {
        self.send(request(edits)).await.unwrap()
    }

    /// The error of an edit behind one that is good, and of which nothing may remain.
    async fn refuse(&self, edit: Edit) -> EditError {
        let (users, head) = (self.count(Kind::User), self.revision());
        match self.send(request(vec![Edit::Create(user("not-to-be")), edit])).await {
            Err(WriteError::Edit { step: 1, source }) => {
                assert_eq!((users, head), (self.count(Kind::User), self.revision()));
                source
            }
            other => panic!("{other:?}"),
        }
    }

    fn revision(&self) -> Revision {
        self.point.index().revision()
    }

    fn count(&self, kind: Kind) -> usize {
        self.point.index().count(kind)
    }
}

#[tokio::test]
async fn a_change_set_is_one_revision_and_nothing_is_none() {
    let point = Point::new().await;
    let written = point.write(vec![Edit::Create(user("ann")), Edit::Create(group("devs"))]).await;
    assert_eq!((written.revision.number, written.summary.created, written.changes.len()), (1, 2, 2));
    let again = point.write(vec![Edit::Put(user("ANN")), Edit::Put(group("devs"))]).await;
    assert_eq!((again.revision.number, again.changes.len()), (1, 0));
    assert_eq!(point.store.head().await.unwrap().revision, 1);
}

#[tokio::test]
async fn an_object_that_changes_twice_changed_once() {
    let point = Point::new().await;
    let membership = membership("devs", "ann");
    let edits = vec![
        Edit::Create(group("devs")),
        Edit::Create(user("ann")),
        Edit::Create(Spec::Membership(membership)),
    ];
    let written = point.write(edits).await;
    assert_eq!((written.summary.created, written.summary.updated), (2, 0));
}

#[tokio::test]
async fn preconditions() {
    let point = Point::new().await;
    point.write(vec![Edit::Create(user("ann"))]).await;
    let expecting =
        |expected| WriteRequest { expected: Some(expected), ..request(vec![Edit::Create(user("bob"))]) };
    let head = point.revision();
    let error = point.send(expecting(Revision { number: 0, ..head })).await.unwrap_err();
    assert!(matches!(error, WriteError::RevisionMismatch { expected: 0, head: 1 }), "{error}");
    let error =
        point.send(expecting(Revision { store: StoreId(head.store.0 ^ 1), ..head })).await.unwrap_err();
    assert!(matches!(error, WriteError::OtherStore { .. }), "{error}");
    point.send(expecting(head)).await.unwrap();

    let object = |expected_revision| {
        let edit = delete(ObjectRef::User(built_in("ann")), false);
        WriteRequest {
            steps: vec![Step { edit, expected_revision: Some(expected_revision) }],
            ..request(vec![])
        }
    };
    let error = point.send(object(2)).await.unwrap_err();
    assert!(
        matches!(
            error,
            WriteError::Edit { source: EditError::ObjectMoved { expected: 2, actual: 1, .. }, .. }
        ),
        "{error}"
    );
    point.send(object(1)).await.unwrap();
}

#[tokio::test]
async fn a_dry_run_says_everything_and_does_nothing() {
    let point = Point::new().await;
    let dry = WriteRequest { dry_run: true, ..request(vec![Edit::Create(user("ann"))]) };
    let written = point.send(dry).await.unwrap();
    assert_eq!((written.summary.created, written.revision.number, written.dry_run), (1, 0, true));
    assert_eq!(point.revision().number, 0);
}

#[tokio::test]
async fn a_key_makes_a_request_happen_once() {
    let point = Point::new().await;
    let keyed = |hash: u8, edits| WriteRequest {
        idempotency: Some(Idempotency { key: "deploy".into(), request: [hash; 32] }),
        ..request(edits)
    };
    let create = || vec![Edit::Create(user("ann"))];
    let first = point.send(keyed(1, create())).await.unwrap();
    point.write(vec![Edit::Create(user("bob"))]).await;
    let again = point.send(keyed(1, create())).await.unwrap();
    assert_eq!((again.revision, again.summary.created, again.replayed), (first.revision, 1, true));
    let error = point.send(keyed(2, vec![Edit::Create(user("cyd"))])).await.unwrap_err();
    assert!(matches!(error, WriteError::KeyReused(_)), "{error}");
    // A dry run takes no notice of keys.
    let dry = WriteRequest { dry_run: true, ..keyed(2, vec![Edit::Create(user("cyd"))]) };
    assert!(!point.send(dry).await.unwrap().replayed);

    // And after a restart.
    point.point.close().await;
    let reopened = DecisionPoint::open(point.store.clone(), Retention::default()).await.unwrap();
    let again = reopened.write(keyed(1, create())).await.unwrap();
    assert_eq!((again.revision, again.replayed), (first.revision, true));
}

#[tokio::test]
async fn a_key_is_remembered_even_if_nothing_changes() {
    let point = Point::new().await;
    let keyed = |edits| WriteRequest {
        idempotency: Some(Idempotency { key: "again".into(), request: [1; 32] }),
        ..request(edits)
    };
    let nothing = || vec![Edit::Put(user("Admin"))];
    assert_eq!(point.send(keyed(nothing())).await.unwrap().revision.number, 1);
    let again = point.send(keyed(nothing())).await.unwrap();
    assert_eq!((again.revision.number, again.replayed), (1, true));
}

#[tokio::test]
async fn deleting_what_is_referred_to_is_refused_with_what_refers_to_it() {
    let point = Point::new().await;
    point
        .write(vec![
            Edit::Create(group("devs")),
            Edit::Create(user("ann")),
            Edit::Create(Spec::Membership(membership("devs", "ann"))),
            Edit::Create(feed("alpha")),
            Edit::Create(task("Look", &["Feeds_ViewFeed"])),
            Edit::Create(permit("Look", "devs", Some("alpha"))),
        ])
        .await;
    for (object, by) in [
        (ObjectRef::Group(built_in("devs")), "user ann, grant 2 (permit Look to group devs on feed alpha)"),
        (ObjectRef::Feed(name("alpha")), "grant 2 (permit Look to group devs on feed alpha)"),
        (ObjectRef::Task(name("Look")), "grant 2 (permit Look to group devs on feed alpha)"),
    ] {
        let error = point.refuse(delete(object, false)).await;
        assert!(error.to_string().contains(&format!("still referred to by {by};")), "{error}");
    }
    let written = point.write(vec![delete(ObjectRef::Group(built_in("devs")), true)]).await;
    assert_eq!((written.summary.deleted, written.summary.updated), (2, 1));
    point.write(vec![delete(ObjectRef::Feed(name("alpha")), false)]).await;
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let point = Point::new().await;
    point.write(vec![Edit::Create(user("ann")), Edit::Create(group("devs"))]).await;
    for (edit, message) in [
        (Edit::Create(user("Ann")), "the user `ann` has the name `Ann` already"),
        (Edit::Update(user("bob")), "no user is called `bob`; `feedgate list users` shows all"),
        (
            Edit::Create(task("Look", &["Feeds_Look"])),
            "no attribute is called `Feeds_Look`; `feedgate list attributes` shows all",
        ),
        (
            Edit::Create(permit("Look", "devs", None)),
            "no task is called `Look`; `feedgate list tasks` shows all",
        ),
        (
            Edit::Create(permit("Administer", "devs", Some("alpha"))),
            "no feed is called `alpha`; `feedgate list feeds` shows all",
        ),
        (
            Edit::Create(permit("Administer", "ops", None)),
            "no group is called `ops`; `feedgate list groups` shows all",
        ),
        (
            Edit::Create(attribute("feeds_viewfeed")),
            "the attribute `Feeds_ViewFeed` has the name `feeds_viewfeed` already",
        ),
        (
            Edit::Create(Spec::Membership(membership("devs", "bob"))),
            "no user is called `bob`; `feedgate list users` shows all",
        ),
        (
            delete(ObjectRef::Membership(membership("devs", "ann")), false),
            "ann is not directly in the group devs",
        ),
        (Edit::Create(Spec::Settings(Default::default())), "the settings `settings` exists already"),
        (
            delete(ObjectRef::Directory(name("built-in")), true),
            "the directory `built-in` can't be changed so: it is built in",
        ),
    ] {
        assert_eq!(point.refuse(edit).await.to_string(), message);
    }
    let many: Vec<_> = (22..=64).map(|n| Edit::Create(attribute(&format!("Custom_{n}")))).collect();
    point.write(many).await;
    let error = point.refuse(Edit::Create(attribute("Custom_65"))).await;
    assert_eq!(error, EditError::LimitExceeded { what: "the catalogue of attributes", limit: 64 });
}

#[tokio::test]
async fn what_the_store_has_not_is_not_there() {
    let point = Point::new().await;
    let unknown = || StoreError::OutcomeUnknown("pulled the plug".into());

    // It failed, and the store says that it hasn't it.
    point.store.fail_next(FailAt::BeforeCommit, unknown());
    let error = point.send(request(vec![Edit::Create(user("ann"))])).await.unwrap_err();
    assert!(matches!(error, WriteError::Store(_)), "{error}");
    assert_eq!((point.revision().number, point.count(Kind::User)), (0, 1));

    // It failed, and the store has it all the same.
    point.store.fail_next(FailAt::AfterCommit, unknown());
    let written = point.write(vec![Edit::Create(user("ann"))]).await;
    assert_eq!((written.revision.number, point.revision().number), (1, 1));
    point.write(vec![Edit::Create(user("bob"))]).await;
    assert_eq!(point.store.head().await.unwrap().revision, 2);
    assert!(point.point.trouble().is_none());

    // It failed for good: nothing of it is visible, and that is said.
    point.store.fail_next(FailAt::BeforeCommit, StoreError::ReadOnly("the disk is gone".into()));
    let error = point.send(request(vec![Edit::Create(user("cyd"))])).await.unwrap_err();
    assert!(matches!(error, WriteError::Store(_)), "{error}");
    assert_eq!((point.point.trouble().is_some(), point.revision().number), (true, 2));
    let error = point.send(request(vec![Edit::Create(user("dan"))])).await.unwrap_err();
    assert!(matches!(error, WriteError::Store(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_once_make_contiguous_revisions() {
    let point = Arc::new(Point::new().await);
    let writes: Vec<_> = (0..200)
        .map(|n| {
            let point = point.clone();
            tokio::spawn(async move {
                point.write(vec![Edit::Create(user(&format!("user-{n}")))]).await.revision.number
            })
        })
        .collect();
    let mut revisions = Vec::new();
    for write in writes {
        revisions.push(write.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=200).collect::<Vec<_>>());
    assert_eq!(point.store.changes_after(0, 1000).await.unwrap().len(), 200);
}

#[tokio::test]
async fn a_closed_point_still_answers_but_takes_no_changes() {
    let point = Point::new().await;
    point.point.close().await;
    let error = point.send(request(vec![Edit::Create(user("ann"))])).await.unwrap_err();
    assert!(matches!(error, WriteError::Closed), "{error}");
    assert!(point.point.trouble().is_some());
    assert_eq!(point.count(Kind::User), 1);
}

#[tokio::test]
async fn a_built_in_task_comes_back_under_the_name_it_has() {
    let point = Point::new().await;
    let look = |task: &str| ObjectRef::Task(name(task));
    let restore = || Edit::RestoreTask(name("View & Download Packages"));
    let attributes = |point: &Point, id| match &point.point.index().task(id).unwrap().attributes {
        TaskAttributes::All => None,
        TaskAttributes::These(ids) => Some(ids.len()),
    };
    let id = BuiltInTask::ViewAndDownloadPackages.id();

    point.write(vec![Edit::Update(task("View & Download Packages", &["Feeds_ViewFeed"]))]).await;
    assert_eq!(attributes(&point, id), Some(1));
    let renamed = Edit::Rename { object: look("View & Download Packages"), to: NewName::Name(name("Read")) };
    point.write(vec![renamed, restore()]).await;
    assert_eq!(attributes(&point, id), Some(2));
    assert_eq!(point.point.index().task(id).unwrap().name.as_str(), "Read");

    point.write(vec![delete(look("Read"), false)]).await;
    point.write(vec![restore()]).await;
    assert_eq!(point.point.index().task(id).unwrap().name.as_str(), "View & Download Packages");
    // Restoring what is as it was changes nothing.
    assert_eq!(point.write(vec![restore()]).await.changes.len(), 0);
}

#[tokio::test]
async fn renaming_moves_nothing_and_an_old_name_inherits_nothing() {
    let point = Point::new().await;
    let devs = || ObjectRef::Group(built_in("devs"));
    point
        .write(vec![
            Edit::Create(group("devs")),
            Edit::Create(user("ann")),
            Edit::Create(Spec::Membership(membership("devs", "ann"))),
            Edit::Create(permit("Administer", "devs", None)),
        ])
        .await;
    let allowed = async |point: &Point| {
        let who = Who::User { directory: None, identity: Identity::Name("ann") };
        let question = Question { who, attribute: "Feeds_ViewFeed", target: Where::System };
        point.point.check(question, Freshness::MinimizeLatency).await.unwrap().decision.allowed()
    };
    assert!(allowed(&point).await);
    point.write(vec![Edit::Rename { object: devs(), to: NewName::Name(name("crew")) }]).await;
    assert!(allowed(&point).await);

    // A new group under the old name is another group, and a new user under an old name is another user.
    point.write(vec![Edit::Create(group("devs"))]).await;
    assert_eq!(point.point.index().grants_of(Principal::Group(GroupId(3))).count(), 0);
    point.write(vec![delete(ObjectRef::User(built_in("ann")), false)]).await;
    point.write(vec![Edit::Create(user("ann"))]).await;
    assert!(!allowed(&point).await);
}

/// An import puts a user into its groups one by one. What that costs must not grow with their square.
#[tokio::test]
async fn a_user_joins_very_many_groups_in_one_change_set() {
    const GROUPS: usize = 20_000;
    let point = Point::new().await;
    let groups: Vec<_> = (0..GROUPS).map(|number| format!("g{number}")).collect();
    let mut edits = vec![Edit::Create(user("ann"))];
    edits.extend(groups.iter().map(|name| Edit::Create(group(name))));
    edits.extend(groups.iter().map(|name| Edit::SetMembers {
        group: built_in(name),
        members: vec![Member::User(built_in("ann"))],
    }));
    let started = Instant::now();
    let written = point.write(edits).await;
    // Before, more than 27 s in an optimised build.
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(written.summary.created, 1 + GROUPS);
    let ann =
        point.point.index().users_from(UserId(0)).find(|user| user.name.as_str() == "ann").cloned().unwrap();
    assert_eq!(ann.groups.len(), GROUPS);
}

/// Names as users write them.
#[tokio::test]
async fn a_reference_to_a_task_may_have_and_for_an_ampersand() {
    let point = Point::new().await;
    point.write(vec![Edit::Create(group("devs"))]).await;
    let written = point.write(vec![Edit::Create(permit("View and Download Packages", "devs", None))]).await;
    assert_eq!(written.summary.created, 1);
    let error = point.refuse(Edit::Create(permit("View & Download Packages", "devs", None))).await;
    assert!(matches!(error, EditError::AlreadyExists { .. }), "{error}");
    // A task of that very name is another one, and wins from then on.
    point.write(vec![Edit::Create(task("View and Download Packages", &[]))]).await;
    point.write(vec![Edit::Create(permit("View and Download Packages", "devs", None))]).await;
    assert_eq!(point.count(Kind::Task), 6);
}

#[tokio::test]
async fn what_is_not_found_may_be_called_similarly() {
    let point = Point::new().await;
    point.write(vec![Edit::Create(user("build-agent")), Edit::Create(feed("npm-approved"))]).await;
    for (edit, message) in [
        (
            Edit::Create(permit("Veiw & Download Packages", "Administrators", None)),
            "no task is called `Veiw & Download Packages`; did you mean `View & Download Packages`? \
             `feedgate list tasks` shows all",
        ),
        (
            Edit::Create(permit("Administer", "Administrator", None)),
            "no group is called `Administrator`; did you mean `Administrators`? `feedgate list groups` shows all",
        ),
        (
            delete(ObjectRef::User(built_in("buildagent")), false),
            "no user is called `buildagent`; did you mean `build-agent`? `feedgate list users` shows all",
        ),
        (
            delete(ObjectRef::Feed(name("npm")), false),
            "no feed is called `npm`; `feedgate list feeds` shows all",
        ),
        (
            Edit::Create(task("T", &["Feeds_ViewFeeds"])),
            "no attribute is called `Feeds_ViewFeeds`; did you mean `Feeds_ViewFeed`? \
             `feedgate list attributes` shows all",
        ),
    ] {
        assert_eq!(point.refuse(edit).await.to_string(), message);
    }
}
