//! The commands that read or write a whole policy: `apply`, `export`, `import`.

pub(super) mod apply;
pub(super) mod export;
mod holders;
pub(super) mod import;
mod members;
pub(super) mod report;
mod write;
