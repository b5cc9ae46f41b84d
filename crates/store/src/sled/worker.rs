//! The one thread that touches sled: takes requests in turn, and answers.
//!
//! INVARIANT: after a write that failed, or anything that should never be seen in a store, there are no more
//! writes until a restart. Reads go on, from the store as it is reopened.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use tokio::sync::oneshot;

use super::{
    super::{
        Commit, Copied, Head, Loaded, StoreError,
        codec::{self, State},
        new_store_id, now_ms,
    },
    anchor::Anchor,
    database::{Database, PART_LIMIT},
    folder::{Folder, Space},
};
use feedgate_model::{ChangeSet, Credential, Policy, UserId, name::unicode_versions};

/// How much the file grows at most by a byte that is written: nodes are rewritten as they fill up.
const AMPLIFICATION: u64 = 4;

/// Number of bytes that the smallest change may take on the disk: a page of the tree, and it grows.
pub(super) const SMALLEST_CHANGE: u64 = 4096 * AMPLIFICATION;

pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What can be asked of the thread.
pub(super) enum Request {
    Load(Answer<Loaded>),
    Head(Answer<Head>),
    ChangesAfter { revision: u64, limit: usize, answer: Answer<Vec<ChangeSet>> },
    Credential { user: UserId, answer: Answer<Option<Credential>> },
    Commit { expected: u64, commit: Commit, answer: Answer<Head> },
    Backup(Answer<Copied>),
}

