//! The threads, and which of them a connection goes to.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_stream::{StreamExt as _, wrappers::UnboundedReceiverStream};
use tonic::transport::Server;

use super::{
    Answers, Layout, Options,
    connection::{Accepted, Connection},
};
use crate::pb::decision_service_server::DecisionServiceServer;

// As in feedgate's src/app/server.rs.
const MAX_STREAMS: u32 = 200;
const MAX_HEADER_BYTES: u32 = 16 << 10;
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Runtimes that wait for connections of one kind.
pub struct Threads<C> {
    seats: Vec<Seat<C>>,
}

/// One runtime's end of a channel, and how many connections it has.
struct Seat<C> {
    connections: Arc<AtomicUsize>,
    door: UnboundedSender<C>,
}

impl<C: Accepted> Threads<C> {
    pub fn start(options: &Options, answers: &Answers) -> io::Result<Self> {
        let runtimes = match options.layout {
            Layout::Shared => 1,
            Layout::PerCore => options.threads,
        };
        let seats = (0..runtimes).map(|_| {
            let runtime = runtime(options)?;
            let connections = Arc::new(AtomicUsize::new(0));
            let (door, coming) = unbounded_channel();
            let (count, answers) = (Arc::clone(&connections), answers.clone());
            thread::spawn(move || runtime.block_on(serve(coming, count, answers)));
            Ok(Seat { connections, door })
        });
        Ok(Self { seats: seats.collect::<io::Result<_>>()? })
    }

    /// Gives a connection to the runtime that has the fewest.
    pub fn hand_over(&mut self, connection: C) -> anyhow::Result<()> {
        let fewest = self.seats.iter().min_by_key(|seat| seat.connections.load(Ordering::Relaxed));
        let seat = fewest.context("there are no threads")?;
        seat.connections.fetch_add(1, Ordering::Relaxed);
        seat.door.send(connection).ok().context("a thread has ended")
    }
}

fn runtime(options: &Options) -> io::Result<Runtime> {
    match options.layout {
        Layout::Shared => Builder::new_multi_thread().worker_threads(options.threads).enable_all().build(),
        Layout::PerCore => Builder::new_current_thread().enable_all().build(),
    }
}

async fn serve<C: Accepted>(coming: UnboundedReceiver<C>, count: Arc<AtomicUsize>, answers: Answers) {
    let connections = UnboundedReceiverStream::new(coming)
        .map(move |accepted| Connection::new(accepted.register()?, Arc::clone(&count)));
    let served = Server::builder()
        .max_concurrent_streams(MAX_STREAMS)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_service(DecisionServiceServer::new(answers))
        .serve_with_incoming(connections)
        .await;
    served.expect("it serves until the process ends");
}
