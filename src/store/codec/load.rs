//! Loading: every record read once, in the order of the keys, and nothing believed.

use super::{
    super::{Keyed, StoreError},
    RecordKey, State, damaged, decode_credential, log, page,
    record::{Joining, Tally, Whole},
    state::check_format,
};
use crate::model::{Kind, Policy};

/// What a store holds.
pub struct Contents {
    pub state: State,
    pub policy: Policy,
    /// The change sets that came with an idempotency key.
    pub keyed: Vec<Keyed>,
}

/// Puts a policy together from all parts of all records, in the order of their keys.
///
/// Fails with [`StoreError::NewerFormat`], or with [`StoreError::Corrupt`] if anything is other than it was
/// written: a checksum, a count, a sum, an object's page, a gap in the change log, its digests.
pub fn load<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    parts: impl Iterator<Item = Result<(K, V), StoreError>>,
) -> Result<Contents, StoreError> {
    let mut loader = Loader::default();
    let mut joining: Option<Joining> = None;
    for part in parts {
        let (key, value) = part?;
        let (record, number) = RecordKey::parse(key.as_ref())
            .ok_or_else(|| StoreError::Corrupt(format!("nothing has a key like {:02x?}", key.as_ref())))?;
        match &mut joining {
            Some(open) if open.key() == record && open.wants() == Some(number) => {
                open.add(number, value.as_ref())?;
            }
            _ if number == 0 => {
                if let Some(whole) = joining.replace(Joining::begin(record, value.as_ref())?) {
                    loader.take(whole.finish()?)?;
                }
            }
            _ => return Err(damaged(record, format_args!("part {number} doesn't follow the one before it"))),
        }
    }
    if let Some(whole) = joining {
        loader.take(whole.finish()?)?;
    }
    loader.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Loader {
    format_checked: bool,
    state: Option<State>,
    policy: Policy,
    objects: Tally,
    credentials: Tally,
    log: Tally,
    /// How far the change log reaches.
    reached: (u64, [u8; 32]),
    keyed: Vec<Keyed>,
}

impl Loader {
    fn take(&mut self, whole: Whole) -> Result<(), StoreError> {
        match whole.key {
            RecordKey::Format => {
                check_format(&whole.payload)?;
                self.format_checked = true;
            }
            // Until the format is known, nothing can be said about the rest.
            _ if !self.format_checked => return Err(damaged(RecordKey::Format, "it is missing")),
            RecordKey::State => {
                let state = State::decode(&whole.payload)?;
                self.reached = (state.head.history_after, state.log_digest);
                self.state = Some(state);
            }
            RecordKey::Page { kind, page } => {
                self.objects += whole.tally;
                let policy = &mut self.policy;
                page::decode(kind, page, &whole.payload, |object| policy.put(object))?;
            }
            RecordKey::Credential(user) => {
                self.credentials += whole.tally;
                decode_credential(user, &whole.payload)?;
            }
            RecordKey::ChangeSet(revision) => {
                self.log += whole.tally;
                let (before, digest) = self.reached;
                if before.checked_add(1) != Some(revision) {
                    return Err(damaged(whole.key, format_args!("it comes behind change set {before}")));
                }
                self.reached = (revision, log::verify(&digest, revision, &whole.payload)?);
                self.keyed.extend(log::keyed(revision, &whole.payload)?);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Contents, StoreError> {
        let Self { format_checked, state, mut policy, objects, credentials, log, reached, keyed } = self;
        if !format_checked {
            return Err(damaged(RecordKey::Format, "it is missing"));
        }
        let state = state.ok_or_else(|| damaged(RecordKey::State, "it is missing"))?;
        for (what, found, recorded) in [
            ("objects", objects, state.objects),
            ("credentials", credentials, state.credentials),
            ("change sets", log, state.log),
        ] {
            if found != recorded {
                return Err(StoreError::Corrupt(format!(
                    "the records of {what} aren't those that were written: {} parts are there, {} should be",
                    found.parts, recorded.parts
                )));
            }
        }
        if reached != (state.head.revision, state.head.digest) {
            return Err(StoreError::Corrupt(format!(
                "the change log ends at revision {}, the head is {}",
                reached.0, state.head.revision
            )));
        }
        for kind in Kind::ALL {
            if policy.next.of(kind) > state.next.of(kind) {
                return Err(damaged(
                    RecordKey::State,
                    format_args!("a {kind} has an id that isn't given yet"),
                ));
            }
        }
        policy.next = state.next.clone();
        Ok(Contents { state, policy, keyed })
    }
}
