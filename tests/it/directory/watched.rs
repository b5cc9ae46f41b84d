//! What watchers are told about people of external directories: every decision that changes is covered, by `affected` of
//! a change set or by an event of a directory.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use feedgate::{
    analysis::{Affected, Entry, Named, Place, affected},
    directory::{
        Ages, Connections, FoundKind, LookedUp, MembershipChange, Named as Looked, Names, News, Person, Reach,
    },
    grpc::{
        Watching,
        pb::{self, watch_response::Event as Message, watch_service_client::WatchServiceClient},
    },
    model::{
        Effect, Principal,
        edit::{Edit, Member, Membership, NewName, ObjectRef, PrincipalRef, Spec, UserSpec},
    },
    policy::Published,
    service::watch::{Event, Start, Watcher},
};
use futures_util::FutureExt as _;

use super::{
    scripted::{Scripted, person},
    world::{World, bare, by_id, in_corp, outside},
};
use crate::support::edits::{self, name};

/// What there is to hear now.
fn heard(watcher: &mut Watcher) -> Vec<Event> {
    std::iter::from_fn(|| watcher.next().now_or_never()).map(Result::unwrap).collect()
}

fn published(events: &[Event]) -> impl Iterator<Item = &Arc<Published>> {
    events.iter().filter_map(|event| match event {
        Event::Changed(published) => Some(published),
        _ => None,
    })
}

fn entries(published: &Published) -> Vec<Entry> {
    match affected(&published.before, &published.after, &published.set.changes) {
        Affected::Everything => panic!("everything is affected"),
        Affected::Entries(entries) => entries.into_iter().collect(),
    }
}

/// The names of groups that entries are about, with their ids in the directory.
fn groups(published: &Published) -> Vec<(String, Option<String>)> {
    let name = |entry: &Entry| {
        let Principal::Group(id) = entry.principal else { return None };
        let index = if entry.named == Named::Before { &published.before } else { &published.after };
        Some(index.group(id).unwrap().name.to_string())
    };
    let entries = entries(published);
    let named = entries.iter().filter_map(|entry| Some((name(entry)?, entry.external_id.clone())));
    named.map(|(name, id)| (name, id.map(String::from))).collect()
}

/// Whether a cache that knows a user by these names and by this id drops an answer about the user on a feed.
fn drops(events: &[Event], names: &[&str], id: &str, feed: &str) -> bool {
    let by_entry = |published: &Published, entry: &Entry| {
        let here = match &entry.place {
            Place::Everywhere => true,
            Place::Feed(name) => name.as_str() == feed,
            Place::FeedGroup(_) => false,
        };
        let of_user = match entry.principal {
            Principal::Everyone | Principal::Authenticated | Principal::AuthenticatedBy(_) => true,
            Principal::User(user) => {
                let index = if entry.named == Named::Before { &published.before } else { &published.after };
                let name = &index.user(user).unwrap().name;
                entry.external_id.as_deref() == Some(id) || names.contains(&name.as_str())
            }
            // A cache doesn't know who is in a group of a directory.
            Principal::Group(_) | Principal::Anonymous => false,
        };
        here && of_user
    };
    events.iter().any(|event| match event {
        Event::Changed(published) => {
            match affected(&published.before, &published.after, &published.set.changes) {
                Affected::Everything => true,
                Affected::Entries(entries) => entries.iter().any(|entry| by_entry(published, entry)),
            }
        }
        Event::Directory(News::Changed(change)) => {
            let is_asked = change.asked.as_deref().is_some_and(|asked| names.contains(&asked));
            let of_user = [&change.before, &change.after].into_iter().flatten();
            is_asked || of_user.into_iter().any(|known| &*known.person.id == id)
        }
        Event::Directory(News::Missed | News::Domains(_) | News::Names(_)) => true,
        Event::CaughtUp(_) => false,
    })
}

fn rename_group(from: &str, to: &str) -> Edit {
    Edit::Rename { object: ObjectRef::Group(outside(from)), to: NewName::Name(name(to)) }
}

fn rename_user(from: &str, to: &str) -> Edit {
    Edit::Rename { object: ObjectRef::User(outside(from)), to: NewName::Name(name(to)) }
}

