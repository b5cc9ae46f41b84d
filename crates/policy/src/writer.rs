//! The way to the writer's thread.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    error::WriteError,
    renewal::Renewal,
    request::{MAX_STEPS, WriteRequest, Written},
    thread::{Broken, Job, WriterThread},
};
use feedgate_model::Credential;
use feedgate_store::StoreError;

/// How many requests may wait; more have to wait to wait.
const QUEUE: usize = 256;

/// The way to the writer. Dropping the last one ends it, once what waits is done.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    broken: watch::Receiver<Broken>,
}

impl Writer {
    /// Starts the writer's thread.
    pub(super) fn start(writer: WriterThread) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let broken = writer.broken.subscribe();
        let thread =
            std::thread::Builder::new().name("policy-writer".into()).spawn(move || writer.run(jobs))?;
        Ok((Self { queue, broken }, thread))
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

    /// Has a credential replaced, if it is still the one of before: false if it isn't. Makes no revision.
    pub async fn renew(&self, before: Credential, after: Credential) -> Result<bool, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Renew(Renewal { before, after }, answer);
        self.queue.send(job).await.map_err(|_| WriteError::Closed)?;
        answered.await.map_err(|_| WriteError::Closed)?
    }

    /// Waits until everything that was committed before is published. Fails once a write has failed in a way that
    /// leaves open what the store has.
    pub async fn barrier(&self) -> Result<(), WriteError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Barrier(answer)).await.map_err(|_| WriteError::Closed)?;
        answered.await.map_err(|_| WriteError::Closed)?
    }

    /// Why changes aren't taken any more, if so: the thread is gone, or a write has failed for good.
    pub fn trouble(&self) -> Option<WriteError> {
        let broken = self.broken.borrow().clone();
        broken.map(WriteError::Store).or_else(|| self.queue.is_closed().then_some(WriteError::Closed))
    }

    /// Returns when a write has failed for good, with its error; with none, if the writer ends before.
    pub fn broken(&self) -> impl Future<Output = Option<Arc<StoreError>>> + Send + use<> {
        // Whoever only looks on doesn't keep the writer going.
        let mut broken = self.broken.clone();
        async move { broken.wait_for(Option::is_some).await.ok()?.clone() }
    }
}
