//! Passwords that are kept here: what they become, and who may change them.

use feedgate::{
    model::{Credential, Secret},
    service::sign_in::{Refused, Why},
    store::{FailAt, StoreError},
};
use futures_util::future::join;

use super::world::{Door, World, door, sample, weak};

const WRONG: &str = "the password is wrong [built-in: the password is wrong]";
const MUST: &str = "the password must be changed first [built-in: the password must be changed first]";
const UNFIT: &str = "the new password is too short, too long, or the same [built-in: the new password is too short, too long, or the same]";

fn phc(credential: &Credential) -> &str {
    match &credential.secret {
        Secret::Argon2id(hash) => hash,
        Secret::ProGet { .. } => panic!("{credential:?}"),
    }
}

#[tokio::test]
async fn an_imported_hash_is_verified_once_and_replaced() {
    let world = World::alone().await;
    let id = world.user("jdoe", Some(sample()), false).await;
    let revision = world.point.index().revision();
    assert_eq!(world.says(door("jdoe", "admin")).await, WRONG);
    assert_eq!(world.credential(id).await.secret, sample());
    for _ in 0..2 {
        assert_eq!(world.says(door("jdoe", "Admin")).await, "jdoe of built-in, 2 []");
        assert!(phc(&world.credential(id).await).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
    assert_eq!(world.says(door("jdoe", "admin")).await, WRONG);
    assert_eq!(world.point.index().revision(), revision, "a password makes no revision");
}

#[tokio::test]
async fn what_has_to_be_changed_is_changed() {
    let world = World::alone().await;
    let id = world.user("jdoe", Some(sample()), true).await;
    assert_eq!(world.says(door("jdoe", "Admin")).await, MUST);
    // Replaced all the same, and it still has to be changed.
    let credential = world.credential(id).await;
    assert!(phc(&credential).starts_with("$argon2id$") && credential.must_change);

    let with = |password, new| Door { new: Some(new), ..door("jdoe", password) };
    let long = "x".repeat(1_025);
    for new in ["", "seven c", "Admin", &long] {
        assert_eq!(world.says(with("Admin", new)).await, UNFIT, "{new}");
    }
    assert_eq!(world.says(with("wrong", "long enough")).await, WRONG);
    assert_eq!(world.credential(id).await, credential);
    // Eight characters, however many bytes.
    assert_eq!(world.says(with("Admin", "äöüäöüßß")).await, "jdoe of built-in, 2 []");
    assert!(!world.credential(id).await.must_change);
    assert_eq!(world.says(door("jdoe", "Admin")).await, WRONG);
    assert_eq!(world.says(door("jdoe", "äöüäöüßß")).await, "jdoe of built-in, 2 []");
    // What needn't be changed isn't.
    assert_eq!(world.says(with("äöüäöüßß", "something else")).await, "jdoe of built-in, 2 []");
    assert_eq!(world.says(door("jdoe", "something else")).await, WRONG);
    // An administrator's password, set over it.
    world.set_password("jdoe", "temporary", true).await;
    let same = with("temporary", "temporary");
    assert_eq!(world.says(same).await, UNFIT);
}

#[tokio::test]
async fn parameters_are_raised_at_the_next_sign_in() {
    let world = World::alone().await;
    let id = world.user("jdoe", Some(weak("geheim")), false).await;
    assert!(phc(&world.credential(id).await).contains("$m=16,t=1,p=1$"));
    assert_eq!(world.says(door("jdoe", "Geheim")).await, WRONG);
    assert!(phc(&world.credential(id).await).contains("$m=16,t=1,p=1$"));
    assert_eq!(world.says(door("jdoe", "geheim")).await, "jdoe of built-in, 2 []");
    let raised = world.credential(id).await;
    assert!(phc(&raised).contains("$m=19456,t=2,p=1$"));
    assert_eq!(world.says(door("jdoe", "geheim")).await, "jdoe of built-in, 2 []");
    assert_eq!(world.credential(id).await, raised);
}

#[tokio::test]
async fn somebody_without_a_password_is_refused_as_anybody() {
    let world = World::alone().await;
    world.user("jdoe", None, false).await;
    assert_eq!(world.says(door("jdoe", "x")).await, WRONG);
    assert_eq!(world.says(door("nobody", "x")).await, "no such user [built-in: no such user]");
}

#[tokio::test]
async fn a_disabled_user_hears_so_only_with_the_password() {
    let world = World::alone().await;
    let id = world.user("jdoe", Some(sample()), true).await;
    world.disable("jdoe").await;
    assert_eq!(world.says(door("jdoe", "wrong")).await, WRONG);
    let disabled = "the account is disabled [built-in: the account is disabled]";
    assert_eq!(world.says(Door { new: Some("long enough"), ..door("jdoe", "Admin") }).await, disabled);
    assert_eq!(world.credential(id).await.secret, sample());
}

/// What an administrator sets while somebody's password is verified stays.
#[tokio::test]
async fn nobody_overrules_an_administrator() {
    let world = World::alone().await;
    let id = world.user("jdoe", Some(weak("old")), true).await;
    for round in 0..8 {
        let (old, set) = (format!("old {round}"), format!("set by the administrator {round}"));
        world.set_password("jdoe", &old, true).await;
        let change = Door { new: Some("chosen by the user"), ..door("jdoe", &old) };
        let (said, ()) = join(world.says(change), world.set_password("jdoe", &set, false)).await;
        let credential = world.credential(id).await;
        assert_eq!(world.says(door("jdoe", &set)).await, "jdoe of built-in, 2 []", "{said}");
        assert_eq!(world.credential(id).await, credential);
    }
    // Two who change it at once: one of them wins, and the other one knows.
    world.set_password("jdoe", "old", true).await;
    let change = |new| Door { new: Some(new), ..door("jdoe", "old") };
    let (one, other) = join(world.says(change("the first one")), world.says(change("the second one"))).await;
    let mut both = [one.as_str(), other.as_str()];
    both.sort_unstable();
    assert_eq!(both, ["jdoe of built-in, 2 []", WRONG]);
}

#[tokio::test]
async fn a_store_that_takes_nothing_lets_people_in_but_changes_nothing() {
    let world = World::alone().await;
    let id = world.user("jdoe", Some(weak("geheim")), false).await;
    let before = world.credential(id).await.secret;
    let full = || StoreError::NotContiguous { expected: 1, found: 2 };
    world.store.fail_next(FailAt::BeforeCommit, full());
    assert_eq!(world.says(door("jdoe", "geheim")).await, "jdoe of built-in, 2 []");
    assert_eq!(world.credential(id).await.secret, before);
    world.set_password("jdoe", "geheim", true).await;
    world.store.fail_next(FailAt::BeforeCommit, full());
    let said = world.says(Door { new: Some("chosen by the user"), ..door("jdoe", "geheim") }).await;
    assert!(said.starts_with("error: the store failed"), "{said}");
    assert_eq!(world.says(door("jdoe", "geheim")).await, MUST);
    let refused = world.knock(door("jdoe", "geheim")).await.unwrap().outcome.unwrap_err();
    assert!(matches!(refused, Refused { why: Why::Refused(_), locked_for: None }));
}
