//! Attributes that an administrator defines, and the tasks that they are in (access model, sections 2 and 3).

use std::sync::Arc;

use feedgate::{
    model::{
        attribute::AttributeName,
        edit::{AttributeSpec, Edit, NewName, ObjectRef, Spec},
    },
    policy::{EditError, Retention, WriteError, WriteRequest},
    service::{
        DecisionPoint, ServiceError,
        query::{Freshness, Identity, Question, Where, Who},
    },
    store::MemoryStore,
};

use crate::support::edits::*;

/// Somebody of a group for each grant that there is: of all feeds, of a feed group's, of a feed.
const PEOPLE: [&str; 3] = ["all", "live", "alpha"];
const FEEDS: [&str; 2] = ["alpha", "beta"];

async fn world() -> DecisionPoint {
    let point =
        DecisionPoint::open(Arc::new(MemoryStore::new().unwrap()), Retention::default()).await.unwrap();
    let mut edits = vec![Edit::Create(task("Sign", &[])), Edit::Create(feed_group("live"))];
    edits.extend(FEEDS.map(|feed| Edit::Create(feed_in(feed, "live"))));
    for person in PEOPLE {
        edits.push(Edit::Create(group(person)));
        edits.push(Edit::Create(user(person)));
        edits.push(Edit::Create(Spec::Membership(membership(person, person))));
    }
    edits.push(Edit::Create(permit("Sign", "all", None)));
    edits.push(Edit::Create(permit_on_group("Sign", "live", "live")));
    edits.push(Edit::Create(permit("Sign", "alpha", Some("alpha"))));
    write(&point, edits).await.unwrap();
    point
}

async fn write(point: &DecisionPoint, edits: Vec<Edit>) -> Result<(), EditError> {
    let steps = edits.into_iter().map(step).collect();
    let request =
        WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() };
    match point.write(request).await {
        Ok(_) => Ok(()),
        Err(ServiceError::Write(WriteError::Edit { source, .. })) => Err(source),
        Err(other) => panic!("{other}"),
    }
}

async fn may(point: &DecisionPoint, who: &str, attribute: &str, feed: &str) -> Option<bool> {
    let who = Who::User { directory: None, identity: Identity::Name(who) };
    let question = Question { who, attribute, target: Where::Feed(feed) };
    let answer = point.check(question, Freshness::MinimizeLatency).await;
    answer.ok().map(|answer| answer.decision.allowed())
}

/// Who may on which feed.
async fn all(point: &DecisionPoint, attribute: &str) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for person in PEOPLE {
        for feed in FEEDS {
            if may(point, person, attribute, feed).await == Some(true) {
                found.push((person, feed));
            }
        }
    }
    found
}

fn attribute_ref(attribute: &str) -> ObjectRef {
    ObjectRef::Attribute(AttributeName::new(attribute).unwrap())
}

#[tokio::test]
async fn who_administers_has_a_new_attribute_at_once() {
    let point = world().await;
    assert_eq!(may(&point, "Admin", "Feeds_Sign", "alpha").await, None, "there is no such attribute");
    write(&point, vec![Edit::Create(attribute("Feeds_Sign"))]).await.unwrap();
    assert_eq!(may(&point, "Admin", "Feeds_Sign", "alpha").await, Some(true));
    assert_eq!(all(&point, "Feeds_Sign").await, []);
    write(&point, vec![delete(attribute_ref("Feeds_Sign"), false)]).await.unwrap();
    assert_eq!(may(&point, "Admin", "Feeds_Sign", "alpha").await, None);
}

