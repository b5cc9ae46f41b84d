//! Everything once, in order and whole, across connections that break.
//!
//! The reader remembers the last revision up to which everything has come whole, and begins again behind it. What it
//! had of a change set or a snapshot then is dropped, and comes again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::{
    source::{Messages, Source},
    whole::{Half, Whole},
};
use crate::{cli::failure::Failure, grpc::pb};

/// How much later than it is due a heartbeat may come.
const GRACE: Duration = Duration::from_secs(5);

/// Between two tries. Up to as much again is added by chance: many that lost a server shouldn't come back at once.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(LONGEST)
    .without_max_times()
    .with_jitter();
const LONGEST: Duration = Duration::from_secs(5);

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Start {
    Now,
    Snapshot,
    After(pb::Revision),
}

/// What is to be read.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) start: Start,
    /// All, if there are none.
    pub(super) kinds: Vec<pb::ObjectKind>,
    pub(super) heartbeat: Duration,
}

/// What a reader has to say.
#[derive(Debug)]
pub(super) enum News {
    Whole(Whole),
    /// The connection broke, for this reason; said once until it is found again.
    Lost(Failure),
    Found,
}

pub(super) struct Reader<S> {
    source: S,
    wish: Wish,
    /// Whether it goes on when a connection breaks.
    resumes: bool,
    /// After how much silence a connection counts as broken.
    patience: Duration,
    messages: Option<Messages>,
    half: Half,
    /// How long to wait before the next try, when one is due.
    pause: Option<Duration>,
    backoff: ExponentialBackoff,
    /// Whether the server has been lost, and not been found yet.
    lost: bool,
    /// What came when it was found.
    found: Option<Whole>,
}

impl<S: Source> Reader<S> {
    pub(super) fn new(source: S, wish: Wish, resumes: bool) -> Self {
        let patience = wish.heartbeat.saturating_add(GRACE);
        Self {
            source,
            wish,
            resumes,
            patience,
            messages: None,
            half: Half::default(),
            pause: None,
            backoff: BACKOFF.build(),
            lost: false,
            found: None,
        }
    }

    /// What comes next. Fails when nothing more can come.
    pub(super) async fn next(&mut self) -> Result<News, Failure> {
        loop {
            if let Some(whole) = self.found.take() {
                return Ok(News::Whole(whole));
            }
            if let Some(delay) = self.pause.take() {
                self.source.pause(delay).await;
            }
            match self.read().await {
                Ok(whole) => {
                    self.wish.start = Start::After(whole.revision());
                    // Only now: a server that breaks off again and again before anything is whole isn't well.
                    self.backoff = BACKOFF.build();
                    if std::mem::take(&mut self.lost) {
                        self.found = Some(whole);
                        return Ok(News::Found);
                    }
                    return Ok(News::Whole(whole));
                }
                Err(failure) if self.resumes && mends(&failure) => {
                    self.messages = None;
                    self.half = Half::default();
                    self.pause = Some(self.backoff.next().unwrap_or(LONGEST));
                    if !std::mem::replace(&mut self.lost, true) {
                        return Ok(News::Lost(failure));
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Reads until something is whole; begins a watch if none is under way.
    async fn read(&mut self) -> Result<Whole, Failure> {
        loop {
            let message = match &mut self.messages {
                Some(messages) => timeout(self.patience, messages.next()).await,
                None => match timeout(self.patience, self.source.open(request(&self.wish))).await {
                    Ok(opened) => {
                        self.messages = Some(opened?);
                        continue;
                    }
                    Err(silent) => Err(silent),
                },
            };
            let Ok(message) = message else {
                let why = format!("nothing was heard of it for {} s", self.patience.as_secs());
                return Err(self.source.failure(Status::deadline_exceeded(why)));
            };
            let Some(message) = message else {
                return Err(self.source.failure(Status::unavailable("it ended the watch")));
            };
            if let Some(whole) = self.half.take(message?) {
                return Ok(whole);
            }
        }
    }
}

fn request(Wish { start, kinds, heartbeat }: &Wish) -> pb::WatchRequest {
    let (start_after, include_snapshot) = match start {
        Start::Now => (None, false),
        Start::Snapshot => (None, true),
        Start::After(revision) => (Some(*revision), false),
    };
    let kinds = kinds.iter().map(|kind| (*kind).into()).collect();
    pb::WatchRequest { start_after, include_snapshot, kinds, heartbeat: (*heartbeat).try_into().ok() }
}

/// Whether to try again is of use.
pub(super) fn mends(failure: &Failure) -> bool {
    let Failure::Call(error) = failure else { return false };
    match (error.reason(), error.status.code()) {
        (_, Code::Unavailable | Code::ResourceExhausted) => true,
        // What gRPC itself says when a connection breaks, which is not always the same.
        (None, Code::Unknown | Code::Internal | Code::Cancelled | Code::Aborted | Code::DeadlineExceeded) => {
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
