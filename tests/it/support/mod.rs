//! What several tests need.

pub mod edits;
pub mod random;

/// Whether the long versions of tests are asked for.
pub fn campaign() -> bool {
    std::env::var_os("FEEDGATE_CAMPAIGN").is_some_and(|value| value == "1")
}
