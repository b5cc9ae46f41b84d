//! The writer: one thread that owns all writes.
//!
//! It takes what is waiting, drafts each request on top of the one before, commits them to the store in one
//! go, publishes the last index, and only then answers. A request that fails costs the others nothing, not even
//! if it fails by a mistake of ours.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
};
use tracing::{error, info, warn};

use super::{
    draft::{Draft, Drafted},
    error::WriteError,
    group::{Done, Group, Key},
    hub::{Hub, Published},
    idempotency::KnownKeys,
    live::Live,
    renewal::Renewal,
    request::{LISTED, Summary, WriteRequest, Written},
    retention::Retention,
};
use feedgate_engine::Index;
use feedgate_model::{ChangeSet, Revision};
use feedgate_store::{Commit, Head, PolicyStore, StoreError};

/// How many requests become durable in one go.
const GROUP: usize = 128;
/// And with how many steps at most, unless one request alone has more.
const GROUP_STEPS: usize = 20_000;

/// Where an answer goes.
pub(super) type Answer<T> = oneshot::Sender<Result<T, WriteError>>;

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    Write(WriteRequest, Answer<Written>),
    /// Answered with whether the credential was still the one to be replaced.
    Renew(Renewal, Answer<bool>),
    /// Answered when everything before it has been published. An error once nobody knows what the store has.
    Barrier(Answer<()>),
}

/// Why no more writes are taken; none as long as they are.
pub(super) type Broken = Option<Arc<StoreError>>;

pub(super) struct WriterThread {
    pub(super) store: Arc<dyn PolicyStore>,
    pub(super) live: Arc<Live>,
    pub(super) hub: Arc<Hub>,
    pub(super) known: KnownKeys,
    pub(super) retention: Retention,
    pub(super) runtime: Handle,
    pub(super) broken: watch::Sender<Broken>,
}