#[tokio::test]
async fn what_a_task_has_every_grant_of_it_gives_at_once() {
    let point = world().await;
    let set = |attributes: &[&str]| vec![Edit::Update(task("Sign", attributes))];
    let everywhere =
        [("all", "alpha"), ("all", "beta"), ("live", "alpha"), ("live", "beta"), ("alpha", "alpha")];
    write(&point, vec![Edit::Create(attribute("Feeds_Sign"))]).await.unwrap();
    for attribute in ["Feeds_Sign", "Feeds_ViewFeed"] {
        assert_eq!(all(&point, attribute).await, []);
        write(&point, set(&["Feeds_AddPackage", attribute])).await.unwrap();
        assert_eq!(all(&point, attribute).await, everywhere);
        write(&point, set(&["Feeds_AddPackage"])).await.unwrap();
        assert_eq!(all(&point, attribute).await, []);
        assert_eq!(all(&point, "Feeds_AddPackage").await, everywhere);
    }
    // An attribute that isn't feed-scopable comes from grants on all feeds only.
    write(&point, set(&["Licenses_Manage"])).await.unwrap();
    assert_eq!(all(&point, "Licenses_Manage").await, [("all", "alpha"), ("all", "beta")]);
    // One that goes leaves the tasks that have it.
    write(&point, set(&["Feeds_Sign", "Feeds_ViewFeed"])).await.unwrap();
    write(&point, vec![delete(attribute_ref("Feeds_Sign"), true)]).await.unwrap();
    assert_eq!(may(&point, "all", "Feeds_Sign", "alpha").await, None);
    assert_eq!(all(&point, "Feeds_ViewFeed").await, everywhere);
    // And one of the same name that comes later is another.
    write(&point, vec![Edit::Create(attribute("Feeds_Sign"))]).await.unwrap();
    assert_eq!(all(&point, "Feeds_Sign").await, []);
}

#[tokio::test]
async fn other_names_of_attributes_and_feed_groups_decide_the_same() {
    let point = world().await;
    let edits = vec![
        Edit::Create(attribute("Feeds_Sign")),
        Edit::Update(task("Sign", &["Feeds_Sign", "Feeds_ViewFeed"])),
    ];
    write(&point, edits).await.unwrap();
    let before = all(&point, "Feeds_Sign").await;
    assert_eq!(before.len(), 5);
    let to = NewName::Attribute(AttributeName::new("Feeds_Seal").unwrap());
    let edits = vec![
        Edit::Rename { object: attribute_ref("Feeds_Sign"), to },
        Edit::Rename { object: ObjectRef::FeedGroup(name("live")), to: NewName::Name(name("open")) },
    ];
    write(&point, edits).await.unwrap();
    assert_eq!(all(&point, "Feeds_Seal").await, before);
    assert_eq!(all(&point, "Feeds_ViewFeed").await, before);
    assert_eq!(may(&point, "Admin", "Feeds_Sign", "alpha").await, None);
}

#[tokio::test]
async fn what_is_built_in_and_what_never_changes() {
    let point = world().await;
    write(&point, vec![Edit::Create(attribute("Feeds_Sign"))]).await.unwrap();
    let spec = |name: &str| AttributeSpec {
        name: AttributeName::new(name).unwrap(),
        label: None,
        category: None,
        feed_scopable: None,
        description: None,
    };
    let set = |spec| Edit::Update(Spec::Attribute(spec));
    let built_in = || spec("Feeds_ViewFeed");
    let seal = || NewName::Attribute(AttributeName::new("Feeds_Seal").unwrap());
    for edit in [
        set(AttributeSpec { label: Some("Look".into()), ..built_in() }),
        set(AttributeSpec { category: Some("Looking".into()), ..built_in() }),
        set(AttributeSpec { description: Some("Looks.".into()), ..built_in() }),
        set(AttributeSpec { feed_scopable: Some(false), ..built_in() }),
        Edit::Rename { object: attribute_ref("Feeds_ViewFeed"), to: seal() },
        delete(attribute_ref("Feeds_ViewFeed"), false),
        delete(attribute_ref("Feeds_ViewFeed"), true),
        set(AttributeSpec { feed_scopable: Some(false), ..spec("Feeds_Sign") }),
    ] {
        let error = write(&point, vec![edit.clone()]).await.unwrap_err();
        assert!(matches!(error, EditError::Immutable { .. }), "{edit:?}: {error}");
    }
    // All else of one's own may change.
    let own = AttributeSpec {
        label: Some("Sign".into()),
        category: Some("Signing".into()),
        feed_scopable: Some(true),
        description: Some("Signs.".into()),
        ..spec("Feeds_Sign")
    };
    write(&point, vec![set(own)]).await.unwrap();
    let taken = Edit::Rename {
        object: attribute_ref("Feeds_Sign"),
        to: NewName::Attribute(AttributeName::new("feeds_viewfeed").unwrap()),
    };
    let error = write(&point, vec![taken]).await.unwrap_err();
    assert!(matches!(error, EditError::AlreadyExists { .. }), "{error}");
}
