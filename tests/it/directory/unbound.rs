//! Names of the policy that directories don't confirm, and two names of one principal: what becomes of grants, and where
//! that is said.

use std::{fs, sync::Arc};

use feedgate::{
    analysis::{
        Unmetered,
        lint::{Code, Finding, Severity},
    },
    directory::{Account, DirectoryError, Person},
    model::{
        Effect, NameKey,
        edit::{
            Edit, GrantSpec, Member, Membership, NewPassword, PrincipalName, PrincipalRef, ScopeRef,
            SetPassword, Spec,
        },
    },
    policy::{WriteRequest, Written},
    service::{
        cursor::Fingerprint,
        lint::LintQuestion,
        outside::{NameReport, Refreshment, WhyUnbound},
        query::{Freshness, Question, Where},
    },
};

use super::{
    scripted::{Scripted, person},
    world::{TASK, VIEW, World, by_id, down, in_corp, outside},
};
use crate::support::{
    directories::OpenLdap,
    edits::{self, name, step},
    server::Server,
};

async fn write(world: &World, edits: Vec<Edit>, dry_run: bool) -> (Written, NameReport) {
    let (expected, idempotency, actor) = (None, None, "test".into());
    let steps = edits.into_iter().map(step).collect();
    let request = WriteRequest { steps, expected, idempotency, dry_run, actor };
    world.point.write_and_report(request).await.unwrap()
}

fn grant(effect: Effect, principal: PrincipalRef, feed: &str) -> Edit {
    let scope = ScopeRef::Feed(name(feed));
    Edit::Create(Spec::Grant(GrantSpec {
        id: None,
        effect,
        principal,
        task: name(TASK),
        scope,
        comment: None,
    }))
}

fn user(name: &str) -> PrincipalRef {
    PrincipalRef::User(outside(name))
}

fn group(name: &str) -> PrincipalRef {
    PrincipalRef::Group(outside(name))
}

/// `group typo: NotFound, 1 restrictions, 0 permissions`.
fn unbound(report: &NameReport) -> Vec<String> {
    assert_eq!(report.unbound.len(), report.unbound_total);
    let line = |it: &feedgate::service::outside::UnboundName| {
        let (restrictions, permissions) = (it.restrictions.len(), it.permissions.len());
        format!(
            "{} {}: {:?}, {restrictions} restrictions, {permissions} permissions",
            it.kind, it.name, it.why
        )
    };
    report.unbound.iter().map(line).collect()
}

/// The names of a policy that are in the directory.
fn users(world: &World) -> Vec<String> {
    let index = world.point.index();
    let all = index.users_from(feedgate::model::UserId(0));
    all.filter(|user| !user.is_built_in()).map(|user| user.name.to_string()).collect()
}

#[tokio::test]
async fn grants_to_two_spellings_of_one_user_count_alike() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[corp]).await;
    let (_, report) = write(&world, vec![grant(Effect::Permit, user("jdoe"), "f")], false).await;
    assert_eq!(report, NameReport::default());
    let (_, report) = write(&world, vec![grant(Effect::Permit, user("jdoe@corp.example"), "g")], false).await;
    assert_eq!(unbound(&report), [""; 0]);
    let [merged] = report.merged.as_slice() else { panic!("{report:?}") };
    assert_eq!((merged.name.as_str(), merged.into.as_str()), ("jdoe@corp.example", "jdoe"));
    assert_eq!(merged.coinciding, []);
    for feed in ["f", "g"] {
        world.says("jdoe", feed, "permitted").await;
        assert_eq!(world.said(by_id("corp", "id of jdoe"), feed).await, "permitted");
    }
    assert_eq!(users(&world), ["jdoe"]);
    let question = Question { who: in_corp("jdoe"), attribute: VIEW, target: Where::Feed("g") };
    let explained = world.point.explain(question, Freshness::MinimizeLatency).await.unwrap();
    assert!(explained.near_misses.is_empty());
    assert_eq!(explained.candidates.len(), 1);
    assert!(explained.candidates[0].decides && explained.candidates[0].counts);
}

#[tokio::test]
async fn grants_that_coincide_by_a_merge_are_named() {
    let world = World::with(&[Scripted::new([person("jdoe", &["devs"])])]).await;
    let (written, _) = write(&world, vec![grant(Effect::Restrict, user("jdoe"), "g")], false).await;
    let first = written.after.grants_from(feedgate::model::GrantId(0)).last().unwrap().id;
    let edits = ["f", "g"].map(|feed| grant(Effect::Restrict, user("JDOE@corp.example"), feed));
    let (_, report) = write(&world, edits.into(), false).await;
    assert_eq!(report.merged[0].coinciding, [first]);
    let index = world.point.index();
    let id = index.users_from(feedgate::model::UserId(0)).find(|user| !user.is_built_in()).unwrap().id;
    let grants: Vec<_> = index.grants_of(feedgate::model::Principal::User(id)).collect();
    assert_eq!(grants.len(), 2);
    world.says("jdoe", "f", "restricted").await;
    world.says("jdoe", "g", "restricted").await;
}

