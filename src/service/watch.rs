//! Following the policy: every change set behind a revision, once, in order, with no gap.
//!
//! A watcher is a revision and a place to wait in. What is new it takes from the hub; what has left that, from the
//! history. One reads the history at a time, and what it finds goes into the hub for the others, as far as there is room:
//! when thousands come back behind a restart and have missed a few hundred change sets, one of them reads. Who is
//! further behind reads alone.

use std::sync::Arc;

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    DecisionPoint,
    analysts::Length,
    error::{FreshnessError, ServiceError},
    query::{Freshness, Patience},
};
use crate::{
    directory::{Listener, News},
    engine::Index,
    model::Revision,
    policy::{Follower, HistoryError, Next, Published, Replay},
};

/// How many watchers there can be.
pub const MAX_WATCHES: usize = 20_000;
/// How far a watcher may fall behind once it has caught up.
pub const MAX_BEHIND: u64 = 10_000;

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Behind the newest revision.
    Now,
    /// Behind the newest revision, and the policy at it.
    Snapshot,
    /// Behind this one.
    After(Revision),
}

/// What a watcher is told.
#[derive(Clone, Debug)]
pub enum Event {
    Changed(Arc<Published>),
    /// There is nothing more up to this revision, for now. Comes once first, and again behind change sets.
    CaughtUp(Revision),
    /// Outside of the order of revisions: something has changed in an external directory.
    Directory(News),
}

/// Why a watch has ended, or couldn't begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error("there are {MAX_WATCHES} watches already: come back later")]
    TooMany,
    #[error(
        "the reader is {behind} change sets behind, more than {MAX_BEHIND}: go on behind the last revision"
    )]
    TooSlow { behind: u64 },
    #[error("the decision point is shutting down: come back, and go on behind the last revision")]
    Closed,
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<HistoryError> for WatchError {
    fn from(error: HistoryError) -> Self {
        Self::Service(error.into())
    }
}

/// The places of all watchers, and of those that read the history.
#[derive(Debug)]
pub(super) struct Watches {
    places: Arc<Semaphore>,
    replays: Arc<Semaphore>,
}

impl Default for Watches {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_WATCHES)), replays: Arc::new(Semaphore::new(1)) }
    }
}

impl Watches {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        MAX_WATCHES.saturating_sub(self.places.available_permits())
    }
}

/// One who follows the policy. Dropping it frees everything.
#[derive(Debug)]
pub struct Watcher {
    point: DecisionPoint,
    follower: Follower,
    /// None if there is no external directory.
    listener: Option<Listener>,
    /// The watch goes on after an earlier one: what directories told in between was missed.
    has_missed: bool,
    /// The last revision that was told.
    at: Revision,
    /// Whether it has been told that it has caught up with `at`.
    told: bool,
    /// Whether it has caught up once.
    current: bool,
    snapshot: Option<Arc<Index>>,
    older: Older,
    _place: OwnedSemaphorePermit,
}

/// What has been read from the history.
#[derive(Debug, Default)]
struct Older {
    /// The next ones to tell, the next one last.
    sets: Vec<Arc<Published>>,
    /// Where reading goes on.
    replay: Option<Box<Replay>>,
}

impl DecisionPoint {
    /// Begins to follow the policy.
    pub async fn watch(&self, start: Start) -> Result<Watcher, WatchError> {
        let place = Arc::clone(&self.0.watches.places).try_acquire_owned();
        let _place = place.map_err(|_| WatchError::TooMany)?;
        let (follower, listener) = (self.hub().follow(), self.connections().listen());
        if follower.is_closed() {
            return Err(WatchError::Closed);
        }
        let (at, snapshot) = match start {
            Start::Now => (self.live().peek().revision(), None),
            Start::Snapshot => {
                let index = self.index();
                (index.revision(), Some(index))
            }
            Start::After(at) => {
                self.fresh(Freshness::AtLeast(at, Patience::default())).await?;
                self.retained(at.number)?;
                (at, None)
            }
        };
        let (told, current, older) = (false, false, Older::default());
        let has_missed = listener.is_some() && matches!(start, Start::After(_));
        let point = self.clone();
        Ok(Watcher { point, follower, listener, has_missed, at, told, current, snapshot, older, _place })
    }

