//! The state of one connection, shared by its socket, its calls and its listener.
//!
//! The listener looks at the state of each of its connections once a second, and closes those that have exceeded a
//! time limit. Calls only count: no call starts a timer for this.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
};

use futures_util::task::AtomicWaker;

use super::{
    listener::{Limits, ListenerLimits},
    method::Pool,
};
use crate::directory::Caller;

/// The length of the HTTP/2 connection preface (RFC 9113, section 3.4).
const PREFACE: u64 = 24;

/// The incomplete requests that a connection may have whatever the others of its listener have.
const FEW: usize = 16;

/// Unread responses are counted by the period in which they were sent, for as many periods.
const PERIODS: usize = 8;
/// The length of a period, in seconds.
const PERIOD_SECONDS: u64 = Limits::UNREAD_SECONDS / (PERIODS as u64 - 2);

/// The client at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    Address(IpAddr),
    /// A process on the Unix socket, by its user.
    User(u32),
    /// A client in this process.
    InProcess,
}

/// The state of one connection.
#[derive(Debug)]
pub struct ConnectionState {
    /// Tells the connections of this process apart.
    number: u64,
    limits: Arc<ListenerLimits>,
    peer: Peer,
    accepted: u64,
    received: AtomicU64,
    /// The second in which the last request was complete, counted from 1; 0 before the first one.
    last_request: AtomicU64,
    incomplete: AtomicUsize,
    held: [AtomicUsize; Pool::COUNT],
    /// Streams that a client watches, which hold no slot.
    watches: AtomicUsize,
    unread: [AtomicU32; PERIODS],
    closed: AtomicBool,
    reader: AtomicWaker,
}

impl ConnectionState {
    /// A new connection.
    pub fn new(limits: Arc<ListenerLimits>, peer: Peer) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let accepted = limits.now();
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            limits,
            peer,
            accepted,
            received: AtomicU64::new(0),
            last_request: AtomicU64::new(0),
            incomplete: AtomicUsize::new(0),
            held: Default::default(),
            watches: AtomicUsize::new(0),
            unread: Default::default(),
            closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        }
    }

    pub(super) fn limits(&self) -> &ListenerLimits {
        &self.limits
    }

    /// The client on whose behalf calls of this connection ask directories.
    pub(super) fn caller(&self) -> Caller {
        Caller::Connection(self.number)
    }

    /// The client at the other end.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    pub(super) fn held(&self, pool: Pool) -> Option<&AtomicUsize> {
        self.held.get(pool.index())
    }

    /// Counts bytes that the socket received.
    pub fn received(&self, bytes: usize) {
        if self.received.load(Ordering::Relaxed) < PREFACE {
            self.received.fetch_add(u64::try_from(bytes).unwrap_or(PREFACE), Ordering::Relaxed);
        }
    }

    /// Notes that a request is complete.
    pub(super) fn request_completed(&self) {
        self.last_request.store(self.limits.now() + 1, Ordering::Relaxed);
    }

    /// The reason why the connection has to be closed now, if there is one.
    pub fn overdue(&self) -> Option<&'static str> {
        let now = self.limits.now();
        let age = now.saturating_sub(self.accepted);
        if age > Limits::PREFACE_SECONDS && self.received.load(Ordering::Relaxed) < PREFACE {
            return Some("it sent no HTTP/2 preface in time");
        }
        if age > Limits::FIRST_REQUEST_SECONDS && self.last_request.load(Ordering::Relaxed) == 0 {
            return Some("it sent no request in time");
        }
        // The two periods after the current one in the ring are the oldest ones.
        let oldest = [now / PERIOD_SECONDS + 1, now / PERIOD_SECONDS + 2];
        let unread = oldest.iter().filter_map(|period| self.unread_in(*period));
        if unread.map(|unread| unread.load(Ordering::Relaxed)).sum::<u32>() > 0 {
            return Some("it didn't read a response in time");
        }
        None
    }

    /// The seconds for which the connection has had no request. `None`: it has one.
    pub fn idle(&self) -> Option<u64> {
        let busy = self.held.iter().chain([&self.watches]).any(|calls| calls.load(Ordering::Relaxed) > 0);
        let since = self.last_request.load(Ordering::Relaxed).max(self.accepted + 1);
        (!busy).then(|| (self.limits.now() + 1).saturating_sub(since))
    }

    /// Closes the connection: its next read fails.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Whether the connection has been closed; if not, closing it wakes this waker.
    pub fn is_closed(&self, reader: &Waker) -> bool {
        self.reader.register(reader);
        self.closed.load(Ordering::Acquire)
    }

    fn unread_in(&self, period: u64) -> Option<&AtomicU32> {
        usize::try_from(period % PERIODS as u64).ok().and_then(|period| self.unread.get(period))
    }
}

