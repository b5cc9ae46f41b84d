//! The change log: one record a change set, chained by digests.
//!
//! `digest(n) = blake3(digest(n - 1) ‖ bytes of change set n)`, and that of revision 0 comes from the store's
//! id. So the digest of the head stands for the whole history: two stores with the same one went the same way.

use serde::Deserialize;

use super::{
    super::{Keyed, StoreError},
    RecordKey, Records, damaged,
    first::ChangeSet1,
    read,
    record::Whole,
    wire,
};
use feedgate_model::{ChangeSet, Idempotency, StoreId};

const DIGEST_LEN: usize = 32;

/// The digest of revision 0.
pub fn genesis(store: StoreId) -> [u8; 32] {
    blake3::derive_key("feedgate store, digest of revision 0", &store.0.to_be_bytes())
}

/// The digest behind a change set, from the one before it.
pub fn next_digest(before: &[u8; 32], change_set: &ChangeSet) -> Result<[u8; 32], StoreError> {
    let bytes = wire::encode(RecordKey::ChangeSet(change_set.revision), change_set)?;
    Ok(digest(before, &bytes))
}

fn digest(before: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    blake3::Hasher::new().update(before).update(bytes).finalize().into()
}

/// A change set's payload, and the digest behind it, which is also in front of its bytes.
pub(super) fn encode(before: &[u8; 32], change_set: &ChangeSet) -> Result<(Vec<u8>, [u8; 32]), StoreError> {
    let key = RecordKey::ChangeSet(change_set.revision);
    let mut payload = vec![0; DIGEST_LEN];
    payload = postcard::to_extend(change_set, payload)
        .map_err(|error| StoreError::Mismatch(format!("{key}: {error}")))?;
    let (head, bytes) = split(key, &payload)?;
    let digest = digest(before, bytes);
    debug_assert_eq!(head, &[0; DIGEST_LEN]);
    if let Some(head) = payload.first_chunk_mut() {
        *head = digest;
    }
    Ok((payload, digest))
}

/// The digest behind a stored change set, recomputed from the one before it.
pub(super) fn verify(before: &[u8; 32], revision: u64, payload: &[u8]) -> Result<[u8; 32], StoreError> {
    let key = RecordKey::ChangeSet(revision);
    let (stored, bytes) = split(key, payload)?;
    let digest = digest(before, bytes);
    if digest == *stored { Ok(digest) } else { Err(damaged(key, "it doesn't follow the one before it")) }
}

/// The digest behind a stored change set, as it is in front of its bytes.
pub(super) fn digest_of(revision: u64, payload: &[u8]) -> Result<[u8; 32], StoreError> {
    split(RecordKey::ChangeSet(revision), payload).map(|(digest, _)| *digest)
}

fn split(key: RecordKey, payload: &[u8]) -> Result<(&[u8; 32], &[u8]), StoreError> {
    payload.split_first_chunk().ok_or_else(|| damaged(key, "it is too short"))
}

/// What stands in front of a change set's changes. Serialized in the order of the fields of [`ChangeSet`], so
/// that it can be read without the changes, of which there may be a million.
#[derive(Deserialize)]
struct Heading {
    revision: u64,
    at_ms: u64,
    actor: Box<str>,
    idempotency: Option<Idempotency>,
}

/// Reads what stands in front of a stored change set's changes.
fn heading(revision: u64, payload: &[u8]) -> Result<Heading, StoreError> {
    let key = RecordKey::ChangeSet(revision);
    let (_, bytes) = split(key, payload)?;
    let (heading, _): (Heading, _) = postcard::take_from_bytes(bytes).map_err(|error| damaged(key, error))?;
    if heading.revision != revision {
        return Err(damaged(key, "it has another revision"));
    }
    Ok(heading)
}

/// When a stored change set was made, in milliseconds since 1970, and the digest behind it.
pub(super) fn made_at(revision: u64, payload: &[u8]) -> Result<(u64, [u8; DIGEST_LEN]), StoreError> {
    let (digest, _) = split(RecordKey::ChangeSet(revision), payload)?;
    Ok((heading(revision, payload)?.at_ms, *digest))
}

/// The key of a stored change set, if it came with one.
pub(super) fn keyed(revision: u64, payload: &[u8]) -> Result<Option<Keyed>, StoreError> {
    let Heading { actor, idempotency, .. } = heading(revision, payload)?;
    Ok(idempotency.map(|idempotency| Keyed { revision, actor, idempotency }))
}

/// Reads one change set.
pub fn change_set(records: &impl Records, revision: u64) -> Result<ChangeSet, StoreError> {
    let key = RecordKey::ChangeSet(revision);
    let whole = read(records, key)?.ok_or_else(|| damaged(key, "it is missing"))?;
    decode(revision, &whole)
}

/// All of a change set, from its record.
pub(super) fn decode(revision: u64, whole: &Whole) -> Result<ChangeSet, StoreError> {
    let key = RecordKey::ChangeSet(revision);
    let (_, bytes) = split(key, &whole.payload)?;
    let change_set: ChangeSet = match whole.version {
        1 => wire::decode::<ChangeSet1>(key, bytes)?.into(),
        _ => wire::decode(key, bytes)?,
    };
    if change_set.revision == revision {
        Ok(change_set)
    } else {
        Err(damaged(key, "it has another revision"))
    }
}