impl WriterThread {
    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut waiting = VecDeque::from([first]);
            let mut steps = 0;
            while waiting.len() < GROUP && steps < GROUP_STEPS {
                let Ok(job) = jobs.try_recv() else { break };
                steps += if let Job::Write(request, _) = &job { request.steps.len() } else { 0 };
                waiting.push_back(job);
            }
            self.work(waiting);
        }
        info!("the policy writer has ended");
    }

    fn work(&mut self, jobs: VecDeque<Job>) {
        let mut group = Group::new(self.live.snapshot());
        for job in jobs {
            match job {
                Job::Barrier(answer) => group.barriers.push(answer),
                Job::Renew(renewal, answer) => {
                    let done = self.renew(&mut group, renewal);
                    group.renewals.push((answer, done));
                }
                Job::Write(request, answer) => {
                    let key = request.idempotency.as_ref();
                    if key.is_some_and(|key| group.holds_key(&request.actor, key)) {
                        group = self.commit(group);
                    }
                    let done = catch_unwind(AssertUnwindSafe(|| self.draft(&mut group, request)));
                    let done = done.unwrap_or_else(|_| {
                        error!("a panic while a change set was drafted: nothing of it remains");
                        Err(WriteError::Internal)
                    });
                    group.waiting.push((answer, done));
                }
            }
        }
        self.commit(group);
    }

    /// Drafts a request on top of the group.
    // INVARIANT: the group is touched behind everything that can fail.
    fn draft(&mut self, group: &mut Group, request: WriteRequest) -> Result<Done, WriteError> {
        let WriteRequest { steps, expected, idempotency, dry_run, actor } = request;
        let key =
            idempotency.filter(|_| !dry_run).map(|idempotency| Key { actor: actor.clone(), idempotency });
        if let Some(Key { actor, idempotency }) = &key
            && let Some(revision) = self.known.revision_of(actor, idempotency)?
        {
            return Ok(Done { written: self.replay(&group.head, revision)?, key: None });
        }
        self.unbroken()?;
        expect_head(expected, group.head.revision())?;

        let mut draft = Draft::new(&group.head);
        for (step, edit) in steps.iter().enumerate() {
            draft.apply(edit).map_err(|source| WriteError::Edit { step, source })?;
        }
        let Drafted { index, changes, passwords } = draft.finish();
        // Nothing to change is nothing to remember, but for a key: the request must be known again.
        let is_revision = !changes.is_empty() || key.is_some();
        let before = group.head.clone();
        let after = if is_revision { Arc::new(index) } else { before.clone() };
        let set = passwords.iter().filter(|(_, credential)| credential.is_some()).count();
        let written = Written {
            revision: if dry_run { before.revision() } else { after.revision() },
            summary: Summary::of(&changes, set),
            changes: changes.iter().take(LISTED).cloned().collect(),
            before: before.clone(),
            after: after.clone(),
            dry_run,
            replayed: false,
        };
        if !dry_run {
            group.head = after.clone();
            group.commit.credentials.extend(passwords);
        }
        if is_revision && !dry_run {
            let set = Arc::new(ChangeSet {
                revision: written.revision.number,
                at_ms: feedgate_store::now_ms(),
                actor,
                idempotency: key.as_ref().map(|key| key.idempotency.clone()),
                changes,
            });
            group.commit.change_sets.push(set.clone());
            group.published.push(Published { set, before, after });
        }
        Ok(Done { written, key })
    }

    /// Has a credential replaced with the group, if it is still there when its turn comes.
    fn renew(&mut self, group: &mut Group, renewal: Renewal) -> Result<bool, WriteError> {
        self.unbroken()?;
        let stored = |user| self.runtime.block_on(self.store.credential(user));
        let drafted = renewal.draft(&mut group.commit.credentials, stored);
        drafted.map_err(|error| WriteError::Store(Arc::new(error)))
    }

    /// What a request that came before had answered.
    fn replay(&self, head: &Arc<Index>, revision: u64) -> Result<Written, WriteError> {
        let found = self.runtime.block_on(self.store.changes_after(revision.saturating_sub(1), 1));
        let found = found.map_err(|error| WriteError::Store(Arc::new(error)))?;
        let changes = found.into_iter().next().map(|set| set.changes).unwrap_or_default();
        Ok(Written {
            revision: Revision { number: revision, ..head.revision() },
            summary: Summary::of(&changes, 0),
            changes: changes.into_iter().take(LISTED).collect(),
            before: head.clone(),
            after: head.clone(),
            dry_run: false,
            replayed: true,
        })
    }

    /// Makes a group durable, then visible, then answers. Gives the next group.
    fn commit(&mut self, group: Group) -> Group {
        let Group { head, commit, published, waiting, renewals, barriers } = group;
        let present = self.live.snapshot();
        let nothing = commit.change_sets.is_empty() && commit.credentials.is_empty();
        let outcome = if nothing {
            Ok(())
        } else {
            self.store_commit(commit).map(|stored| self.publish(stored, published))
        };
        for (answer, done) in waiting {
            let answered = match (&outcome, done) {
                (Err(error), _) => Err(WriteError::Store(error.clone())),
                (Ok(()), Err(refused)) => Err(refused),
                (Ok(()), Ok(Done { written, key })) => {
                    if let Some(Key { actor, idempotency }) = key {
                        self.known.remember(&actor, &idempotency, written.revision.number);
                    }
                    Ok(written)
                }
            };
            // Whoever asked may be gone.
            let _ = answer.send(answered);
        }
        for (answer, done) in renewals {
            let _ = answer.send(match &outcome {
                Ok(()) => done,
                Err(error) => Err(WriteError::Store(error.clone())),
            });
        }
        for barrier in barriers {
            let _ = barrier.send(self.unbroken());
        }
        // Behind the answers: who follows is in less of a hurry than who has asked.
        self.hub.announce();
        Group::new(if outcome.is_ok() { head } else { present })
    }

    /// Shows what has become durable: to checks, then to those who look into the hub.
    fn publish(&mut self, stored: Head, published: Vec<Published>) {
        self.known.forget_through(stored.history_after);
        if let Some(last) = published.last() {
            self.live.publish(last.after.clone());
        }
        self.hub.publish(published, stored.history_after);
    }

    fn unbroken(&self) -> Result<(), WriteError> {
        self.broken.borrow().as_ref().map_or(Ok(()), |error| Err(WriteError::Store(error.clone())))
    }

    fn store_commit(&mut self, commit: Commit) -> Result<Head, Arc<StoreError>> {
        let expected = self.live.peek().revision().number;
        let sets = commit.change_sets.len() as u64;
        let commit = Commit { trim: Some(self.retention.trim()), ..commit };
        let failed = match self.runtime.block_on(self.store.commit(expected, commit)) {
            Ok(stored) => return Ok(stored),
            Err(failed) => failed,
        };
        let for_good = if failed.outcome_unknown() {
            // Only a store that vouches for its head can tell; one that can't gives none.
            match self.runtime.block_on(self.store.head()) {
                Ok(head) if sets > 0 && head.revision == expected + sets => {
                    warn!(%failed, "a commit reported an error, but the store has it");
                    return Ok(head);
                }
                Ok(head) => sets == 0 || head.revision != expected,
                Err(_) => true,
            }
        } else {
            matches!(failed, StoreError::ReadOnly(_) | StoreError::Corrupt(_) | StoreError::Closed)
        };
        let failed = Arc::new(failed);
        if for_good {
            error!(%failed, "a commit failed: no more writes until a restart, which shows what the store has");
            self.broken.send_replace(Some(failed.clone()));
        } else {
            error!(%failed, "a change set was not stored");
        }
        Err(failed)
    }
}

fn expect_head(expected: Option<Revision>, head: Revision) -> Result<(), WriteError> {
    match expected {
        Some(Revision { store, .. }) if store != head.store => {
            Err(WriteError::OtherStore { asked: store, own: head.store })
        }
        Some(Revision { number, .. }) if number != head.number => {
            Err(WriteError::RevisionMismatch { expected: number, head: head.number })
        }
        _ => Ok(()),
    }
}
