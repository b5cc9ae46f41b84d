//! (being written)
mod error;
pub use error::{EditError, WriteError};
