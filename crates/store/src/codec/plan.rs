//! Plans: what a commit writes and removes, worked out before anything is touched.

use std::collections::{BTreeMap, HashMap};

use super::{
    super::{Commit, Head, MAX_TRIMMED, StoreError, Trim},
    RecordKey, Records, State, damaged, log, page, read,
    record::{Tally, cut},
    state::encode_format,
    wire,
};
use feedgate_model::{
    Change, ChangeSet, Credential, Kind, Object, ObjectKey, Policy, StoreId, UserId, name::unicode_versions,
};

/// After how many parts no further change set goes with a commit: the largest have as many as a policy.
const MAX_TRIMMED_PARTS: u64 = 1000;

/// Values by their keys, to be written and removed in one transaction.
#[derive(Debug)]
pub struct Plan {
    /// What the store knows about itself afterwards; in `writes`, too.
    pub state: State,
    /// What to write, or, with none, to remove. No key comes twice.
    pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    limit: usize,
}

impl Plan {
    fn new(state: State, limit: usize) -> Self {
        Self { state, writes: Vec::new(), limit }
    }

    /// Replaces a record of which `old` is there by a payload, or removes it.
    fn replace(&mut self, key: RecordKey, old: Tally, payload: Option<&[u8]>) {
        let writes = &mut self.writes;
        let new = match payload {
            Some(payload) => cut(key, payload, self.limit, |key, value| writes.push((key, Some(value)))),
            None => Tally::default(),
        };
        for part in new.parts..old.parts {
            writes.push((key.part(u32::try_from(part).unwrap_or(u32::MAX)), None));
        }
        let tally = match key {
            // Nobody vouches for what vouches for all.
            RecordKey::Format | RecordKey::State => return,
            RecordKey::Page { .. } => &mut self.state.objects,
            RecordKey::Credential(_) => &mut self.state.credentials,
            RecordKey::ChangeSet(_) => &mut self.state.log,
        };
        *tally -= old;
        *tally += new;
    }

    /// Drops the oldest change sets of those up to `stored`, as far as they may go.
    fn trim(&mut self, trim: Trim, stored: u64, records: &impl Records) -> Result<(), StoreError> {
        let last = stored.min(self.state.head.revision.saturating_sub(trim.keep));
        let oldest = self.state.head.history_after.saturating_add(1);
        let mut parts = 0;
        for revision in (oldest..=last).take(MAX_TRIMMED) {
            if parts > MAX_TRIMMED_PARTS {
                break;
            }
            let key = RecordKey::ChangeSet(revision);
            let whole = read(records, key)?.ok_or_else(|| damaged(key, "it is missing"))?;
            let (at_ms, digest) = log::made_at(revision, &whole.payload)?;
            if at_ms >= trim.since_ms {
                break;
            }
            parts += whole.tally.parts;
            self.replace(key, whole.tally, None);
            self.state.head.history_after = revision;
            self.state.log_digest = digest;
        }
        Ok(())
    }

    /// Adds the record of the state, of which `old` parts are there.
    fn finish(mut self, old: Tally) -> Result<Self, StoreError> {
        let payload = self.state.encode()?;
        self.replace(RecordKey::State, old, Some(&payload));
        Ok(self)
    }
}

/// A new store with a policy at revision 0. No part holds more than `limit` bytes of payload.
pub fn initial(store: StoreId, policy: &Policy, limit: usize) -> Result<Plan, StoreError> {
    let mut plan = Plan::new(State::new(store), limit);
    plan.replace(RecordKey::Format, Tally::default(), Some(&encode_format()));
    plan.state.next = policy.next.clone();
    let mut pages = Pages::default();
    for object in policy.objects() {
        pages.open_empty(object.key()).create(object)?;
    }
    pages.write(&mut plan)?;
    plan.finish(Tally::default())
}

/// Everything that a store holds, to be written anew.
pub struct Everything<'a> {
    pub head: Head,
    /// The digest of the revision behind which the change log begins.
    pub log_digest: [u8; 32],
    pub policy: &'a Policy,
    pub credentials: Vec<&'a Credential>,
    /// The change sets behind `head.history_after`, in order.
    pub log: Vec<&'a ChangeSet>,
}

/// A store that holds all this. No part holds more than `limit` bytes of payload.
pub fn everything(everything: &Everything<'_>, limit: usize) -> Result<Plan, StoreError> {
    let Everything { head, log_digest, policy, credentials, log } = everything;
    let mut plan = initial(head.store, policy, limit)?;
    // It is written again when it knows the rest.
    plan.writes.retain(|(key, _)| RecordKey::parse(key).is_none_or(|(record, _)| record != RecordKey::State));
    plan.state.log_digest = *log_digest;
    for credential in credentials {
        let key = RecordKey::Credential(credential.user);
        plan.replace(key, Tally::default(), Some(&wire::encode(key, credential)?));
    }
    let mut digest = *log_digest;
    for change_set in log {
        let (payload, next) = log::encode(&digest, change_set)?;
        plan.replace(RecordKey::ChangeSet(change_set.revision), Tally::default(), Some(&payload));
        digest = next;
    }
    plan.state.head = *head;
    plan.finish(Tally::default())
}

/// The record of the state, as another incarnation of the same store has it; and what it says then.
pub fn reincarnation(state: &State, store: StoreId, limit: usize) -> Result<Plan, StoreError> {
    let mut state = state.clone();
    // The digests stay as they are: they stand for the history, which is the same.
    state.head.store = store;
    Plan::new(state, limit).finish(Tally::default())
}

