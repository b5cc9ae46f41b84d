//! The threads that answer: each with a runtime and connections of its own.
//!
//! A connection stays with the thread that got it, so that reading, deciding and answering need no other thread:
//! nothing is queued, stolen or woken across cores. The price is that one connection has one core. Who comes in goes
//! to the thread that has fewest.

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
        let (mut workers, mut ends) = (Vec::new(), Vec::new());
        for number in 0..number.max(1) {
            let (incoming, connections) = mpsc::unbounded_channel();
            let (cut, is_cut) = oneshot::channel::<()>();
            let (ended, end) = oneshot::channel();
            let (surface, stop) = (surface.clone(), stop.clone());
            thread::Builder::new().name(format!("answers-{number}")).spawn(move || {
                // Whoever waited for it may be gone.
                let _ = ended.send(answer(surface, connections, stop, is_cut));
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

/// What a thread does until it is told to stop, or cut off.
fn answer(
    surface: Surface,
    connections: mpsc::UnboundedReceiver<(Accepted, Seat)>,
    stop: watch::Receiver<bool>,
    cut: oneshot::Receiver<()>,
) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let connections = UnboundedReceiverStream::new(connections);
        let connections = connections.map(|(accepted, seat)| Connection::open(accepted, seat));
        tokio::select! {
            served = server::serve(surface, connections, stop) => served.map_err(Into::into),
            // Whoever could cut it off being gone means the same.
            _ = cut => Ok(()),
        }
    });
    // What was begun here and goes on elsewhere isn't waited for.
    runtime.shutdown_background();
    outcome
}
