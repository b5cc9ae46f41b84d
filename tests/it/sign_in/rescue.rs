//! The one-time password, and the way back in.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
};

use feedgate::grpc::pb::{self, LoginRefusal as R};

use crate::support::{
    ask,
    program::{self, Output, feedgate},
    server::Server,
    write,
};

fn file(server: &Server) -> PathBuf {
    server.data().join("admin-password")
}

fn password(server: &Server) -> String {
    fs::read_to_string(file(server)).unwrap().trim_end().to_owned()
}

async fn login(server: &Server, password: &str, new: &str) -> pb::VerifyLoginResponse {
    let (directory, name) = (String::new(), "Admin".into());
    let (password, new_password) = (password.into(), new.into());
    let request = pb::VerifyLoginRequest { directory, name, password, new_password };
    server.people().verify_login(request).await.unwrap().into_inner()
}

async fn gone(file: PathBuf) {
    while fs::exists(&file).unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stores_administrator_has_a_password_that_is_used_once() {
    let mut server = Server::start();
    assert_eq!(fs::metadata(file(&server)).unwrap().mode() & 0o777, 0o600);
    let first = password(&server);
    assert_eq!(first.len(), 24, "{first}");
    assert_eq!(server.status().await.revision, 0, "it makes no revision");
    // Nobody sees it who doesn't look into the file.
    assert!(server.log().contains("admin-password") && !server.log().contains(&first));
    server.restart();
    assert_eq!(password(&server), first, "it is made once");
    assert_eq!(login(&server, &first, "").await.refusal(), R::PasswordMustChange);
    assert!(fs::exists(file(&server)).unwrap());
    assert!(login(&server, &first, "known to me alone").await.accepted);
    gone(file(&server)).await;
    server.restart();
    assert!(!fs::exists(file(&server)).unwrap());
    assert!(login(&server, "known to me alone", "").await.accepted);
    // So it is when an administrator sets one, while the server runs or not.
    let server = Server::start();
    server.cli_with(&["user", "password", "Admin"], b"something else").ended(0);
    gone(file(&server)).await;
    assert!(login(&server, "something else", "").await.accepted);
    let mut server = Server::start();
    let useless = fs::read(file(&server)).unwrap();
    server.cli_with(&["user", "password", "Admin"], b"something else").ended(0);
    gone(file(&server)).await;
    fs::write(file(&server), useless).unwrap();
    server.restart();
    assert!(!fs::exists(file(&server)).unwrap());
}

#[test]
fn a_one_time_password_that_others_can_read_is_refused() {
    let mut server = Server::start();
    let path = file(&server);
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert_eq!(server.try_restart(), Err(3));
    let log = server.log();
    assert!(log.contains("admin-password` can be read by others (mode 644): `chmod 600` it"), "{log}");
    mode(0o600);
    server.restart();
    // A password that was changed isn't worth a word, and its file goes.
    let useless = fs::read(file(&server)).unwrap();
    server.cli_with(&["user", "password", "Admin"], b"something else").ended(0);
    server.kill9();
    fs::write(file(&server), useless).unwrap();
    fs::set_permissions(file(&server), fs::Permissions::from_mode(0o644)).unwrap();
    server.restart();
    assert!(!fs::exists(file(&server)).unwrap());
}

fn reset(server: &Server, more: &[&str]) -> Output {
    let mut command = feedgate();
    command.args(["reset-admin", "--data"]).arg(server.data()).args(more);
    program::run(&mut command, b"")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_put_right() {
    let mut server = Server::start();
    let change = |operation| pb::Change { operation: Some(operation), expected_object_revision: None };
    use pb::{change::Operation, object::Kind, object_ref};
    let restrict = |principal| {
        Kind::Grant(pb::Grant {
            principal: Some(pb::Principal { kind: Some(principal) }),
            ..write::grant(pb::Effect::Restrict, "x", "Administer")
        })
    };
    use pb::principal::Kind as P;
    let membership = object_ref::Kind::Membership(pb::Membership {
        group: Some(write::name("Administrators")),
        member: Some(pb::Principal { kind: Some(P::User(write::name("Admin"))) }),
    });
    let changes = vec![
        write::delete(membership),
        write::delete(object_ref::Kind::GrantId(1)),
        write::create(restrict(P::User(write::name("Admin")))),
        write::create(restrict(P::Group(write::name("Administrators")))),
        write::create(restrict(P::Everyone(pb::principal::Everyone {}))),
        write::update(write::task("Administer", &["Feeds_ViewFeed", "Admin_ConfigureProGet"])),
        change(Operation::Update(pb::UpdateObject {
            object: Some(pb::Object {
                kind: Some(Kind::User(pb::User {
                    name: "Admin".into(),
                    disabled: true,
                    ..Default::default()
                })),
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["disabled".into()] }),
        })),
        change(Operation::Update(pb::UpdateObject {
            object: Some(pb::Object {
                kind: Some(Kind::Directory(pb::Directory {
                    name: "built-in".into(),
                    enabled: false,
                    ..Default::default()
                })),
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["enabled".into()] }),
        })),
    ];
    server.policy().write(write::write(changes)).await.unwrap();
    let may = async |server: &Server| {
        let question = ask::check(ask::user("Admin"), "Admin_ConfigureProGet", ask::system());
        server.decisions().check(question).await.unwrap().into_inner().allowed
    };
    assert!(!may(&server).await);
    reset(&server, &[]).failed(3, "in use by another feedgate");
    server.stop();
    let before = password(&server);

    let lines = [
        "the built-in directory is enabled",
        "the user Admin is enabled",
        "Admin is in the group Administrators",
        "the task Administer has every attribute",
        "a restriction of Admin is removed: task Administer",
        "a restriction of Administrators is removed: task Administer",
        "Administrators may do everything on all feeds",
        "Admin may do everything on all feeds as a user, because others' restrictions defeat the group's permission",
        "Admin has a new one-time password, to be changed at the next sign-in",
    ];
    let said = |heading: &str| format!("{heading}\n  {}\n", lines.join("\n  "));
    assert_eq!(reset(&server, &["--dry-run"]).ended(0), said("this would be so then:"));
    assert_eq!(password(&server), before);
    let file = file(&server).display().to_string();
    let done = reset(&server, &[]);
    assert_eq!(done.ended(0), said("this is so now:") + &format!("the password is in `{file}`\n"));
    let after = password(&server);
    assert_ne!(after, before);
    assert!(!done.stdout.contains(&after) && !done.stderr.contains(&after));
    // What is right already stays as it is.
    let again = reset(&server, &["--output", "json"]).json();
    assert_eq!(again["done"].as_array().unwrap().len(), 1, "{again}");
    assert_eq!(again["password_file"], file);
    server.restart();
    assert_eq!(server.status().await.revision, 2);
    assert!(may(&server).await);
    let last = password(&server);
    assert_eq!(login(&server, &last, "").await.refusal(), R::PasswordMustChange);
    assert!(login(&server, &last, "known to me alone").await.accepted);
    assert!(!server.log().contains(&last));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_made_again() {
    let mut server = Server::start();
    use pb::object_ref::Kind;
    let cascade = |object| pb::Change {
        operation: Some(pb::change::Operation::Delete(pb::DeleteObject {
            object: Some(pb::ObjectRef { kind: Some(object) }),
            cascade: true,
            missing_ok: false,
        })),
        expected_object_revision: None,
    };
    let changes = vec![
        cascade(Kind::User(write::name("Admin"))),
        cascade(Kind::Group(write::name("Administrators"))),
        cascade(Kind::Task("Administer".into())),
        write::create(write::task("Administer", &["Feeds_ViewFeed"])),
    ];
    server.policy().write(write::write(changes)).await.unwrap();
    server.restart();
    // Its password was of somebody who isn't there any more.
    assert!(!fs::exists(file(&server)).unwrap());
    server.stop();
    let done = reset(&server, &[]);
    assert!(done.ended(0).contains("\n  the task Administer everything has every attribute\n"), "{done:?}");
    server.restart();
    let question = ask::check(ask::user("Admin"), "Credentials_ViewPasswords", ask::system());
    assert!(server.decisions().check(question).await.unwrap().into_inner().allowed);
    assert!(login(&server, &password(&server), "known to me alone").await.accepted);
}

#[test]
fn where_there_is_nothing_to_reset() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| {
        let mut command = feedgate();
        command.args(["reset-admin", "--data"]).arg(dir.path().join(path));
        program::run(&mut command, b"")
    };
    at("gone").failed(3, "can't look at");
    at(".").failed(3, "there is no store in");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