#[tokio::test]
async fn renaming_a_bound_group_affects_the_members_of_both_names() {
    let corp = Scripted::new([person("ann", &["devs"]), person("bob", &["ops"])]);
    let mut carl = person("carl", &[]);
    carl.groups = vec![feedgate::directory::ExternalGroup { id: "other".into(), name: Some("devs".into()) }];
    corp.put(carl);
    let world = World::with(&[corp]).await;
    world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
    world.grant(Effect::Restrict, PrincipalRef::Group(outside("devs")), Some("g")).await;
    for (user, answer) in [("ann", "restricted"), ("bob", "permitted"), ("carl", "restricted")] {
        world.says(user, "g", answer).await;
    }
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    world.write(vec![rename_group("devs", "ops")]).await;
    for (user, answer) in [("ann", "restricted"), ("bob", "restricted"), ("carl", "permitted")] {
        world.says(user, "g", answer).await;
    }
    let events = heard(&mut watcher);
    let renamed = published(&events).next().unwrap();
    let id = Some("id of devs".to_owned());
    assert_eq!(groups(renamed), [("devs".to_owned(), id.clone()), ("ops".to_owned(), id)]);
    let corp = renamed.after.directory_named(&feedgate::model::NameKey::new("corp").unwrap()).unwrap().id;
    assert!(entries(renamed).iter().any(|entry| entry.principal == Principal::AuthenticatedBy(corp)));
    for user in ["bob", "carl"] {
        assert!(drops(&events, &[user], &format!("id of {user}"), "g"), "{user}");
    }
}

/// The decisions about people of a directory, in front of changes and behind them: what differs is covered, for a cache
/// that knows each of them by a name and by an id.
#[tokio::test]
async fn every_decision_that_changes_is_covered() {
    let corp = Scripted::new([person("ann", &["devs"]), person("bob", &["ops"]), person("eve", &["staff"])]);
    corp.alias("a.smith", "ann");
    corp.alias("robert", "bob");
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
    let restrict = |principal| Edit::Put(Spec::Grant(grant(Effect::Restrict, principal, "g")));
    let user = |name| PrincipalRef::User(outside(name));
    let in_group =
        |member| Edit::Put(Spec::Membership(Membership { group: edits::built_in("barred"), member }));
    let disabled = |user: &str| {
        let (user, disabled) = (outside(user), Some(true));
        Edit::Put(Spec::User(UserSpec { user, display_name: None, email: None, disabled, external_id: None }))
    };
    let steps: Vec<(&str, Vec<Edit>)> = vec![
        ("a restriction to a name that gets bound", vec![restrict(user("ann"))]),
        ("the bound user gets another name", vec![rename_user("ann", "bob")]),
        ("an alias of a user without an object", vec![restrict(user("robert"))]),
        ("an alias of a bound user", vec![restrict(user("a.smith"))]),
        ("a group", vec![restrict(PrincipalRef::Group(outside("staff")))]),
        ("the group gets another name", vec![rename_group("staff", "devs")]),
        (
            "a group in a built-in one",
            vec![
                Edit::Put(edits::group("barred")),
                restrict(PrincipalRef::Group(edits::built_in("barred"))),
                in_group(Member::Group(outside("ops"))),
            ],
        ),
        ("a user in a built-in group", vec![in_group(Member::User(outside("eve")))]),
        ("a disabled user", vec![disabled("eve")]),
        ("a name that the directory doesn't have", vec![restrict(user("nobody"))]),
        (
            "all of it deleted",
            vec![Edit::Delete {
                object: ObjectRef::Group(outside("devs")),
                cascade: true,
                missing_ok: false,
            }],
        ),
    ];
    let people = [("ann", &["ann", "a.smith"]), ("bob", &["bob", "robert"]), ("eve", &["eve", "eve"])];
    let all = async || {
        let mut said = BTreeMap::new();
        for (id, names) in people {
            for asked in names {
                for feed in ["f", "g"] {
                    said.insert((id, *asked, feed), world.said(in_corp(asked), feed).await);
                }
            }
        }
        said
    };
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    let mut before = all().await;
    let mut differ = 0;
    for (what, edits) in steps {
        heard(&mut watcher);
        world.write(edits).await;
        let after = all().await;
        let events = heard(&mut watcher);
        for ((id, asked, feed), was) in &before {
            let is = &after[&(*id, *asked, *feed)];
            if was != is {
                differ += 1;
                // The answer told what the directory calls the user.
                let names = [*asked, *id];
                let id = format!("id of {id}");
                assert!(drops(&events, &names, &id, feed), "{what}: {asked} on {feed} was {was}, is {is}");
            }
        }
        before = after;
    }
    assert!(differ >= 7, "{differ}");
}

