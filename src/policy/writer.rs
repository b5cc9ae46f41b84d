//! The way to the writer's thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    error::WriteError,
    idempotency::KnownKeys,
    live::Live,
    request::{MAX_STEPS, WriteRequest, Written},
    thread::{Job, WriterThread},
};
use crate::store::PolicyStore;

/// How many requests may wait; more have to wait to wait.
const QUEUE: usize = 256;

/// The way to the writer. Dropping the last one ends it, once what waits is done.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    /// Whether the store takes what is written.
    writable: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the writer's thread.
    pub(super) fn start(
        store: Arc<dyn PolicyStore>,
        live: Arc<Live>,
        known: KnownKeys,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let writable = Arc::new(AtomicBool::new(true));
        let thread = WriterThread::new(store, live, known, Handle::current(), writable.clone());
        let thread =
            std::thread::Builder::new().name("policy-writer".into()).spawn(move || thread.run(jobs))?;
        Ok((Self { queue, writable }, thread))
    }

    /// Has a change set applied. When it returns, the changes are durable and every later check sees them.
    pub async fn write(&self, request: WriteRequest) -> Result<Written, WriteError> {
        if request.steps.len() > MAX_STEPS {
            return Err(WriteError::TooManyChanges { limit: MAX_STEPS, found: request.steps.len() });
        }
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Write(request, answer)).await.map_err(|_| WriteError::Closed)?;
        answered.await.map_err(|_| WriteError::Closed)?
    }

    /// Waits until everything that was committed before is published.
    pub async fn barrier(&self) -> Result<(), WriteError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Barrier(answer)).await.map_err(|_| WriteError::Closed)?;
        answered.await.map_err(|_| WriteError::Closed)
    }

    /// Whether changes are taken: the thread is there, and no write has failed for good.
    pub fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed) && !self.queue.is_closed()
    }
}
