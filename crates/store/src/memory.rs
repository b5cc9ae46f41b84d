//! A store that forgets: for tests, and for policies that are only tried out.
//!
//! It keeps the promises of a durable one while it lives, and can be told to break them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    Commit, Copied, Head, Keyed, Loaded, MAX_TRIMMED, PART_LIMIT, PolicyStore, StoreError, Trim, codec,
    new_store_id, now_ms,
};
use feedgate_model::{
    Change, ChangeSet, Credential, Kind, NextIds, Object, ObjectKey, Policy, StoreId, UserId,
};

/// A policy, its history and its credentials in memory.
#[derive(Debug)]
pub struct MemoryStore(Mutex<Contents>);

/// When a commit is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailAt {
    /// It changes nothing.
    BeforeCommit,
    /// It changes everything, and then says that it failed.
    AfterCommit,
}

#[derive(Debug)]
struct Contents {
    store: StoreId,
    now: Version,
    /// The digest in front of the log.
    log_digest: [u8; 32],
    log: VecDeque<Arc<ChangeSet>>,
    fail: Option<(FailAt, StoreError)>,
}

/// What a commit replaces whole.
#[derive(Clone, Debug)]
struct Version {
    revision: u64,
    digest: [u8; 32],
    objects: BTreeMap<ObjectKey, Object>,
    next: NextIds,
    credentials: HashMap<UserId, Credential>,
}

impl MemoryStore {
    /// A new store with the initial policy.
    pub fn new() -> Result<Self, StoreError> {
        let policy = Policy::initial().map_err(|error| StoreError::Mismatch(error.to_string()))?;
        Self::holding(&policy)
    }

    /// A new store with a policy at revision 0.
    pub fn holding(policy: &Policy) -> Result<Self, StoreError> {
        let store = new_store_id()?;
        let now = Version {
            revision: 0,
            digest: codec::genesis(store),
            objects: policy.objects().map(|object| (object.key(), object)).collect(),
            next: policy.next.clone(),
            credentials: HashMap::new(),
        };
        let log_digest = now.digest;
        Ok(Self(Mutex::new(Contents { store, now, log_digest, log: VecDeque::new(), fail: None })))
    }

    /// Makes the next commit fail with an error.
    pub fn fail_next(&self, at: FailAt, error: StoreError) {
        self.contents().fail = Some((at, error));
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // What a commit works on is a copy: there is nothing half done to be found here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn head(&self) -> Head {
        let Version { revision, digest, .. } = self.now;
        Head { store: self.store, revision, digest, history_after: revision - self.log.len() as u64 }
    }

    fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        for object in self.now.objects.values() {
            policy.put(object.clone());
        }
        policy.next = self.now.next.clone();
        policy
    }

    fn trim(&mut self, trim: Trim, stored: usize) -> Result<(), StoreError> {
        let last =
            stored.min(self.log.len().saturating_sub(usize::try_from(trim.keep).unwrap_or(usize::MAX)));
        for _ in 0..last.min(MAX_TRIMMED) {
            let Some(oldest) = self.log.front().filter(|set| set.at_ms < trim.since_ms) else { break };
            self.log_digest = codec::next_digest(&self.log_digest, oldest)?;
            self.log.pop_front();
        }
        Ok(())
    }
}

impl Version {
    fn apply(&mut self, change_set: &ChangeSet) -> Result<(), StoreError> {
        let due = self.revision.saturating_add(1);
        if change_set.revision != due {
            return Err(StoreError::NotContiguous { expected: due, found: change_set.revision });
        }
        for change in &change_set.changes {
            self.change(change)?;
        }
        self.revision = due;
        self.digest = codec::next_digest(&self.digest, change_set)?;
        Ok(())
    }

    fn change(&mut self, change: &Change) -> Result<(), StoreError> {
        let key = change.key();
        let mismatch = |why| StoreError::Mismatch(format!("{} {}: {why}", key.kind, key.id));
        if self.objects.get(&key) != change.before() {
            return Err(mismatch("it is another than the one before the change"));
        }
        match change.after() {
            Some(after) if after.key() != key => {
                return Err(mismatch("an update can't change what an object is known by"));
            }
            Some(after) => {
                self.objects.insert(key, after.clone());
            }
            None if key.kind == Kind::Settings => return Err(mismatch("it can't be deleted")),
            None => {
                self.objects.remove(&key);
            }
        }
        self.next.note(key.kind, key.id);
        Ok(())
    }
}

