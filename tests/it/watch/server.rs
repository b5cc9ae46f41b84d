//! Watching a real server: how it ends, from either side.

use std::time::{Duration, Instant};

use feedgate::grpc::pb::{WatchRequest, WatchResponse, watch_response::Event};
use tonic::{Code, Streaming};

use crate::support::{ask, crowd::Crowd, server::Server, write};

/// How long a server may take to notice that a watcher is gone.
const BOUND: Duration = Duration::from_secs(30);

async fn wait_for_watches(server: &Server, expected: u32) {
    let start = Instant::now();
    loop {
        let watches = server.status().await.watches;
        if watches == expected {
            return;
        }
        assert!(start.elapsed() < BOUND, "there are {watches} watches instead of {expected}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn revision(messages: &mut Streaming<WatchResponse>) -> u64 {
    match messages.message().await.unwrap().unwrap().event.unwrap() {
        Event::Checkpoint(it) => it.revision.unwrap().number,
        Event::ChangeSet(it) => it.revision.unwrap().number,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_watcher_that_goes_frees_its_place() {
    let server = Server::start();
    let mut watch = server.watch();
    let mut stays = watch.watch(WatchRequest::default()).await.unwrap().into_inner();
    assert_eq!(revision(&mut stays).await, 0);
    let goes = watch.watch(WatchRequest::default()).await.unwrap().into_inner();
    wait_for_watches(&server, 2).await;
    // One stream of a connection that goes on.
    drop(goes);
    wait_for_watches(&server, 1).await;
    server.policy().write(write::write(vec![write::create(write::feed("f"))])).await.unwrap();
    assert_eq!(revision(&mut stays).await, 1);
    // Connections with all their streams.
    let (address, token) = (server.address().to_owned(), server.token());
    let gather = move || Crowd::gather(&address, &token, 300, Duration::from_secs(60));
    let crowd = tokio::task::spawn_blocking(gather).await.unwrap();
    wait_for_watches(&server, 301).await;
    tokio::task::spawn_blocking(|| drop(crowd)).await.unwrap();
    wait_for_watches(&server, 1).await;
}

#[test]
fn a_server_that_ends_ends_its_watches() {
    let mut server = Server::start();
    let crowd = Crowd::gather(server.address(), &server.token(), 300, Duration::from_secs(60));
    assert!(server.stop().success());
    for status in crowd.ended() {
        assert_eq!(ask::reason(&status), (Code::Unavailable, "SHUTTING_DOWN".into()), "{status:?}");
    }
    // It waited for nobody until it had to cut them off.
    let log = server.log();
    assert!(log.contains("stopped") && !log.contains("cut off"), "{log}");
}
