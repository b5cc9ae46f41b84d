//! Sending a change set: in one message if it is small, in a stream with a progress bar if it isn't.
//! One revision either way.

use anyhow::Context as _;
use prost::Message as _;

use super::members;
use crate::{
    cli::{client::Client, failure::Failure, progress},
    grpc::{convert::from_edit, pb},
    model::edit::{Edit, Spec, Step},
};

/// A change set up to this size goes in one message.
const SMALL_COUNT: usize = 1_000;
const SMALL_BYTES: usize = 1 << 20;
/// What a message of a stream holds at most; a server takes 4 MiB.
const PART_COUNT: usize = 2_000;
const PART_BYTES: usize = 2 << 20;
/// With names as long as names get, so many members still fit into a part.
const MANY_MEMBERS: usize = 900;

/// Writes the edits, unless the policy isn't at the expected revision any more.
pub(super) async fn send(
    client: &mut Client,
    edits: Vec<Edit>,
    policy: &[Spec],
    expected: Option<pb::Revision>,
    dry_run: bool,
) -> Result<pb::WriteResponse, Failure> {
    let changes = changes(edits, policy)?;
    let options =
        Some(pb::WriteOptions { expected_revision: expected, idempotency_key: String::new(), dry_run });
    let (count, bytes) = (changes.len(), changes.iter().map(size).sum::<usize>());
    if count <= SMALL_COUNT && bytes < SMALL_BYTES {
        let request = client.write(pb::WriteRequest { changes, options });
        let answer = client.policy.write(request).await;
        return Ok(answer.map_err(|status| client.write_failure(status, count, dry_run))?.into_inner());
    }
    let bar = progress::bar(count, "changes sent");
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
    let pb::WriteStreamResponse { revision, summary, changes, unbound, unbound_total, merged } =
        answer.map_err(|status| client.write_failure(status, count, dry_run))?.into_inner();
    Ok(pb::WriteResponse { revision, summary, changes, unbound, unbound_total, merged })
}

/// Edits as changes, those that would outgrow a message in many small ones.
pub(super) fn changes(edits: Vec<Edit>, policy: &[Spec]) -> Result<Vec<pb::Change>, Failure> {
    let mut changes = Vec::with_capacity(edits.len());
    for edit in edits {
        match edit {
            Edit::SetMembers { group, members } if members.len() > MANY_MEMBERS => {
                for edit in members::difference(&group, members, policy) {
                    changes.push(change(edit)?);
                }
            }
            edit => changes.push(change(edit)?),
        }
    }
    Ok(changes)
}

fn change(edit: Edit) -> Result<pb::Change, Failure> {
    Ok(from_edit::change(Step { edit, expected_revision: None }).context("can't be sent")?)
}

/// What a change takes in a message: itself, its tag and its length.
fn size(change: &pb::Change) -> usize {
    change.encoded_len() + 8
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
    use crate::{
        grpc::pb::change::Operation,
        model::{
            Name,
            edit::{Member, ObjectRef, PrincipalName},
        },
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

    fn changes(edits: Vec<Edit>) -> Vec<pb::Change> {
        super::changes(edits, &[]).unwrap()
    }

    #[test]
    fn parts_fit_and_keep_the_order() {
        let whole = changes((0..5_000).map(delete).collect());
        let parts = parts(whole.clone());
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2_000, 2_000, 1_000]);
        assert_eq!(parts.concat(), whole);
    }

    #[test]
    fn parts_are_bounded_in_bytes() {
        let parts = parts(changes((0..300).map(|_| members(MANY_MEMBERS)).collect()));
        let bytes = |part: &Vec<pb::Change>| part.iter().map(size).sum::<usize>();
        assert!(parts.len() > 1 && parts.iter().all(|part| bytes(part) <= PART_BYTES));
    }

    #[test]
    fn the_members_of_a_huge_group_are_told_one_by_one() {
        let changes = changes(vec![members(200_000)]);
        assert_eq!(changes.len(), 200_000);
        assert!(changes.iter().all(|change| matches!(
            &change.operation,
            Some(Operation::Put(pb::PutObject {
                object: Some(pb::Object { kind: Some(pb::object::Kind::Membership(_)) }),
                ..
            }))
        )));
    }
}