/// Two spellings in one change set, before the directory was ever asked.
#[tokio::test]
async fn spellings_of_users_and_groups_in_one_change_set_are_merged_with_all_they_have() {
    let corp = Scripted::new([person("jdoe", &["devs"]), person("ann", &["devs"])]);
    let world = World::with(&[corp]).await;
    let member = |group: PrincipalName, member| Edit::Put(Spec::Membership(Membership { group, member }));
    let spelled = "CORP\\jdoe";
    let (_, report) = write(
        &world,
        vec![
            Edit::Create(edits::group("staff")),
            Edit::Create(edits::group("barred")),
            Edit::Create(edits::user("local")),
            grant(Effect::Permit, PrincipalRef::Group(edits::built_in("staff")), "f"),
            grant(Effect::Permit, PrincipalRef::Group(edits::built_in("staff")), "g"),
            grant(Effect::Restrict, PrincipalRef::Group(edits::built_in("barred")), "g"),
            member(edits::built_in("staff"), Member::User(outside("jdoe"))),
            member(edits::built_in("barred"), Member::User(outside(spelled))),
            grant(Effect::Permit, group("devs"), "f"),
            grant(Effect::Permit, group("devs@corp.example"), "g"),
            member(outside("devs@corp.example"), Member::User(edits::built_in("local"))),
            member(outside("devs@corp.example"), Member::Group(outside("devs"))),
            member(outside("devs"), Member::Group(outside("devs@corp.example"))),
        ],
        false,
    )
    .await;
    let mut merged: Vec<_> = report.merged.iter().map(|it| (it.name.as_str(), it.into.as_str())).collect();
    merged.sort_unstable();
    assert_eq!(merged, [(spelled, "jdoe"), ("devs@corp.example", "devs")]);
    world.says("jdoe", "f", "permitted").await;
    world.says("jdoe", "g", "restricted").await;
    world.says("ann", "g", "permitted").await;
    for feed in ["f", "g"] {
        assert_eq!(world.said(super::world::in_built_in("local"), feed).await, "permitted", "{feed}");
    }
    assert_eq!(users(&world), ["jdoe"]);
}

#[tokio::test]
async fn a_user_who_is_disabled_under_one_spelling_is_disabled() {
    let world = World::with(&[Scripted::new([person("jdoe", &[])])]).await;
    write(&world, vec![grant(Effect::Permit, user("jdoe"), "f")], false).await;
    let disabled = feedgate::model::edit::UserSpec {
        user: outside("jdoe@corp.example"),
        display_name: None,
        email: None,
        disabled: Some(true),
        external_id: None,
    };
    write(&world, vec![Edit::Create(Spec::User(disabled))], false).await;
    world.says("jdoe", "f", "SubjectDisabled").await;
}

#[tokio::test]
async fn every_write_names_what_is_unbound() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    corp.twice("smith");
    let world = World::with(&[Arc::clone(&corp)]).await;
    let typo = || grant(Effect::Restrict, group("Bulid-Team"), "g");
    let not_found = "group Bulid-Team: NotFound, 1 restrictions, 0 permissions";
    let (_, tried) = write(&world, vec![typo()], true).await;
    assert_eq!(unbound(&tried), [not_found]);
    let (_, report) = write(&world, vec![typo()], false).await;
    assert_eq!(unbound(&report), [not_found]);
    // A later write that only refers to it, and a member of a group that is restricted.
    let (_, report) = write(
        &world,
        vec![
            grant(Effect::Permit, group("Bulid-Team"), "f"),
            Edit::Create(edits::group("barred")),
            grant(Effect::Restrict, PrincipalRef::Group(edits::built_in("barred")), "g"),
            Edit::Put(Spec::Membership(Membership {
                group: edits::built_in("barred"),
                member: Member::User(outside("smith")),
            })),
            grant(Effect::Permit, group("devs"), "f"),
        ],
        false,
    )
    .await;
    let ambiguous = "user smith: Ambiguous, 1 restrictions, 0 permissions";
    assert_eq!(unbound(&report), [ambiguous, "group Bulid-Team: NotFound, 1 restrictions, 1 permissions"]);
    // What has nothing to do with it doesn't name it.
    let (_, report) = write(&world, vec![Edit::Create(edits::user("local"))], false).await;
    assert_eq!(report, NameReport::default());
    corp.fail(down());
    let (_, report) = write(&world, vec![grant(Effect::Restrict, user("late"), "g")], false).await;
    let [late] = report.unbound.as_slice() else { panic!("{report:?}") };
    assert!(
        matches!(&late.why, WhyUnbound::NotAsked(cause) if cause.contains("connection refused")),
        "{late:?}"
    );
}

