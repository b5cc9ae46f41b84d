//! WatchService: the policy as it changes.
//!
//! A task a watch: it waits for what comes, and hands it to the connection through a queue of one message. A reader
//! that takes nothing for a while is ended, and frees what it holds, whether or not it ever hears of it.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::Stream;
use tokio::{
    sync::{
        mpsc::{self, error::SendTimeoutError},
        oneshot,
    },
    time::sleep,
};
use tonic::{Request, Response, Status};

use super::{
    convert::watch::{self, Wish},
    error::Failure,
    pb::{self, watch_service_server::WatchService},
};
use crate::{
    model::Revision,
    service::{
        DecisionPoint,
        watch::{Event, WatchError, Watcher},
    },
};

/// How long a reader may leave a message lying.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows what changes.
#[derive(Clone, Debug)]
pub struct Watching {
    point: DecisionPoint,
}

impl Watching {
    pub fn new(point: DecisionPoint) -> Self {
        Self { point }
    }
}

#[tonic::async_trait]
impl WatchService for Watching {
    type WatchStream = Watched;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Watched>, Status> {
        let wish = watch::wish(request.into_inner())?;
        let watcher = self.point.watch(wish.start).await?;
        let (messages, queue) = mpsc::channel(1);
        let (end, ended) = oneshot::channel();
        tokio::spawn(async move {
            let reader = messages.clone();
            let failure = tokio::select! {
                failure = follow(watcher, wish, messages) => failure,
                () = reader.closed() => None,
            };
            // Before the last sender goes, with which the messages end.
            if let Some(failure) = failure {
                // Nobody may be there to hear it.
                let _ = end.send(failure.into());
            }
        });
        Ok(Response::new(Watched { queue, ended: Some(ended) }))
    }
}

/// The messages of a watch, and why there are no more. Boxed, because the queue has room for 32 of them.
#[derive(Debug)]
pub struct Watched {
    queue: mpsc::Receiver<Box<pb::WatchResponse>>,
    ended: Option<oneshot::Receiver<Status>>,
}

impl Stream for Watched {
    type Item = Result<pb::WatchResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(message) = ready!(self.queue.poll_recv(context)) {
            return Poll::Ready(Some(Ok(*message)));
        }
        let Some(ended) = &mut self.ended else { return Poll::Ready(None) };
        let why = ready!(Pin::new(ended).poll(context)).ok();
        self.ended = None;
        Poll::Ready(why.map(Err))
    }
}

/// Where a watch puts its messages, and how far the reader is.
struct Outlet {
    queue: mpsc::Sender<Box<pb::WatchResponse>>,
    /// The last revision that was sent whole; none yet.
    sent: Option<Revision>,
}

/// Why no more is sent.
enum Stopped {
    Gone,
    Slow,
    Watch(WatchError),
}

/// Tells everything in its order, until it can't. Gives what the reader is to be told in the end.
async fn follow(
    mut watcher: Watcher,
    wish: Wish,
    queue: mpsc::Sender<Box<pb::WatchResponse>>,
) -> Option<Failure> {
    let mut outlet = Outlet { queue, sent: None };
    match tell(&mut watcher, wish, &mut outlet).await {
        Stopped::Gone => None,
        Stopped::Slow => Some(Failure::too_slow(PATIENCE)),
        Stopped::Watch(error) => Some(Failure::from(&error)),
    }
    .map(|failure| match outlet.sent {
        Some(sent) => failure.with("resume_after", sent.number),
        None => failure,
    })
}

async fn tell(watcher: &mut Watcher, wish: Wish, outlet: &mut Outlet) -> Stopped {
    match told(watcher, wish, outlet).await {
        Ok(never) => match never {},
        Err(stopped) => stopped,
    }
}

async fn told(
    watcher: &mut Watcher,
    wish: Wish,
    outlet: &mut Outlet,
) -> Result<std::convert::Infallible, Stopped> {
    let Wish { start: _, kinds, heartbeat } = wish;
    if let Some(index) = watcher.take_snapshot() {
        for part in watch::snapshot(&index, kinds) {
            outlet.send(part).await?;
        }
        outlet.sent = Some(watcher.at());
    }
    let mut checkpointed = false;
    loop {
        match outlet.next(watcher, heartbeat).await? {
            Event::Changed(published) => {
                let mut parts = 0;
                for part in watch::change_set(&published, kinds) {
                    outlet.send(part).await?;
                    parts += 1;
                }
                if parts > 0 {
                    outlet.sent = Some(watcher.at());
                }
            }
            Event::CaughtUp(at) => {
                if !checkpointed || outlet.sent != Some(at) {
                    outlet.send(watch::checkpoint(at)).await?;
                    outlet.sent = Some(at);
                    checkpointed = true;
                }
            }
        }
    }
}

impl Outlet {
    /// What comes next, with heartbeats until it does.
    async fn next(&mut self, watcher: &mut Watcher, heartbeat: Duration) -> Result<Event, Stopped> {
        let at = watcher.at();
        let mut next = pin!(watcher.next());
        loop {
            tokio::select! {
                event = &mut next => return event.map_err(Stopped::Watch),
                () = sleep(heartbeat) => {
                    // Of what has been sent: what is being read has not.
                    let sent = self.sent.unwrap_or(at);
                    self.send(watch::heartbeat(sent)).await?;
                }
            }
        }
    }

    async fn send(&self, message: pb::WatchResponse) -> Result<(), Stopped> {
        self.queue.send_timeout(Box::new(message), PATIENCE).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => Stopped::Slow,
            SendTimeoutError::Closed(_) => Stopped::Gone,
        })
    }
}
