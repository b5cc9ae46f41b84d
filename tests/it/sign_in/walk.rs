//! A name that several directories may know.

use std::sync::Arc;

use feedgate::{
    directory::{Account, DirectoryError, Person, Refusal},
    engine::Reason,
    model::{
        SignInOrder,
        edit::{DirectorySpec, Edit, SettingsSpec, Spec, UserSpec},
    },
    service::query::{Freshness, Identity, Question, Where, Who},
};

use super::world::{Door, OUTSIDE, World, door, weak};
use crate::{
    directory::scripted::{Scripted, person},
    support::edits::name,
};

/// `jdoe` is everywhere, each time with another password; `ann` is in the lab and the branch with the same one.
async fn world() -> (World, [Arc<Scripted>; 3]) {
    let scripts = OUTSIDE.map(|_| Scripted::new([person("jdoe", &[])]));
    let [corp, lab, branch] = &scripts;
    for (script, password) in [(corp, "in corp"), (lab, "in lab"), (branch, "in branch")] {
        script.password("jdoe", password);
    }
    for script in [lab, branch] {
        script.put(person("ann", &[]));
        script.password("ann", "ann's");
    }
    let world = World::with(&scripts).await;
    world.user("jdoe", Some(weak("here")), false).await;
    (world, scripts)
}

fn down() -> Option<DirectoryError> {
    Some(DirectoryError::Unreachable("connection refused".into()))
}

