//! Seen from the wire and from a shell.

use feedgate::{
    grpc::pb::{self, LoginRefusal as R},
    model::{NameKey, Secret},
    store::{PolicyStore as _, SledStore},
};
use tonic::Code;

use crate::support::{ask, data, server::Server, write};

fn login(name: &str, password: &str, new: &str) -> pb::VerifyLoginRequest {
    pb::VerifyLoginRequest {
        directory: String::new(),
        name: name.into(),
        password: password.into(),
        new_password: new.into(),
    }
}

async fn answer(server: &Server, request: pb::VerifyLoginRequest) -> pb::VerifyLoginResponse {
    server.people().verify_login(request).await.unwrap().into_inner()
}

fn import(server: &Server) {
    let users = data("proget/approval-workflow.users-export.json");
    server.cli(&["import", "proget", "--users", &users]).ended(0);
}

/// Read where the server has left it.
async fn secret_of(server: &mut Server, user: &str) -> Secret {
    server.stop();
    let store = SledStore::open(&server.data()).unwrap();
    let key = NameKey::new(user).unwrap();
    let policy = store.load().await.unwrap().policy;
    let user = policy.users.iter().find(|it| it.name.key() == key.as_bytes()).unwrap().id;
    let secret = store.credential(user).await.unwrap().unwrap().secret;
    drop(store);
    server.restart();
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_of_proget_keeps_the_password_until_it_is_changed() {
    let mut server = Server::start();
    import(&server);
    assert!(matches!(secret_of(&mut server, "Admin").await, Secret::ProGet { .. }));
    // What is known to everybody must be changed.
    let refused = answer(&server, login("admin", "Admin", "")).await;
    assert_eq!((refused.accepted, refused.refusal()), (false, R::PasswordMustChange));
    assert!(
        matches!(secret_of(&mut server, "Admin").await, Secret::Argon2id(hash) if hash.starts_with("$argon2id$"))
    );
    let accepted = answer(&server, login("admin", "Admin", "known to nobody")).await;
    let user = pb::ResolvedUser { directory: "built-in".into(), id: "1".into(), name: "Admin".into() };
    assert_eq!(accepted, pb::VerifyLoginResponse { accepted: true, user: Some(user), ..Default::default() });
    assert_eq!(answer(&server, login("Admin", "Admin", "")).await.refusal(), R::WrongPassword);
    assert!(answer(&server, login("Admin", "known to nobody", "")).await.accepted);
    assert!(matches!(secret_of(&mut server, "Admin").await, Secret::Argon2id(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_a_password_that_is_kept_here() {
    let server = Server::start();
    let people = ["ann", "bob", "eve"].map(|name| write::create(write::user(name)));
    server.policy().write(write::write(people.into())).await.unwrap();
    server.cli_with(&["user", "password", "ann"], b"the first one").ended(0);
    server.cli_with(&["user", "password", "bob", "--must-change"], b"the first one").ended(0);
    server.cli_with(&["user", "password", "eve"], b"the first one").ended(0);
    server.cli(&["user", "disable", "eve"]).ended(0);
    for (name, password, new, expected) in [
        ("ann", "the first one", "", R::Unspecified),
        ("ANN", "the first one", "ignored, it needn't be changed", R::Unspecified),
        ("ann", "The first one", "", R::WrongPassword),
        ("ann", "", "", R::EmptyPassword),
        ("nobody", "x", "", R::UnknownUser),
        ("nobody@nowhere.example", "x", "", R::UnknownUser),
        ("bob", "the first one", "", R::PasswordMustChange),
        ("bob", "the first one", "br1ef", R::NewPasswordUnfit),
        ("bob", "the first one", "the first one", R::NewPasswordUnfit),
        ("bob", "wrong", "the second one", R::WrongPassword),
        ("bob", "the first one", "the second one", R::Unspecified),
        ("bob", "the first one", "the third one", R::WrongPassword),
        ("bob", "the second one", "", R::Unspecified),
        ("eve", "wrong", "", R::WrongPassword),
        ("eve", "the first one", "", R::Disabled),
    ] {
        let answer = answer(&server, login(name, password, new)).await;
        assert_eq!(answer.refusal(), expected, "{name} {password} {new}");
        let accepted = expected == R::Unspecified;
        assert_eq!((answer.accepted, answer.user.is_some()), (accepted, accepted), "{name} {password}");
        let asked = !accepted && expected != R::EmptyPassword;
        assert_eq!(answer.attempts.len(), usize::from(asked), "{name} {password}");
    }
    // One was wrong above, behind the last right one.
    for _ in 0..4 {
        assert_eq!(answer(&server, login("ann", "wrong", "")).await.refusal(), R::WrongPassword);
    }
    // The waits are short at first: the next ones make it longer than this test takes to look.
    let mut locked = answer(&server, login("ann", "wrong", "")).await;
    while locked.refusal() != R::Locked {
        locked = answer(&server, login("ann", "wrong", "")).await;
    }
    let wait = locked.locked_for.unwrap();
    assert!(wait.seconds > 0 || wait.nanos > 0, "{wait:?}");
    // Each failed login is in the log, with its directory, and no password is.
    let log = server.log();
    for part in ["a failed login", "directory=built-in", "name=\"ann\"", "the password is wrong", "signed in"]
    {
        assert!(log.contains(part), "no {part} in {log}");
    }
    for secret in ["first one", "second one", "third one", "ignored", "br1ef", "$argon2id$"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer() {
    let server = Server::start();
    let gone = pb::VerifyLoginRequest { directory: "gone".into(), ..login("ann", "x", "") };
    for (request, expected, field) in [
        (login("", "x", ""), "INVALID_NAME", "name"),
        (login("a\0", "x", ""), "INVALID_NAME", "name"),
        (login("(system)", "", ""), "INVALID_NAME", "name"),
        (gone, "UNKNOWN_DIRECTORY", "directory"),
    ] {
        let status = server.people().verify_login(request).await.unwrap_err();
        assert_eq!(ask::reason(&status), (Code::InvalidArgument, expected.into()), "{status:?}");
        use tonic_types::StatusExt as _;
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, field);
    }
    let corp = pb::Directory { name: "corp".into(), enabled: true, ..Default::default() };
    let corp = write::create(pb::object::Kind::Directory(corp));
    server.policy().write(write::write(vec![corp])).await.unwrap();
    let status = server.people().verify_login(login("ann", "x", "")).await.unwrap_err();
    assert_eq!(ask::reason(&status), (Code::Unavailable, "DIRECTORY_UNREACHABLE".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_from_the_wire() {
    let server = Server::start();
    let (directories, decisions) = (server.people(), server.decisions());
    let storm = futures_util::future::join_all((0..300).map(|_| {
        let mut directories = directories.clone();
        async move { directories.verify_login(login("nobody", "x", "")).await }
    }));
    let checks = futures_util::future::join_all((0..300).map(|_| {
        let mut decisions = decisions.clone();
        let question = ask::check(ask::user("Admin"), "Admin_ConfigureProGet", ask::system());
        async move { decisions.check(question).await.unwrap().into_inner().allowed }
    }));
    let (storm, checks) = futures_util::future::join(storm, checks).await;
    assert!(checks.iter().all(|allowed| *allowed));
    let (answered, refused): (Vec<_>, Vec<_>) = storm.into_iter().partition(Result::is_ok);
    assert!(!answered.is_empty() && !refused.is_empty(), "{} {}", answered.len(), refused.len());
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(ask::reason(&status), (Code::ResourceExhausted, "OVERLOADED".into()), "{status:?}");
    }
}

#[test]
fn the_command() {
    let server = Server::start();
    server.cli(&["user", "add", "ann"]).ended(0);
    server.cli_with(&["user", "password", "ann", "--must-change"], b"the first one").ended(0);
    let login = |stdin: &str, words: &[&str]| {
        let words: Vec<_> = ["login", "ann", "--password-stdin"].iter().chain(words).copied().collect();
        server.cli_with(&words, stdin.as_bytes())
    };
    let wrong = login("wrong\n", &[]);
    assert_eq!(wrong.ended(1), "refused: the password is wrong\n  built-in: the password is wrong\n");
    assert!(
        login("the first one", &[])
            .ended(1)
            .starts_with("refused: the password is right and must be changed first\n")
    );
    assert!(
        login("the first one\nshort\n", &[])
            .ended(1)
            .starts_with("refused: the new password has less than 8")
    );
    let signed_in = login("the first one\nthe second one\n", &[]);
    assert_eq!(signed_in.ended(0), "signed in: ann of built-in, id 2\n");
    let json = login("the second one", &["--output", "json", "--directory", "built-in"]).json();
    assert_eq!(json["accepted"], true);
    assert_eq!(json["user"], serde_json::json!({"directory": "built-in", "id": "2", "name": "ann"}));
    login("x", &["--directory", "gone"]).failed(3, "UNKNOWN_DIRECTORY");
    login("a\nb\nc", &[]).failed(2, "more than two lines");
    assert_eq!(login("", &[]).ended(1), "refused: the password is empty\n");
}
