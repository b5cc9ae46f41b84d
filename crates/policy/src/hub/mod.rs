//! The watch hub: the newest change sets, for whoever follows them.
//!
//! The writer puts in what it has published, and goes on. Followers take from it at their own pace, by revision, so
//! that nothing is kept for any one of them: a follower is a place to wait in, however slow it is. What has left the
//! hub is in the store's history, and [`Replay`](super::Replay) reads it from there.
//!
//! | File | Holds |
//! |---|---|
//! | `recent` | the newest change sets, within bounds |
//! | `herald` | the task that wakes the followers, a few at a time |

mod herald;
mod recent;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::{runtime::Handle, sync::watch};

pub use self::recent::Next;
use self::recent::Recent;
use feedgate_engine::Index;
use feedgate_model::ChangeSet;

/// How many rows followers wait in. A row is woken at once.
const ROWS: usize = 256;

/// A change set in force, with the policies in front of it and behind it, which know what things were called.
#[derive(Clone, Debug)]
pub struct Published {
    pub set: Arc<ChangeSet>,
    pub before: Arc<Index>,
    pub after: Arc<Index>,
}

/// Where followers find what is new.
#[derive(Debug)]
pub struct Hub {
    recent: Arc<Mutex<Recent>>,
    history_after: AtomicU64,
    /// What the herald hears. None once the hub is closed.
    news: Mutex<Option<watch::Sender<u64>>>,
    /// Where followers wait; whoever joins one gets a clone.
    rows: Box<[watch::Receiver<u64>]>,
    next_row: AtomicUsize,
}

impl Hub {
    /// A hub at a head, with a history that begins behind a revision; its herald runs on this runtime.
    pub(super) fn start(head: u64, history_after: u64, runtime: &Handle) -> Self {
        let recent = Arc::new(Mutex::new(Recent::new(head)));
        let (news, heard) = watch::channel(head);
        let (bells, rows): (Vec<_>, Vec<_>) = (0..ROWS).map(|_| watch::channel(head)).unzip();
        runtime.spawn(herald::run(heard, bells, Arc::clone(&recent)));
        Self {
            recent,
            history_after: history_after.into(),
            news: Mutex::new(Some(news)),
            rows: rows.into(),
            next_row: AtomicUsize::new(0),
        }
    }

    /// Takes in what has just been published: contiguous, the first behind the head; nothing, if only passwords
    /// have changed.
    // INVARIANT: whatever is in here can be seen in the published index, and is durable.
    pub(super) fn publish(&self, published: Vec<Published>, history_after: u64) {
        self.history_after.store(history_after, Ordering::Relaxed);
        let mut recent = lock(&self.recent);
        published.into_iter().for_each(|it| recent.push(it));
    }

    /// Has those who wait told of what has been taken in. Whoever looks finds it without this.
    pub(super) fn announce(&self) {
        let head = self.head();
        if let Some(news) = lock(&self.news).as_ref() {
            news.send_if_modified(|told| std::mem::replace(told, head) != head);
        }
    }

    /// What comes behind a revision.
    pub fn next(&self, after: u64) -> Next {
        lock(&self.recent).next(after)
    }

    /// Takes in change sets that were read from the history, so that others needn't read them again.
    pub fn add_older(&self, older: &[Published]) {
        lock(&self.recent).add_older(older);
    }

    /// The newest revision in here.
    pub fn head(&self) -> u64 {
        lock(&self.recent).head()
    }

    /// The revision behind which the history begins.
    pub fn history_after(&self) -> u64 {
        self.history_after.load(Ordering::Relaxed)
    }

    /// A place to wait for what is new.
    pub fn follow(&self) -> Follower {
        let row = self.next_row.fetch_add(1, Ordering::Relaxed) % ROWS;
        Follower(self.rows.get(row).cloned())
    }

    /// Nothing will ever come any more: followers are told so.
    pub fn close(&self) {
        lock(&self.news).take();
    }
}

/// A place to wait in.
#[derive(Clone, Debug)]
pub struct Follower(Option<watch::Receiver<u64>>);

/// The hub has been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the decision point is shutting down")]
pub struct HubClosed;

impl Follower {
    /// Waits until there is something behind a revision. May be dropped and begun again.
    pub async fn wait(&mut self, after: u64) -> Result<(), HubClosed> {
        let row = self.0.as_mut().ok_or(HubClosed)?;
        row.wait_for(|head| *head > after).await.map_err(|_| HubClosed)?;
        // It may have come with the end.
        if row.has_changed().is_err() { Err(HubClosed) } else { Ok(()) }
    }

    /// Whether the hub has been closed.
    pub fn is_closed(&self) -> bool {
        self.0.as_ref().is_none_or(|row| row.has_changed().is_err())
    }
}

/// Nothing is ever left half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
