//! The cost of a decision and of a check, in allocations and instructions, which are the same on every machine.
//! Times are measured in `benches`.
//!
//! `tests/run` builds this binary optimised, unlike the other tests: only then do instruction counts tell whether a
//! change matters.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what it expects by failing"
)]

mod allocations;
mod instructions;
mod workload;
#[path = "../../benches/scale/world.rs"]
mod world;
