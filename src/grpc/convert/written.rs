//! What a write changed.

use prost::Message as _;

use super::{names::Names, object};
use crate::{
    grpc::pb,
    model::Change,
    policy::{Summary, Written},
    service::outside::{MAX_NAMES, Merged, NameReport, UnboundName, WhyUnbound},
};

/// How many bytes of changed objects an answer shows: their number is bounded, their size isn't. The summary
/// counts all.
const SHOWN_BYTES: usize = 2 << 20;
/// How many bytes of names an answer shows, likewise.
const NAMES_BYTES: usize = 512 << 10;
/// How many grants of a name an answer names.
const NAMED_GRANTS: usize = 20;

/// The answer to a write.
pub fn answer(written: Written, report: NameReport) -> pb::WriteResponse {
    let Written { revision, summary, changes, before, after, dry_run, replayed } = written;
    let NameReport { unbound, unbound_total, merged } = report;
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
    pb::WriteResponse {
        revision: Some(revision.into()),
        summary: Some(summary),
        changes: changes.iter().map(changed).take_while(light).collect(),
        unbound: few(unbound.into_iter().map(unbound_principal)),
        unbound_total: count(unbound_total),
        merged: few(merged.into_iter().map(merged_principal)),
    }
}

/// The first of some messages, as long as they are light.
pub(super) fn few<T: prost::Message>(messages: impl Iterator<Item = T>) -> Vec<T> {
    let mut bytes = 0;
    let light = |message: &T| {
        bytes += message.encoded_len();
        bytes <= NAMES_BYTES
    };
    messages.take(MAX_NAMES).take_while(light).collect()
}

/// A name that isn't bound.
pub(super) fn unbound_principal(unbound: UnboundName) -> pb::UnboundPrincipal {
    let UnboundName { principal: _, kind, directory, name, why, restrictions, permissions } = unbound;
    let vanished = why == WhyUnbound::Vanished;
    let (reason, detail) = match why {
        WhyUnbound::NotFound => (pb::UnboundReason::NotFound, String::new()),
        WhyUnbound::Ambiguous => (pb::UnboundReason::Ambiguous, String::new()),
        WhyUnbound::Taken => (pb::UnboundReason::Taken, String::new()),
        WhyUnbound::NotAsked(cause) => (pb::UnboundReason::NotAsked, cause.into()),
        WhyUnbound::Vanished => (pb::UnboundReason::Vanished, String::new()),
    };
    pb::UnboundPrincipal {
        kind: pb::PersonKind::from(kind).into(),
        directory: directory.to_string(),
        name: name.to_string(),
        vanished,
        reason: reason.into(),
        detail,
        restrictions: count(restrictions.len()),
        restriction_ids: restrictions.iter().take(NAMED_GRANTS).map(|id| id.0).collect(),
        permissions: count(permissions.len()),
    }
}

/// A name that was merged.
pub(super) fn merged_principal(merged: Merged) -> pb::MergedPrincipal {
    let kind = merged.kind();
    let Merged { directory, name, into, coinciding, .. } = merged;
    pb::MergedPrincipal {
        kind: pb::PersonKind::from(kind).into(),
        directory: directory.to_string(),
        name: name.to_string(),
        into: into.to_string(),
        coinciding_grant_ids: coinciding.iter().take(NAMED_GRANTS).map(|id| id.0).collect(),
    }
}

/// A count for the wire.
pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
