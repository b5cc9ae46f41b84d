//! Where a run is: warming up, measuring, over.

use std::sync::atomic::{AtomicU8, Ordering};

/// Set by one, looked at by everybody before and after each call.
#[derive(Default)]
pub struct Phase(AtomicU8);

const MEASURING: u8 = 1;
const OVER: u8 = 2;

impl Phase {
    pub fn measure(&self) {
        self.0.store(MEASURING, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.0.store(OVER, Ordering::Relaxed);
    }

    pub fn is_measuring(&self) -> bool {
        self.0.load(Ordering::Relaxed) == MEASURING
    }

    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OVER
    }
}
