//! What somebody has accepted stays accepted, and nothing else does.

use std::sync::Arc;

use feedgate::{
    analysis::{
        Unmetered,
        lint::{Code, Finding, Severity, Suppression},
    },
    engine::Index,
    model::{
        DirectoryId, Kind, Name, NameKey, ObjectKey,
        edit::{ObjectRef, PrincipalName, Step},
    },
    policy::{Retention, WriteRequest},
    service::{
        DecisionPoint,
        cursor::Fingerprint,
        lint::{Accepted, LintQuestion},
        query::Freshness,
    },
    store::MemoryStore,
};

use super::{found, object, policy};

/// Some may download what they can't view: Ann and Cyd on three feeds, Bob on one of them.
const DOWNLOADS: &str = "
version: 1
tasks: [{name: Download Packages, attributes: [Feeds_DownloadPackage]}]
users: [{name: ann}, {name: bob}, {name: cyd}]
groups: [{name: devs, members: [ann, cyd]}]
feeds: [{name: one}, {name: two}, {name: three}]
grants:
  - {permit: Download Packages, to: {group: devs}, scope: all}
  - {permit: Download Packages, to: {user: bob}, scope: {feed: one}}
";

/// Ann and Bob escape a restriction by permissions of their own.
const ESCAPES: &str = "
version: 1
tasks: [{name: View Packages, attributes: [Feeds_ViewFeed]}]
users: [{name: ann}, {name: bob}]
groups: [{name: devs, members: [ann, bob]}, {name: seniors, members: [bob]}]
feeds: [{name: npm}]
grants:
  - {restrict: View Packages, to: {group: devs}, scope: {feed: npm}}
  - {permit: View Packages, to: {user: ann}, scope: all}
  - {permit: View Packages, to: {user: bob}, scope: all}
";

fn key(index: &Index, kind: Kind, name: &str) -> ObjectKey {
    let named = NameKey::new(name).unwrap();
    let id = match kind {
        Kind::User => index.user_named(DirectoryId::BUILT_IN, &named).unwrap().id.0,
        Kind::Group => index.group_named(DirectoryId::BUILT_IN, &named).unwrap().id.0,
        Kind::Feed => index.feed_named(&named).unwrap().id.0,
        _ => name.parse().unwrap(),
    };
    ObjectKey { kind, id: id.into() }
}

/// The findings that are left and those that are suppressed: whom and what each is about.
fn with(text: &str, code: Code, kind: Kind, name: &str) -> [Vec<String>; 2] {
    let index = policy("suppressions", text);
    let accepted = Suppression { code, object: key(&index, kind, name), reason: "seen".into() };
    let findings = found(&index, &[accepted]);
    let (suppressed, left): (Vec<Finding>, Vec<_>) =
        findings.into_iter().filter(|it| it.code == code).partition(|it| it.suppressed.is_some());
    let about = |it: &Finding| {
        let objects: Vec<_> = it.objects.iter().map(|key| object(&index, *key)).collect();
        objects.join(", ")
    };
    [left, suppressed].map(|findings| findings.iter().map(about).collect())
}

#[test]
fn of_people_on_feeds() {
    let code = Code::WithoutView;
    let check = |kind, name, left: &[&str], suppressed: &[&str]| {
        assert_eq!(with(DOWNLOADS, code, kind, name), [left, suppressed], "{kind} {name}");
    };
    // The same people on several feeds are one finding.
    let all = "feed one, feed two, feed three, user ann, user cyd";
    let on_two = "feed two, user ann, user cyd";
    check(
        Kind::Feed,
        "two",
        &["feed one, user ann, user bob, user cyd", "feed three, user ann, user cyd"],
        &[on_two],
    );
    check(
        Kind::User,
        "ann",
        &["feed one, user bob, user cyd", "feed two, feed three, user cyd"],
        &["feed one, feed two, feed three, user ann"],
    );
    check(Kind::User, "bob", &[all], &["feed one, user bob"]);
    check(Kind::Group, "devs", &["feed one, user bob"], &[all]);
    // Of another code, nothing is accepted.
    let [left, suppressed] = with(DOWNLOADS, Code::NeverDecides, Kind::Feed, "one");
    assert_eq!((left.len(), suppressed.len()), (0, 0));
}

