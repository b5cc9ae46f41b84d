//! Whom names mean, as far as no directory outside has to be asked.

use super::*;
use feedgate_model::edit::{DirectorySpec, Edit, PrincipalName, SettingsSpec, Spec, Step, UserSpec};
use feedgate_model::{Name, Policy, Revision, StoreId};
use feedgate_policy::Draft;

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

fn index(edits: Vec<Edit>) -> Index {
    let start = Index::build(Revision { store: StoreId(1), number: 0 }, Policy::initial().unwrap()).unwrap();
    let mut draft = Draft::new(&start);
    for edit in edits {
        draft.apply(&Step { edit, expected_revision: None }).unwrap();
    }
    draft.finish().index
}

fn user(user: &str) -> Edit {
    Edit::Create(Spec::User(UserSpec {
        user: PrincipalName::built_in(name(user)),
        display_name: None,
        email: None,
        disabled: None,
        external_id: None,
    }))
}

fn directory(directory: &str, enabled: bool) -> Edit {
    Edit::Create(Spec::Directory(DirectorySpec {
        name: name(directory),
        domains: Some(vec![name(directory)]),
        netbios: Some(vec![name("CORP")]),
        enabled: Some(enabled),
        position: None,
    }))
}

/// `known NAME`, `unknown`, or the start of the error.
fn check(index: &Index, directory: Option<&str>, name: &str, expected: &str) {
    let spelled = |member: Member<'_>| index.user(member.id).unwrap().name.clone();
    let answer = match resolve(index, &Connections::none(), directory, Identity::Name(name)) {
        Ok(Lookup { resolved: Resolved::BuiltIn(user), basis: None, .. }) => {
            format!("known {}", spelled(user))
        }
        Ok(Lookup { resolved: Resolved::Unknown, basis: None, .. }) => "unknown".into(),
        Err(Unresolved::Never(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(answer.starts_with(expected), "{directory:?} {name}: {answer}");
}

#[test]
fn built_in_names() {
    let index = index(vec![user("jDoe"), user("odd@nowhere.example"), user("A\\b")]);
    check(&index, None, "JDOE", "known jDoe");
    check(&index, Some("built-in"), "jdoe", "known jDoe");
    check(&index, None, "nobody", "unknown");
    check(&index, None, "odd@nowhere.example", "known odd@nowhere.example");
    check(&index, None, "a\\B", "known A\\b");
    check(&index, Some("corp"), "jdoe", "no directory is called `corp`");
    check(&index, None, "", "subject: a name must not be empty");
}

#[test]
fn a_directory_that_cannot_be_asked_ends_the_search() {
    let on = index(vec![user("jdoe"), user("x@corp.example"), directory("corp.example", true)]);
    check(&on, None, "jdoe", "the directory `corp.example` can't be asked about `jdoe`");
    check(&on, None, "x@corp.example", "the directory `corp.example` can't be asked");
    check(&on, None, "corp\\x", "the directory `corp.example` can't be asked");
    check(&on, None, "x@other.example", "unknown");
    check(&on, Some("built-in"), "x@corp.example", "known x@corp.example");

    let off = index(vec![user("jdoe"), user("x@corp.example"), directory("corp.example", false)]);
    check(&off, None, "jdoe", "known jdoe");
    check(&off, None, "x@corp.example", "known x@corp.example");
    check(&off, Some("corp.example"), "jdoe", "the directory `corp.example` is disabled");
}

#[test]
fn a_disabled_built_in_directory_knows_nobody() {
    let disabled = Edit::Update(Spec::Directory(DirectorySpec {
        name: name("built-in"),
        domains: None,
        netbios: None,
        enabled: Some(false),
        position: None,
    }));
    let index = index(vec![user("jdoe"), user("odd@nowhere.example"), disabled]);
    check(&index, None, "jdoe", "unknown");
    check(&index, None, "odd@nowhere.example", "unknown");
    check(&index, Some("built-in"), "jdoe", "the directory `built-in` is disabled");
}

#[test]
fn the_first_holder_is_enough_when_settings_say_so() {
    let bare_names = Some(BareNames::First);
    let settings = Edit::Put(Spec::Settings(SettingsSpec { bare_names, ..SettingsSpec::default() }));
    let index = index(vec![user("jdoe"), directory("corp.example", true), settings]);
    check(&index, None, "jdoe", "known jdoe");
    check(&index, None, "other", "the directory `corp.example` can't be asked");
}

#[test]
fn ids_survive_and_are_never_guessed() {
    let index = index(vec![user("jdoe")]);
    let by_id = |directory, id| match resolve(&index, &Connections::none(), directory, Identity::Id(id)) {
        Ok(lookup) => Ok(lookup.resolved),
        Err(Unresolved::Never(error)) => Err(error),
        Err(other) => panic!("there is nobody to ask: {other:?}"),
    };
    let jdoe = index.user(UserId(2)).unwrap();
    assert!(matches!(by_id(Some("built-in"), "2"), Ok(Resolved::BuiltIn(user)) if user == Member::of(jdoe)));
    assert_eq!(by_id(Some("built-in"), "77"), Ok(Resolved::Unknown));
    assert_eq!(by_id(Some("built-in"), "jdoe"), Err(ResolveError::InvalidId("jdoe".into())));
    assert_eq!(by_id(None, "2"), Err(ResolveError::InvalidId("2".into())));
}
