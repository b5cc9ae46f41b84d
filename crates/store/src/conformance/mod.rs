//! The suite that every store passes: one function a property, and a macro that makes tests of them.

mod backup;
mod history;

use std::sync::Arc;

pub use self::{backup::*, history::*};
use super::{Commit, Keyed, PolicyStore, StoreError};
use feedgate_model::*;

/// A store under test.
pub trait Harness: Sized {
    /// With a new store.
    fn new() -> Self;
    fn store(&self) -> &dyn PolicyStore;
    /// Closes the store and opens it again, where that means anything.
    fn reopen(self) -> Self;
}

/// Makes a test of every property, for one harness.
macro_rules! suite {
    ($harness:ty) => {
        $crate::conformance::suite!($harness:
            new_store_holds_the_initial_policy,
            every_kind_comes_back,
            several_change_sets_in_one_commit,
            wrong_head_is_refused,
            gaps_are_refused,
            changes_that_do_not_fit_are_refused,
            credentials_live_outside_revisions,
            history_is_read_in_order,
            old_change_sets_go,
            many_old_change_sets_go_by_and_by,
            keys_are_known_again,
            large_change_sets_come_back,
            long_objects_shrink_again,
            ids_are_never_given_twice,
            what_is_backed_up_is_restored,
            a_large_store_is_backed_up,
        );
    };
    ($harness:ty: $($property:ident,)*) => {$(
        #[tokio::test]
        async fn $property() {
            $crate::conformance::$property::<$harness>().await;
        }
    )*};
}
pub(crate) use suite;

pub fn change_set(revision: u64, changes: Vec<Change>) -> ChangeSet {
    ChangeSet {
        revision,
        at_ms: 1_700_000_000_000 + revision,
        actor: "Admin".into(),
        idempotency: None,
        changes,
    }
}

pub fn changes(change_sets: Vec<ChangeSet>) -> Commit {
    Commit { change_sets: change_sets.into_iter().map(Arc::new).collect(), ..Commit::default() }
}

pub fn updated(before: Object, after: Object) -> Change {
    Change::Updated(Box::new((before, after)))
}

pub fn grant(id: u64, revision: u64) -> Grant {
    Grant {
        id: GrantId(id),
        effect: if id.is_multiple_of(3) { Effect::Restrict } else { Effect::Permit },
        principal: Principal::User(UserId((id % 1000) as u32)),
        task: TaskId((id % 5) as u32 + 1),
        scope: Scope::Feed(FeedId((id / 1000) as u32)),
        comment: id.is_multiple_of(64).then(|| format!("grant {id}").into()),
        revision,
    }
}

pub fn created(ids: std::ops::Range<u64>, revision: u64) -> Vec<Change> {
    ids.map(|id| Change::Created(Object::Grant(grant(id, revision)))).collect()
}

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

