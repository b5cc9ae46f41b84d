//! (being written)
mod error;
pub mod query;
pub use error::{CheckError, FreshnessError, ServiceError};
