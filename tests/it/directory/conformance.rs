//! What every directory outside of the policy has to do alike, whatever is behind it.

use feedgate::directory::{
    Account, DirectoryError, ExternalGroup, FoundKind, Key, Person, Probe, Qualified, Refusal, SignIn,
    UserDirectory,
    trace::{Outcome, Trace},
};
use secrecy::SecretString;

/// The sample data that a directory has. All have these groups, and these users, whose password is the same:
///
/// | Group | Members |
/// |---|---|
/// | `leads` | `asmith` |
/// | `developers` | `jdoe`, the group `leads` |
/// | `everybody` | the group `developers` |
/// | `ring-a` | `jdoe`, the group `ring-b` |
/// | `ring-b` | the group `ring-c` |
/// | `ring-c` | the group `ring-a` |
/// | `odd` | users with odd names |
pub struct World<'a> {
    pub password: &'a str,
    /// Users whose names, or places, have characters in them that mean something elsewhere.
    pub odd: &'a [&'a str],
    /// Groups that this directory has everybody in.
    pub everybodys: &'a [&'a str],
    /// Further groups of `jdoe` and of `asmith`.
    pub more_of_jdoe: &'a [&'a str],
    pub more_of_asmith: &'a [&'a str],
    /// A user who may not sign in.
    pub disabled: &'a str,
    /// An id that nobody has, and a text that can't be one.
    pub nobodys_id: &'a str,
    pub no_id: &'a str,
    pub admin: &'a dyn Admin,
}

/// Whoever keeps the directory.
pub trait Admin {
    /// With the password of all. What has the name already goes first.
    fn add_user(&self, name: &str);
    fn remove_user(&self, name: &str);
    /// With this user in it. What has one of the names already goes first.
    fn add_group(&self, name: &str, member: &str, later: &str);
    fn rename_group(&self, from: &str, to: &str);
}

/// All of it.
pub async fn suite(directory: &dyn UserDirectory, world: &World<'_>) {
    people(directory, world).await;
    groups(directory, world).await;
    names_with_domains(directory, world).await;
    odd_names(directory, world).await;
    injections(directory, world).await;
    ids(directory, world).await;
    sign_ins(directory, world).await;
    searches(directory).await;
    recycled(directory, world).await;
    renamed(directory, world).await;
    tests(directory, world).await;
}

async fn person(directory: &dyn UserDirectory, name: &str) -> Person {
    directory.find_user(Key::Name(name)).await.unwrap().unwrap_or_else(|| panic!("`{name}` isn't there"))
}

fn names(groups: &[ExternalGroup]) -> Vec<&str> {
    let mut names: Vec<_> = groups.iter().map(|group| group.name.as_deref().unwrap()).collect();
    names.sort_unstable();
    names
}

fn together<'a>(lists: &[&[&'a str]]) -> Vec<&'a str> {
    let mut all = lists.concat();
    all.sort_unstable();
    all
}

async fn people(directory: &dyn UserDirectory, world: &World<'_>) {
    let jdoe = person(directory, "jdoe").await;
    assert_eq!((&*jdoe.name, jdoe.account), ("jdoe", Account::Enabled));
    assert_eq!((&*jdoe.display_name, &*jdoe.email), ("John Doe", "jdoe@mycompany.corp"));
    let circle = ["developers", "everybody", "ring-a", "ring-b", "ring-c"];
    assert_eq!(names(&jdoe.groups), together(&[&circle, world.everybodys, world.more_of_jdoe]));
    let asmith = person(directory, "asmith").await;
    let nested = ["leads", "developers", "everybody"];
    assert_eq!(names(&asmith.groups), together(&[&nested, world.everybodys, world.more_of_asmith]));
    assert_ne!(jdoe.id, asmith.id);
    // Each time the same.
    assert_eq!(person(directory, "jdoe").await, jdoe);
    // A name is the one that the directory has, however it was typed.
    assert_eq!(&*person(directory, "JDoe").await.name, "jdoe");
    for nobody in ["jdo", "jdoe2", "nobody", "developers"] {
        assert_eq!(directory.find_user(Key::Name(nobody)).await, Ok(None), "{nobody}");
    }
}

