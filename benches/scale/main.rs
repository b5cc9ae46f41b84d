//! What a policy of a million grants costs: `cargo bench --bench scale [-- GRANTS]`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement fails loudly and prints"
)]

mod engine;
mod memory;
mod server;
mod world;

fn main() {
    let grants = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let size = world::Size::of(grants);
    engine::run(size);
    server::run(size);
}
