//! Budgets for bytes that clients make the server hold.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A number of bytes that all connections of a listener share.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    bytes: usize,
    used: AtomicUsize,
}

impl MemoryBudget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self { bytes, used: AtomicUsize::new(0) }
    }

    fn reserve(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|total| *total <= self.bytes);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// Bytes of a budget, reserved until this is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl Reservation {
    pub(super) const fn none(budget: Arc<MemoryBudget>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Reserves as much in all. False: the budget is used up, and the reservation stays as it was.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let reserved = more == 0 || self.budget.reserve(more);
        if reserved {
            self.bytes += more;
        }
        reserved
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_shared_and_given_back() {
        let budget = Arc::new(MemoryBudget::new(100));
        let mut first = Reservation::none(Arc::clone(&budget));
        let mut second = Reservation::none(Arc::clone(&budget));
        assert!(first.grow_to(60));
        assert!(first.grow_to(50), "it has them already");
        assert!(!second.grow_to(41));
        assert!(second.grow_to(40));
        drop(first);
        assert!(second.grow_to(100));
        drop(second);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