fn grant(effect: Effect, principal: PrincipalRef, feed: &str) -> feedgate::model::edit::GrantSpec {
    let scope = feedgate::model::edit::ScopeRef::Feed(name(feed));
    let task = name(super::world::TASK);
    feedgate::model::edit::GrantSpec { id: None, effect, principal, task, scope, comment: None }
}

fn changes(events: &[Event]) -> Vec<&MembershipChange> {
    let changes = events.iter().filter_map(|event| match event {
        Event::Directory(News::Changed(change)) => Some(change.as_ref()),
        _ => None,
    });
    changes.collect()
}

/// A user who wasn't there when a check asked is told of, by the name and by the id that the check used.
#[tokio::test]
async fn a_new_user_is_told_by_the_name_that_was_asked_about() {
    let corp = Scripted::new([person("other", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
    world.grant(Effect::Restrict, PrincipalRef::Group(outside("devs")), Some("g")).await;
    world.says("late", "g", "permitted").await;
    assert_eq!(world.said(by_id("corp", "id of late"), "g").await, "permitted");
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    heard(&mut watcher);
    corp.put(person("late", &["devs"]));
    world.point.refresh_all(None).await.unwrap();
    world.says("late", "g", "restricted").await;
    let events = heard(&mut watcher);
    let told = changes(&events);
    let asked: Vec<_> = told.iter().map(|change| change.asked.as_deref()).collect();
    assert!(asked.contains(&Some("late")) && asked.contains(&None), "{asked:?}");
    for change in told {
        assert!(change.before.is_none());
        assert_eq!(&*change.after.as_ref().unwrap().person.id, "id of late");
    }
}

/// A name that means another user than before is told of, even if neither user has changed.
#[tokio::test]
async fn a_name_that_means_another_user_is_told() {
    let corp = Scripted::new([person("ann", &["devs"]), person("bob", &["devs"])]);
    corp.alias("lead", "ann");
    let world = World::with(&[Arc::clone(&corp)]).await;
    let subject = async |name: &str| world.try_ask(in_corp(name), "f").await.unwrap().subject;
    assert_eq!(&*subject("lead").await.unwrap().name, "ann");
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    heard(&mut watcher);
    let ids = |events: &[Event]| -> Vec<(Option<String>, Option<String>, Option<String>)> {
        let id = |known: &Option<Arc<feedgate::directory::Known>>| {
            known.as_ref().map(|known| known.person.id.to_string())
        };
        let all = changes(events);
        all.iter().map(|it| (it.asked.as_deref().map(str::to_owned), id(&it.before), id(&it.after))).collect()
    };
    let (ann, bob) = (Some("id of ann".to_owned()), Some("id of bob".to_owned()));
    corp.alias("lead", "bob");
    world.point.refresh_all(None).await.unwrap();
    assert_eq!(&*subject("lead").await.unwrap().name, "bob");
    assert_eq!(ids(&heard(&mut watcher)), [(Some("lead".to_owned()), ann, bob.clone())]);
    corp.remove("lead");
    world.point.refresh_all(None).await.unwrap();
    assert_eq!(subject("lead").await, None);
    assert_eq!(ids(&heard(&mut watcher)), [(Some("lead".to_owned()), bob, None)]);
}

/// `LATE\zed` is a plain built-in name until a directory claims `late`.
#[tokio::test]
async fn domains_that_a_directory_begins_to_claim_are_told() {
    let corp = Scripted::new([person("zed", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.write(vec![Edit::Create(edits::user("late\\zed"))]).await;
    let name = "late\\zed";
    // The directory has said by now which domains it claims.
    while world.said(bare(name), "f").await.contains("which domains") {
        tokio::task::yield_now().await;
    }
    let answer = world.try_ask(bare(name), "f").await.unwrap();
    assert_eq!((&*answer.subject.unwrap().directory, answer.basis), ("built-in", None));
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    heard(&mut watcher);
    corp.claim("late");
    tokio::time::pause();
    let told = tokio::time::timeout(Duration::from_secs(600), watcher.next()).await;
    let Ok(Ok(Event::Directory(News::Domains(directory)))) = told else { panic!("{told:?}") };
    assert_eq!(directory.as_str(), "corp");
    let answer = world.try_ask(bare(name), "f").await.unwrap();
    assert_eq!(&*answer.subject.unwrap().directory, "corp");
}

/// A name that the directory has twice can mean any of its users.
#[tokio::test]
async fn a_grant_to_a_name_that_is_not_clear_affects_everyone_of_the_directory() {
    let corp = Scripted::new([person("ann", &[]), person("bob", &[])]);
    corp.alias("lead", "ann");
    corp.twice("lead");
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    world.says("ann", "g", "permitted").await;
    world.grant(Effect::Restrict, PrincipalRef::User(outside("lead")), Some("g")).await;
    let events = heard(&mut watcher);
    assert!(drops(&events, &["ann"], "id of ann", "g"));
}

/// What an unbound name means holds users back by it, so that another meaning changes decisions, while neither the policy
/// nor a user changes.
#[tokio::test]
async fn another_meaning_of_an_unbound_name_is_told() {
    let reach = Reach {
        name: name("corp"),
        kind: "scripted",
        directory: Scripted::new([]),
        ages: Ages { refresh: Duration::from_secs(60), usable: Duration::from_secs(900) },
    };
    let connections = Connections::new([reach]).unwrap();
    let connection = connections.iter().next().unwrap();
    let mut listener = connections.listen().unwrap();
    let named = Looked { kind: FoundKind::User, id: 7 };
    let entry = |means: Option<&str>| {
        let means = means.map(Box::from);
        (named, LookedUp { mark: 1, at: tokio::time::Instant::now(), means, is_unclear: false })
    };
    for (entries, is_told) in [
        (vec![entry(None)], false),
        (vec![entry(Some("id of ann"))], true),
        (vec![entry(Some("id of ann"))], false),
        (vec![entry(Some("id of bob"))], true),
        (vec![], true),
        (vec![entry(None)], false),
    ] {
        connection.set_names(Names::new(entries.into_iter().collect()));
        let told = listener.next().now_or_never();
        assert_eq!(matches!(told, Some(News::Names(_))), is_told, "{told:?}");
    }
}

/// A user who is bound is named with the id of the directory, on the wire too; and a watch that goes on after another one
/// is told that it missed what directories said in between.
#[tokio::test]
async fn the_wire_names_external_ids_and_what_a_watch_missed() {
    let corp = Scripted::new([Person { id: "7f".into(), ..person("anna", &["devs"]) }]);
    corp.alias("ann", "anna");
    let world = World::with(&[corp]).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("ann")), None).await;
    let revision = world.point.index().revision();
    let request = pb::WatchRequest { start_after: Some(revision.into()), ..Default::default() };
    let watch = Watching::new(world.point.clone());
    let mut messages = WatchServiceClient::new(watch).watch(request).await.unwrap().into_inner();
    let mut next = async || messages.message().await.unwrap().unwrap().event.unwrap();
    assert!(matches!(next().await, Message::Checkpoint(_)));
    let Message::Membership(missed) = next().await else { panic!("nothing was missed") };
    assert!(missed.everything && missed.user.is_none(), "{missed:?}");

    world.grant(Effect::Restrict, PrincipalRef::User(outside("anna")), Some("g")).await;
    let Message::ChangeSet(set) = next().await else { panic!("no change set") };
    let entries = set.affected.unwrap().entries;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(entry.external_id, "7f");
    let Some(pb::principal::Kind::User(user)) = entry.principal.clone().unwrap().kind else {
        panic!("{entry:?}")
    };
    assert_eq!((user.directory.as_str(), user.name.as_str()), ("corp", "anna"));
}