    fn retained(&self, after: u64) -> Result<(), HistoryError> {
        let oldest = self.hub().history_after();
        if after < oldest { Err(HistoryError::NotRetained { asked: after, oldest }) } else { Ok(()) }
    }

    /// Ends all watches: whoever follows goes elsewhere.
    pub fn end_watches(&self) {
        self.hub().close();
    }
}

impl Watcher {
    /// The policy that everything else comes behind, if it was asked for. Once.
    pub fn take_snapshot(&mut self) -> Option<Arc<Index>> {
        self.snapshot.take()
    }

    /// The last revision that was told of.
    pub fn at(&self) -> Revision {
        self.at
    }

    /// What comes next; waits for it. A call that is dropped may have read the history for nothing, and loses nothing.
    pub async fn next(&mut self) -> Result<Event, WatchError> {
        loop {
            if self.follower.is_closed() {
                return Err(WatchError::Closed);
            }
            if let Some(published) = self.older.sets.pop() {
                return Ok(self.tell(published));
            }
            match self.point.hub().next(self.at.number) {
                Next::Set(published) => {
                    self.older = Older::default();
                    self.keeps_up()?;
                    return Ok(self.tell(published));
                }
                Next::Nothing if !self.told => {
                    (self.told, self.current) = (true, true);
                    return Ok(Event::CaughtUp(self.at));
                }
                Next::Nothing if self.has_missed => {
                    self.has_missed = false;
                    return Ok(Event::Directory(News::Missed));
                }
                Next::Nothing => tokio::select! {
                    changed = self.follower.wait(self.at.number) => changed.map_err(|_| WatchError::Closed)?,
                    news = heard(&mut self.listener) => return Ok(Event::Directory(news)),
                },
                Next::Left { after } => {
                    self.keeps_up()?;
                    // Apart, because it is large and seldom needed.
                    Box::pin(self.read(after)).await?;
                }
            }
        }
    }

    fn tell(&mut self, published: Arc<Published>) -> Event {
        self.at.number = published.set.revision;
        self.told = false;
        Event::Changed(published)
    }

    fn keeps_up(&self) -> Result<(), WatchError> {
        let behind = self.point.hub().head().saturating_sub(self.at.number);
        if self.current && behind > MAX_BEHIND { Err(WatchError::TooSlow { behind }) } else { Ok(()) }
    }

    /// Reads what has left the hub, up to the revision that what is in there comes behind.
    async fn read(&mut self, through: u64) -> Result<(), WatchError> {
        let turn = Arc::clone(&self.point.0.watches.replays).acquire_owned();
        let _turn = turn.await.map_err(|_| WatchError::Closed)?;
        if !matches!(self.point.hub().next(self.at.number), Next::Left { .. }) {
            // Somebody else has read it meanwhile.
            return Ok(());
        }
        let (point, at, runtime) = (self.point.clone(), self.at.number, Handle::current());
        let replay = self.older.replay.take().filter(|replay| replay.at() == at);
        // When this call is dropped, so is the one who waits.
        let waiting = Arc::new(());
        let still_there = Arc::downgrade(&waiting);
        let work = self.point.analysts().work(Length::Long, move || {
            runtime.block_on(async move {
                let wanted = || still_there.strong_count() > 0;
                let store = point.store();
                let mut replay = match replay {
                    Some(replay) => replay,
                    None => Box::new(Replay::begin(store, point.index(), at, wanted).await?),
                };
                let published = replay.next(store, through).await?;
                Ok::<_, HistoryError>((replay, published))
            })
        });
        let (replay, published) = work.await??;
        drop(waiting);
        self.point.hub().add_older(&published);
        self.older.sets = published.into_iter().rev().map(Arc::new).collect();
        self.older.replay = Some(replay);
        Ok(())
    }
}

async fn heard(listener: &mut Option<Listener>) -> News {
    match listener {
        Some(listener) => listener.next().await,
        None => std::future::pending().await,
    }
}

impl From<FreshnessError> for WatchError {
    fn from(error: FreshnessError) -> Self {
        Self::Service(error.into())
    }
}
