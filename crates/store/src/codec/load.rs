//! Loading: every record read once, in the order of the keys, and nothing believed.
//!
//! One way through the records serves two ends: [`load`] stops at the first problem, [`examine`] names them all.

use super::{
    super::{Keyed, Problems, StoreError},
    RecordKey, State, damaged, decode_credential, log, page,
    record::{Joining, Tally, Whole},
    state::check_format,
};
use feedgate_model::{Kind, Policy, UserId};

/// What a store holds.
#[derive(Debug)]
pub struct Contents {
    pub state: State,
    pub policy: Policy,
    /// The change sets that came with an idempotency key.
    pub keyed: Vec<Keyed>,
    /// The users who have a password.
    pub credentials: Vec<UserId>,
}

/// How much of a store was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub parts: u64,
    pub objects: u64,
    pub credentials: u64,
    pub change_sets: u64,
}

/// Puts a policy together from all parts of all records, in the order of their keys.
///
/// Fails with [`StoreError::NewerFormat`], or with [`StoreError::Corrupt`] if anything is other than it was
/// written: a checksum, a count, a sum, an object's page, a gap in the change log, its digests.
pub fn load<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    parts: impl Iterator<Item = Result<(K, V), StoreError>>,
) -> Result<Contents, StoreError> {
    let mut loader = Loader::default();
    loader.read(parts)?;
    loader.finish()?.ok_or_else(|| damaged(RecordKey::State, "it is missing"))
}

/// The same, but whatever is wrong is put to the problems, and the change sets are read wholly, too. Gives the
/// contents only if nothing is wrong.
///
/// Fails if nothing can be said: with [`StoreError::NewerFormat`] or [`StoreError::Io`].
pub fn examine<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    parts: impl Iterator<Item = Result<(K, V), StoreError>>,
    problems: &mut Problems,
) -> Result<(Counts, Option<Contents>), StoreError> {
    let mut loader = Loader { problems: Some(problems), ..Loader::default() };
    loader.read(parts)?;
    let counts = loader.counts;
    Ok((counts, loader.finish()?))
}

/// What has been read so far.
#[derive(Default)]
struct Loader<'p> {
    /// Where problems go; without it the first one ends it all.
    problems: Option<&'p mut Problems>,
    /// Whether there is one.
    wrong: bool,
    /// Whether the records end where reading them failed.
    broken_off: bool,
    /// Whether the record has been there, good or bad: what is bad isn't said to be missing, too.
    format_seen: bool,
    state_seen: bool,
    state: Option<State>,
    policy: Policy,
    objects: Area,
    credentials: Area,
    log: Area,
    /// How far the change log reaches; none as long as nobody has said where it begins.
    reached: Option<Reached>,
    keyed: Vec<Keyed>,
    users: Vec<UserId>,
    counts: Counts,
}

/// The records of one kind, as far as the state counts them.
#[derive(Default)]
struct Area {
    /// All parts that were there, and the sum of the good ones.
    tally: Tally,
    /// Whether a bad one has been named.
    bad: bool,
}

/// A place in the change log.
#[derive(Clone, Copy)]
struct Reached {
    revision: u64,
    /// None behind a change set that can't be read.
    digest: Option<[u8; 32]>,
}

