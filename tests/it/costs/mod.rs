//! What a decision and a check cost, in what can be counted: allocations and instructions. Times are the business of
//! `benches`.

mod allocations;
mod instructions;
mod workload;
#[path = "../../../benches/scale/world.rs"]
mod world;