/// A request that isn't complete yet.
#[derive(Debug)]
pub(super) struct Incomplete(Arc<ConnectionState>);

impl Incomplete {
    /// Counts one more. `None`: the connection, or its listener, has too many.
    pub(super) fn count(connection: &Arc<ConnectionState>) -> Option<Self> {
        let mine = connection.incomplete.fetch_add(1, Ordering::Relaxed);
        let all = connection.limits.incomplete().fetch_add(1, Ordering::Relaxed);
        let counted = Self(Arc::clone(connection));
        let few = mine < FEW || all < Limits::INCOMPLETE;
        (few && mine < Limits::INCOMPLETE_OF_A_CONNECTION).then_some(counted)
    }
}

impl Drop for Incomplete {
    fn drop(&mut self) {
        self.0.incomplete.fetch_sub(1, Ordering::Relaxed);
        self.0.limits.incomplete().fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that the client watches.
#[derive(Debug)]
pub(super) struct Watching(Arc<ConnectionState>);

impl Watching {
    pub(super) fn count(connection: &Arc<ConnectionState>) -> Self {
        connection.watches.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connection))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.watches.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts a response while the client is expected to read it.
#[derive(Debug)]
pub(super) struct Unread {
    connection: Arc<ConnectionState>,
    period: Option<u64>,
}

impl Unread {
    pub(super) const fn nothing(connection: Arc<ConnectionState>) -> Self {
        Self { connection, period: None }
    }

    /// The client has something to read from now on.
    pub(super) fn begin(&mut self) {
        let period = self.connection.limits.now() / PERIOD_SECONDS;
        if self.period == Some(period) {
            return;
        }
        self.end();
        if let Some(unread) = self.connection.unread_in(period) {
            unread.fetch_add(1, Ordering::Relaxed);
            self.period = Some(period);
        }
    }

    /// The client has read everything so far.
    pub(super) fn end(&mut self) {
        let unread = self.period.take().and_then(|period| self.connection.unread_in(period));
        if let Some(unread) = unread {
            unread.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> (Arc<ListenerLimits>, Arc<ConnectionState>) {
        let limits = Arc::new(ListenerLimits::default());
        let connection = ConnectionState::new(Arc::clone(&limits), Peer::InProcess);
        (limits, Arc::new(connection))
    }

    /// The second in which the connection is overdue.
    fn overdue_after(limits: &ListenerLimits, connection: &ConnectionState) -> Option<(u64, &'static str)> {
        let begin = limits.now();
        (0..200).find_map(|_| {
            limits.tick();
            connection.overdue().map(|reason| (limits.now() - begin, reason))
        })
    }

    #[test]
    fn a_connection_has_to_send_the_preface_and_a_request() {
        let (limits, silent) = connection();
        assert_eq!(overdue_after(&limits, &silent), Some((11, "it sent no HTTP/2 preface in time")));
        let (limits, slow) = connection();
        slow.received(23);
        assert_eq!(overdue_after(&limits, &slow), Some((11, "it sent no HTTP/2 preface in time")));
        let (limits, idle) = connection();
        idle.received(24);
        assert_eq!(overdue_after(&limits, &idle), Some((61, "it sent no request in time")));
        let (limits, good) = connection();
        good.received(100);
        good.request_completed();
        assert_eq!(overdue_after(&limits, &good), None);
    }

    #[test]
    fn a_response_has_to_be_read_within_a_minute() {
        for start in 0..16 {
            let (limits, connection) = connection();
            connection.received(100);
            connection.request_completed();
            (0..start).for_each(|_| limits.tick());
            let mut unread = Unread::nothing(Arc::clone(&connection));
            unread.begin();
            let (seconds, reason) = overdue_after(&limits, &connection).unwrap();
            assert_eq!(reason, "it didn't read a response in time");
            assert!(
                (Limits::UNREAD_SECONDS - 8..=Limits::UNREAD_SECONDS + 8).contains(&seconds),
                "{seconds}"
            );
            unread.begin();
            assert_eq!(connection.overdue(), None, "it reads on");
            unread.end();
            assert_eq!(overdue_after(&limits, &connection), None);
        }
    }

    #[test]
    fn idle_means_without_a_request() {
        let (limits, connection) = connection();
        (0..5).for_each(|_| limits.tick());
        assert_eq!(connection.idle(), Some(5));
        connection.request_completed();
        assert_eq!(connection.idle(), Some(0));
        let watching = Watching::count(&connection);
        limits.tick();
        assert_eq!(connection.idle(), None);
        drop(watching);
        assert_eq!(connection.idle(), Some(1));
    }
}
