//! Questions that are under way: whoever needs the same answer waits for the same question.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::external::DirectoryError;

/// How many questions may be under way or wait for their turn.
const MOST: usize = 128;
/// How many are put to the directory at a time.
const AT_A_TIME: usize = 16;
/// How many may wait for answers.
///
/// Each holds a place of a caller meanwhile: when a directory hangs, those who need it must not take the places of all
/// others.
const WAITING: usize = 128;

type Answer<T> = Result<T, DirectoryError>;
type Flight<T> = Shared<BoxFuture<'static, Answer<T>>>;

/// Questions by what they are about.
#[derive(Clone, Debug)]
pub(super) struct Flights<K, T: Clone>(Arc<Inner<K, T>>);

#[derive(Debug)]
struct Inner<K, T: Clone> {
    under_way: Mutex<HashMap<K, Flight<T>>>,
    turns: Semaphore,
    waiting: Arc<Semaphore>,
}

impl<K, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        let (turns, waiting) = (Semaphore::new(AT_A_TIME), Arc::new(Semaphore::new(WAITING)));
        Self(Arc::new(Inner { under_way: Mutex::default(), turns, waiting }))
    }
}

impl<K, T> Flights<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Waits for the question that is under way, or for one that begins now. It goes on when nobody waits any more.
    pub(super) async fn join<F>(&self, key: K, begin: impl FnOnce() -> F) -> Answer<T>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let _place = self.place()?;
        self.begin(key, begin)?.await
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, DirectoryError> {
        let place = Arc::clone(&self.0.waiting).try_acquire_owned();
        place.map_err(|_| busy("too many callers wait for it already"))
    }

    fn begin<F>(&self, key: K, begin: impl FnOnce() -> F) -> Answer<Flight<T>>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let mut under_way = self.0.lock();
        if let Some(flight) = under_way.get(&key) {
            return Ok(flight.clone());
        }
        if under_way.len() >= MOST {
            return Err(busy("too many names wait to be looked up already"));
        }
        let (inner, question, landed) = (Arc::clone(&self.0), begin(), key.clone());
        let task = tokio::spawn(async move {
            let turn = inner.turns.acquire().await;
            let answer = question.await;
            drop(turn);
            inner.lock().remove(&landed);
            answer
        });
        let (inner, ended) = (Arc::clone(&self.0), key.clone());
        let flight = task.map(move |ended_well| {
            ended_well.unwrap_or_else(|_| {
                // It has panicked, or the runtime ends.
                inner.lock().remove(&ended);
                Err(busy("the question was broken off"))
            })
        });
        let flight = flight.boxed().shared();
        under_way.insert(key, flight.clone());
        Ok(flight)
    }
}

impl<K, T: Clone> Inner<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<T>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn busy(why: &str) -> DirectoryError {
    DirectoryError::Unreachable(why.into())
}
