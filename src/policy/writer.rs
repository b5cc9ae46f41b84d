//! The writer: one thread that owns all writes.
//!
//! It takes what is waiting, drafts each request on top of the one before, commits them to the store in one
//! go, publishes the last index, and only then answers. A request that fails costs the others nothing.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};
use tracing::{error, info, warn};

use super::{
    draft::{Draft, Drafted},
    error::WriteError,
    idempotency::KnownKeys,
    live::Live,
    request::{LISTED, MAX_STEPS, Summary, WriteRequest, Written},
};
use crate::{
    engine::Index,
    model::{ChangeSet, Idempotency},
    store::{Commit, PolicyStore, StoreError},
};

/// How many requests may wait; more have to wait to wait.
const QUEUE: usize = 256;
/// How many requests become durable in one go.
const GROUP: usize = 128;
/// And with how many steps at most, unless one request alone has more.
const GROUP_STEPS: usize = 20_000;

/// The way to the writer. Dropping the last one ends it, once what waits is done.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
}

type Answer<T> = oneshot::Sender<Result<T, WriteError>>;

#[derive(Debug)]
enum Job {
    Write(WriteRequest, Answer<Written>),
    /// Answered when everything before it has been published.
    Barrier(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the writer's thread.
    pub(super) fn start(
        store: Arc<dyn PolicyStore>,
        live: Arc<Live>,
        known: KnownKeys,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let runtime = Handle::current();
        let thread = WriterThread { store, live, known, runtime, broken: None };
        let thread =
            std::thread::Builder::new().name("policy-writer".into()).spawn(move || thread.run(jobs))?;
        Ok((Self { queue }, thread))
    }

    /// Has a change set applied. When it returns, the changes are durable and every later check sees them.
    pub async fn write(&self, request: WriteRequest) -> Result<Written, WriteError> {
        if request.steps.len() > MAX_STEPS {
            return Err(WriteError::TooManyChanges { limit: MAX_STEPS, found: request.steps.len() });
        }
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Write(request, answer)).await.map_err(|_| WriteError::Closed)?;
        answered.await.map_err(|_| WriteError::Closed)?
    }

    /// Waits until everything that was committed before is published.
    pub async fn barrier(&self) -> Result<(), WriteError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Barrier(answer)).await.map_err(|_| WriteError::Closed)?;
        answered.await.map_err(|_| WriteError::Closed)
    }

    /// Whether the writer's thread is there.
    pub fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }
}

struct WriterThread {
    store: Arc<dyn PolicyStore>,
    live: Arc<Live>,
    known: KnownKeys,
    runtime: Handle,
    /// Why no more writes are taken.
    broken: Option<Arc<StoreError>>,
}

/// A request that waits to become durable.
struct Pending {
    answer: Answer<Written>,
    written: Written,
    idempotency: Option<(Box<str>, Idempotency)>,
}

/// Requests that become durable together.
struct Group {
    /// The policy with everything that is drafted.
    head: Arc<Index>,
    commit: Commit,
    pending: Vec<Pending>,
}

impl Group {
    fn new(head: Arc<Index>) -> Self {
        Self { head, commit: Commit::default(), pending: Vec::new() }
    }

    fn holds_key(&self, actor: &str, idempotency: &Idempotency) -> bool {
        let keys = self.pending.iter().filter_map(|pending| pending.idempotency.as_ref());
        keys.into_iter().any(|(other, known)| **other == *actor && known.key == idempotency.key)
    }
}

impl WriterThread {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
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

    fn work(&mut self, waiting: VecDeque<Job>) {
        let mut group = Group::new(self.live.snapshot());
        for job in waiting {
            match job {
                Job::Barrier(answer) => {
                    group = self.commit(group);
                    // Whoever asked may be gone.
                    let _ = answer.send(());
                }
                Job::Write(request, answer) => {
                    let key = request.idempotency.as_ref();
                    if key.is_some_and(|key| group.holds_key(&request.actor, key)) {
                        group = self.commit(group);
                    }
                    match self.draft(&mut group, request) {
                        Ok((written, idempotency)) => {
                            group.pending.push(Pending { answer, written, idempotency })
                        }
                        Err(error) => {
                            let _ = answer.send(Err(error));
                        }
                    }
                }
            }
        }
        self.commit(group);
    }

