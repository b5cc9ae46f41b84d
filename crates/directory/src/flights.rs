//! Questions that are under way: whoever needs the same answer waits for the same question.
//!
//! Callers wait for turns in a line for each connection, and the last places are for those who take few. So a client that
//! invents names keeps no other from being answered; and whoever hangs up leaves no question behind.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use tokio::task::AbortHandle;

use super::{caller::Caller, external::DirectoryError, turns::Turns};

/// The questions that a directory is asked at the same time.
const AT_A_TIME: usize = 16;
/// The callers that may wait for answers.
///
/// Each holds a place for calls meanwhile: when a directory hangs, those who need it must not take the places of all
/// others.
const WAITING: usize = 256;
/// How many of these places are for connections that take few.
const RESERVED: usize = 64;
/// How many are few.
const FEW: usize = 4;
/// How many may wait for the answer to one question: whoever asks about one name leaves room for other names.
const WAITING_FOR_ONE: usize = 128;

type Answer<T> = Result<T, DirectoryError>;

/// Questions by what they are about.
#[derive(Clone, Debug)]
pub(super) struct Flights<K, T: Clone>(Arc<Inner<K, T>>);

#[derive(Debug)]
struct Inner<K, T: Clone> {
    under_way: Mutex<UnderWay<K, T>>,
    turns: Turns,
}

#[derive(Debug)]
struct UnderWay<K, T: Clone> {
    questions: HashMap<K, Question<T>>,
    /// The number of the next question.
    next: u64,
    /// How many wait for answers, of each caller and in all.
    waiting: HashMap<Caller, usize>,
    all: usize,
}

/// A question that is under way or waits for its turn.
#[derive(Debug)]
struct Question<T: Clone> {
    number: u64,
    answer: Shared<BoxFuture<'static, Answer<T>>>,
    /// How many wait for the answer.
    waiting: usize,
    /// Whether its turn has come.
    begun: Arc<AtomicBool>,
    task: AbortHandle,
}

/// One who waits for an answer. If it is the last one, and the question's turn hasn't come, nobody asks it.
struct Waiter<'a, K, T>
where
    K: Eq + Hash,
    T: Clone,
{
    inner: &'a Inner<K, T>,
    caller: Caller,
    /// The question that it waits for. None before there is one.
    question: Option<(K, u64)>,
}

impl<K, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        let under_way = UnderWay { questions: HashMap::new(), next: 0, waiting: HashMap::new(), all: 0 };
        Self(Arc::new(Inner { under_way: Mutex::new(under_way), turns: Turns::new(AT_A_TIME) }))
    }
}

impl<K, T> Flights<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Waits for the question that is under way, or for one that begins now. Once its turn has come, it goes on when
    /// nobody waits any more.
    pub(super) async fn join<F>(&self, key: K, begin: impl FnOnce() -> F) -> Answer<T>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let caller = Caller::current();
        self.0.lock().enter(caller)?;
        let mut waiter = Waiter { inner: &self.0, caller, question: None };
        let (number, answer) = self.begin(key.clone(), caller, begin)?;
        waiter.question = Some((key, number));
        answer.await
    }

    fn begin<F>(
        &self,
        key: K,
        caller: Caller,
        begin: impl FnOnce() -> F,
    ) -> Answer<(u64, Shared<BoxFuture<'static, Answer<T>>>)>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let mut under_way = self.0.lock();
        if let Some(question) = under_way.questions.get_mut(&key) {
            if question.waiting >= WAITING_FOR_ONE {
                return Err(busy("too many callers wait for this name already: try again later"));
            }
            question.waiting += 1;
            return Ok((question.number, question.answer.clone()));
        }
        let number = under_way.next;
        under_way.next += 1;
        let begun = Arc::new(AtomicBool::new(false));
        let (inner, asked, landed, turn_came) =
            (Arc::clone(&self.0), begin(), key.clone(), Arc::clone(&begun));
        let task = tokio::spawn(async move {
            let turn = inner.turns.take(caller).await;
            turn_came.store(true, Ordering::Relaxed);
            let answer = asked.await;
            drop(turn);
            inner.lock().remove(&landed, number);
            answer
        });
        let abort = task.abort_handle();
        let (inner, ended) = (Arc::clone(&self.0), key.clone());
        let answer = task.map(move |ended_well| {
            ended_well.unwrap_or_else(|_| {
                // It has panicked, or the runtime ends.
                inner.lock().remove(&ended, number);
                Err(busy("the question was broken off"))
            })
        });
        let answer = answer.boxed().shared();
        let question = Question { number, answer: answer.clone(), waiting: 1, begun, task: abort };
        under_way.questions.insert(key, question);
        Ok((number, answer))
    }
}

impl<K, T: Clone> Inner<K, T> {
    fn lock(&self) -> MutexGuard<'_, UnderWay<K, T>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, T: Clone> UnderWay<K, T> {
    /// Takes a place among those who wait.
    fn enter(&mut self, caller: Caller) -> Result<(), DirectoryError> {
        let taken = self.waiting.get(&caller).copied().unwrap_or_default();
        let limit = if taken < FEW { WAITING } else { WAITING - RESERVED };
        if self.all >= limit {
            return Err(busy("too many callers wait for it already: try again later"));
        }
        self.waiting.insert(caller, taken + 1);
        self.all += 1;
        Ok(())
    }

