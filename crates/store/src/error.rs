//! What can go wrong with a store, in words for the operator.

use std::{io, path::PathBuf};

use super::{BackupError, UnfitFolder};

/// Why a store couldn't do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "`{path}` is in use by another feedgate (process {holder}): stop that one, or choose another folder"
    )]
    InUse { path: PathBuf, holder: String },
    #[error("there is no store in `{path}`: name the folder that `feedgate serve --data` was given")]
    NoStore { path: PathBuf },
    #[error(transparent)]
    Unfit(#[from] UnfitFolder),
    #[error(
        "the kernel takes no filter of system calls ({0}), and without one a change that was acknowledged could be lost \
         when the power fails: a Linux with `CONFIG_SECCOMP_FILTER` is needed, and a container whose profile allows the \
         system calls `seccomp` and `prctl`"
    )]
    NoFilter(io::Error),
    #[error("can't {what} `{path}`: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error(
        "the store has format {found}, which is newer than the {known} that this feedgate knows: use a newer feedgate"
    )]
    NewerFormat { found: u32, known: u32 },
    #[error("the store is damaged: {0}; keep a copy of the folder, then restore a backup into a new one")]
    Corrupt(String),
    #[error("the store's head is at revision {actual}, not {expected}")]
    HeadMoved { expected: u64, actual: u64 },
    #[error("the history after revision {asked} is no longer kept: the oldest change set is {oldest}")]
    Trimmed { asked: u64, oldest: u64 },
    #[error("change sets must be contiguous: {found} came where {expected} was due")]
    NotContiguous { expected: u64, found: u64 },
    #[error("the change set doesn't fit what is stored: {0}")]
    Mismatch(String),
    #[error("a write failed and its outcome is unknown: {0}")]
    OutcomeUnknown(String),
    #[error(
        "the disk of `{path}` has {} MiB free, of which {} MiB are kept (`store.spare_mib`), and this change may take {} MiB: nothing was written, free some space",
        mib(*.free), mib(*.spare), mib(*.needed)
    )]
    NoSpace { path: PathBuf, free: u64, spare: u64, needed: u64 },
    #[error("the store takes no more writes after a failed one: {0}; free the cause and restart")]
    ReadOnly(String),
    #[error("the store has been closed")]
    Closed,
}

/// Rounded up: what is needed isn't made less of.
fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

impl StoreError {
    /// Whether a failed commit may have happened all the same.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown(_))
    }
}

/// Why no store was made of a backup. Nothing that would be taken for one is there.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("`{path}` isn't empty, `{found}` is there: name a folder that is empty or not there yet", path = .path.display())]
    NotEmpty { path: PathBuf, found: String },
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