    /// Drafts a request on top of the group.
    #[expect(clippy::type_complexity, reason = "the answer, and whose key to remember once it is durable")]
    fn draft(
        &mut self,
        group: &mut Group,
        request: WriteRequest,
    ) -> Result<(Written, Option<(Box<str>, Idempotency)>), WriteError> {
        let WriteRequest { steps, expected, idempotency, dry_run, actor } = request;
        if let Some(known) = &idempotency
            && let Some(revision) = self.known.revision_of(&actor, known)?
        {
            return Ok((self.replay(&group.head, revision)?, None));
        }
        if let Some(error) = &self.broken {
            return Err(WriteError::Store(error.clone()));
        }
        let head = group.head.revision();
        match expected {
            Some(expected) if expected.store != head.store => {
                return Err(WriteError::OtherStore { asked: expected.store, own: head.store });
            }
            Some(expected) if expected.number != head.number => {
                return Err(WriteError::RevisionMismatch { expected: expected.number, head: head.number });
            }
            _ => {}
        }
        let mut draft = Draft::new(&group.head);
        for (step, edit) in steps.iter().enumerate() {
            draft.apply(edit).map_err(|source| WriteError::Edit { step, source })?;
        }
        let Drafted { index, changes, passwords } = draft.finish();
        let before = group.head.clone();
        let changed = !changes.is_empty();
        let after = if changed { Arc::new(index) } else { before.clone() };
        let written = Written {
            revision: if dry_run { head } else { after.revision() },
            summary: Summary::of(&changes, passwords.len()),
            changes: changes.iter().take(LISTED).cloned().collect(),
            before,
            after: after.clone(),
            dry_run,
            replayed: false,
        };
        if dry_run {
            return Ok((written, None));
        }
        group.head = after;
        group.commit.credentials.extend(passwords);
        if !changed {
            return Ok((written, None));
        }
        group.commit.change_sets.push(ChangeSet {
            revision: written.revision.number,
            at_ms: now_ms(),
            actor: actor.clone(),
            idempotency: idempotency.clone(),
            changes,
        });
        Ok((written, idempotency.map(|key| (actor, key))))
    }

    /// What a request that came before had answered.
    fn replay(&self, head: &Arc<Index>, revision: u64) -> Result<Written, WriteError> {
        let found = self.runtime.block_on(self.store.changes_after(revision - 1, 1));
        let found = found.map_err(|error| WriteError::Store(Arc::new(error)))?;
        let changes = found.into_iter().next().map(|set| set.changes).unwrap_or_default();
        let mut at = head.revision();
        at.number = revision;
        Ok(Written {
            revision: at,
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
        let Group { head, commit, pending } = group;
        let published = self.live.snapshot();
        let nothing = commit.change_sets.is_empty() && commit.credentials.is_empty();
        let outcome = if nothing { Ok(()) } else { self.store_commit(published.revision().number, commit) };
        match outcome {
            Ok(()) => {
                if head.revision() != published.revision() {
                    self.live.publish(head.clone());
                }
                for Pending { answer, written, idempotency } in pending {
                    if let Some((actor, key)) = idempotency {
                        self.known.remember(&actor, &key, written.revision.number);
                    }
                    let _ = answer.send(Ok(written));
                }
                Group::new(head)
            }
            Err(error) => {
                for Pending { answer, .. } in pending {
                    let _ = answer.send(Err(WriteError::Store(error.clone())));
                }
                Group::new(published)
            }
        }
    }

    fn store_commit(&mut self, expected: u64, commit: Commit) -> Result<(), Arc<StoreError>> {
        let wanted = expected + commit.change_sets.len() as u64;
        let failed = match self.runtime.block_on(self.store.commit(expected, commit)) {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if !failed.outcome_unknown() {
            error!(%failed, "a change set was not stored");
            return Err(Arc::new(failed));
        }
        // The store may have it or not: only the store can tell.
        match self.runtime.block_on(self.store.head()) {
            Ok(head) if head.revision == wanted && wanted != expected => {
                warn!(%failed, "a commit reported an error, but the store has it");
                Ok(())
            }
            Ok(head) if head.revision == expected => {
                error!(%failed, "a change set was not stored");
                Err(Arc::new(failed))
            }
            _ => {
                error!(%failed, "what a commit did is unknown: no more writes until a restart");
                let failed = Arc::new(failed);
                self.broken = Some(failed.clone());
                Err(failed)
            }
        }
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