/// One object of every kind but the settings, each different in every field at another revision.
pub fn objects(revision: u64) -> Vec<Object> {
    let text = |what: &str| format!("{what} {revision}").into_boxed_str();
    let named = |what: &str| name(&format!("{what} {revision}"));
    vec![
        Object::Attribute(Arc::new(Attribute {
            id: AttributeId(22),
            name: AttributeName::new(&format!("Custom_{revision}")).unwrap(),
            label: text("label"),
            category: text("category"),
            feed_scopable: true,
            description: text("description"),
            revision,
        })),
        Object::Task(Arc::new(Task {
            id: TaskId(6),
            name: named("Task"),
            description: text("description"),
            attributes: TaskAttributes::from_ids([AttributeId(3), AttributeId(22)]),
            revision,
        })),
        Object::Directory(Arc::new(Directory {
            id: DirectoryId(1),
            name: named("Directory"),
            domains: vec![name("example.com")],
            netbios: vec![name("EXAMPLE")],
            enabled: revision.is_multiple_of(2),
            position: 3,
            revision,
        })),
        Object::Group(Arc::new(Group {
            id: GroupId(2),
            directory: DirectoryId(1),
            name: named("Straße"),
            external_id: Some(text("external")),
            description: text("description"),
            groups: vec![GroupId(1)],
            revision,
        })),
        Object::User(Arc::new(User {
            id: UserId(2),
            directory: DirectoryId(1),
            name: named("User"),
            external_id: None,
            display_name: text("display"),
            email: text("e-mail"),
            disabled: true,
            groups: vec![GroupId(1), GroupId(2)],
            revision,
        })),
        Object::FeedGroup(Arc::new(FeedGroup {
            id: FeedGroupId(1),
            name: named("Feed Group"),
            description: text("description"),
            revision,
        })),
        Object::Feed(Arc::new(Feed {
            id: FeedId(1),
            name: named("Feed"),
            feed_type: "nuget".into(),
            alternate_names: vec![named("Other")],
            group: Some(FeedGroupId(1)),
            promote_to: Some(FeedId(1)),
            revision,
        })),
        Object::Connector(Arc::new(Connector {
            id: ConnectorId(1),
            name: named("Connector"),
            source: ConnectorSource::Url("https://example.com/index.json".into()),
            feeds: vec![FeedId(1)],
            revision,
        })),
        Object::Grant(Grant {
            id: GrantId(2),
            effect: Effect::Restrict,
            principal: Principal::AuthenticatedBy(DirectoryId(1)),
            task: TaskId(6),
            scope: Scope::FeedGroup(FeedGroupId(1)),
            comment: Some(text("comment")),
            revision,
        }),
    ]
}

pub async fn keys_are_known_again<H: Harness>() {
    let harness = H::new();
    let idempotency = Idempotency { key: "deploy 7".into(), request: [7; 32] };
    let keyed = ChangeSet { idempotency: Some(idempotency.clone()), ..change_set(2, created(2..300, 2)) };
    let commit = changes(vec![change_set(1, vec![]), keyed, change_set(3, vec![])]);
    harness.store().commit(0, commit).await.unwrap();
    let loaded = harness.reopen().store().load().await.unwrap();
    assert_eq!(loaded.keyed, [Keyed { revision: 2, actor: "Admin".into(), idempotency }]);
}

fn settings(unknown_feed: UnknownFeed, revision: u64) -> Object {
    Object::Settings(Arc::new(Settings { unknown_feed, revision, ..Settings::default() }))
}

pub async fn new_store_holds_the_initial_policy<H: Harness>() {
    let harness = H::new();
    let loaded = harness.store().load().await.unwrap();
    assert_eq!(loaded.policy, Policy::initial().unwrap());
    assert_eq!(loaded.head.revision, 0);
    assert_ne!(loaded.head.store.0, 0);
    assert_eq!(harness.store().head().await.unwrap(), loaded.head);
    let harness = harness.reopen();
    let again = harness.store().load().await.unwrap();
    assert_eq!((again.policy, again.head), (loaded.policy, loaded.head));
}

pub async fn every_kind_comes_back<H: Harness>() {
    let mut harness = H::new();
    let initial = harness.store().load().await.unwrap();
    let (first, second) = (objects(1), objects(2));
    let mut create: Vec<_> = first.iter().cloned().map(Change::Created).collect();
    create.push(updated(settings(UnknownFeed::Deny, 0), settings(UnknownFeed::AllFeedsGrants, 1)));
    let mut update: Vec<_> = first.into_iter().zip(second.clone()).map(|(a, b)| updated(a, b)).collect();
    update.push(updated(settings(UnknownFeed::AllFeedsGrants, 1), settings(UnknownFeed::Deny, 2)));
    let delete: Vec<_> = second.iter().rev().cloned().map(Change::Deleted).collect();

    let mut digests = vec![initial.head.digest];
    for (revision, changes_of, objects, unknown_feed) in [
        (1, create, objects(1), UnknownFeed::AllFeedsGrants),
        (2, update, second, UnknownFeed::Deny),
        (3, delete, vec![], UnknownFeed::Deny),
    ] {
        let commit = changes(vec![change_set(revision, changes_of)]);
        let head = harness.store().commit(revision - 1, commit).await.unwrap();
        assert_eq!((head.store, head.revision), (initial.head.store, revision));
        assert!(!digests.contains(&head.digest));
        digests.push(head.digest);

        harness = harness.reopen();
        let loaded = harness.store().load().await.unwrap();
        let mut expected = initial.policy.clone();
        let set = settings(unknown_feed, revision.min(2));
        // The ids stay used up when the objects are gone.
        for object in self::objects(1) {
            expected.next.note(object.key().kind, object.key().id);
        }
        for object in objects.into_iter().chain([set]) {
            expected.put(object);
        }
        assert_eq!(loaded.policy, expected);
        assert_eq!(loaded.head, head);
    }
}

