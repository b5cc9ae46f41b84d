//! What is decided about people of external directories: by id and by name, fresh and stale, and never "allowed" by a
//! fault.

use std::{sync::Arc, time::Duration};

use feedgate::{
    directory::{Account, DirectoryError, News},
    model::{
        Effect,
        edit::{Edit, Member, Membership, PrincipalRef, Spec},
    },
    service::watch::{Event, Start},
};
use futures_util::future::join_all;

use super::{
    scripted::{Scripted, group, person},
    world::{World, bare, by_id, down, in_built_in, in_corp, outside},
};
use crate::support::edits::{self, name};

#[tokio::test]
async fn a_first_sight_is_one_question_and_ten_thousand_checks_are_none() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    let first = world.try_ask(in_corp("jdoe"), "f").await.unwrap();
    assert_eq!(corp.asked(), 1);
    let subject = first.subject.unwrap();
    assert_eq!((&*subject.directory, &*subject.id, &*subject.name), ("corp", "id of jdoe", "jdoe"));
    let basis = first.basis.unwrap();
    assert!(basis.usable_for <= Duration::from_secs(60) && basis.usable_for > Duration::ZERO);
    for _ in 0..10_000 {
        assert!(world.try_ask(in_corp("jdoe"), "f").await.unwrap().decision.allowed());
    }
    // The id that an answer gave means the same person, and needs no question either.
    assert!(world.try_ask(by_id("corp", "id of jdoe"), "f").await.unwrap().decision.allowed());
    assert_eq!(corp.asked(), 1);
    // Nobody is remembered, too.
    for _ in 0..10 {
        assert!(world.try_ask(in_corp("nobody"), "f").await.unwrap().decision.subject_unknown);
    }
    assert_eq!(corp.asked(), 2);
}

#[tokio::test]
async fn those_who_need_the_same_person_at_once_ask_once() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    corp.hold();
    let all = join_all((0..100).map(|_| world.try_ask(in_corp("jdoe"), "f")));
    let let_go = async {
        while corp.asked() == 0 {
            tokio::task::yield_now().await;
        }
        corp.let_go();
    };
    let (answers, ()) = tokio::join!(all, let_go);
    assert!(answers.into_iter().all(|answer| answer.unwrap().decision.allowed()));
    assert_eq!(corp.asked(), 1);
}

