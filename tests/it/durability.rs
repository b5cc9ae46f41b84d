//! What was acknowledged is there after a crash; what isn't as it was is not served.

use feedgate::grpc::pb;

use crate::support::{
    program::run,
    server::{Server, serve},
    write,
};

#[tokio::test]
async fn a_write_is_there_after_a_kill_right_behind_it() {
    let mut server = Server::start();
    for (revision, name) in (1..).zip(["ann", "bob", "cy"]) {
        let changes = vec![write::create(write::user(name)), write::create(write::feed(name))];
        let written = server.policy().write(write::write(changes)).await.unwrap().into_inner();
        server.kill9();
        server.restart();
        let status = server.status().await;
        let head = pb::Revision { store: status.store_id, number: status.revision };
        assert_eq!((written.revision, head.number), (Some(head), revision));
        let user = pb::GetUserRequest { user: Some(write::name(name)) };
        assert_eq!(server.policy().get_user(user).await.unwrap().into_inner().user.unwrap().name, name);
        let feed = pb::GetFeedRequest { name: name.into() };
        assert_eq!(server.policy().get_feed(feed).await.unwrap().into_inner().feed.unwrap().name, name);
    }
}

#[test]
fn a_folder_has_one_server() {
    let server = Server::start();
    let second = run(&mut serve(&server.data()), b"");
    second.failed(3, "is in use by another feedgate (process ");
    assert_eq!(second.stdout, "");
    assert_eq!(server.cli(&["check", "Admin", "Admin_ConfigureProGet"]).code, 0);
}

#[test]
fn a_server_that_is_told_to_stop_stops_well() {
    let mut server = Server::start();
    assert!(server.stop().success());
    assert!(server.log().contains("stopped"), "{}", server.log());
    server.restart();
    assert_eq!(server.cli(&["check", "Admin", "Admin_ConfigureProGet"]).code, 0);
}

/// What the record of the format holds, behind its envelope: the number, little-endian.
const FORMAT: [u8; 6] = [1, 1, 2, 0, 0, 0];

#[test]
fn a_store_of_a_newer_format_is_refused() {
    let mut server = Server::start();
    assert!(server.stop().success());
    let store = sled::open(server.data().join("store")).unwrap();
    let (key, value) = store.first().unwrap().unwrap();
    assert_eq!(value[..6], FORMAT);
    let mut value = vec![1, 1, 3, 0, 0, 0];
    let seal = blake3::Hasher::new().update(&key).update(&value).finalize();
    value.extend(&seal.as_bytes()[..8]);
    store.insert(key, value).unwrap();
    store.flush().unwrap();
    drop(store);
    assert_eq!(server.try_restart(), Err(3));
    assert!(server.log().contains("the store has format 3, which is newer than the 2"), "{}", server.log());
}