#[async_trait]
impl PolicyStore for MemoryStore {
    async fn load(&self) -> Result<Loaded, StoreError> {
        let contents = self.contents();
        let keyed = contents.log.iter().filter_map(|change_set| {
            let ChangeSet { revision, actor, idempotency, .. } = change_set.as_ref();
            Some(Keyed { revision: *revision, actor: actor.clone(), idempotency: idempotency.clone()? })
        });
        Ok(Loaded { head: contents.head(), policy: contents.policy(), keyed: keyed.collect() })
    }

    async fn head(&self) -> Result<Head, StoreError> {
        Ok(self.contents().head())
    }

    async fn changes_after(&self, revision: u64, limit: usize) -> Result<Vec<ChangeSet>, StoreError> {
        let contents = self.contents();
        let trimmed = contents.head().history_after;
        let Some(first) = revision.checked_sub(trimmed) else {
            return Err(StoreError::Trimmed { asked: revision, oldest: trimmed + 1 });
        };
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        Ok(contents.log.iter().skip(first).take(limit).map(|set| ChangeSet::clone(set)).collect())
    }

    async fn credential(&self, user: UserId) -> Result<Option<Credential>, StoreError> {
        Ok(self.contents().now.credentials.get(&user).cloned())
    }

    async fn commit(&self, expected: u64, commit: Commit) -> Result<Head, StoreError> {
        let mut contents = self.contents();
        let fail = contents.fail.take();
        if let Some((FailAt::BeforeCommit, error)) = fail {
            return Err(error);
        }
        let actual = contents.now.revision;
        if actual != expected {
            return Err(StoreError::HeadMoved { expected, actual });
        }
        let mut next = contents.now.clone();
        for change_set in &commit.change_sets {
            next.apply(change_set)?;
        }
        let no_credentials = commit.credentials.is_empty();
        for (user, credential) in commit.credentials {
            match credential {
                Some(credential) if credential.user != user => {
                    return Err(StoreError::Mismatch(format!(
                        "the credential for user {user} is another user's"
                    )));
                }
                Some(credential) => next.credentials.insert(user, credential),
                None => next.credentials.remove(&user),
            };
        }
        let nothing = commit.change_sets.is_empty() && no_credentials;
        contents.now = next;
        let stored = contents.log.len();
        contents.log.extend(commit.change_sets);
        if let Some(trim) = commit.trim.filter(|_| !nothing) {
            contents.trim(trim, stored)?;
        }
        match fail {
            Some((_, error)) => Err(error),
            None => Ok(contents.head()),
        }
    }

    async fn backup(&self) -> Result<Copied, StoreError> {
        let contents = self.contents();
        let plan = codec::everything(
            &codec::Everything {
                head: contents.head(),
                log_digest: contents.log_digest,
                policy: &contents.policy(),
                credentials: contents.now.credentials.values().collect(),
                log: contents.log.iter().map(AsRef::as_ref).collect(),
            },
            PART_LIMIT,
        )?;
        let parts: BTreeMap<_, _> =
            plan.writes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Copied::of(&plan.state, now_ms(), parts.iter().map(Ok::<_, StoreError>))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::conformance::{Harness, change_set, changes, suite},
        *,
    };

    struct InMemory(MemoryStore);

    impl Harness for InMemory {
        fn new() -> Self {
            Self(MemoryStore::new().unwrap())
        }

        fn store(&self) -> &dyn PolicyStore {
            &self.0
        }

        fn reopen(self) -> Self {
            self
        }
    }

    suite!(InMemory);

    #[tokio::test]
    async fn fails_once_when_told_to() {
        let store = MemoryStore::new().unwrap();
        let commit = || changes(vec![change_set(1, vec![])]);
        for (at, revision) in [(FailAt::BeforeCommit, 0), (FailAt::AfterCommit, 1)] {
            store.fail_next(at, StoreError::OutcomeUnknown("told to".to_owned()));
            let error = store.commit(0, commit()).await.unwrap_err();
            assert!(error.outcome_unknown());
            assert_eq!(store.head().await.unwrap().revision, revision);
        }
        store.commit(1, Commit::default()).await.unwrap();
    }
}
