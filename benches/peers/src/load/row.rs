//! What comes out: one line of JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Options, lane::Times, sanity::Seen};
use crate::process::Used;

/// One run. Times of calls are in microseconds, as the client saw them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub server: String,
    pub round: usize,
    pub kind: String,
    pub size: String,
    pub transport: String,
    pub connections: usize,
    pub in_flight: usize,
    /// Checks in a call.
    pub items: usize,
    pub seconds: f64,
    pub calls: usize,
    pub calls_per_second: f64,
    pub items_per_second: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    /// CPU time of the server for each call, in microseconds.
    pub server_cpu: Option<f64>,
    pub client_cpu: f64,
    /// What the server has in memory at the end.
    pub resident_mib: Option<f64>,
    /// Processors that somebody else used meanwhile: a row where that isn't next to nothing is to be thrown away.
    pub other_cores: f64,
    /// Which part was allowed of the checks that were looked at before.
    pub allowed: f64,
    /// Which part of them was answered as the model's rules have it.
    pub agreed: f64,
    pub answer_bytes: f64,
}

/// What a run gave.
pub struct Measured {
    pub times: Times,
    pub taken: Duration,
    pub used: Used,
    pub resident: Option<u64>,
    pub seen: Seen,
}

impl Row {
    pub fn new(options: &Options, measured: Measured) -> Self {
        let Measured { times: Times { mut nanos, answer_bytes }, taken, used, .. } = measured;
        nanos.sort_unstable();
        let calls = nanos.len();
        let at = |part: f64| {
            let place = (calls.saturating_sub(1) as f64 * part) as usize;
            tenths(nanos.get(place).map_or(f64::NAN, |nanos| f64::from(*nanos) / 1e3))
        };
        let a_call = |time: Duration| hundredths(time.as_secs_f64() * 1e6 / calls as f64);
        let seconds = taken.as_secs_f64();
        let items = if options.kind.is_batch() { options.items } else { 1 };
        Self {
            server: options.server.clone(),
            round: options.round,
            kind: options.kind.word().into(),
            size: options.size.word().into(),
            transport: options.target.transport().into(),
            connections: options.connections,
            in_flight: options.in_flight,
            items,
            seconds: hundredths(seconds),
            calls,
            calls_per_second: tenths(calls as f64 / seconds),
            items_per_second: tenths((calls * items) as f64 / seconds),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            server_cpu: options.pid.map(|_| a_call(used.server)),
            client_cpu: a_call(used.client),
            resident_mib: measured.resident.map(|kib| tenths(kib as f64 / 1024.0)),
            other_cores: hundredths(used.others.as_secs_f64() / seconds),
            allowed: ten_thousandths(measured.seen.allowed),
            agreed: ten_thousandths(measured.seen.agreed),
            answer_bytes: tenths(answer_bytes as f64 / calls as f64),
        }
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn ten_thousandths(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}