impl Loader<'_> {
    fn read<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        parts: impl Iterator<Item = Result<(K, V), StoreError>>,
    ) -> Result<(), StoreError> {
        let mut joining: Option<Joining> = None;
        // The record that is known to be bad: nothing more is said about it.
        let mut given_up = None;
        for part in parts {
            let (key, value) = match part {
                Ok(part) => part,
                Err(error) => {
                    self.broken_off = true;
                    self.note(error)?;
                    break;
                }
            };
            self.counts.parts += 1;
            let Some((record, number)) = RecordKey::parse(key.as_ref()) else {
                self.note(StoreError::Corrupt(format!("nothing has a key like {:02x?}", key.as_ref())))?;
                continue;
            };
            if let Some(area) = self.area(record) {
                area.tally.parts += 1;
            }
            let outcome = match &mut joining {
                Some(open) if open.key() == record && open.wants() == Some(number) => {
                    open.add(number, value.as_ref())
                }
                _ if given_up == Some(record) => Ok(()),
                _ => {
                    let open = joining.take();
                    let same =
                        open.as_ref().is_some_and(|open| open.key() == record && open.wants().is_some());
                    self.end(open)?;
                    match Joining::begin(record, value.as_ref()) {
                        // The gap has been named.
                        _ if same => {
                            given_up = Some(record);
                            Ok(())
                        }
                        _ if number != 0 => Err(damaged(
                            record,
                            format_args!("part {number} doesn't follow the one before it"),
                        )),
                        Ok(begun) => {
                            joining = Some(begun);
                            Ok(())
                        }
                        Err(error) => Err(error),
                    }
                }
            };
            if let Err(error) = outcome {
                joining = None;
                given_up = Some(record);
                self.bad(record, error)?;
            }
        }
        self.end(joining)
    }

    /// Takes a record that no more parts follow.
    fn end(&mut self, joining: Option<Joining>) -> Result<(), StoreError> {
        let Some(joining) = joining else { return Ok(()) };
        let record = joining.key();
        match joining.finish() {
            Ok(whole) => self.take(whole),
            Err(error) => self.bad(record, error),
        }
    }

    /// Notes a problem, or fails with it.
    fn note(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.wrong = true;
        match (&mut self.problems, error) {
            (Some(problems), StoreError::Corrupt(what)) => {
                problems.note(what);
                Ok(())
            }
            (_, error) => Err(error),
        }
    }

    /// The same of a record that can't be read: what it would have been is unknown from here on.
    fn bad(&mut self, record: RecordKey, error: StoreError) -> Result<(), StoreError> {
        self.note(error)?;
        match record {
            RecordKey::Format => self.format_seen = true,
            RecordKey::State => self.state_seen = true,
            RecordKey::ChangeSet(revision) => {
                self.follow(revision)?;
                self.reached = Some(Reached { revision, digest: None });
            }
            RecordKey::Page { .. } | RecordKey::Credential(_) => {}
        }
        if let Some(area) = self.area(record) {
            area.bad = true;
        }
        Ok(())
    }

    fn area(&mut self, record: RecordKey) -> Option<&mut Area> {
        match record {
            RecordKey::Format | RecordKey::State => None,
            RecordKey::Page { .. } => Some(&mut self.objects),
            RecordKey::Credential(_) => Some(&mut self.credentials),
            RecordKey::ChangeSet(_) => Some(&mut self.log),
        }
    }

    fn take(&mut self, whole: Whole) -> Result<(), StoreError> {
        let key = whole.key;
        if !self.format_seen && key != RecordKey::Format {
            self.format_seen = true;
            // Until the format is known, little can be said about the rest.
            self.note(damaged(RecordKey::Format, "it is missing"))?;
        }
        if let Some(area) = self.area(key) {
            area.tally.sum = area.tally.sum.wrapping_add(whole.tally.sum);
        }
        let taken = match key {
            RecordKey::Format => {
                self.format_seen = true;
                check_format(&whole.payload)
            }
            RecordKey::State => {
                self.state_seen = true;
                State::decode(&whole.payload).map(|state| {
                    let digest = Some(state.log_digest);
                    self.reached = Some(Reached { revision: state.head.history_after, digest });
                    self.state = Some(state);
                })
            }
            RecordKey::Page { kind, page } => {
                let (policy, objects) = (&mut self.policy, &mut self.counts.objects);
                page::decode(kind, page, &whole, |object| {
                    *objects += 1;
                    policy.put(object);
                })
            }
            RecordKey::Credential(user) => {
                self.counts.credentials += 1;
                self.users.push(user);
                decode_credential(user, &whole.payload).map(drop)
            }
            RecordKey::ChangeSet(revision) => return self.change_set(revision, &whole),
        };
        taken.or_else(|error| self.bad(key, error))
    }

    fn change_set(&mut self, revision: u64, whole: &Whole) -> Result<(), StoreError> {
        let payload = &whole.payload;
        self.counts.change_sets += 1;
        let before = self.follow(revision)?;
        let digest = match log::digest_of(revision, payload) {
            Ok(stored) => match before.map(|before| log::verify(&before, revision, payload)) {
                Some(Err(error)) => {
                    self.note(error)?;
                    Some(stored)
                }
                Some(Ok(_)) | None => Some(stored),
            },
            Err(error) => {
                self.note(error)?;
                None
            }
        };
        self.reached = Some(Reached { revision, digest });
        match log::keyed(revision, payload) {
            Ok(keyed) => self.keyed.extend(keyed),
            Err(error) => return self.note(error),
        }
        if self.problems.is_some()
            && let Err(error) = log::decode(revision, whole)
        {
            self.note(error)?;
        }
        Ok(())
    }

    /// The digest in front of a change set, if it is known, after a look at whether one is missing in between.
    fn follow(&mut self, revision: u64) -> Result<Option<[u8; 32]>, StoreError> {
        match self.reached {
            Some(reached) if reached.revision.checked_add(1) == Some(revision) => Ok(reached.digest),
            Some(Reached { revision: before, .. }) => {
                let key = RecordKey::ChangeSet(revision);
                self.note(damaged(key, format_args!("it comes behind change set {before}")))?;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn finish(mut self) -> Result<Option<Contents>, StoreError> {
        if !self.format_seen {
            self.note(damaged(RecordKey::Format, "it is missing"))?;
        }
        match self.state.take() {
            Some(state) => {
                // What lies behind the place where reading failed may be well.
                if !self.broken_off {
                    self.compare(&state)?;
                }
                self.policy.next = state.next.clone();
                let Self { policy, keyed, users: credentials, .. } = self;
                Ok((!self.wrong).then_some(Contents { state, policy, keyed, credentials }))
            }
            None if self.state_seen => Ok(None),
            None => self.note(damaged(RecordKey::State, "it is missing")).map(|()| None),
        }
    }

    /// Holds what was there against what the state says should be.
    fn compare(&mut self, state: &State) -> Result<(), StoreError> {
        let areas = [
            ("objects", &self.objects, state.objects),
            ("credentials", &self.credentials, state.credentials),
            ("change sets", &self.log, state.log),
        ];
        let differ = areas.map(|(what, found, recorded)| {
            let (there, due) = (found.tally.parts, recorded.parts);
            if there != due {
                Some(format!(
                    "the records of {what} aren't those that were written: {there} parts are there, {due} should be"
                ))
            } else if found.tally != recorded && !found.bad {
                Some(format!(
                    "the records of {what} aren't those that were written: as many are there, but one of them is from another time"
                ))
            } else {
                None
            }
        });
        for what in differ.into_iter().flatten() {
            self.note(StoreError::Corrupt(what))?;
        }
        let head = state.head;
        match self.reached {
            Some(reached) if reached.revision != head.revision => {
                self.note(StoreError::Corrupt(format!(
                    "the change log ends at revision {}, the head is {}",
                    reached.revision, head.revision
                )))?;
            }
            Some(Reached { digest: Some(digest), .. }) if digest != head.digest => {
                self.note(StoreError::Corrupt(format!(
                    "the head at revision {} isn't where the change log leads: another change set was the last",
                    head.revision
                )))?;
            }
            _ => {}
        }
        for kind in Kind::ALL {
            if self.policy.next.of(kind) > state.next.of(kind) {
                self.note(damaged(
                    RecordKey::State,
                    format_args!("a {kind} has an id that isn't given yet"),
                ))?;
            }
        }
        Ok(())
    }
}
