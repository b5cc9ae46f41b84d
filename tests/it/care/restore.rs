//! Restored: everything as it was, but another store.

use std::{fs, path::PathBuf};

use feedgate::grpc::pb;
use tonic::Code;

use super::{filled, fsck, names, restore, stop, stopped, words};
use crate::support::{ask, program::feedgate, server::Server, write};

/// A server's backup.
fn backed_up(server: &Server) -> PathBuf {
    let file = server.path("b.bak");
    server.cli(&["backup", file.to_str().unwrap()]).ended(0);
    file
}

#[tokio::test]
async fn everything_is_as_it_was_but_the_store_is_another() {
    let mut server = filled().await;
    let file = backed_up(&server);
    let policy = server.cli(&["export"]).ended(0).to_owned();
    let old = server.status().await;
    server.kill9();
    let data = server.path("restored");
    let said = restore(&file, &data);
    assert!(said.ended(0).starts_with("revision 3 of store "), "{said:#?}");
    fsck(&data, &[]).ended(0);

    let mut restored = Server::start_in(&data, &[]);
    let new = restored.status().await;
    assert_eq!((new.revision, new.users), (old.revision, old.users));
    assert_ne!(new.store_id, old.store_id);
    assert_eq!(restored.cli(&["export"]).ended(0), policy);
    restored.cli(&["compare", "0", "3"]).ended(0);

    // Nobody takes a revision of the old store for one of this.
    let mut question = ask::check(ask::user("ann"), "Feeds_ViewFeed", ask::feed("a"));
    question.consistency = Some(ask::at_least(old.store_id, 3));
    let error = restored.decisions().check(question.clone()).await.unwrap_err();
    assert_eq!(ask::reason(&error), (Code::FailedPrecondition, "OTHER_STORE".into()));
    question.consistency = Some(ask::at_least(new.store_id, 3));
    restored.decisions().check(question).await.unwrap();

    // A request with the key of one that was made before the backup, by the same actor, is known again: as one with
    // this key, at least, since the hash of a request is by the token, which is another.
    let keyed = pb::WriteOptions { idempotency_key: "deploy 7".into(), ..Default::default() };
    let feeds = ["a", "b"].map(|name| write::create(write::feed(name)));
    let again = pb::WriteRequest { changes: feeds.into(), options: Some(keyed) };
    let error = restored.policy().write(again.clone()).await.unwrap_err();
    assert_eq!(ask::reason(&error).1, "IDEMPOTENCY_KEY_REUSED");
    restored.restart_with_the_token_of(&server);
    let answer = restored.policy().write(again).await.unwrap().into_inner();
    assert_eq!(answer.revision.unwrap().number, 2);

    // It goes on.
    restored.cli(&["user", "add", "cy"]).ended(0);
    restored.restart();
    assert_eq!(restored.status().await.revision, 4);
    stop(restored).await;
    let said = fsck(&data, &[]);
    assert!(said.ended(0).contains("passwords    2"), "{said:#?}");
}

#[tokio::test]
async fn only_where_nothing_is() {
    let server = filled().await;
    let file = backed_up(&server);
    restore(&file, &server.data()).failed(3, "isn't empty");
    let data = server.path("other");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("file"), "").unwrap();
    restore(&file, &data).failed(3, "isn't empty, `file` is there");
    assert_eq!(names(&data), ["file"]);
    fs::remove_file(data.join("file")).unwrap();
    // What a restore that was killed leaves is no store, and not in the way of another.
    fs::create_dir(data.join("store.new")).unwrap();
    fs::write(data.join("store.new/db"), "half").unwrap();
    restore(&file, &data).ended(0);
    assert_eq!(names(&data), ["lock", "store"]);
    restore(&server.path("nowhere"), &server.path("x")).failed(3, "nowhere");
    assert!(!server.path("x").exists());
    words(feedgate().arg("restore").arg(&file)).failed(2, "--data");
}

#[tokio::test]
async fn a_file_is_only_looked_at() {
    let server = stopped().await;
    let file = server.path("b.bak");
    words(feedgate().arg("backup").arg(&file).arg("--data").arg(server.data())).ended(0);
    let said = words(feedgate().args(["restore", "--check"]).arg(&file));
    for part in ["revision     3", "passwords    2", "all is well"] {
        assert!(said.ended(0).contains(part), "{said:#?}");
    }
    fs::write(&file, "version: 1\n").unwrap();
    let said = words(feedgate().args(["restore", "--check"]).arg(&file));
    assert!(said.ended(1).contains("it is not a backup of feedgate's"), "{said:#?}");
}
