//! What a watch says, put together.

use feedgate::grpc::pb::{self, watch_response::Event};

use super::server::Server;

/// A change set, whole.
#[derive(Clone, Debug)]
pub struct Set {
    pub revision: u64,
    pub changes: Vec<pb::ChangedObject>,
}

/// All change sets until the reader has caught up, and the revision at which it has.
pub async fn until_current(server: &Server, request: pb::WatchRequest) -> (Vec<Set>, u64) {
    let mut messages = server.watch().watch(request).await.unwrap().into_inner();
    let (mut sets, mut parts) = (Vec::new(), Vec::new());
    loop {
        match messages.message().await.unwrap().unwrap().event.unwrap() {
            Event::ChangeSet(part) => {
                parts.extend(part.changes);
                if part.last {
                    let revision = part.revision.unwrap().number;
                    sets.push(Set { revision, changes: std::mem::take(&mut parts) });
                }
            }
            Event::Checkpoint(checkpoint) => return (sets, checkpoint.revision.unwrap().number),
            Event::Snapshot(_) | Event::Heartbeat(_) => {}
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
