//! What a policy of a million grants costs, and what ten thousand watchers do:
//! `cargo bench --bench scale [-- GRANTS] [engine|analysis|care|durable|server|watchers]`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement fails loudly and prints"
)]

mod analysis;
mod backup;
mod beside;
mod care;
mod changing;
#[path = "../../tests/it/support/crowd.rs"]
mod crowd;
mod durable;
mod engine;
mod memory;
#[path = "../engine/questions.rs"]
mod questions;
mod server;
mod watchers;
mod world;

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [word, folder] = words.as_slice()
        && word == durable::BARE
    {
        return durable::bare(folder.as_ref());
    }
    let grants = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let size = world::Size::of(grants);
    let parts = ["engine", "analysis", "care", "durable", "server", "watchers"];
    let only = words.iter().find(|word| parts.contains(&word.as_str()));
    let wanted = |part: &str| only.is_none_or(|only| only == part);
    if wanted("engine") {
        engine::run(size);
    }
    if wanted("analysis") {
        analysis::run(size);
    }
    if wanted("care") {
        care::run(size);
    }
    if wanted("durable") {
        durable::run(size);
    }
    if wanted("server") {
        server::run(size);
    }
    if wanted("watchers") {
        watchers::run();
    }
}
