//! Who does the long work: a few threads, apart from those that answer checks and less urgent to the kernel.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::error::ServiceError;

/// How much work may wait for a thread before more of it is refused.
const WAITING: usize = 64;
/// How much less urgent it is, in the kernel's terms: checks that need the processor get it.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How long work is expected to take. What is short doesn't wait for what is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Milliseconds: explanations, lookups.
    Short,
    /// Up to many seconds: lint, previews, comparisons.
    Long,
}

/// Threads for long work: half as many of each length as there are processors, one at least.
#[derive(Debug)]
pub(super) struct Analysts {
    short: Lane,
    long: Lane,
}

/// Threads for one sort of work, and those who wait for them.
#[derive(Debug)]
pub(super) struct Lane {
    name: &'static str,
    threads: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    room: usize,
}

/// Counts work that waits, for as long as it does.
struct Waits(Arc<AtomicUsize>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Analysts {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let lane = || Lane::new("analyst", (processors / 2).max(1), WAITING);
        Self { short: lane(), long: lane() }
    }
}

impl Analysts {
    /// Has work done, when its turn comes.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        length: Length,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let lane = match length {
            Length::Short => &self.short,
            Length::Long => &self.long,
        };
        lane.work(work).await
    }
}

impl Lane {
    /// So many threads, and so much work that may wait for one.
    pub(super) fn new(name: &'static str, threads: usize, room: usize) -> Self {
        Self { name, threads: Arc::new(Semaphore::new(threads)), waiting: Arc::default(), room }
    }

    /// Has work done, when its turn comes. [`ServiceError::Overloaded`] if too much waits already.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let waits = self.wait()?;
        let place = self.place().await?;
        drop(waits);
        self.on_a_thread(place, work).await
    }

    /// The same, however much waits.
    pub(super) async fn work_patiently<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let place = self.place().await?;
        self.on_a_thread(place, work).await
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        Arc::clone(&self.threads).acquire_owned().await.map_err(|_| ServiceError::Overloaded)
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (sender, answer) = oneshot::channel();
        let thread = std::thread::Builder::new().name(self.name.into());
        let started = thread.spawn(move || {
            // Whoever asked may be gone before the work is done, and must not leave its place to another.
            let _place = place;
            make_less_urgent();
            // Nobody may be there to hear it.
            let _ = sender.send(work());
        });
        started.map_err(|error| {
            tracing::error!(%error, "a thread for long work can't be started");
            ServiceError::Overloaded
        })?;
        // A panic in the thread was reported when it happened.
        answer.await.map_err(|_| ServiceError::Internal)
    }

    fn wait(&self) -> Result<Waits, ServiceError> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(Arc::clone(&self.waiting));
        if waiting >= self.room { Err(ServiceError::Overloaded) } else { Ok(waits) }
    }
}

/// Makes this thread less urgent, where that is a thread's own. Where the kernel doesn't let us, the work is merely
/// as urgent as all else.
fn make_less_urgent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn too_much_is_refused_and_short_work_overtakes() {
        let analysts = Arc::new(Analysts::default());
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let busy = |held: Arc<std::sync::Mutex<std::sync::mpsc::Receiver<()>>>| {
            let analysts = Arc::clone(&analysts);
            tokio::spawn(async move {
                analysts.work(Length::Long, move || held.lock().unwrap().recv().is_err()).await
            })
        };
        let threads = analysts.long.threads.available_permits();
        let mut jobs: Vec<_> = (0..threads + WAITING).map(|_| busy(Arc::clone(&held))).collect();
        while analysts.long.waiting.load(Ordering::Relaxed) < WAITING {
            tokio::task::yield_now().await;
        }
        assert!(matches!(analysts.work(Length::Long, || ()).await, Err(ServiceError::Overloaded)));
        assert_eq!(analysts.work(Length::Short, || 7).await.unwrap(), 7);
        drop(hold);
        for job in jobs.drain(..) {
            assert!(job.await.unwrap().unwrap());
        }
        assert!(matches!(
            analysts.work(Length::Short, || panic!("on purpose")).await,
            Err::<(), _>(ServiceError::Internal)
        ));
    }

    #[tokio::test]
    async fn work_keeps_its_place_when_nobody_waits_for_it_any_more() {
        let analysts = Arc::new(Analysts::default());
        let free = || analysts.short.threads.available_permits();
        let before = free();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (start, started) = oneshot::channel();
        let job = tokio::spawn({
            let analysts = Arc::clone(&analysts);
            async move {
                let work = move || (start.send(()).unwrap(), held.recv().is_err());
                analysts.work(Length::Short, work).await
            }
        });
        started.await.unwrap();
        job.abort();
        job.await.unwrap_err();
        assert_eq!(free(), before - 1);
        drop(hold);
        while free() < before {
            tokio::task::yield_now().await;
        }
    }
}
