//! Questions that are under way: whoever needs the same answer waits for the same question.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use tokio::sync::Semaphore;

use super::{super::external::DirectoryError, key::KeyBytes, sighting::Sighting};

/// How many questions may be under way or wait for their turn.
///
/// Each is waited for by callers who hold a place of theirs meanwhile: when a directory hangs, those who need it must
/// not take the places of all others.
const MOST: usize = 128;
/// How many are put to the directory at a time.
const AT_A_TIME: usize = 16;

type Answer = Result<Arc<Sighting>, DirectoryError>;
type Flight = Shared<BoxFuture<'static, Answer>>;

/// There are too many already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

#[derive(Clone, Debug)]
pub(super) struct Flights(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    under_way: Mutex<HashMap<KeyBytes, Flight>>,
    turns: Semaphore,
}

impl Default for Flights {
    fn default() -> Self {
        Self(Arc::new(Inner { under_way: Mutex::default(), turns: Semaphore::new(AT_A_TIME) }))
    }
}

impl Flights {
    /// The question that is under way, or one that begins now. It goes on when nobody waits for it any more.
    pub(super) fn join<F>(&self, key: &KeyBytes, begin: impl FnOnce() -> F) -> Result<Flight, Busy>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let mut under_way = self.0.lock();
        if let Some(flight) = under_way.get(key) {
            return Ok(flight.clone());
        }
        if under_way.len() >= MOST {
            return Err(Busy);
        }
        let (inner, question, landed) = (Arc::clone(&self.0), begin(), key.clone());
        let task = tokio::spawn(async move {
            let turn = inner.turns.acquire().await;
            let answer = question.await;
            drop(turn);
            inner.lock().remove(&landed);
            answer
        });
        let inner = Arc::clone(&self.0);
        let ended = key.clone();
        let flight = task.map(move |ended_well| {
            ended_well.unwrap_or_else(|_| {
                // It has panicked, or the runtime ends.
                inner.lock().remove(&ended);
                Err(DirectoryError::Unreachable("the question was broken off".into()))
            })
        });
        let flight = flight.boxed().shared();
        under_way.insert(key.clone(), flight.clone());
        Ok(flight)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<KeyBytes, Flight>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
