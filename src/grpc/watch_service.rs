//! WatchService: the policy as it changes.
//!
//! A task a watch: it waits for what comes, and hands it to the connection through a queue of one message. A reader
//! that takes nothing for a while is ended, and frees what it holds, whether or not it ever hears of it.
//!
//! The handler answers in [`frames`](super::frames), so it is a service by itself and not what the generated server
//! calls.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::Stream;
use tokio::{
    sync::{
        mpsc::{self, error::SendTimeoutError},
        oneshot,
    },
    time::{Instant, sleep_until},
};
use tonic::{
    Code, Status, Streaming,
    body::Body,
    codec::Codec as _,
    codegen::http::{Request, Response},
    server::NamedService,
};
use tonic_prost::ProstCodec;
use tower::Service;

use super::{
    broadcast::Broadcast,
    convert::watch::{self, Wish},
    error::Failure,
    frames::{self, Encoded},
    pb::{self, watch_service_server::SERVICE_NAME},
    surface::MAX_REQUEST,
};
use crate::{
    model::Revision,
    service::{
        DecisionPoint,
        watch::{Event, Start, WatchError, Watcher},
    },
};

const WATCH: &str = "/feedgate.v1.WatchService/Watch";

/// How long a reader may leave a message lying.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows what changes.
#[derive(Clone, Debug)]
pub struct Watching {
    point: DecisionPoint,
    broadcast: Arc<Broadcast>,
}

impl Watching {
    pub fn new(point: DecisionPoint) -> Self {
        Self { point, broadcast: Arc::default() }
    }

    async fn watch(self, request: pb::WatchRequest) -> Result<Watched, Status> {
        let wish = watch::wish(request)?;
        let watcher = self.point.watch(wish.start).await?;
        let (messages, queue) = mpsc::channel(1);
        let (end, ended) = oneshot::channel();
        let broadcast = self.broadcast;
        tokio::spawn(async move {
            let reader = messages.clone();
            let failure = tokio::select! {
                failure = follow(watcher, wish, messages, &broadcast) => failure,
                () = reader.closed() => None,
            };
            // Before the last sender goes, with which the messages end.
            if let Some(failure) = failure {
                // Nobody may be there to hear it.
                let _ = end.send(failure.into());
            }
        });
        Ok(Watched { queue, ended: Some(ended) })
    }
}

impl NamedService for Watching {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<Request<Body>> for Watching {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let watching = self.clone();
        Box::pin(async move {
            let watched = if request.uri().path() == WATCH {
                match only_message(request.into_body()).await {
                    Ok(message) => watching.watch(message).await,
                    Err(status) => Err(status),
                }
            } else {
                Err(Status::unimplemented(""))
            };
            Ok(watched.map_or_else(Status::into_http, frames::answer))
        })
    }
}

/// The one message of a request, as tonic reads it.
async fn only_message(body: Body) -> Result<pb::WatchRequest, Status> {
    let decoder = ProstCodec::<pb::WatchResponse, pb::WatchRequest>::default().decoder();
    let mut messages = Streaming::new_request(decoder, body, None, Some(MAX_REQUEST));
    let message = messages.message().await?.ok_or_else(|| Status::internal("Missing request message."))?;
    // To the end of the request.
    messages.trailers().await?;
    Ok(message)
}

/// The messages of a watch, and why there are no more. Boxed, because the queue has room for 32 of them.
#[derive(Debug)]
struct Watched {
    queue: mpsc::Receiver<Box<Encoded>>,
    ended: Option<oneshot::Receiver<Status>>,
}

impl Stream for Watched {
    type Item = Result<Encoded, Status>;

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
    queue: mpsc::Sender<Box<Encoded>>,
    /// The last revision that is dealt with: whatever there is of it for the reader was sent. None before all of a
    /// snapshot was.
    done: Option<Revision>,
    /// The one that the reader knows to be. What isn't of its kinds is dealt with in silence.
    told: Option<Revision>,
    /// When the last message was sent.
    spoke: Instant,
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
    queue: mpsc::Sender<Box<Encoded>>,
    broadcast: &Broadcast,
) -> Option<Failure> {
    // Where it begins the reader has whole, unless a snapshot comes first.
    let done = (wish.start != Start::Snapshot).then(|| watcher.at());
    let mut outlet = Outlet { queue, done, told: None, spoke: Instant::now() };
    match tell(&mut watcher, wish, &mut outlet, broadcast).await {
        Stopped::Gone => None,
        Stopped::Slow => Some(Failure::too_slow(PATIENCE)),
        Stopped::Watch(error) => Some(Failure::from(&error)),
    }
    .map(|failure| match outlet.done {
        // Behind what isn't kept any more nobody can go on.
        Some(done) if matches!(failure.code, Code::ResourceExhausted | Code::Unavailable) => {
            failure.with("resume_after", done.number)
        }
        _ => failure,
    })
}

async fn tell(watcher: &mut Watcher, wish: Wish, outlet: &mut Outlet, broadcast: &Broadcast) -> Stopped {
    match told(watcher, wish, outlet, broadcast).await {
        Ok(never) => match never {},
        Err(stopped) => stopped,
    }
}

async fn told(
    watcher: &mut Watcher,
    wish: Wish,
    outlet: &mut Outlet,
    broadcast: &Broadcast,
) -> Result<Infallible, Stopped> {
    let Wish { start: _, kinds, heartbeat } = wish;
    if let Some(index) = watcher.take_snapshot() {
        for part in watch::snapshot(&index, kinds) {
            outlet.send(Encoded::of(&part)).await?;
        }
        outlet.done = Some(watcher.at());
    }
    let mut checkpointed = false;
    loop {
        match outlet.next(watcher, heartbeat).await? {
            Event::Changed(published) => {
                let mut parts = 0;
                for part in broadcast.change_set(&published, kinds) {
                    outlet.send(part).await?;
                    parts += 1;
                }
                outlet.done = Some(watcher.at());
                if parts > 0 {
                    outlet.told = outlet.done;
                }
            }
            Event::Directory(news) => {
                // People come behind whatever there is of the policy, so that is dealt with.
                if let Some(message) = outlet.done.and_then(|done| watch::membership(&news, kinds, done)) {
                    outlet.send(Encoded::of(&message)).await?;
                    outlet.told = outlet.done;
                }
            }
            Event::CaughtUp(at) => {
                if outlet.told != Some(at) || !checkpointed {
                    outlet.send(Encoded::of(&watch::checkpoint(at))).await?;
                    (outlet.told, checkpointed) = (Some(at), true);
                }
            }
        }
    }
}

impl Outlet {
    /// What comes next, with heartbeats when nothing has been said for so long: because nothing comes, or because
    /// what comes isn't of the reader's kinds.
    async fn next(&mut self, watcher: &mut Watcher, heartbeat: Duration) -> Result<Event, Stopped> {
        let mut next = pin!(watcher.next());
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.spoke + heartbeat) => {
                    if let Some(done) = self.done {
                        self.send(Encoded::of(&watch::heartbeat(done))).await?;
                        self.told = self.done;
                    }
                }
                event = &mut next => return event.map_err(Stopped::Watch),
            }
        }
    }

    async fn send(&mut self, message: Encoded) -> Result<(), Stopped> {
        self.spoke = Instant::now();
        self.queue.send_timeout(Box::new(message), PATIENCE).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => Stopped::Slow,
            SendTimeoutError::Closed(_) => Stopped::Gone,
        })
    }
}
