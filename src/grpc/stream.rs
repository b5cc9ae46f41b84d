//! Answers in streams: a task fills a short queue, and a slow reader holds it up.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::Stream;
use tokio::sync::mpsc::{Sender, channel, error::SendTimeoutError};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::error::Failure;
use crate::analysis::{Cancelled, Meter};

/// How many messages wait for a slow reader.
const AHEAD: usize = 2;
/// How often progress is reported at most.
const EVERY: Duration = Duration::from_millis(100);

/// The messages of an answer.
pub type Answers<M> = Pin<Box<dyn Stream<Item = Result<M, Status>> + Send>>;

/// Where a task puts its messages.
#[derive(Debug)]
pub struct Outlet<M>(Sender<Result<M, Status>>);

impl<M: Send + 'static> Outlet<M> {
    /// Sends them all; gives up when nobody reads any more.
    pub async fn send(&self, messages: impl Iterator<Item = M>) {
        for message in messages {
            if self.0.send(Ok(message)).await.is_err() {
                return;
            }
        }
    }

    /// Sends them all; gives up when nobody reads any more, or leaves one lying for so long. Then the answer ends with
    /// an error.
    pub async fn send_within(&self, patience: Duration, messages: impl Iterator<Item = M>) {
        for message in messages {
            match self.0.send_timeout(Ok(message), patience).await {
                Ok(()) => {}
                Err(SendTimeoutError::Closed(_)) => return,
                Err(SendTimeoutError::Timeout(_)) => {
                    // Said when there is room for it, by somebody who holds nothing else.
                    let (outlet, status) = (self.0.clone(), Status::from(Failure::too_slow(patience)));
                    tokio::spawn(async move { outlet.send(Err(status)).await });
                    return;
                }
            }
        }
    }

    /// Ends an answer with an error.
    pub async fn fail(&self, status: impl Into<Status>) {
        // Nobody may be there to hear it.
        let _ = self.0.send(Err(status.into())).await;
    }

    /// A meter that reports progress in messages, and ends the work when nobody reads any more.
    pub fn meter(&self, message: fn(u64, u64) -> M) -> Arc<dyn Meter + Send + Sync> {
        Arc::new(Progress { outlet: self.0.clone(), message, last: Mutex::new(Instant::now()) })
    }
}

struct Progress<M> {
    outlet: Sender<Result<M, Status>>,
    message: fn(u64, u64) -> M,
    last: Mutex<Instant>,
}

impl<M: Send> Meter for Progress<M> {
    fn at(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        if self.outlet.is_closed() {
            return Err(Cancelled);
        }
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(*last) >= EVERY {
            *last = now;
            // A reader that is busy misses some progress, and nothing else.
            let _ = self.outlet.try_send(Ok((self.message)(done, total)));
        }
        Ok(())
    }
}

/// Starts the task that answers, and gives what it sends. When nobody reads any more, the task is dropped where it
/// waits: for its turn, for the history or for the reader.
pub fn answers<M: Send + 'static, F: Future<Output = ()> + Send + 'static>(
    task: impl FnOnce(Outlet<M>) -> F,
) -> Answers<M> {
    let (sender, receiver) = channel(AHEAD);
    let reader = sender.clone();
    let work = task(Outlet(sender));
    tokio::spawn(async move {
        tokio::select! {
            () = work => {}
            () = reader.closed() => {}
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn an_answer_ends_with_its_task() {
        let answer = answers(|outlet| async move { outlet.send([1, 2, 3, 4].into_iter()).await });
        let numbers: Vec<_> = answer.map(Result::unwrap).collect().await;
        assert_eq!(numbers, [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn a_task_that_waits_goes_with_its_reader() {
        let (held, gone) = oneshot::channel::<()>();
        let mut answer = answers(|outlet| async move {
            let _held = held;
            outlet.send([1].into_iter()).await;
            std::future::pending().await
        });
        assert_eq!(answer.next().await.unwrap().unwrap(), 1);
        drop(answer);
        gone.await.unwrap_err();
    }

    #[tokio::test]
    async fn a_meter_ends_the_work_when_nobody_reads_any_more() {
        let (sender, receiver) = channel(AHEAD);
        let meter = Outlet(sender).meter(|done, _| done);
        meter.at(1, 2).unwrap();
        drop(receiver);
        meter.at(2, 2).unwrap_err();
    }
}
