//! The server in the simulated network, and what it is made of in the real world: a store that survives, and a
//! decision point that doesn't.

use std::{
    cell::RefCell,
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use feedgate::{
    grpc::{AdminToken, Surface, explain_layer},
    model::edit::Edit,
    policy::{Retention, WriteRequest},
    service::DecisionPoint,
    store::{MemoryStore, PolicyStore, SledStore, StoreError},
};
use futures_util::stream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::Runtime,
    task::JoinHandle,
};
use tonic::transport::{Server, server::Connected};
use turmoil::net::{TcpListener, TcpStream};

use crate::support::edits::step;

pub const NAME: &str = "server";
pub const PORT: u16 = 7420;
pub const TOKEN: &str = "in-a-simulation";

/// How long a folder may be in use by whoever had it before, in real time.
const BOUND: Duration = Duration::from_secs(30);

/// Where the policy survives.
pub enum Disk {
    Memory(Arc<MemoryStore>),
    Sled(tempfile::TempDir),
}

impl Disk {
    fn open(&self) -> Arc<dyn PolicyStore> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
            Self::Sled(folder) => {
                let start = Instant::now();
                loop {
                    match SledStore::open(folder.path()) {
                        Ok(store) => return Arc::new(store),
                        // A thread that reads the history for nobody may hold it for a moment.
                        Err(StoreError::InUse { .. }) if start.elapsed() < BOUND => std::thread::yield_now(),
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    }
}

/// The decision point, with a runtime of its own in real time.
pub struct Life {
    runtime: Runtime,
    disk: Disk,
    /// What the simulated host serves; none while it is down.
    point: Rc<RefCell<Option<DecisionPoint>>>,
    under_way: Vec<JoinHandle<()>>,
}

impl Life {
    pub fn begin(disk: Disk) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let mut life = Self { runtime, disk, point: Rc::default(), under_way: Vec::new() };
        life.begin_again();
        life
    }

    pub fn begin_again(&mut self) {
        let opened = self.runtime.block_on(DecisionPoint::open(self.disk.open(), Retention::default()));
        self.point.replace(Some(opened.unwrap()));
    }

    /// To be called when its host has crashed. What was being written is durable or isn't; nobody is told.
    pub fn end(&mut self) {
        let point = self.point.take().unwrap();
        self.runtime.block_on(async {
            for write in self.under_way.drain(..) {
                write.abort();
            }
            point.close().await;
        });
    }

    pub fn point(&self) -> DecisionPoint {
        self.point.borrow().clone().unwrap()
    }

    /// Writes, and waits in real time until it is durable or refused.
    pub fn write(&self, edits: Vec<Edit>) {
        let refused = self.runtime.block_on(self.point().write(request(edits)));
        // Many edits can't be made.
        drop(refused);
    }

    /// Writes, and waits for nothing.
    pub fn begin_to_write(&mut self, edits: Vec<Edit>) {
        let point = self.point();
        let write = async move { drop(point.write(request(edits)).await) };
        self.under_way.push(self.runtime.spawn(write));
    }

    /// Waits in real time for what is being written.
    pub fn wait(&mut self) {
        self.runtime.block_on(async {
            for write in self.under_way.drain(..) {
                write.await.unwrap();
            }
        });
    }

    /// What the host runs, in each of its lives.
    pub fn software(&self) -> impl Fn() -> Pin<Box<dyn Future<Output = turmoil::Result>>> + use<> {
        let point = Rc::clone(&self.point);
        move || {
            let point = point.borrow().clone().unwrap();
            Box::pin(serve(point))
        }
    }
}

fn request(edits: Vec<Edit>) -> WriteRequest {
    let steps = edits.into_iter().map(step).collect();
    WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "simulation".into() }
}

async fn serve(point: DecisionPoint) -> turmoil::Result {
    let (surface, _health) = Surface::new(point, AdminToken::new(&TOKEN.into()), false)?;
    let Surface { services, guard, admission } = surface;
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let connections = stream::unfold(listener, |listener| async move {
        let accepted = listener.accept().await.map(|(stream, _)| Connection(stream));
        Some((accepted, listener))
    });
    Server::builder()
        // As the real one does, if faster: whoever is cut off is noticed.
        .http2_keepalive_interval(Some(Duration::from_secs(3)))
        .http2_keepalive_timeout(Some(Duration::from_secs(2)))
        .layer(explain_layer())
        .layer(guard)
        .layer(admission)
        .serve_with_incoming(services, connections)
        .await?;
    Ok(())
}

struct Connection(TcpStream);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