async fn groups(directory: &dyn UserDirectory, world: &World<'_>) {
    let developers = directory.find_group(Key::Name("developers")).await.unwrap().unwrap();
    assert_eq!(developers.name.as_deref(), Some("developers"));
    let of_jdoe = person(directory, "jdoe").await.groups;
    // One group is the same whichever way one comes to it.
    assert!(of_jdoe.contains(&developers));
    for group in &of_jdoe {
        let by_id = directory.find_group(Key::Id(&group.id)).await;
        assert_eq!(by_id.as_ref(), Ok(&Some(group.clone())), "{world:?}", world = world.everybodys);
    }
    for nobody in ["developer", "jdoe", "nobody"] {
        assert_eq!(directory.find_group(Key::Name(nobody)).await, Ok(None), "{nobody}");
    }
}

async fn names_with_domains(directory: &dyn UserDirectory, world: &World<'_>) {
    let jdoe = person(directory, "jdoe").await;
    for whole in ["jdoe@mycompany.corp", "JDOE@MyCompany.corp", "MYCOMPANY\\jdoe"] {
        let key = Key::Qualified(Qualified::parse(whole).unwrap());
        assert_eq!(directory.find_user(key).await.as_ref(), Ok(&Some(jdoe.clone())), "{whole}");
        let signed_in = directory.sign_in(key, &SecretString::from(world.password)).await;
        assert_eq!(signed_in, Ok(SignIn::Accepted(jdoe.clone())), "{whole}");
        // Taken literally, it is nobody's.
        assert_eq!(directory.find_user(Key::Name(whole)).await, Ok(None), "{whole}");
    }
    let claims = directory.claims().await.unwrap();
    assert!(claims.domains.iter().any(|domain| &**domain == "mycompany.corp"), "{claims:?}");
    assert!(claims.netbios.iter().any(|domain| &**domain == "MYCOMPANY"), "{claims:?}");
}

async fn odd_names(directory: &dyn UserDirectory, world: &World<'_>) {
    for name in world.odd {
        let person = person(directory, name).await;
        assert_eq!(&*person.name, *name);
        assert_eq!(names(&person.groups), together(&[&["odd"], world.everybodys]), "{name}");
        let signed_in = directory.sign_in(Key::Name(name), &SecretString::from(world.password)).await;
        assert_eq!(signed_in, Ok(SignIn::Accepted(person)), "{name}");
    }
}

/// Names that would be somebody's if they got into a question as they are.
async fn injections(directory: &dyn UserDirectory, world: &World<'_>) {
    let right = SecretString::from(world.password);
    for name in [
        "*",
        "jd*",
        "jdoe)(uid=*",
        "*)(objectClass=*",
        "jdoe)(|(uid=*",
        "x)(|(cn=*))(uid=*",
        "\\6a\\64\\6f\\65",
        "jdoe\0",
        "\0",
        "jdoe\0,ou=people",
        "j(doe)",
        "",
    ] {
        assert_eq!(directory.find_user(Key::Name(name)).await, Ok(None), "{name:?}");
        assert_eq!(directory.find_group(Key::Name(name)).await, Ok(None), "{name:?}");
        let refused = directory.sign_in(Key::Name(name), &right).await;
        assert_eq!(refused, Ok(SignIn::Refused(Refusal::UnknownUser)), "{name:?}");
        if !name.is_empty() {
            assert_eq!(directory.search(name, 10).await, Ok(Vec::new()), "{name:?}");
        }
    }
}

async fn ids(directory: &dyn UserDirectory, world: &World<'_>) {
    let jdoe = person(directory, "jdoe").await;
    assert_eq!(directory.find_user(Key::Id(&jdoe.id)).await, Ok(Some(jdoe.clone())));
    assert_eq!(directory.find_user(Key::Id(world.nobodys_id)).await, Ok(None));
    for wrong in [world.no_id, "", "*", "jdoe\0"] {
        let answer = directory.find_user(Key::Id(wrong)).await;
        assert_eq!(answer, Err(DirectoryError::InvalidId(wrong.into())));
    }
    // A user is no group.
    let group = directory.find_group(Key::Id(&jdoe.id)).await;
    assert!(matches!(group, Ok(None) | Err(DirectoryError::InvalidId(_))), "{group:?}");
}

