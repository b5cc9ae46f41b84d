//! One call after the other, each when the one before has been answered.

use std::{sync::Arc, time::Instant};

use super::{client::Client, phase::Phase, requests::Requests};

/// A place in the load: one call in flight.
pub struct Lane {
    pub client: Client,
    pub requests: Arc<Requests>,
    /// Which request is next; they begin again when all are used.
    pub next: usize,
}

/// What calls took that ended while it was measured.
#[derive(Default)]
pub struct Times {
    /// In nanoseconds; four seconds at most.
    pub nanos: Vec<u32>,
    pub answer_bytes: u64,
}

impl Times {
    pub fn add(&mut self, others: Self) {
        self.nanos.extend(others.nanos);
        self.answer_bytes += others.answer_bytes;
    }
}

impl Lane {
    pub async fn run(mut self, phase: Arc<Phase>) -> anyhow::Result<Times> {
        let mut times = Times { nanos: Vec::with_capacity(1 << 16), answer_bytes: 0 };
        while !phase.is_over() {
            let body = self.requests.body(self.next);
            self.next += 1;
            let start = Instant::now();
            let mut bytes = 0;
            self.client.call(body, |chunk| bytes += chunk.len() as u64).await?;
            if phase.is_measuring() {
                times.nanos.push(u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX));
                times.answer_bytes += bytes;
            }
        }
        Ok(times)
    }
}
