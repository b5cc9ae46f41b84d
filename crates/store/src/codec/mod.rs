//! The format of stored records, the same in every durable store.
//!
//! A store is a sorted map from keys to values. Everything in it is a *record*: a [`RecordKey`] with a payload
//! that is cut into parts, each of which fits what the store likes to hold, and each sealed with a checksum
//! over its key and its bytes. So a byte that turned, a record at a wrong key and a missing part are found by
//! the record alone; a missing record is found by the [`State`], which counts and sums up all others.
//!
//! ```text
//! key    area (1)  name of the record (0 to 9)  part (4, big-endian)
//! value  record version (1)  [parts, a varint: in part 0 only]  piece of the payload  checksum (8)
//! ```
//!
//! | File | Holds |
//! |---|---|
//! | `key` | what records there are, and their keys |
//! | `record` | cutting, sealing and joining; the tally of an area |
//! | `state` | the one record that knows all others: head, counts, sums, next ids |
//! | `page`, `grants` | objects, 64 ids to a record |
//! | `log` | change sets, chained by their digests |
//! | `first` | what was written otherwise in version 1 |
//! | `plan` | what a commit writes and removes |
//! | `load` | all records read back and verified: to be had, or to know all that is wrong |
//! | `wire` | variable-length integers |
//!
//! INVARIANT: the bytes pinned by the golden tests never change under one version. Whoever needs other bytes
//! adds a version and goes on reading the old one.

mod first;
mod grants;
mod key;
mod load;
mod log;
mod page;
mod plan;
mod record;
mod state;
mod wire;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

pub use key::RecordKey;
pub use load::{Contents, Counts, examine, load};
pub use log::{change_set, genesis, next_digest};
pub use plan::{Everything, Plan, commit, everything, initial, reincarnation};
pub use record::{Records, read};
pub use state::{State, read_state};

use super::StoreError;
use feedgate_model::{Credential, UserId};

/// How a user signs in, from its record.
pub fn credential(records: &impl Records, user: UserId) -> Result<Option<Credential>, StoreError> {
    let key = RecordKey::Credential(user);
    let Some(whole) = read(records, key)? else { return Ok(None) };
    decode_credential(user, &whole.payload).map(Some)
}

fn decode_credential(user: UserId, payload: &[u8]) -> Result<Credential, StoreError> {
    let credential: Credential = wire::decode(RecordKey::Credential(user), payload)?;
    if credential.user == user {
        Ok(credential)
    } else {
        Err(damaged(RecordKey::Credential(user), "it belongs to another user"))
    }
}

/// A record that can't be what was written.
fn damaged(key: RecordKey, why: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{key}: {why}"))
}