/// Starts the thread and waits until it has opened the store. It ends when the sender is dropped.
pub(super) fn start(dir: &Path, spare: u64) -> Result<(mpsc::Sender<Request>, JoinHandle<()>), StoreError> {
    let (requests, inbox) = mpsc::channel();
    let (opened, outcome) = mpsc::sync_channel(1);
    let path = dir.to_owned();
    let thread = thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || {
            let worker =
                catch_unwind(|| Worker::open(&path, spare)).unwrap_or_else(|panic| Err(panicked(&*panic)));
            match worker {
                Ok(worker) => {
                    if opened.send(Ok(())).is_ok() {
                        worker.run(&inbox);
                    }
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        })
        .map_err(|source| StoreError::Io { what: "start a thread for", path: dir.to_owned(), source })?;
    match outcome.recv() {
        Ok(Ok(())) => Ok((requests, thread)),
        Ok(Err(error)) => {
            // So that whoever gets the error finds the lock released.
            let _ = thread.join();
            Err(error)
        }
        Err(_) => Err(StoreError::Closed),
    }
}

struct Worker {
    folder: Folder,
    space: Space,
    open: Option<Open>,
    /// Why there are no more writes.
    read_only: Option<String>,
}

/// A store that is open, and what it knows about itself.
struct Open {
    database: Database,
    anchor: Anchor,
    state: State,
}

impl Worker {
    fn open(dir: &Path, spare: u64) -> Result<Self, StoreError> {
        let folder = Folder::lock(dir)?;
        if !folder.has_store()? {
            create(&folder)?;
        }
        let open = Open::in_folder(&folder, true)?;
        let here = unicode_versions();
        if *open.state.unicode != *here {
            tracing::info!(
                recorded = &*open.state.unicode,
                now = &*here,
                "the Unicode tables are others than those of the last commit"
            );
        }
        let space = Space::new(folder.dir(), spare);
        Ok(Self { folder, space, open: Some(open), read_only: None })
    }

    fn run(mut self, inbox: &mpsc::Receiver<Request>) {
        for request in inbox {
            match request {
                Request::Load(answer) => self.answer(answer, Self::load),
                Request::Head(answer) => self.answer(answer, Self::head),
                Request::ChangesAfter { revision, limit, answer } => {
                    self.answer(answer, |worker| worker.changes_after(revision, limit));
                }
                Request::Credential { user, answer } => {
                    self.answer(answer, |worker| codec::credential(&worker.opened()?.database, user));
                }
                Request::Commit { expected, commit, answer } => {
                    self.answer(answer, |worker| worker.commit(expected, &commit));
                }
                Request::Backup(answer) => self.answer(answer, Self::backup),
            }
        }
        self.close();
    }

    /// Does what is asked. A panic is an answer, too.
    fn answer<T>(&mut self, answer: Answer<T>, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) {
        let result = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|panic| {
            let error = panicked(&*panic);
            self.fail(error.to_string());
            Err(error)
        });
        if let Err(error @ StoreError::Corrupt(_)) = &result {
            // What was read stays open: the next read needn't wait until it has been opened again.
            self.end_writing(&error.to_string());
        }
        // Nobody may be waiting any more.
        let _ = answer.send(result);
    }

    /// The store, reopened if it was closed after a failure: to be read, and no longer vouched for.
    fn opened(&mut self) -> Result<&mut Open, StoreError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => Open::in_folder(&self.folder, false)?,
        };
        Ok(self.open.insert(open))
    }

    /// After a failed write nobody knows where the history ends: what can be read may be in the kernel's memory
    /// alone, and a failed sync isn't tried again.
    fn head(&mut self) -> Result<Head, StoreError> {
        match &self.read_only {
            Some(why) => Err(StoreError::ReadOnly(why.clone())),
            None => Ok(self.opened()?.state.head),
        }
    }

    fn load(&mut self) -> Result<Loaded, StoreError> {
        let open = self.opened()?;
        let codec::Contents { state, policy, keyed, .. } = codec::load(open.database.scan())?;
        if state != open.state {
            return Err(StoreError::Corrupt("the state was changed by somebody else".to_owned()));
        }
        Ok(Loaded { head: state.head, policy, keyed })
    }

    fn changes_after(&mut self, revision: u64, limit: usize) -> Result<Vec<ChangeSet>, StoreError> {
        let Open { database, state, .. } = self.opened()?;
        let trimmed = state.head.history_after;
        if revision < trimmed {
            return Err(StoreError::Trimmed { asked: revision, oldest: trimmed.saturating_add(1) });
        }
        let first = revision.saturating_add(1);
        (first..=state.head.revision)
            .take(limit)
            .map(|revision| codec::change_set(&*database, revision))
            .collect()
    }

    /// From a store that takes no more writes, too: whether what can be read is whole is found out from the copy.
    fn backup(&mut self) -> Result<Copied, StoreError> {
        let open = self.opened()?;
        Copied::of(&open.state, now_ms(), open.database.scan())
    }

    fn commit(&mut self, expected: u64, commit: &Commit) -> Result<Head, StoreError> {
        if let Some(why) = &self.read_only {
            return Err(StoreError::ReadOnly(why.clone()));
        }
        let Open { database, state, .. } = self.opened()?;
        let plan = codec::commit(state, expected, commit, &*database, PART_LIMIT)?;
        if commit.change_sets.is_empty() && commit.credentials.is_empty() {
            return Ok(state.head);
        }
        let bytes: usize =
            plan.writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
        self.space.check((bytes as u64).saturating_mul(AMPLIFICATION).max(SMALLEST_CHANGE))?;
        let Open { database, anchor, state } = self.opened()?;
        let write = || {
            database.write(plan.writes)?;
            anchor.write(&plan.state)
        };
        match catch_unwind(AssertUnwindSafe(write)) {
            Ok(Ok(())) => {
                *state = plan.state;
                Ok(state.head)
            }
            Ok(Err(error)) => Err(self.fail(error.to_string())),
            Err(panic) => Err(self.fail(panicked(&*panic).to_string())),
        }
    }

    /// Takes no more writes, and lets go of a store whose memory may be half of a batch.
    fn fail(&mut self, why: String) -> StoreError {
        self.end_writing(&why);
        self.close();
        StoreError::OutcomeUnknown(why)
    }

    fn end_writing(&mut self, why: &str) {
        if self.read_only.is_none() {
            tracing::error!(why, "the store takes no more writes");
            self.read_only = Some(why.to_owned());
        }
    }

    fn close(&mut self) {
        let open = self.open.take();
        // Closing flushes, and a damaged store can panic then, too.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(open))) {
            tracing::error!(why = %panicked(&*panic), "closing the store failed");
        }
    }
}

impl Open {
    /// Opens what is there. With `vouch`, makes sure that it survives a power loss before anything is shown.
    fn in_folder(folder: &Folder, vouch: bool) -> Result<Self, StoreError> {
        folder.remove_unfinished_snapshots()?;
        let database = Database::open(&folder.store())?;
        folder.sync_store()?;
        if vouch {
            database.sync()?;
        }
        let state = codec::read_state(&database)?;
        let anchor = Anchor::open(&folder.store(), &state, vouch)?;
        Ok(Self { database, anchor, state })
    }
}

/// Makes a new store that holds the initial policy.
fn create(folder: &Folder) -> Result<(), StoreError> {
    let policy = Policy::initial().map_err(|error| StoreError::Mismatch(error.to_string()))?;
    let plan = codec::initial(new_store_id()?, &policy, PART_LIMIT)?;
    let draft = folder.begin_store()?;
    let database = Database::open(&draft)?;
    database.write(plan.writes)?;
    drop(database);
    Anchor::create(&draft, &plan.state)?;
    folder.finish_store(&draft)
}

/// What a panic said.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    StoreError::Corrupt(format!("sled panicked: {}", said.unwrap_or("it didn't say why")))
}
