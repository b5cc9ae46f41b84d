//! Backups: all records of a store as they are at one moment, in one file.
//!
//! The file can be read without the store that it came from, and whether it is whole is in it. It has the password
//! hashes: whoever may read it may guess passwords at leisure.
//!
//! | File | Holds |
//! |---|---|
//! | `format` | the bytes of the file |
//! | `copied` | records copied from a store, and what becomes of them: a backup, once they are verified |
//! | `archive` | such a file, read and verified |
//! | `error` | why a file is none |

mod archive;
mod copied;
mod error;
mod format;

#[cfg(test)]
mod tests;

pub use archive::Archive;
pub use copied::{Backup, Copied};
pub use error::BackupError;

use feedgate_model::Revision;

/// What a backup says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Of the policy that is in it.
    pub revision: Revision,
    /// When it was taken, in milliseconds since 1970-01-01 UTC by the server's clock.
    pub taken_ms: u64,
}
