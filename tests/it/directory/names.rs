//! Whom names mean among several directories, one at a time and many at once.

use std::sync::Arc;

use feedgate::{
    model::{
        BareNames, Effect,
        edit::{Edit, PrincipalRef, SettingsSpec, Spec},
    },
    service::query::{Freshness, Identity, Question, Where, Who},
};

use super::{
    scripted::{Scripted, person},
    world::{VIEW, World, bare, down, in_corp, outside},
};
use crate::support::edits::{self, name};

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
    let answer = world.point.batch(&questions, Freshness::MinimizeLatency, None).await.unwrap();
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

/// Login names may be email addresses, and what restricts a name holds for a check by that name: whoever has it, and if
/// nobody has.
#[tokio::test]
async fn a_restriction_holds_for_a_check_by_the_name_that_it_uses() {
    let corp = Scripted::new([person("kim@corp.example", &[]), person("ann@corp.example", &[])]);
    let world = World::with(&[Arc::clone(&corp)]).await;
    world.grant(Effect::Permit, PrincipalRef::Everyone, None).await;
    for restricted in ["kim@corp.example", "ann@corp.example", "lee@corp.example", "max"] {
        world.grant(Effect::Restrict, PrincipalRef::User(outside(restricted)), Some("g")).await;
    }
    let check = async |spelled: &str, known: bool, expected: &str| {
        let answer = world.try_ask(bare(spelled), "g").await.unwrap();
        assert_eq!(answer.decision.subject_unknown, !known, "{spelled}");
        assert_eq!(world.said(bare(spelled), "g").await, expected, "{spelled}");
        assert_eq!(world.said(bare(spelled), "f").await, "permitted", "{spelled}");
    };
    check("kim@corp.example", true, "restricted").await;
    check("ann@corp.example", true, "restricted").await;
    // Nobody has these names, and they are held back all the same, by the whole and by the part without the domain.
    check("lee@corp.example", false, "restricted").await;
    check("LEE@Corp.Example", false, "restricted").await;
    check("max@corp.example", false, "restricted").await;
    check("CORP\\max", false, "restricted").await;
    check("max", false, "restricted").await;
    // Another name is another one.
    check("lee", false, "permitted").await;
    check("zoe@corp.example", false, "permitted").await;
    assert_eq!(world.said(in_corp("lee@corp.example"), "g").await, "restricted");
    // The one who was called so has gone, and the name finds another one now.
    corp.remove("ann@corp.example");
    corp.put(person("ann", &[]));
    world.point.refresh_all(None).await.unwrap();
    check("ann@corp.example", true, "restricted").await;
}