#[tokio::test]
async fn a_directory_that_hangs_takes_no_more_than_its_share_of_callers() {
    let corp = Scripted::new([]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    corp.hold();
    let names: Vec<_> = (0..500).map(|number| format!("user{number}")).collect();
    let mut asking: Vec<_> = names.iter().map(|name| Box::pin(world.try_ask(in_corp(name), "f"))).collect();
    let refused =
        asking.iter_mut().filter_map(|ask| futures_util::FutureExt::now_or_never(ask.as_mut())).count();
    assert!(refused >= 500 - 192, "{refused}");
    // Those who don't need it are answered.
    assert!(world.try_ask(in_built_in("Admin"), "f").await.is_ok());
    corp.let_go();
}

#[tokio::test]
async fn permissions_count_by_id_only_and_restrictions_by_name_too() {
    let corp = Scripted::new([person("ann", &["devs"]), person("bob", &["ops"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("ann")), None).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("ops")), None).await;
    world.grant(Effect::Restrict, PrincipalRef::User(outside("bob")), Some("g")).await;
    world.says("ann", "f", "permitted").await;
    world.says("bob", "f", "permitted").await;
    world.says("bob", "g", "restricted").await;

    // Both go, and others come under their names.
    let recycled = |name: &str, groups: &[&str]| feedgate::directory::Person {
        id: format!("another {name}").into(),
        ..person(name, groups)
    };
    corp.put(recycled("ann", &[]));
    corp.put(recycled("bob", &["ops"]));
    world.point.refresh_all(None).await.unwrap();
    world.says("ann", "f", "NotGranted").await;
    world.says("bob", "f", "permitted").await;
    world.says("bob", "g", "restricted").await;
    // By the old ids nobody is known any more, and by the new ones the name still holds them back.
    assert!(world.try_ask(by_id("corp", "id of ann"), "f").await.unwrap().decision.subject_unknown);
    assert_eq!(world.said(by_id("corp", "another bob"), "g").await, "restricted");
}

#[tokio::test]
async fn a_group_that_is_renamed_is_held_back_all_the_same() {
    let corp = Scripted::new([person("jdoe", &["devs", "staff"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("staff")), None).await;
    world.grant(Effect::Restrict, PrincipalRef::Group(outside("devs")), Some("g")).await;
    world.says("jdoe", "g", "restricted").await;
    let mut renamed = person("jdoe", &["staff"]);
    renamed
        .groups
        .push(feedgate::directory::ExternalGroup { name: Some("engineers".into()), ..group("devs") });
    corp.put(renamed);
    world.point.refresh_user(Some("corp"), "jdoe").await.unwrap();
    world.says("jdoe", "g", "restricted").await;
    // And so is one that takes the old name.
    let mut other = person("eve", &["staff"]);
    other.groups.push(feedgate::directory::ExternalGroup { id: "new".into(), name: Some("devs".into()) });
    corp.put(other);
    world.says("eve", "f", "permitted").await;
    world.says("eve", "g", "restricted").await;
}

#[tokio::test]
async fn outsiders_are_in_built_in_groups_as_far_as_it_is_sure_who_they_are() {
    let corp = Scripted::new([person("ann", &["devs"]), person("bob", &["ops"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    let member = |group: &str, member: Member| {
        Edit::Create(Spec::Membership(Membership { group: edits::built_in(group), member }))
    };
    world
        .write(vec![
            Edit::Create(edits::group("readers")),
            Edit::Create(edits::group("barred")),
            member("readers", Member::Group(outside("devs"))),
            member("readers", Member::User(outside("bob"))),
            member("barred", Member::User(outside("bob"))),
        ])
        .await;
    world.grant(Effect::Permit, PrincipalRef::Group(edits::built_in("readers")), None).await;
    world.grant(Effect::Restrict, PrincipalRef::Group(edits::built_in("barred")), Some("g")).await;
    world.says("ann", "g", "permitted").await;
    world.says("bob", "f", "permitted").await;
    world.says("bob", "g", "restricted").await;
    corp.put(feedgate::directory::Person { id: "another".into(), ..person("bob", &[]) });
    world.point.refresh_all(None).await.unwrap();
    world.says("bob", "f", "NotGranted").await;
    world.says("bob", "g", "restricted").await;
}

#[tokio::test]
async fn names_are_bound_once_their_directory_answers() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    corp.fail(down());
    world.grant(Effect::Permit, PrincipalRef::Group(outside("DEVS")), None).await;
    world.grant(Effect::Restrict, PrincipalRef::Group(outside("devs")), Some("g")).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("ghost")), None).await;
    corp.fail(None);
    // Who is asked about isn't answered before everybody whom the policy names was looked up.
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "g", "restricted").await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("late")), None).await;
    corp.put(person("late", &[]));
    let feedgate::service::outside::Refreshment::All(all) = world.point.refresh_all(None).await.unwrap()
    else {
        panic!("all were asked about");
    };
    assert_eq!(all.bound, 1);
    assert_eq!(all.left.iter().map(|left| left.name.as_str()).collect::<Vec<_>>(), ["ghost"]);
    world.says("late", "f", "permitted").await;

    // As long as names can't be looked up, nobody is told anything: one of them may be theirs.
    corp.fail(down());
    world.grant(Effect::Restrict, PrincipalRef::User(outside("an alias of jdoe")), None).await;
    world.says("jdoe", "f", "can't be asked").await;
    corp.alias("an alias of jdoe", "jdoe");
    corp.fail(None);
    world.says("jdoe", "f", "restricted").await;
}

#[tokio::test]
async fn disabled_and_expired_accounts_are_denied_everything() {
    for account in [Account::Disabled, Account::Expired] {
        let corp = Scripted::new([feedgate::directory::Person { account, ..person("jdoe", &["devs"]) }]);
        let world = World::with(&[corp]).await;
        world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
        world.says("jdoe", "f", "SubjectDisabled").await;
    }
}

#[tokio::test]
async fn nobody_is_allowed_anything_by_a_fault() {
    let faults = [
        DirectoryError::Unreachable("connection refused".into()),
        DirectoryError::TimedOut(3_000),
        DirectoryError::BindRefused("invalid credentials".into()),
        DirectoryError::Incomplete("size limit exceeded".into()),
        DirectoryError::Malformed("no entryUUID".into()),
    ];
    for fault in faults {
        let corp = Scripted::new([person("ann", &["devs"]), person("bob", &["devs"])]);
        let world = World::with(&[Arc::clone(&corp)]).await;
        world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
        world.grant(Effect::Restrict, PrincipalRef::Group(outside("devs")), Some("g")).await;
        world.says("ann", "f", "permitted").await;
        world.says("ann", "g", "restricted").await;
        corp.fail(Some(fault.clone()));
        // Who is known goes on as before; who isn't gets no answer, neither by this name nor by a bare one.
        world.says("ann", "g", "restricted").await;
        world.says("bob", "f", "can't be asked about `bob`").await;
        world.says("bob", "g", &fault.to_string()).await;
        assert!(world.said(bare("bob"), "f").await.contains("can't be asked"));
        assert!(world.said(bare("bob@corp.example"), "f").await.contains("can't be asked"));
        let status = world.point.status();
        let corp_status = status.directories.iter().find(|it| it.name == name("corp")).unwrap();
        assert_eq!(corp_status.unreachable.as_deref(), Some(fault.to_string().as_str()));
        corp.fail(None);
        world.says("bob", "g", "restricted").await;
        assert!(world.point.status().directories.iter().all(|it| it.unreachable.is_none()));
    }
}

#[tokio::test]
async fn what_is_too_old_is_not_answered_from() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    world.says("jdoe", "f", "permitted").await;
    corp.fail(down());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(14 * 60)).await;
    let answer = world.try_ask(in_corp("jdoe"), "f").await.unwrap();
    assert!(answer.decision.allowed());
    assert_eq!(answer.basis.unwrap().usable_for, Duration::ZERO);
    tokio::time::advance(Duration::from_secs(2 * 60)).await;
    world.says("jdoe", "f", "can't be asked about `jdoe`: connection refused").await;
    corp.fail(None);
    world.says("jdoe", "f", "permitted").await;
}