/// A commit to the store that is in a state, whose records can be read. No part holds more than `limit`
/// bytes of payload.
///
/// [`StoreError::HeadMoved`], [`StoreError::NotContiguous`] and [`StoreError::Mismatch`] if it doesn't fit.
pub fn commit(
    state: &State,
    expected: u64,
    commit: &Commit,
    records: &impl Records,
    limit: usize,
) -> Result<Plan, StoreError> {
    if state.head.revision != expected {
        return Err(StoreError::HeadMoved { expected, actual: state.head.revision });
    }
    let mut plan = Plan::new(state.clone(), limit);
    let mut pages = Pages::default();
    for change_set in &commit.change_sets {
        let head = plan.state.head;
        let due = head.revision.saturating_add(1);
        if change_set.revision != due {
            return Err(StoreError::NotContiguous { expected: due, found: change_set.revision });
        }
        for change in &change_set.changes {
            pages.open(change.key(), records)?.apply(change)?;
            plan.state.next.note(change.key().kind, change.key().id);
        }
        let (payload, digest) = log::encode(&head.digest, change_set)?;
        plan.state.head.revision = due;
        plan.state.head.digest = digest;
        plan.replace(RecordKey::ChangeSet(due), Tally::default(), Some(&payload));
    }
    pages.write(&mut plan)?;
    // The last word on a user counts; a key mustn't come twice.
    let credentials: HashMap<UserId, &Option<Credential>> =
        commit.credentials.iter().map(|(user, credential)| (*user, credential)).collect();
    for (user, credential) in credentials {
        let key = RecordKey::Credential(user);
        if credential.as_ref().is_some_and(|credential| credential.user != user) {
            return Err(StoreError::Mismatch(format!("the credential for user {user} is another user's")));
        }
        let old = read(records, key)?.map_or_else(Tally::default, |whole| whole.tally);
        let payload = credential.as_ref().map(|credential| wire::encode(key, credential)).transpose()?;
        plan.replace(key, old, payload.as_deref());
    }
    // The records may be in a version now that an older feedgate doesn't know: it must find that out first.
    let format =
        read(records, RecordKey::Format)?.ok_or_else(|| damaged(RecordKey::Format, "it is missing"))?;
    if format.payload != encode_format() {
        plan.replace(RecordKey::Format, format.tally, Some(&encode_format()));
    }
    if let Some(trim) = commit.trim {
        plan.trim(trim, state.head.revision, records)?;
    }
    plan.state.commits = plan.state.commits.saturating_add(1);
    plan.state.unicode = unicode_versions().into();
    let old = read(records, RecordKey::State)?.map_or_else(Tally::default, |whole| whole.tally);
    plan.finish(old)
}

/// The pages that a commit touches, each read and written once.
#[derive(Default)]
struct Pages(BTreeMap<RecordKey, OpenPage>);

impl Pages {
    /// The page of an object, as it is stored or as the changes so far have left it.
    fn open(&mut self, object: ObjectKey, records: &impl Records) -> Result<&mut OpenPage, StoreError> {
        use std::collections::btree_map::Entry;
        match self.0.entry(RecordKey::page_of(object)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let mut open = OpenPage::default();
                if let Some(whole) = read(records, *entry.key())? {
                    open.old = whole.tally;
                    if let RecordKey::Page { kind, page } = *entry.key() {
                        page::decode(kind, page, &whole, |object| open.objects.push(object))?;
                    }
                }
                Ok(entry.insert(open))
            }
        }
    }

    fn open_empty(&mut self, object: ObjectKey) -> &mut OpenPage {
        self.0.entry(RecordKey::page_of(object)).or_default()
    }

    fn write(self, plan: &mut Plan) -> Result<(), StoreError> {
        for (key, open) in self.0 {
            let RecordKey::Page { kind, .. } = key else { continue };
            let payload =
                if open.objects.is_empty() { None } else { Some(page::encode(key, kind, &open.objects)?) };
            plan.replace(key, open.old, payload.as_deref());
        }
        Ok(())
    }
}

/// A page while it is changed.
#[derive(Default)]
struct OpenPage {
    /// What is stored of it.
    old: Tally,
    /// Ascending by id.
    objects: Vec<Object>,
}

impl OpenPage {
    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Created(object) => self.create(object.clone()),
            Change::Updated(both) => {
                let (before, after) = &**both;
                if before.key() != after.key() {
                    return Err(mismatch(before.key(), "an update can't change what an object is known by"));
                }
                *self.stored(before)? = after.clone();
                Ok(())
            }
            Change::Deleted(before) => {
                if before.key().kind == Kind::Settings {
                    return Err(mismatch(before.key(), "it can't be deleted"));
                }
                self.stored(before)?;
                self.objects.retain(|object| object.key() != before.key());
                Ok(())
            }
        }
    }

    fn create(&mut self, object: Object) -> Result<(), StoreError> {
        let key = object.key();
        match self.objects.binary_search_by_key(&key.id, |stored| stored.key().id) {
            Ok(_) => Err(mismatch(key, "it is there already")),
            Err(place) => {
                self.objects.insert(place, object);
                Ok(())
            }
        }
    }

    /// The object that has to be stored just as it is said to be.
    fn stored(&mut self, before: &Object) -> Result<&mut Object, StoreError> {
        let key = before.key();
        let place = self.objects.binary_search_by_key(&key.id, |stored| stored.key().id);
        match place.ok().and_then(|place| self.objects.get_mut(place)) {
            None => Err(mismatch(key, "it isn't there")),
            Some(stored) if stored != before => {
                Err(mismatch(key, "it is another than the one before the change"))
            }
            Some(stored) => Ok(stored),
        }
    }
}

fn mismatch(key: ObjectKey, why: &str) -> StoreError {
    StoreError::Mismatch(format!("{} {}: {why}", key.kind, key.id))
}
