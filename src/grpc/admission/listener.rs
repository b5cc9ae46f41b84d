//! The limits of one listener. Listeners share nothing, so that a flood on one of them doesn't reach the others.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use super::{
    memory::{MemoryBudget, Reservation},
    method::Pool,
    slots::{PoolSize, SlotPool},
};

/// The limits of admission. Times are in seconds, as the listener's clock counts them.
#[derive(Debug)]
pub struct Limits;

impl Limits {
    /// The connections of a listener. When all are taken, the one that has been idle longest gives way.
    pub const CONNECTIONS: usize = 1024;
    /// The connections of one client address beyond loopback, or of one user on a Unix socket.
    pub const CONNECTIONS_OF_A_PEER: usize = 768;
    /// The time until a connection has sent the HTTP/2 preface.
    pub const PREFACE_SECONDS: u64 = 10;
    /// The time until a connection has sent its first request.
    pub const FIRST_REQUEST_SECONDS: u64 = 60;
    /// The time until a request is complete, from its headers.
    pub const REQUEST_SECONDS: u64 = 10;
    /// The time after which a connection is closed if its client doesn't take a response, and 8 seconds more at most.
    pub const UNREAD_SECONDS: u64 = 48;
    /// The time that an anonymous call may take until its response begins.
    pub const ANONYMOUS_SECONDS: u64 = 30;
    /// The incomplete requests of a connection: as many as it may have streams. A client with many calls sends their
    /// headers first.
    pub const INCOMPLETE_OF_A_CONNECTION: usize = 200;
    /// The incomplete requests of a listener. A connection may have a few whatever the others have.
    pub const INCOMPLETE: usize = 32_768;
    /// The bytes of requests under way, on all connections of a listener. An item of a batch counts as 512 bytes.
    pub const REQUEST_BYTES: usize = 128 << 20;
    /// The bytes of responses that clients haven't read yet, on all connections of a listener.
    pub const RESPONSE_BYTES: usize = 64 << 20;
    /// The bytes of one write stream, and of all that are under way.
    pub const WRITE_STREAM_BYTES: usize = 256 << 20;
    /// The time between two messages of a stream of requests.
    pub const STREAM_GAP_SECONDS: u64 = 30;
    /// The time that a stream of requests may take.
    pub const STREAM_SECONDS: u64 = 600;
}

const fn size(pool: Pool) -> PoolSize {
    match pool {
        Pool::Health => PoolSize { slots: 64, share: 16, reserve: 16 },
        Pool::HealthWatch => PoolSize { slots: 1_024, share: 16, reserve: 256 },
        Pool::Reflection => PoolSize { slots: 64, share: 8, reserve: 16 },
        Pool::Decisions => PoolSize { slots: 512, share: 256, reserve: 128 },
        Pool::SignIns => PoolSize { slots: 128, share: 64, reserve: 32 },
        Pool::Administration => PoolSize { slots: 128, share: 64, reserve: 32 },
        Pool::WriteStreams => PoolSize { slots: 16, share: 8, reserve: 4 },
    }
}

/// The slots, budgets and clock of one listener.
#[derive(Debug)]
pub struct ListenerLimits {
    pools: [SlotPool; Pool::COUNT],
    requests: Arc<MemoryBudget>,
    responses: Arc<MemoryBudget>,
    write_streams: Arc<MemoryBudget>,
    incomplete: AtomicUsize,
    seconds: AtomicU64,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self::new([
            size(Pool::Health),
            size(Pool::HealthWatch),
            size(Pool::Reflection),
            size(Pool::Decisions),
            size(Pool::SignIns),
            size(Pool::Administration),
            size(Pool::WriteStreams),
        ])
    }
}

impl ListenerLimits {
    fn new(sizes: [PoolSize; Pool::COUNT]) -> Self {
        Self {
            pools: sizes.map(SlotPool::new),
            requests: Arc::new(MemoryBudget::new(Limits::REQUEST_BYTES)),
            responses: Arc::new(MemoryBudget::new(Limits::RESPONSE_BYTES)),
            write_streams: Arc::new(MemoryBudget::new(Limits::WRITE_STREAM_BYTES)),
            incomplete: AtomicUsize::new(0),
            seconds: AtomicU64::new(0),
        }
    }

    /// The same size for every pool.
    #[cfg(test)]
    pub(super) fn with_pools(size: PoolSize) -> Self {
        Self::new([size; Pool::COUNT])
    }

    pub(super) fn pool(&self, pool: Pool) -> Option<&SlotPool> {
        self.pools.get(pool.index())
    }

    pub(super) fn request_bytes(&self) -> Reservation {
        Reservation::none(Arc::clone(&self.requests))
    }

    pub(super) fn response_bytes(&self) -> Reservation {
        Reservation::none(Arc::clone(&self.responses))
    }

    pub(super) fn write_stream_bytes(&self) -> Reservation {
        Reservation::none(Arc::clone(&self.write_streams))
    }

    pub(super) fn incomplete(&self) -> &AtomicUsize {
        &self.incomplete
    }

    /// The time since the listener began, in seconds, as of the last [`tick`](Self::tick): reading it costs nothing.
    pub fn now(&self) -> u64 {
        self.seconds.load(Ordering::Relaxed)
    }

    /// Lets a second pass.
    pub fn tick(&self) {
        self.seconds.fetch_add(1, Ordering::Relaxed);
    }
}