#[tokio::test]
async fn changes_of_memberships_show_and_are_told() {
    let corp = Scripted::new([person("jdoe", &["devs"]), person("idle", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "f", "permitted").await;
    let mut watcher = world.point.watch(Start::Now).await.unwrap();
    assert!(matches!(watcher.next().await, Ok(Event::CaughtUp(_))));
    corp.put(person("jdoe", &["ops"]));
    // In the background, within the age at which the directory is asked again and the pause between two rounds.
    tokio::time::pause();
    let Ok(Event::Directory(News::Changed(change))) = watcher.next().await else { panic!("no news") };
    let before = &change.before.as_ref().unwrap().person;
    assert_eq!((change.directory.as_str(), &*before.name), ("corp", "jdoe"));
    assert_eq!(before.groups, [group("devs")]);
    assert_eq!(change.after.as_ref().unwrap().person.groups, [group("ops")]);
    world.says("jdoe", "f", "NotGranted").await;
    corp.remove("jdoe");
    world.says("jdoe", "f", "NotGranted").await;
    let Ok(Event::Directory(News::Changed(change))) = watcher.next().await else { panic!("no news") };
    assert!(change.after.is_none());
    assert!(world.try_ask(in_corp("jdoe"), "f").await.unwrap().decision.subject_unknown);
}

#[tokio::test]
async fn another_name_of_somebody_who_is_bound_holds_them_back_too() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    corp.alias("john", "jdoe");
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("jdoe")), None).await;
    world.says("jdoe", "g", "permitted").await;
    world.grant(Effect::Restrict, PrincipalRef::User(outside("john")), Some("g")).await;
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "g", "restricted").await;
    world.says("john", "g", "restricted").await;
}

#[tokio::test]
async fn names_with_a_domain_are_bound_as_other_products_write_them() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[corp]).await;
    world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
    world.grant(Effect::Restrict, PrincipalRef::User(outside("jdoe@corp.example")), Some("g")).await;
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "g", "restricted").await;
}

/// A name that means two people says nothing about the directory, and keeps nobody else waiting.
#[tokio::test]
async fn names_that_mean_nobody_in_particular_and_many_of_them() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    corp.twice("smith");
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("smith")), None).await;
    for number in 0..300 {
        let ghost = format!("ghost{number}");
        world.grant(Effect::Restrict, PrincipalRef::User(outside(&ghost)), Some("g")).await;
    }
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    let asked = corp.asked();
    world.says("jdoe", "g", "permitted").await;
    // All of them had been looked up by then.
    assert_eq!(corp.asked(), asked + 1);
}

/// What holds somebody back by another name goes on doing so while nobody answers, and as long as it is usable.
#[tokio::test]
async fn an_outage_changes_nothing_about_names_that_are_not_bound() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    corp.alias("john", "jdoe");
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("jdoe")), None).await;
    world.grant(Effect::Restrict, PrincipalRef::User(outside("john")), Some("g")).await;
    world.grant(Effect::Permit, PrincipalRef::User(outside("ghost")), None).await;
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "g", "restricted").await;
    for fault in [
        down(),
        Some(DirectoryError::Malformed("nonsense".into())),
        Some(DirectoryError::NotUnique("john".into())),
    ] {
        corp.fail(fault);
        let _ = world.point.refresh_all(None).await;
        world.says("jdoe", "f", "permitted").await;
        world.says("jdoe", "g", "restricted").await;
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5 * 60)).await;
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "g", "restricted").await;
}
