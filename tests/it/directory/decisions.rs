//! What is decided about people of external directories: by id and by name, fresh and stale, and never "allowed" by a
//! fault.

use std::{sync::Arc, time::Duration};

use feedgate::{
    directory::{Account, Ages, Connections, DirectoryError, News, Reach, UserDirectory},
    engine::Reason,
    model::{
        BareNames, Effect,
        edit::{
            DirectorySpec, Edit, GrantSpec, Member, Membership, PrincipalName, PrincipalRef, ScopeRef,
            SettingsSpec, Spec,
        },
    },
    policy::WriteRequest,
    service::{
        DecisionPoint, Retention, ServiceError,
        query::{Answer, Freshness, Identity, Question, Where, Who},
        watch::{Event, Start},
    },
    store::MemoryStore,
};
use futures_util::future::join_all;

use super::scripted::{Scripted, group, person};
use crate::support::edits::{self, name, step};

const VIEW: &str = "Feeds_ViewFeed";
const TASK: &str = "View & Download Packages";

/// A decision point with the directories `corp`, `lab`, …, as many as there are scripts; bare names are looked for in
/// the built-in one first. There are the feeds `f` and `g`.
struct World {
    point: DecisionPoint,
}

impl World {
    async fn with(scripts: &[Arc<Scripted>]) -> Self {
        let ages = Ages { refresh: Duration::from_secs(60), usable: Duration::from_secs(900) };
        let names = ["corp", "lab", "branch"];
        let reaches = names.iter().zip(scripts).map(|(directory, script)| Reach {
            name: name(directory),
            kind: "scripted",
            directory: Arc::clone(script) as Arc<dyn UserDirectory>,
            ages,
        });
        let connections = Connections::new(reaches).unwrap();
        let store = Arc::new(MemoryStore::new().unwrap());
        let point = DecisionPoint::open_among(store, Retention::default(), connections).await.unwrap();
        let world = Self { point };
        let directories = names.iter().take(scripts.len()).map(|directory| {
            Edit::Create(Spec::Directory(DirectorySpec {
                name: name(directory),
                domains: Some(vec![name(&format!("{directory}.example"))]),
                netbios: Some(vec![name(&directory.to_uppercase())]),
                enabled: None,
                position: None,
            }))
        });
        let feeds = ["f", "g"].map(|feed| Edit::Create(edits::feed(feed)));
        world.write(directories.chain(feeds).collect()).await;
        world
    }

    async fn write(&self, edits: Vec<Edit>) {
        let (expected, idempotency, dry_run, actor) = (None, None, false, "test".into());
        let steps = edits.into_iter().map(step).collect();
        self.point.write(WriteRequest { steps, expected, idempotency, dry_run, actor }).await.unwrap();
    }

    async fn grant(&self, effect: Effect, principal: PrincipalRef, feed: Option<&str>) {
        let scope = feed.map_or(ScopeRef::AllFeeds, |feed| ScopeRef::Feed(name(feed)));
        let grant = GrantSpec { id: None, effect, principal, task: name(TASK), scope, comment: None };
        self.write(vec![Edit::Create(Spec::Grant(grant))]).await;
    }

    async fn try_ask(&self, who: Who<'_>, feed: &str) -> Result<Answer, ServiceError> {
        let question = Question { who, attribute: VIEW, target: Where::Feed(feed) };
        self.point.check(question, Freshness::MinimizeLatency).await
    }

    /// What the answer says, or why there is none.
    async fn said(&self, who: Who<'_>, feed: &str) -> String {
        match self.try_ask(who, feed).await {
            Ok(answer) => match answer.decision.reason {
                Reason::Permitted(_) => "permitted".to_owned(),
                Reason::Restricted(_) => "restricted".to_owned(),
                other => format!("{other:?}"),
            },
            Err(error) => error.to_string(),
        }
    }

    #[track_caller]
    fn says(&self, user: &str, feed: &str, expected: &str) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let said = self.said(in_corp(user), feed).await;
            assert!(said.contains(expected), "{user} on {feed}: {said} (at {at})");
        }
    }
}

fn outside(name: &str) -> PrincipalName {
    PrincipalName::Named { directory: Some(edits::name("corp")), name: edits::name(name) }
}

fn in_corp(name: &str) -> Who<'_> {
    Who::User { directory: Some("corp"), identity: Identity::Name(name) }
}

fn by_id<'a>(directory: &'a str, id: &'a str) -> Who<'a> {
    Who::User { directory: Some(directory), identity: Identity::Id(id) }
}

fn bare(name: &str) -> Who<'_> {
    Who::User { directory: None, identity: Identity::Name(name) }
}

fn down() -> Option<DirectoryError> {
    Some(DirectoryError::Unreachable("connection refused".into()))
}

#[tokio::test]
async fn a_first_sight_is_one_question_and_ten_thousand_checks_are_none() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    let first = world.try_ask(in_corp("JDoe"), "f").await.unwrap();
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
    let names: Vec<_> = (0..300).map(|number| format!("user{number}")).collect();
    let mut asking: Vec<_> = names.iter().map(|name| Box::pin(world.try_ask(in_corp(name), "f"))).collect();
    let refused =
        asking.iter_mut().filter_map(|ask| futures_util::FutureExt::now_or_never(ask.as_mut())).count();
    assert!(refused >= 300 - 128, "{refused}");
    // Those who don't need it are answered.
    assert!(world.try_ask(bare("Admin@built-in"), "f").await.is_ok());
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
    assert_eq!(all.left.iter().map(|left| left.2.as_str()).collect::<Vec<_>>(), ["ghost"]);
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
    assert_eq!((change.directory.as_str(), &*change.before.person.name), ("corp", "jdoe"));
    assert_eq!(change.before.person.groups, [group("devs")]);
    assert_eq!(change.after.as_ref().unwrap().person.groups, [group("ops")]);
    world.says("jdoe", "f", "NotGranted").await;
    corp.remove("jdoe");
    world.says("jdoe", "f", "NotGranted").await;
    let Ok(Event::Directory(News::Changed(change))) = watcher.next().await else { panic!("no news") };
    assert!(change.after.is_none());
    assert!(world.try_ask(in_corp("jdoe"), "f").await.unwrap().decision.subject_unknown);
}

