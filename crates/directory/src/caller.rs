//! The client on whose behalf a question is asked.
//!
//! Whoever polls a request says which connection it came by. Fairness between clients depends on it: see
//! [`flights`](super::flights).

use std::cell::Cell;

/// A client of this server: one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Caller {
    /// This process itself, or a client that isn't told apart from others.
    #[default]
    Any,
    Connection(u64),
}

thread_local! {
    static CURRENT: Cell<Caller> = const { Cell::new(Caller::Any) };
}

/// Sets the caller back when it is dropped, also by a panic.
struct Restore(Caller);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Does something for a client, such as one poll of its request.
pub fn on_behalf_of<T>(caller: Caller, something: impl FnOnce() -> T) -> T {
    let _restore = Restore(CURRENT.replace(caller));
    something()
}

impl Caller {
    /// The client for whom something is done at this moment on this thread.
    pub(super) fn current() -> Self {
        CURRENT.get()
    }
}