#[tokio::test]
async fn a_refresh_names_restrictions_of_what_is_unbound_or_gone() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    write(&world, vec![grant(Effect::Restrict, group("typo"), "g")], false).await;
    write(&world, vec![grant(Effect::Restrict, user("jdoe"), "g")], false).await;
    corp.remove("jdoe");
    let Refreshment::All(all) = world.point.refresh_all(None).await.unwrap() else { panic!("all") };
    let left: Vec<_> =
        all.left.iter().map(|it| (it.name.as_str(), it.why.clone(), it.restrictions.len())).collect();
    assert_eq!(left, [("jdoe", WhyUnbound::Vanished, 1), ("typo", WhyUnbound::NotFound, 1)]);
    // So do lint, and a later write that names it.
    let gone = "user jdoe (corp) is unbound: its directory no longer has the id that it was bound to, so 1 restriction \
                restricts no user through it";
    assert!(messages(&world, Code::UnboundRestriction).await.contains(&gone.to_owned()));
    let (_, report) = write(&world, vec![grant(Effect::Permit, user("jdoe"), "f")], false).await;
    assert_eq!(unbound(&report), ["user jdoe: Vanished, 1 restrictions, 1 permissions"]);
}

async fn lint(world: &World) -> Vec<Finding> {
    let question = LintQuestion {
        codes: Vec::new(),
        min_severity: Severity::Info,
        accepted: Vec::new(),
        limit: 1_000,
        cursor: "",
        request: Fingerprint([0; 16]),
    };
    world.point.lint(question, Freshness::MinimizeLatency, Arc::new(Unmetered)).await.unwrap().findings
}

async fn messages(world: &World, code: Code) -> Vec<String> {
    let findings = lint(world).await.into_iter();
    findings.filter(|finding| finding.code == code).map(|finding| finding.message).collect()
}

#[tokio::test]
async fn lint_finds_grants_to_unbound_names() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    corp.twice("smith");
    let world = World::with(&[corp]).await;
    let edits = vec![
        grant(Effect::Restrict, group("typo"), "f"),
        grant(Effect::Restrict, group("typo"), "g"),
        grant(Effect::Permit, user("smith"), "g"),
        grant(Effect::Restrict, group("devs"), "g"),
    ];
    write(&world, edits, false).await;
    assert_eq!(
        messages(&world, Code::UnboundRestriction).await,
        [
            "group typo (corp) is unbound: its directory has no group of that name, so 2 restrictions restrict no user \
          through it"
        ]
    );
    assert_eq!(
        messages(&world, Code::UnboundPermission).await,
        [
            "user smith (corp) is unbound: its directory has more than one user of that name, so 1 permission doesn't \
          count for it"
        ]
    );
    let finding = lint(&world).await.into_iter().find(|it| it.code == Code::UnboundRestriction).unwrap();
    assert_eq!(finding.code.severity(), Severity::Danger);
    // The group and its grants.
    assert_eq!(finding.objects.len(), 3);
}