async fn sign_ins(directory: &dyn UserDirectory, world: &World<'_>) {
    let jdoe = person(directory, "jdoe").await;
    let (right, wrong) = (SecretString::from(world.password), SecretString::from("wrong"));
    let key = Key::Name("jdoe");
    assert_eq!(directory.sign_in(key, &right).await, Ok(SignIn::Accepted(jdoe)));
    assert_eq!(directory.sign_in(key, &wrong).await, Ok(SignIn::Refused(Refusal::WrongPassword)));
    let empty = SecretString::from("");
    assert_eq!(directory.sign_in(key, &empty).await, Ok(SignIn::Refused(Refusal::EmptyPassword)));
    let nobody = directory.sign_in(Key::Name("nobody"), &right).await;
    assert_eq!(nobody, Ok(SignIn::Refused(Refusal::UnknownUser)));
    let group = directory.sign_in(Key::Name("developers"), &right).await;
    assert_eq!(group, Ok(SignIn::Refused(Refusal::UnknownUser)));
    let disabled = Key::Name(world.disabled);
    assert_eq!(directory.sign_in(disabled, &right).await, Ok(SignIn::Refused(Refusal::Disabled)));
    assert_eq!(person(directory, world.disabled).await.account, Account::Disabled);
}

async fn searches(directory: &dyn UserDirectory) {
    let found = directory.search("ring-", 10).await.unwrap();
    let listed: Vec<_> = found.iter().map(|found| (found.kind, &*found.name)).collect();
    let group = FoundKind::Group;
    assert_eq!(listed, [(group, "ring-a"), (group, "ring-b"), (group, "ring-c")]);
    assert_eq!(directory.search("ring-", 2).await.unwrap(), found[..2]);
    let found = directory.search("jdo", 10).await.unwrap();
    assert_eq!((found.len(), found[0].kind, &*found[0].name), (1, FoundKind::User, "jdoe"));
    assert_eq!(found[0].id, person(directory, "jdoe").await.id);
    assert!(directory.search("", 3).await.unwrap().len() == 3);
}

/// Whoever has a name now isn't whoever had it.
async fn recycled(directory: &dyn UserDirectory, world: &World<'_>) {
    world.admin.add_user("recycled");
    let first = person(directory, "recycled").await;
    world.admin.remove_user("recycled");
    assert_eq!(directory.find_user(Key::Name("recycled")).await, Ok(None));
    world.admin.add_user("recycled");
    let second = person(directory, "recycled").await;
    assert_ne!(first.id, second.id);
    assert_eq!(directory.find_user(Key::Id(&first.id)).await, Ok(None));
    world.admin.remove_user("recycled");
}

/// A group with another name is the same group.
async fn renamed(directory: &dyn UserDirectory, world: &World<'_>) {
    world.admin.add_user("mover");
    world.admin.add_group("former", "mover", "latter");
    let former = directory.find_group(Key::Name("former")).await.unwrap().unwrap();
    assert!(person(directory, "mover").await.groups.contains(&former));
    world.admin.rename_group("former", "latter");
    let latter = ExternalGroup { id: former.id.clone(), name: Some("latter".into()) };
    assert_eq!(directory.find_group(Key::Name("former")).await, Ok(None));
    assert_eq!(directory.find_group(Key::Name("latter")).await, Ok(Some(latter.clone())));
    assert_eq!(directory.find_group(Key::Id(&former.id)).await, Ok(Some(latter.clone())));
    assert!(person(directory, "mover").await.groups.contains(&latter));
    world.admin.remove_user("mover");
}

async fn tests(directory: &dyn UserDirectory, world: &World<'_>) {
    let probe = Probe { user: Some("jdoe"), group: Some("developers"), search: Some("ring") };
    let mut trace = Trace::default();
    directory.test(&probe, &mut trace).await;
    assert!(trace.is_ok(), "{trace:#?}");
    let steps: Vec<_> = trace.steps.iter().map(|step| step.name).collect();
    for expected in ["connect", "bind", "user", "membership", "group", "search"] {
        assert!(steps.contains(&expected), "{steps:?}");
    }
    let told = format!("{trace:?}");
    assert!(told.contains("ring-b") && !told.contains(world.password), "{told}");

    let probe = Probe { user: Some("nobody"), group: None, search: None };
    let mut trace = Trace::default();
    directory.test(&probe, &mut trace).await;
    assert_eq!(trace.steps.last().unwrap().outcome, Outcome::NotFound);
    assert!(!trace.is_ok());
}