#[tokio::test]
async fn one_name_in_three_directories() {
    let [corp, lab, branch] = [(); 3].map(|()| Scripted::new([person("jdoe", &[])]));
    let world = World::with(&[corp, Arc::clone(&lab), branch]).await;
    world.write(vec![Edit::Create(edits::user("local"))]).await;
    assert!(world.said(bare("jdoe"), "f").await.contains("is in several directories (corp, lab, branch)"));
    for (spelled, directory) in
        [("jdoe@corp.example", "corp"), ("LAB\\jdoe", "lab"), ("branch\\JDOE", "branch")]
    {
        let subject = world.try_ask(bare(spelled), "f").await.unwrap().subject.unwrap();
        assert_eq!((&*subject.directory, &*subject.name), (directory, "jdoe"), "{spelled}");
    }
    // Only in the built-in one; a domain that nobody claims is part of a built-in name.
    assert_eq!(&*world.try_ask(bare("local"), "f").await.unwrap().subject.unwrap().directory, "built-in");
    assert!(world.try_ask(bare("jdoe@elsewhere.example"), "f").await.unwrap().decision.subject_unknown);
    // In a directory a name is taken literally.
    assert!(world.try_ask(in_corp("jdoe@corp.example"), "f").await.unwrap().decision.subject_unknown);

    let bare_names = Some(BareNames::First);
    world.write(vec![Edit::Put(Spec::Settings(SettingsSpec { bare_names, ..Default::default() }))]).await;
    assert_eq!(&*world.try_ask(bare("jdoe"), "f").await.unwrap().subject.unwrap().directory, "corp");
    // Who is first can't be known past somebody who doesn't answer.
    lab.fail(down());
    assert_eq!(&*world.try_ask(bare("jdoe"), "f").await.unwrap().subject.unwrap().directory, "corp");
    assert!(world.said(bare("other"), "f").await.contains("`lab` can't be asked"));
}

#[tokio::test]
async fn domains_that_a_directory_claims_by_itself() {
    let corp = Scripted::new([person("jdoe", &[])]);
    corp.claim("corp.internal");
    let world = World::with(&[Arc::clone(&corp)]).await;
    // Asked in the background from the beginning on; until it has answered, nobody knows whose the domain is.
    loop {
        match world.try_ask(bare("jdoe@corp.internal"), "f").await {
            Ok(answer) => {
                assert_eq!(&*answer.subject.unwrap().directory, "corp");
                break;
            }
            Err(error) => {
                assert!(error.to_string().contains("which domains it answers for"), "{error}");
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn a_batch_asks_about_each_person_once_and_spoils_nobody() {
    let (corp, lab) = (Scripted::new([person("ann", &["devs"])]), Scripted::new([]));
    let world = World::with(&[Arc::clone(&corp), Arc::clone(&lab)]).await;
    world.grant(Effect::Permit, PrincipalRef::Group(outside("devs")), None).await;
    lab.fail(down());
    let in_lab = Who::User { directory: Some("lab"), identity: Identity::Name("x") };
    let question = |who| Question { who, attribute: VIEW, target: Where::Feed("f") };
    let questions: Vec<_> = (0..1000)
        .flat_map(|_| [question(in_corp("ann")), question(in_lab), question(Who::Anonymous)])
        .collect();
    let answer = world.point.batch(&questions, Freshness::MinimizeLatency).await.unwrap();
    for some in answer.results.chunks(3) {
        assert!(some[0].as_ref().unwrap().0.allowed());
        assert!(some[1].as_ref().unwrap_err().to_string().contains("`lab` can't be asked"));
        assert!(!some[2].as_ref().unwrap().0.allowed());
    }
    assert_eq!(answer.subjects.len(), 1);
    assert!(answer.basis.is_some());
    assert_eq!((corp.asked(), lab.asked()), (1, 1));
}

#[tokio::test]
async fn searches_name_whom_they_could_not_ask() {
    let (corp, lab) = (Scripted::new([person("adam", &[]), person("ann", &[])]), Scripted::new([]));
    let world = World::with(&[corp, Arc::clone(&lab)]).await;
    lab.fail(down());
    let search = feedgate::service::outside::Search { prefix: "AD", limit: 10, directory: None };
    let answer = world.point.search_principals(search).await.unwrap();
    let found: Vec<_> = answer
        .found
        .iter()
        .map(|it| (it.directory.as_str(), it.found.kind.to_string(), &*it.found.name))
        .collect();
    let expected = [
        ("built-in", "user".to_owned(), "Admin"),
        ("built-in", "group".to_owned(), "Administrators"),
        ("corp", "user".to_owned(), "adam"),
    ];
    assert_eq!(found, expected);
    assert_eq!(answer.failures, [(name("lab"), "connection refused".to_owned())]);
    assert!(!answer.truncated);
}
