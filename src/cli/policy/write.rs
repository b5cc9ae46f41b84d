//! Sending a change set: in one message if it is small, in a stream with a progress bar if it isn't.
//! One revision either way.

use std::{io::IsTerminal as _, time::Duration};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use prost::Message as _;

use crate::{
    cli::{client::Client, failure::Failure},
    grpc::{
        convert::request,
        pb::{self, change::Operation},
    },
    model::edit::{Edit, Step},
};

/// A change set up to this size goes in one message.
const SMALL_COUNT: usize = 1_000;
const SMALL_BYTES: usize = 1 << 20;
/// What a message of a stream holds at most; a server takes 4 MiB.
const PART_COUNT: usize = 2_000;
const PART_BYTES: usize = 2 << 20;

/// Writes the edits, unless the policy isn't at the expected revision any more.
pub(super) async fn send(
    client: &mut Client,
    edits: Vec<Edit>,
    expected: Option<pb::Revision>,
    dry_run: bool,
) -> Result<pb::WriteResponse, Failure> {
    let changes = changes(edits)?;
    let options =
        Some(pb::WriteOptions { expected_revision: expected, idempotency_key: String::new(), dry_run });
    let bytes: usize = changes.iter().map(size).sum();
    if changes.len() <= SMALL_COUNT && bytes < SMALL_BYTES {
        let request = client.write(pb::WriteRequest { changes, options });
        return Ok(client.policy.write(request).await.map_err(|s| client.failure(s))?.into_inner());
    }
    let bar = bar(changes.len());
    let parts = parts(changes);
    let sent = bar.clone();
    let first = pb::WriteStreamRequest { options, changes: Vec::new() };
    let rest = parts.into_iter().map(move |changes| {
        sent.inc(changes.len() as u64);
        pb::WriteStreamRequest { options: None, changes }
    });
    let request = client.write(tokio_stream::iter(std::iter::once(first).chain(rest)));
    let answer = client.policy.write_stream(request).await;
    bar.finish_and_clear();
    let pb::WriteStreamResponse { revision, summary, changes } =
        answer.map_err(|status| client.failure(status))?.into_inner();
    Ok(pb::WriteResponse { revision, summary, changes })
}

/// A progress bar on standard error; on a terminal only.
fn bar(length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:40} {human_pos}/{human_len} changes sent")
    {
        bar.set_style(style);
    }
    // When all is sent the server still has to take it in: something should move until then.
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn changes(edits: Vec<Edit>) -> Result<Vec<pb::Change>, Failure> {
    let mut changes = Vec::with_capacity(edits.len());
    for edit in edits {
        let step = Step { edit, expected_revision: None };
        let change = request::change(step).context("can't be sent")?;
        if size(&change) > PART_BYTES { split(change, &mut changes) } else { changes.push(change) }
    }
    Ok(changes)
}

/// What a change takes in a message: itself, its tag and its length.
fn size(change: &pb::Change) -> usize {
    change.encoded_len() + 8
}

/// The one change that outgrows a message is the list of a very large group's members. It becomes a shorter
/// list and a membership for each of the rest, in the same change set.
fn split(change: pb::Change, into: &mut Vec<pb::Change>) {
    let pb::Change { operation, expected_object_revision } = change;
    let Some(Operation::SetMembers(pb::SetMembers { group, mut members })) = operation else {
        // The server says that it is too large.
        return into.push(pb::Change { operation, expected_object_revision });
    };
    let mut bytes = 0;
    let fit = members
        .iter()
        .take_while(|member| {
            bytes += member.encoded_len() + 8;
            bytes < PART_BYTES / 2
        })
        .count();
    let rest = members.split_off(fit);
    let set = Operation::SetMembers(pb::SetMembers { group: group.clone(), members });
    into.push(pb::Change { operation: Some(set), expected_object_revision });
    into.extend(rest.into_iter().map(|member| {
        let membership = pb::Membership { group: group.clone(), member: Some(member) };
        let object = Some(pb::Object { kind: Some(pb::object::Kind::Membership(membership)) });
        pb::Change {
            operation: Some(Operation::Put(pb::PutObject { object, update_mask: None })),
            expected_object_revision: None,
        }
    }));
}

/// Cuts changes into parts that fit into a message each.
fn parts(changes: Vec<pb::Change>) -> Vec<Vec<pb::Change>> {
    let mut parts: Vec<Vec<pb::Change>> = Vec::new();
    let (mut part, mut bytes) = (Vec::new(), 0);
    for change in changes {
        let size = size(&change);
        if !part.is_empty() && (part.len() == PART_COUNT || bytes + size > PART_BYTES) {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += size;
        part.push(change);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Name,
        edit::{Member, ObjectRef, PrincipalName},
    };

    fn name(name: &str) -> Name {
        Name::new(name).unwrap()
    }

    fn delete(feed: usize) -> Edit {
        let object = ObjectRef::Feed(name(&format!("f{feed}")));
        Edit::Delete { object, cascade: false, missing_ok: false }
    }

    fn members(count: usize) -> Edit {
        let user = |i| Member::User(PrincipalName::built_in(name(&format!("user-{i:08}"))));
        Edit::SetMembers {
            group: PrincipalName::built_in(name("everybody")),
            members: (0..count).map(user).collect(),
        }
    }

    #[test]
    fn parts_fit_and_keep_the_order() {
        let whole = changes((0..5_000).map(delete).collect()).unwrap();
        let parts = parts(whole.clone());
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2_000, 2_000, 1_000]);
        assert_eq!(parts.concat(), whole);
    }

    #[test]
    fn a_large_change_has_a_part_of_its_own() {
        let whole = changes(vec![delete(1), members(70_000), members(70_000), delete(2)]).unwrap();
        let parts = parts(whole);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn the_members_of_a_huge_group_are_cut() {
        let changes = changes(vec![members(200_000)]).unwrap();
        assert!(changes.iter().all(|change| size(change) <= PART_BYTES));
        let Some(Operation::SetMembers(set)) = &changes[0].operation else { panic!() };
        assert_eq!(set.members.len() + changes.len() - 1, 200_000);
        assert!(matches!(
            &changes[1].operation,
            Some(Operation::Put(pb::PutObject {
                object: Some(pb::Object { kind: Some(pb::object::Kind::Membership(_)) }),
                ..
            }))
        ));
    }
}
