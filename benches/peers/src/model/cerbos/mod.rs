//! The model as Cerbos takes it.

mod messages;
mod policies;

pub use messages::{CheckResponse, ResultEntry, request};
pub use policies::write_files;

/// The method that answers questions.
pub const METHOD: &str = "/cerbos.svc.v1.CerbosService/CheckResources";
