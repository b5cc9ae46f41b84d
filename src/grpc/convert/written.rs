//! What a write changed.

use prost::Message as _;

use super::{names::Names, object};
use crate::{
    grpc::pb,
    model::Change,
    policy::{Summary, Written},
};

/// How many bytes of changed objects an answer shows: their number is bounded, their size isn't. The summary
/// counts all.
const SHOWN_BYTES: usize = 2 << 20;

impl From<Written> for pb::WriteResponse {
    fn from(written: Written) -> Self {
        let Written { revision, summary, changes, before, after, dry_run, replayed } = written;
        let Summary { created, updated, deleted, passwords } = summary;
        let summary = pb::WriteSummary {
            created: count(created),
            updated: count(updated),
            deleted: count(deleted),
            passwords_set: count(passwords),
            dry_run,
            replayed,
        };
        let (old, new) = (Names::or(&before, &after), Names::or(&after, &before));
        let changed = |change: &Change| pb::ChangedObject {
            before: change.before().map(|it| object::object(it, &old)),
            after: change.after().map(|it| object::object(it, &new)),
        };
        let mut bytes = 0;
        let light = |change: &pb::ChangedObject| {
            bytes += change.encoded_len();
            bytes <= SHOWN_BYTES
        };
        Self {
            revision: Some(revision.into()),
            summary: Some(summary),
            changes: changes.iter().map(changed).take_while(light).collect(),
        }
    }
}

/// A count for the wire.
pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl From<Written> for pb::WriteStreamResponse {
    fn from(written: Written) -> Self {
        let pb::WriteResponse { revision, summary, changes } = written.into();
        Self { revision, summary, changes }
    }
}
