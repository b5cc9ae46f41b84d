//! The threads that answer: each with a runtime and connections of its own.
//!
//! A connection stays with the thread that got it, so that reading, deciding and answering need no other thread:
//! nothing is queued, stolen or woken across cores. The price is that a connection has one core, and that it waits while
//! that decodes a large message of another one; long answers are cut into pieces, and long work is done elsewhere. Who
//! comes in goes to the thread that has fewest.
//!
//! A thread may look after what others wait for, too, a question to a directory say: so none ends before all have
//! answered their last call.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use tokio::{
    runtime,
    sync::{mpsc, oneshot, watch},
};
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::{
    connections::{Accepted, Connection},
    server,
};
use crate::grpc::Surface;

/// All of them, for whoever has connections to give away. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Workers(Arc<[Worker]>);

#[derive(Debug)]
struct Worker {
    incoming: mpsc::UnboundedSender<(Accepted, Seat)>,
    open: Arc<AtomicUsize>,
}

/// A connection's place among those of its thread.
#[derive(Debug)]
pub struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Workers {
    /// Starts so many threads; with them comes, for each, what is ready when it has ended. Dropping that ends it at
    /// once; it ends by itself when it is told to stop and its last connection is closed.
    pub fn start(
        number: usize,
        surface: &Surface,
        stop: &watch::Receiver<bool>,
    ) -> io::Result<(Self, Vec<impl Future<Output = anyhow::Result<()>> + Send + use<>>)> {
        let number = number.max(1);
        let (mut workers, mut ends) = (Vec::new(), Vec::new());
        let drained = Drained::new(number);
        for number in 0..number {
            let (incoming, connections) = mpsc::unbounded_channel();
            let (cut, is_cut) = oneshot::channel::<()>();
            let (ended, end) = oneshot::channel();
            let (surface, stop, drained) = (surface.clone(), stop.clone(), drained.clone());
            thread::Builder::new().name(format!("answers-{number}")).spawn(move || {
                // Whoever waited for it may be gone.
                let _ = ended.send(answer(surface, connections, stop, is_cut, &drained));
            })?;
            workers.push(Worker { incoming, open: Arc::default() });
            ends.push(async move {
                let _cut = cut;
                // A panic in the thread was reported when it happened.
                end.await.context("a thread that answers has ended")?
            });
        }
        Ok((Self(workers.into()), ends))
    }

    /// Gives a connection to the thread that has fewest. One that has ended answers nobody any more: the connection is
    /// closed, and so is the program before long.
    pub fn give(&self, accepted: Accepted) {
        let fewest = self.0.iter().min_by_key(|worker| worker.open.load(Ordering::Relaxed));
        if let Some(worker) = fewest {
            let _ = worker.incoming.send((accepted, Seat::take(&worker.open)));
        }
    }
}

/// How many threads still answer.
#[derive(Clone, Debug)]
struct Drained(watch::Sender<usize>);

impl Drained {
    fn new(number: usize) -> Self {
        Self(watch::Sender::new(number))
    }

    /// Says that one more has answered its last call, and waits for the others.
    async fn all(&self) {
        self.0.send_modify(|left| *left = left.saturating_sub(1));
        // Fails only when nobody is left who could say so.
        let _ = self.0.subscribe().wait_for(|left| *left == 0).await;
    }
}

/// What a thread does until it is told to stop, or cut off.
fn answer(
    surface: Surface,
    connections: mpsc::UnboundedReceiver<(Accepted, Seat)>,
    stop: watch::Receiver<bool>,
    cut: oneshot::Receiver<()>,
    drained: &Drained,
) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let connections = UnboundedReceiverStream::new(connections);
        let connections = connections.map(|(accepted, seat)| {
            let opened = Connection::open(accepted, seat);
            opened.inspect_err(|error| tracing::warn!("can't answer a connection: {error}"))
        });
        let serving = async {
            let served = server::serve(surface, connections, stop).await;
            drained.all().await;
            served
        };
        tokio::select! {
            served = serving => served.map_err(Into::into),
            // Whoever could cut it off being gone means the same.
            _ = cut => Ok(()),
        }
    });
    // What was begun here and goes on elsewhere isn't waited for.
    runtime.shutdown_background();
    outcome
}