pub async fn several_change_sets_in_one_commit<H: Harness>() {
    let harness = H::new();
    let (one, two) = (Object::Grant(grant(70, 1)), Object::Grant(Grant { comment: None, ..grant(70, 2) }));
    let commit = changes(vec![
        change_set(1, vec![Change::Created(one.clone())]),
        change_set(2, vec![]),
        change_set(3, vec![updated(one, two.clone()), Change::Created(Object::Grant(grant(71, 3)))]),
    ]);
    let sets: Vec<_> = commit.change_sets.iter().map(|set| ChangeSet::clone(set)).collect();
    assert_eq!(harness.store().commit(0, commit).await.unwrap().revision, 3);
    let harness = harness.reopen();
    let loaded = harness.store().load().await.unwrap();
    assert_eq!(Object::Grant(loaded.policy.grants[1].clone()), two);
    assert_eq!(loaded.policy.grants[2], grant(71, 3));
    assert_eq!(harness.store().changes_after(0, 9).await.unwrap(), sets);
}

pub async fn wrong_head_is_refused<H: Harness>() {
    let harness = H::new();
    let error = harness.store().commit(1, changes(vec![change_set(2, vec![])])).await.unwrap_err();
    assert!(matches!(error, StoreError::HeadMoved { expected: 1, actual: 0 }), "{error}");
    assert!(!error.outcome_unknown());
    assert_eq!(harness.store().head().await.unwrap().revision, 0);
    assert_eq!(harness.store().commit(0, changes(vec![change_set(1, vec![])])).await.unwrap().revision, 1);
}

pub async fn gaps_are_refused<H: Harness>() {
    let harness = H::new();
    for revisions in [&[2][..], &[0], &[1, 3], &[1, 1]] {
        let sets = revisions.iter().map(|revision| change_set(*revision, vec![])).collect();
        let error = harness.store().commit(0, changes(sets)).await.unwrap_err();
        assert!(matches!(error, StoreError::NotContiguous { .. }), "{error}");
    }
    let loaded = harness.store().load().await.unwrap();
    assert_eq!((loaded.head.revision, loaded.policy), (0, Policy::initial().unwrap()));
}

pub async fn changes_that_do_not_fit_are_refused<H: Harness>() {
    let harness = H::new();
    let there = Object::Grant(Policy::initial().unwrap().grants[0].clone());
    let other = Object::Grant(Grant {
        comment: Some("other".into()),
        ..Policy::initial().unwrap().grants[0].clone()
    });
    let missing = Object::Grant(grant(99, 0));
    for change in [
        Change::Created(there.clone()),
        Change::Deleted(other.clone()),
        Change::Deleted(missing.clone()),
        updated(other.clone(), there.clone()),
        updated(missing.clone(), missing.clone()),
        updated(there.clone(), missing),
        Change::Deleted(settings(UnknownFeed::Deny, 0)),
    ] {
        let fits = Change::Created(Object::Grant(grant(98, 1)));
        let commit = changes(vec![change_set(1, vec![fits, change])]);
        let error = harness.store().commit(0, commit).await.unwrap_err();
        assert!(matches!(error, StoreError::Mismatch(_)), "{error}");
    }
    let loaded = harness.store().load().await.unwrap();
    assert_eq!((loaded.head.revision, loaded.policy), (0, Policy::initial().unwrap()));
    harness.store().commit(0, changes(vec![change_set(1, vec![updated(there, other)])])).await.unwrap();
}