    fn leave(&mut self, caller: Caller) {
        self.all = self.all.saturating_sub(1);
        let Some(taken) = self.waiting.get_mut(&caller) else { return };
        *taken = taken.saturating_sub(1);
        if *taken == 0 {
            self.waiting.remove(&caller);
        }
    }

    /// Removes a question, and none that has taken its place.
    fn remove(&mut self, key: &K, number: u64) {
        if self.questions.get(key).is_some_and(|question| question.number == number) {
            self.questions.remove(key);
        }
    }
}

impl<K, T> Drop for Waiter<'_, K, T>
where
    K: Eq + Hash,
    T: Clone,
{
    fn drop(&mut self) {
        let mut under_way = self.inner.lock();
        under_way.leave(self.caller);
        let Some((key, number)) = &self.question else { return };
        let Some(question) = under_way.questions.get_mut(key) else { return };
        if question.number != *number {
            return;
        }
        question.waiting = question.waiting.saturating_sub(1);
        if question.waiting == 0 && !question.begun.load(Ordering::Relaxed) {
            question.task.abort();
            under_way.questions.remove(key);
        }
    }
}

fn busy(why: &str) -> DirectoryError {
    DirectoryError::Unreachable(why.into())
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, time::Duration};

    use futures_util::future::{join_all, poll_fn};
    use tokio::time::sleep;

    use super::*;
    use crate::caller::on_behalf_of;

    /// Takes 50 ms.
    async fn ask(flights: &Flights<usize, usize>, key: usize) -> Answer<usize> {
        let answer = async move {
            sleep(Duration::from_millis(50)).await;
            Ok(key)
        };
        flights.join(key, || answer).await
    }

    /// The same for a connection.
    async fn ask_by(connection: u64, flights: &Flights<usize, usize>, key: usize) -> Answer<usize> {
        let mut answer = Box::pin(ask(flights, key));
        poll_fn(|context| on_behalf_of(Caller::Connection(connection), || answer.poll_unpin(context))).await
    }

    /// However many names some connections invent, those of others are answered, and after few turns.
    #[tokio::test(start_paused = true)]
    async fn connections_that_invent_names_keep_no_other_from_being_answered() {
        let flights = Flights::default();
        let inventing = join_all((0..1_000).map(|caller| {
            let flights = flights.clone();
            async move {
                let connection = caller as u64 % 4;
                for number in 0..200 {
                    // Refused at once, it tries again at once.
                    if ask_by(connection, &flights, 1_000 + caller * 1_000 + number).await.is_err() {
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            }
        }));
        let others = async {
            for user in 0..100 {
                let began = tokio::time::Instant::now();
                assert_eq!(ask_by(77, &flights, user).await, Ok(user));
                // The turns that are under way, and its own.
                assert!(began.elapsed() <= Duration::from_millis(105), "{:?}", began.elapsed());
            }
        };
        tokio::select! {
            () = others => {}
            _ = inventing => panic!("the others took longer"),
        }
    }

    /// Callers who invent names wait in one line with the others, and take no more than their turn.
    #[tokio::test(start_paused = true)]
    async fn invented_names_dont_keep_others_from_being_asked_about() {
        let flights = Flights::default();
        let inventing = join_all((0..160).map(|caller| {
            let flights = flights.clone();
            async move {
                for number in 0..50 {
                    ask(&flights, 1_000 + caller * 1_000 + number).await.unwrap();
                }
            }
        }));
        let others = async {
            for user in 0..50 {
                assert_eq!(ask(&flights, user).await, Ok(user));
            }
        };
        tokio::join!(inventing, others);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_of_one_name_leave_room_for_other_names() {
        let flights = Flights::default();
        let mut many: Vec<_> = (0..400).map(|_| Box::pin(ask(&flights, 1))).collect();
        let refused = many.iter_mut().filter_map(|asked| asked.as_mut().now_or_never()).count();
        assert_eq!(refused, 400 - WAITING_FOR_ONE);
        assert_eq!(ask(&flights, 2).await, Ok(2));
        let answered = join_all(many.into_iter().take(WAITING_FOR_ONE)).await;
        assert!(answered.into_iter().all(|answer| answer == Ok(1)));
    }

    /// Whoever asks and hangs up leaves nothing behind that others would have to wait for.
    #[tokio::test(start_paused = true)]
    async fn questions_that_nobody_waits_for_are_not_asked() {
        let flights: Flights<usize, usize> = Flights::default();
        let asked = Arc::new(AtomicUsize::new(0));
        for key in 0..10_000 {
            let asked = Arc::clone(&asked);
            let question = async move {
                asked.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_secs(10)).await;
                Ok(key)
            };
            assert!(flights.join(key, || question).now_or_never().is_none());
        }
        assert!(flights.0.lock().questions.is_empty());
        assert_eq!(ask(&flights, 1).await, Ok(1));
        // A question whose turn has come goes on: somebody else may want to know in a moment.
        let key = 77;
        let mut first = Box::pin(ask(&flights, key));
        assert!(first.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
        drop(first);
        assert_eq!(flights.0.lock().questions.len(), 1);
        sleep(Duration::from_millis(60)).await;
        assert!(flights.0.lock().questions.is_empty());
        assert_eq!(asked.load(Ordering::Relaxed), 0);
    }
}