async fn check(world: &World, cases: &[(Door<'_>, &str)]) {
    for (at, expected) in cases {
        let said = world.says(*at).await;
        assert_eq!(said, *expected, "{:?} {} {}", at.directory, at.name, at.password);
    }
}

#[tokio::test]
async fn until_one_accepts() {
    let (world, scripts) = world().await;
    const WRONG: &str = "the password is wrong";
    let in_lab = |name, password| Door { directory: Some("LAB"), ..door(name, password) };
    check(
        &world,
        &[
            (door("JDoe", "here"), "jdoe of built-in, 2 []"),
            (door("jdoe", "in corp"), &format!("jdoe of corp, id of jdoe [built-in: {WRONG}]")),
            (
                door("jdoe", "in branch"),
                &format!("jdoe of branch, id of jdoe [built-in: {WRONG}, corp: {WRONG}, lab: {WRONG}]"),
            ),
            (
                door("jdoe", "nowhere"),
                &format!("{WRONG} [built-in: {WRONG}, corp: {WRONG}, lab: {WRONG}, branch: {WRONG}]"),
            ),
            (door("ann", "ann's"), "ann of lab, id of ann [built-in: no such user, corp: no such user]"),
            (
                door("nobody", "x"),
                "no such user [built-in: no such user, corp: no such user, lab: no such user, branch: no such user]",
            ),
            // Literally, in one directory.
            (in_lab("jdoe", "in lab"), "jdoe of lab, id of jdoe []"),
            (in_lab("jdoe", "in corp"), &format!("{WRONG} [lab: {WRONG}]")),
            (in_lab("jdoe@lab.example", "in lab"), "no such user [lab: no such user]"),
            // By domain.
            (door("jdoe@lab.example", "in lab"), "jdoe of lab, id of jdoe []"),
            (door("LAB\\jdoe", "in lab"), "jdoe of lab, id of jdoe []"),
            (door("lab\\jdoe", "in corp"), &format!("{WRONG} [lab: {WRONG}]")),
            (door("jdoe@shared.example", "in lab"), &format!("jdoe of lab, id of jdoe [corp: {WRONG}]")),
            (door("jdoe@elsewhere.example", "here"), "no such user [built-in: no such user]"),
            // Nobody is asked.
            (door("jdoe", ""), "the password is empty []"),
            (
                Door { directory: Some("gone"), ..door("jdoe", "here") },
                "error: no directory is called `gone`",
            ),
            (door("", "here"), "error: subject: a name must not be empty"),
            (door("(system)", "here"), "error: subject: `(system)` is in round brackets, which mean something else than a name"),
        ],
    )
    .await;
    for script in &scripts {
        script.shown();
    }
    check(&world, &[(door("jdoe", ""), "the password is empty []")]).await;
    for script in &scripts {
        assert!(script.shown().is_empty());
    }
    world.enable("built-in", false).await;
    world.enable("lab", false).await;
    check(
        &world,
        &[
            (door("jdoe", "here"), &format!("{WRONG} [corp: {WRONG}, branch: {WRONG}]")),
            (in_lab("jdoe", "in lab"), "error: the directory `LAB` is disabled"),
            (
                Door { directory: Some("built-in"), ..door("jdoe", "here") },
                "error: the directory `built-in` is disabled",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_first_holder_alone() {
    let (world, [corp, lab, branch]) = world().await;
    let sign_in = Some(SignInOrder::FirstHolder);
    world.settings(SettingsSpec { sign_in, ..SettingsSpec::default() }).await;
    const WRONG: &str = "the password is wrong [built-in: the password is wrong]";
    check(
        &world,
        &[
            (door("jdoe", "here"), "jdoe of built-in, 2 []"),
            (door("jdoe", "in corp"), WRONG),
            (door("ann", "ann's"), "ann of lab, id of ann [built-in: no such user, corp: no such user]"),
            (
                door("ann", "wrong"),
                "the password is wrong [built-in: no such user, corp: no such user, lab: the password is wrong]",
            ),
            (
                door("jdoe@shared.example", "in lab"),
                "the password is wrong [corp: the password is wrong]",
            ),
            (Door { directory: Some("lab"), ..door("jdoe", "in lab") }, "jdoe of lab, id of jdoe []"),
        ],
    )
    .await;
    // One that doesn't know the name sees no password.
    assert_eq!(corp.shown(), ["jdoe@shared.example"]);
    assert_eq!(lab.shown(), ["ann", "ann", "jdoe"]);
    assert!(branch.shown().is_empty());
    // Who has come meanwhile is there at once: behind them another one would be let in.
    corp.put(person("ann", &[]));
    check(
        &world,
        &[(
            door("ann", "ann's"),
            "the password is wrong [built-in: no such user, corp: the password is wrong]",
        )],
    )
    .await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_asked_ends_it() {
    let (world, [corp, lab, _]) = world().await;
    corp.fail(down());
    let error = "error: the directory `corp` can't be asked about";
    for order in [SignInOrder::UntilAccepted, SignInOrder::FirstHolder] {
        world.settings(SettingsSpec { sign_in: Some(order), ..SettingsSpec::default() }).await;
        for (at, expected) in [
            (door("jdoe", "here"), "jdoe of built-in, 2 []".to_owned()),
            (door("ann", "ann's"), format!("{error} `ann`: connection refused")),
            (
                door("jdoe@shared.example", "in lab"),
                format!("{error} `jdoe@shared.example`: connection refused"),
            ),
            (door("jdoe@lab.example", "in lab"), "jdoe of lab, id of jdoe []".to_owned()),
        ] {
            assert_eq!(world.says(at).await, expected, "{order:?}");
        }
    }
    lab.shown();
    world.says(door("ann", "ann's")).await;
    assert!(lab.shown().is_empty());
    // One that the policy names and nobody can reach.
    corp.fail(None);
    world
        .write(vec![Edit::Create(Spec::Directory(DirectorySpec {
            name: name("cellar"),
            domains: None,
            netbios: None,
            enabled: None,
            position: Some(0),
        }))])
        .await;
    let said = world.says(door("ann", "ann's")).await;
    assert!(said.starts_with("error: the directory `cellar` can't be asked about `ann`"), "{said}");
}

/// Whoever is found there and can't come in isn't taken for somebody else behind it.
#[tokio::test]
async fn what_a_refusal_means_for_the_next_one() {
    for (refusal, goes_on) in [
        (Refusal::Disabled, true),
        (Refusal::AccountExpired, true),
        (Refusal::Locked, true),
        (Refusal::NotPermitted, true),
        (Refusal::PasswordExpired, false),
        (Refusal::PasswordMustChange, false),
    ] {
        let (world, [_, lab, _]) = world().await;
        lab.refuse("ann", refusal);
        let before = "built-in: no such user, corp: no such user";
        let expected = if goes_on {
            format!("ann of branch, id of ann [{before}, lab: {refusal}]")
        } else {
            format!("{refusal} [{before}, lab: {refusal}]")
        };
        assert_eq!(world.says(door("ann", "ann's")).await, expected);
        // Of several the one that came nearest.
        let said = world.says(door("ann", "wrong")).await;
        assert!(said.starts_with("the password is wrong ["), "{said}");
    }
}

#[tokio::test]
async fn who_is_signed_in_is_whom_a_check_means() {
    let corp = Scripted::new([person("jdoe", &["devs"])]);
    corp.password("jdoe", "in corp");
    let world = World::with(&[Arc::clone(&corp)]).await;
    let answer = world.knock(door("JDOE", "in corp")).await.unwrap();
    let user = answer.outcome.unwrap();
    let asked = corp.asked();
    let who = Who::User { directory: Some(&user.directory), identity: Identity::Id(&user.id) };
    let question = Question { who, attribute: "Feeds_ViewFeed", target: Where::System };
    let answer = world.point.check(question, Freshness::MinimizeLatency).await.unwrap();
    assert_eq!(answer.decision.reason, Reason::NotGranted);
    // The sign-in has told already.
    assert_eq!(corp.asked(), asked);
}

#[tokio::test]
async fn an_account_that_no_check_would_let_in() {
    let disabled = |account| Person { account, ..person("ann", &[]) };
    for (account, expected) in
        [(Account::Disabled, "the account is disabled"), (Account::Expired, "the account has expired")]
    {
        let corp = Scripted::new([disabled(account)]);
        corp.password("ann", "ann's");
        let world = World::with(&[corp]).await;
        let at = Door { directory: Some("corp"), ..door("ann", "ann's") };
        assert_eq!(world.says(at).await, format!("{expected} [corp: {expected}]"));
    }
    // By the policy.
    let corp = Scripted::new([person("ann", &[])]);
    corp.password("ann", "ann's");
    let world = World::with(&[corp]).await;
    let user =
        feedgate::model::edit::PrincipalName::Named { directory: Some(name("corp")), name: name("ann") };
    let (display_name, email, external_id) = (None, None, None);
    let spec = UserSpec { user, display_name, email, disabled: Some(true), external_id };
    world.write(vec![Edit::Create(Spec::User(spec))]).await;
    let said = world.says(Door { directory: Some("corp"), ..door("ann", "ann's") }).await;
    assert_eq!(said, "the account is disabled [corp: the account is disabled]");
}