pub async fn credentials_live_outside_revisions<H: Harness>() {
    let mut harness = H::new();
    let set = |user, secret: &str| {
        let secret = Secret::Argon2id(secret.into());
        (UserId(user), Some(Credential { user: UserId(user), secret, must_change: user == 2 }))
    };
    let old = Secret::ProGet { hash: vec![1; 20].into(), salt: vec![2; 10].into() };
    let first = (UserId(1), Some(Credential { user: UserId(1), secret: old, must_change: false }));
    assert_eq!(harness.store().credential(UserId(1)).await.unwrap(), None);
    let before = harness.store().head().await.unwrap();
    for credentials in [
        vec![first.clone(), set(2, "two")],
        vec![set(1, "new"), (UserId(2), None)],
        vec![(UserId(1), None), set(2, "again")],
    ] {
        let expected = credentials.clone();
        let head = harness.store().commit(0, Commit { credentials, ..Commit::default() }).await.unwrap();
        assert_eq!(head, before);
        harness = harness.reopen();
        assert_eq!(harness.store().load().await.unwrap().policy, Policy::initial().unwrap());
        for (user, credential) in expected {
            assert_eq!(harness.store().credential(user).await.unwrap(), credential);
        }
    }
    let foreign = vec![(UserId(3), first.1)];
    let error =
        harness.store().commit(0, Commit { credentials: foreign, ..Commit::default() }).await.unwrap_err();
    assert!(matches!(error, StoreError::Mismatch(_)), "{error}");
}

pub async fn large_change_sets_come_back<H: Harness>() {
    let harness = H::new();
    let mut set = change_set(1, created(2..40_002, 1));
    set.idempotency = Some(Idempotency { key: "key".into(), request: [7; 32] });
    harness.store().commit(0, changes(vec![set.clone()])).await.unwrap();
    let harness = harness.reopen();
    assert_eq!(harness.store().changes_after(0, 1).await.unwrap(), [set]);
    let grants = harness.store().load().await.unwrap().policy.grants;
    assert_eq!(grants.len(), 40_001);
    assert_eq!(grants[1..], (2..40_002).map(|id| grant(id, 1)).collect::<Vec<_>>());
    // And away with every third of them.
    let gone =
        grants.iter().filter(|grant| grant.id.0 % 3 == 0).cloned().map(Object::Grant).map(Change::Deleted);
    harness.store().commit(1, changes(vec![change_set(2, gone.collect())])).await.unwrap();
    let harness = harness.reopen();
    let left = harness.store().load().await.unwrap().policy.grants;
    assert_eq!(left, grants.into_iter().filter(|grant| grant.id.0 % 3 != 0).collect::<Vec<_>>());
}

pub async fn long_objects_shrink_again<H: Harness>() {
    let mut harness = H::new();
    let group = |len: usize, revision| {
        let description = "long ".repeat(len).into_boxed_str();
        let id = FeedGroupId(1);
        Object::FeedGroup(Arc::new(FeedGroup { id, name: name("Group"), description, revision }))
    };
    let steps = [
        Change::Created(group(100_000, 1)),
        updated(group(100_000, 1), group(1, 2)),
        updated(group(1, 2), group(5_000, 3)),
        Change::Deleted(group(5_000, 3)),
    ];
    for (revision, change) in (1..).zip(steps) {
        let after = change.after().cloned();
        harness
            .store()
            .commit(revision - 1, changes(vec![change_set(revision, vec![change])]))
            .await
            .unwrap();
        harness = harness.reopen();
        let loaded = harness.store().load().await.unwrap();
        assert_eq!(loaded.policy.feed_groups.into_iter().map(Object::FeedGroup).next(), after);
    }
}

pub async fn ids_are_never_given_twice<H: Harness>() {
    let harness = H::new();
    let newest = Object::Grant(grant(500, 1));
    let commit = changes(vec![change_set(1, vec![Change::Created(newest.clone())])]);
    harness.store().commit(0, commit).await.unwrap();
    let commit = changes(vec![change_set(2, vec![Change::Deleted(newest)])]);
    harness.store().commit(1, commit).await.unwrap();
    let harness = harness.reopen();
    let loaded = harness.store().load().await.unwrap();
    assert_eq!(loaded.policy.grants.len(), 1);
    assert_eq!(loaded.policy.next.of(Kind::Grant), 501);
}
