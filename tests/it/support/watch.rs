//! What a watch says, put together.

use feedgate::grpc::pb::{self, watch_response::Event};

use super::server::Server;

/// The revisions of all change sets until the reader has caught up, and the one at which it has.
pub async fn until_current(server: &Server, request: pb::WatchRequest) -> (Vec<u64>, u64) {
    let mut messages = server.watch().watch(request).await.unwrap().into_inner();
    let mut sets = Vec::new();
    loop {
        match messages.message().await.unwrap().unwrap().event.unwrap() {
            Event::ChangeSet(part) => {
                if part.last {
                    sets.push(part.revision.unwrap().number);
                }
            }
            Event::Checkpoint(checkpoint) => return (sets, checkpoint.revision.unwrap().number),
            Event::Snapshot(_) | Event::Heartbeat(_) | Event::Membership(_) => {}
        }
    }
}

/// All objects of a snapshot, and the revision that it is of.
pub async fn snapshot(server: &Server, request: pb::WatchRequest) -> (Vec<pb::Object>, u64) {
    let mut messages = server.watch().watch(request).await.unwrap().into_inner();
    let mut objects = Vec::new();
    loop {
        match messages.message().await.unwrap().unwrap().event.unwrap() {
            Event::Snapshot(part) => {
                objects.extend(part.objects);
                if part.last {
                    return (objects, part.revision.unwrap().number);
                }
            }
            other => panic!("{other:?} came in front of the end of the snapshot"),
        }
    }
}
