//! Turns: so many questions at a time, and of those that wait, one of each caller after the other.
//!
//! A caller with many questions waits behind its own, and not in front of those of others.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::caller::Caller;

/// How many questions of a caller may have been given up before they are looked for.
const GIVEN_UP: usize = 256;

/// The turns of one directory.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    free: usize,
    /// Callers with questions that wait, the next one first.
    lines: VecDeque<Line>,
}

#[derive(Debug)]
struct Line {
    caller: Caller,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// A turn, which goes to the next one when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Turns);

impl Turns {
    pub(super) fn new(at_a_time: usize) -> Self {
        Self(Arc::new(Mutex::new(Queue { free: at_a_time, lines: VecDeque::new() })))
    }

    /// Waits for a turn.
    pub(super) async fn take(&self, caller: Caller) -> Turn {
        let turn = {
            let mut queue = self.lock();
            if queue.free > 0 {
                queue.free -= 1;
                return Turn(self.clone());
            }
            let (sender, turn) = oneshot::channel();
            queue.push(caller, sender);
            turn
        };
        match turn.await {
            Ok(turn) => turn,
            // No turn is dropped but with a question that was given up, so this never ends.
            Err(_) => std::future::pending().await,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, caller: Caller, sender: oneshot::Sender<Turn>) {
        match self.lines.iter_mut().find(|line| line.caller == caller) {
            Some(line) => line.push(sender),
            None => self.lines.push_back(Line { caller, waiting: VecDeque::from([sender]) }),
        }
    }

    /// The next one to have a turn.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        while let Some(mut line) = self.lines.pop_front() {
            line.waiting.retain(|waiting| !waiting.is_closed());
            let next = line.waiting.pop_front();
            if !line.waiting.is_empty() {
                self.lines.push_back(line);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }
}

impl Line {
    fn push(&mut self, sender: oneshot::Sender<Turn>) {
        if self.waiting.len() >= GIVEN_UP {
            self.waiting.retain(|waiting| !waiting.is_closed());
        }
        self.waiting.push_back(sender);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.lock();
            let next = queue.next();
            if next.is_none() {
                queue.free += 1;
            }
            next
        };
        if let Some(next) = next {
            // Whoever has given up in this moment drops it, and so it goes to the next one.
            drop(next.send(Turn(self.0.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn each_caller_has_a_turn_after_the_other() {
        let turns = Turns::new(1);
        let mut current = turns.take(Caller::Any).await;
        let mut waiting: Vec<_> = [1, 1, 1, 1, 2, 2, 3]
            .into_iter()
            .map(|caller| (caller, Box::pin(turns.take(Caller::Connection(caller)))))
            .collect();
        for (_, turn) in &mut waiting {
            assert!(turn.now_or_never().is_none());
        }
        // One of them gives up.
        drop(waiting.remove(3));
        let mut order = Vec::new();
        while !waiting.is_empty() {
            drop(current);
            let came = waiting
                .iter_mut()
                .enumerate()
                .find_map(|(at, (caller, turn))| turn.now_or_never().map(|turn| (at, *caller, turn)));
            let (at, caller, turn) = came.unwrap();
            drop(waiting.remove(at));
            order.push(caller);
            current = turn;
        }
        assert_eq!(order, [1, 2, 3, 1, 2, 1]);
    }

    #[tokio::test]
    async fn no_turn_is_lost() {
        let turns = Turns::new(2);
        for round in 0..100 {
            let (first, second) = (turns.take(Caller::Any).await, turns.take(Caller::Any).await);
            let mut given_up: Vec<_> = (0..10).map(|_| Box::pin(turns.take(Caller::Any))).collect();
            for turn in &mut given_up {
                assert!(turn.now_or_never().is_none());
            }
            // Before a turn has come, and after.
            if round % 2 == 0 {
                drop(given_up);
                drop((first, second));
            } else {
                drop((first, second));
                drop(given_up);
            }
            assert_eq!(turns.lock().free, 2);
        }
    }
}