#[test]
fn of_those_who_escape_a_restriction() {
    let code = Code::RestrictionDefeatedByUser;
    let [all, ann, bob] = [
        "grant 2, user ann, user bob, grant 3, grant 4",
        "grant 2, user ann, grant 3",
        "grant 2, user bob, grant 4",
    ];
    let check = |kind, name, left: &[&str], suppressed: &[&str]| {
        assert_eq!(with(ESCAPES, code, kind, name), [left, suppressed], "{kind} {name}");
    };
    check(Kind::User, "ann", &[bob], &[ann]);
    check(Kind::Group, "seniors", &[ann], &[bob]);
    check(Kind::Group, "devs", &[], &[all]);
    check(Kind::Grant, "4", &[ann], &[bob]);
    check(Kind::Grant, "2", &[], &[all]);
}

/// A permission that was accepted doesn't open the door for the next one.
#[test]
fn of_permissions_that_defeat_by_scope() {
    let one = "
version: 1
feeds: [{name: one}, {name: two}]
grants:
  - {restrict: View & Download Packages, to: anonymous, scope: all}
  - {permit: View & Download Packages, to: everyone, scope: {feed: one}}
";
    let two = format!("{one}  - {{permit: View & Download Packages, to: everyone, scope: {{feed: two}}}}\n");
    let code = Code::RestrictionDefeatedByScope;
    assert_eq!(with(one, code, Kind::Grant, "3"), [vec![], vec!["grant 2, grant 3".to_owned()]]);
    assert_eq!(with(&two, code, Kind::Grant, "3"), [vec!["grant 2, grant 3, grant 4".to_owned()], vec![]]);
    assert_eq!(with(&two, code, Kind::Grant, "2")[0], Vec::<String>::new());
}

/// A promotion is accepted by the feed that it comes from, and by the one that it goes to.
#[test]
fn of_promotions() {
    let text = "
version: 1
tasks: [{name: Accept, attributes: [Feeds_ViewFeed, Feeds_AcceptPackagePromotions]}]
users: [{name: ann}]
feeds: [{name: to}, {name: from, promote_to: to}, {name: also from, promote_to: to}]
grants: [{permit: Accept, to: {user: ann}, scope: {feed: to}}]
";
    let both = || vec!["feed to, feed from, feed also from, user ann".to_owned()];
    let code = Code::PromotionWithoutSource;
    assert_eq!(with(text, code, Kind::Feed, "to"), [vec![], both()]);
    let [left, suppressed] = with(text, code, Kind::Feed, "from");
    assert_eq!(left, ["feed to, feed also from, user ann"]);
    assert_eq!(suppressed, ["feed to, feed from, user ann"]);
}

#[tokio::test]
async fn that_meet_nothing() {
    let point =
        DecisionPoint::open(Arc::new(MemoryStore::new().unwrap()), Retention::default()).await.unwrap();
    let edits = super::edits_of("suppressions", DOWNLOADS);
    let steps = edits.into_iter().map(|edit| Step { edit, expected_revision: None }).collect();
    let request =
        WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() };
    point.write(request).await.unwrap();
    let named = |name| PrincipalName::Named { directory: None, name: Name::new(name).unwrap() };
    let accepted = |code, object| Accepted { code, object, reason: "seen".into() };
    let question = LintQuestion {
        codes: vec![Code::WithoutView],
        min_severity: Severity::Info,
        accepted: vec![
            accepted(Code::WithoutView, ObjectRef::User(named("Admin"))),
            accepted(Code::WithoutView, ObjectRef::User(named("bob"))),
            accepted(Code::NeverDecides, ObjectRef::GrantId(2)),
            accepted(Code::WithoutView, ObjectRef::Group(named("devs"))),
        ],
        limit: 100,
        cursor: "",
        request: Fingerprint([0; 16]),
    };
    let answer = point.lint(question, Freshness::MinimizeLatency, Arc::new(Unmetered)).await.unwrap();
    assert_eq!(answer.unused, [0, 2]);
    assert_eq!(answer.counts, [(Code::WithoutView, 2, 2)]);
}