/// Each reason for which an administrator can't sign in.
#[tokio::test]
async fn lint_finds_every_administrator_who_cannot_sign_in() {
    let account = |name: &str, account| Person { account, ..person(name, &[]) };
    let corp = Scripted::new([
        account("left", Account::Disabled),
        account("late", Account::Expired),
        account("well", Account::Enabled),
        account("gone", Account::Enabled),
        person("member", &["admins"]),
    ]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    let administrators =
        |member| Edit::Put(Spec::Membership(Membership { group: edits::built_in("Administrators"), member }));
    let nobody = "nobody who can sign in may configure the system";
    let cannot =
        |name: &str, why: &str| format!("{name} is an administrator and can't sign in: the user {why}");
    let no_password = cannot("Admin", "has no password");
    assert_eq!(messages(&world, Code::AdministratorCannotSignIn).await, [nobody.to_owned(), no_password]);

    let password = NewPassword::Plain("something long".to_owned().into());
    let set = SetPassword { user: edits::built_in("Admin"), password, must_change: false };
    write(&world, vec![Edit::SetPassword(set)], false).await;
    assert_eq!(messages(&world, Code::AdministratorCannotSignIn).await, [""; 0]);

    let elsewhere = feedgate::model::edit::DirectorySpec {
        name: name("elsewhere"),
        domains: None,
        netbios: None,
        enabled: None,
        position: None,
    };
    let ghost = PrincipalName::Named { directory: Some(name("elsewhere")), name: name("ghost") };
    write(&world, vec![Edit::Create(Spec::Directory(elsewhere))], false).await;
    let outsiders =
        ["left", "late", "well", "gone", "typo"].map(|it| administrators(Member::User(outside(it))));
    let groups = ["admins", "no-such"].map(|it| administrators(Member::Group(outside(it))));
    write(&world, outsiders.into_iter().chain(groups).collect(), false).await;
    write(&world, vec![administrators(Member::User(ghost))], false).await;
    corp.remove("gone");
    world.point.refresh_all(Some("corp")).await.unwrap();
    let mut said = messages(&world, Code::AdministratorCannotSignIn).await;
    said.sort_unstable();
    let mut expected = vec![
        cannot("left (corp)", "is disabled in its directory"),
        cannot("late (corp)", "has expired in its directory"),
        cannot("gone (corp)", "is gone from its directory"),
        cannot("typo (corp)", "isn't bound to an id of its directory"),
        cannot("ghost (elsewhere)", "lives in a directory that this server isn't configured to reach"),
        "the members of group no-such (corp) are administrators and can't sign in: the group isn't bound to an id of \
         its directory"
            .to_owned(),
    ];
    expected.sort_unstable();
    assert_eq!(said, expected);
    // A directory that can't be asked says nothing of accounts that aren't remembered.
    let key = NameKey::new("well").unwrap();
    let corp_id = world.point.index().directory_named(&NameKey::new("corp").unwrap()).unwrap().id;
    assert!(world.point.index().user_named(corp_id, &key).unwrap().external_id.is_some());
    corp.fail(Some(DirectoryError::TimedOut(3_000)));
    assert_eq!(messages(&world, Code::AdministratorCannotSignIn).await.len(), expected.len());
}

/// From the command line, with a directory behind LDAP.
#[test]
fn commands_say_what_is_unbound() {
    let ldap = OpenLdap::shared();
    let config = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let text = format!(
        "[[directory]]
name = 'ldap.example'
[directory.ldap]
domain = 'ldap.example'
hosts = ['localhost:{}']
ca_file = '{}'
bind_dn = 'cn=svc-feeds,ou=services,dc=mycompany,dc=corp'
bind_password_file = '{}'
user_base = 'ou=people,dc=mycompany,dc=corp'
group_base = 'ou=groups,dc=mycompany,dc=corp'
",
        ldap.tls_port(),
        ldap.path("ca.pem").display(),
        ldap.path("password").display(),
    );
    fs::write(config.path(), text).unwrap();
    let server = Server::start_with(&["--config", config.path().to_str().unwrap()]);
    let warning =
        "warning: group Bulid-Team (ldap.example) is unbound: its directory has no group of that name";
    let said = |words: &[&str]| server.cli(words).ended(0).to_owned();
    let policy = "
version: 1
directories: [{name: ldap.example, domains: [ldap.example]}]
feeds: [{name: f, type: npm}]
grants: [{restrict: Publish Packages, to: {group: Bulid-Team, directory: ldap.example}, scope: all}]
";
    let applied = said(&["apply", "-f", &server.file("policy.yaml", policy)]);
    assert!(applied.contains(warning), "{applied}");
    let to_it = ["--group", "Bulid-Team", "--directory", "ldap.example", "--feed", "f"];
    for verb in ["restrict", "grant"] {
        let said = said(&[&[verb, "View & Download Packages"][..], &to_it].concat());
        assert!(said.contains(warning), "{said}");
    }
    for (words, marked) in [
        (&["list", "grants"][..], "group Bulid-Team (ldap.example, unbound)"),
        (&["list", "groups"], "unbound"),
        (&["directory", "refresh"], "2 restrictions"),
        (&["group", "show", "Bulid-Team", "--directory", "ldap.example"], "unbound: "),
        (&["lint", "--fail-on", "never"], "UNBOUND_RESTRICTION"),
    ] {
        let said = said(words);
        assert!(said.contains(marked), "{words:?}: {said}");
    }
    // Two spellings.
    for (user, feed) in [("jdoe", "f"), ("jdoe@ldap.example", "f")] {
        let words =
            ["grant", "Publish Packages", "--user", user, "--directory", "ldap.example", "--feed", feed];
        let said = said(&words);
        assert_eq!(said.contains("is the user jdoe: the two are one now"), user != "jdoe", "{said}");
    }
}
