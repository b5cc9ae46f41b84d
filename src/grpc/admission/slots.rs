//! Slot pools.
//!
//! A pool limits the calls of a kind that are handled at the same time. A connection gets a share of it at most, and
//! the last slots of a pool are reserved for connections that hold few: a client with many calls can't keep out one
//! that asks now and then.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{connection::ConnectionState, method::Pool};

/// The number of slots that still counts as few.
const FEW: usize = 4;

/// The size of a pool, and of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolSize {
    /// The calls handled at the same time.
    pub(super) slots: usize,
    /// The calls of one connection among them.
    pub(super) share: usize,
    /// The slots that only connections with few calls get.
    pub(super) reserve: usize,
}

/// The slots for one kind of call.
#[derive(Debug)]
pub(super) struct SlotPool {
    size: PoolSize,
    taken: AtomicUsize,
}

impl SlotPool {
    pub(super) const fn new(size: PoolSize) -> Self {
        Self { size, taken: AtomicUsize::new(0) }
    }
}

/// A slot of a pool, taken until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connection: Arc<ConnectionState>,
    pool: Pool,
}

impl Slot {
    /// Takes a slot for a call of a connection. `None`: the connection has its share, or the pool is full.
    pub(super) fn take(connection: &Arc<ConnectionState>, pool: Pool) -> Option<Self> {
        let held = connection.held(pool)?;
        let SlotPool { size, taken } = connection.limits().pool(pool)?;
        let mine = held.fetch_add(1, Ordering::Relaxed);
        if mine >= size.share {
            held.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let all = taken.fetch_add(1, Ordering::Relaxed);
        let limit = if mine < FEW { size.slots } else { size.slots.saturating_sub(size.reserve) };
        if all >= limit {
            taken.fetch_sub(1, Ordering::Relaxed);
            held.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self { connection: Arc::clone(connection), pool })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(held) = self.connection.held(self.pool) {
            held.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(SlotPool { taken, .. }) = self.connection.limits().pool(self.pool) {
            taken.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::admission::{Peer, listener::ListenerLimits};

    fn connections(size: PoolSize, number: usize) -> Vec<Arc<ConnectionState>> {
        let limits = Arc::new(ListenerLimits::with_pools(size));
        (0..number).map(|_| Arc::new(ConnectionState::new(Arc::clone(&limits), Peer::InProcess))).collect()
    }

    fn take(connection: &Arc<ConnectionState>, number: usize) -> Vec<Slot> {
        (0..number).map_while(|_| Slot::take(connection, Pool::Decisions)).collect()
    }

    #[test]
    fn one_connection_gets_its_share_and_quiet_ones_the_reserve() {
        let connections = connections(PoolSize { slots: 20, share: 10, reserve: 5 }, 3);
        let first = take(&connections[0], 20);
        assert_eq!(first.len(), 10, "its share");
        let second = take(&connections[1], 20);
        assert_eq!(second.len(), 5, "up to the reserve");
        let third = take(&connections[2], 20);
        assert_eq!(third.len(), FEW, "few, from the reserve");
        drop(first);
        assert_eq!(take(&connections[0], 20).len(), 6, "up to the reserve again");
        drop((second, third));
        assert_eq!(take(&connections[1], 20).len(), 10, "everything was given back");
    }
}
