//! Why a file is no backup that can be restored.

use super::super::StoreError;

/// What is wrong with a file, in words that go on where its name ends.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("it is not a backup of feedgate's: `feedgate backup FILE` makes one")]
    NotABackup,
    #[error("it has format {found}, this feedgate knows {known}: use a newer feedgate, or another backup")]
    NewerFormat { found: u32, known: u32 },
    /// Cut off, added to, or a byte that turned.
    #[error("it is damaged, its checksum is wrong: use another backup")]
    Checksum,
    /// Whole by its checksum, and yet not what any feedgate writes.
    #[error("it is not as a backup has to be, {0}: use another backup")]
    Malformed(&'static str),
    #[error("what is in it isn't whole, {0}: use another backup")]
    Content(String),
    #[error("can't read it: {0}")]
    Io(#[from] std::io::Error),
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NewerFormat { found, known } => Self::NewerFormat { found, known },
            StoreError::Corrupt(what) => Self::Content(what),
            other => Self::Content(other.to_string()),
        }
    }
}
