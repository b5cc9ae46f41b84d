//! What several tests need.

pub mod ask;
pub mod crowd;
pub mod directories;
pub mod edits;
pub mod program;
pub mod random;
pub mod server;
pub mod watch;
pub mod write;

/// Whether the long versions of tests are asked for.
pub fn campaign() -> bool {
    std::env::var_os("FEEDGATE_CAMPAIGN").is_some_and(|value| value == "1")
}

/// A file of `tests/data`.
pub fn data(file: &str) -> String {
    format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// The example of a policy that the demonstration shows, too.
pub fn example() -> String {
    format!("{}/deploy/examples/approval-workflow.yaml", env!("CARGO_MANIFEST_DIR"))
}
