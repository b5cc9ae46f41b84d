//! Messages, put together until something is whole.

use crate::grpc::pb::{self, watch_response::Event};

/// Something that can be shown, and that a watch can go on behind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Whole {
    /// All parts, at least one.
    Snapshot(Vec<pb::SnapshotPart>),
    /// All parts, at least one.
    ChangeSet(Vec<pb::ChangeSetPart>),
    Checkpoint(pb::Checkpoint),
    Heartbeat(pb::Heartbeat),
    Membership(pb::MembershipChange),
}

impl Whole {
    /// There is nothing more at or below it.
    pub(super) fn revision(&self) -> pb::Revision {
        match self {
            Self::Snapshot(parts) => parts.last().and_then(|part| part.revision),
            Self::ChangeSet(parts) => parts.last().and_then(|part| part.revision),
            Self::Checkpoint(checkpoint) => checkpoint.revision,
            Self::Heartbeat(heartbeat) => heartbeat.revision,
            Self::Membership(change) => change.revision,
        }
        .unwrap_or_default()
    }

    /// Its messages, as they came.
    pub(super) fn messages(&self) -> impl Iterator<Item = pb::WatchResponse> + '_ {
        let (snapshot, set, other) = match self {
            Self::Snapshot(parts) => (parts.as_slice(), [].as_slice(), None),
            Self::ChangeSet(parts) => ([].as_slice(), parts.as_slice(), None),
            Self::Checkpoint(checkpoint) => {
                ([].as_slice(), [].as_slice(), Some(Event::Checkpoint(*checkpoint)))
            }
            Self::Heartbeat(heartbeat) => ([].as_slice(), [].as_slice(), Some(Event::Heartbeat(*heartbeat))),
            Self::Membership(change) => {
                ([].as_slice(), [].as_slice(), Some(Event::Membership(change.clone())))
            }
        };
        let snapshot = snapshot.iter().cloned().map(Event::Snapshot);
        let events = snapshot.chain(set.iter().cloned().map(Event::ChangeSet)).chain(other);
        events.map(|event| pb::WatchResponse { event: Some(event) })
    }
}

/// What is there of something that isn't whole yet. Dropped when the connection breaks.
#[derive(Debug, Default)]
pub(super) struct Half {
    snapshot: Vec<pb::SnapshotPart>,
    set: Vec<pb::ChangeSetPart>,
}

impl Half {
    /// Takes in a message; gives what is whole with it.
    pub(super) fn take(&mut self, message: pb::WatchResponse) -> Option<Whole> {
        match message.event? {
            Event::Snapshot(part) => {
                let last = part.last;
                self.snapshot.push(part);
                last.then(|| Whole::Snapshot(std::mem::take(&mut self.snapshot)))
            }
            Event::ChangeSet(part) => {
                let last = part.last;
                self.set.push(part);
                last.then(|| Whole::ChangeSet(std::mem::take(&mut self.set)))
            }
            Event::Checkpoint(checkpoint) => Some(Whole::Checkpoint(checkpoint)),
            Event::Heartbeat(heartbeat) => Some(Whole::Heartbeat(heartbeat)),
            Event::Membership(change) => Some(Whole::Membership(change)),
        }
    }
}
