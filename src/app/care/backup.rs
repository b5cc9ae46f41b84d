//! A backup from the folder of a server that was stopped.

use std::path::PathBuf;

use super::{BackupFile, Taken, apart, open, scratch as scratch_folder, thread_unless_interrupted};
use crate::store;

/// Copies all of the store in a data folder that is not in use into a file that was begun. Changes nothing in the
/// folder; works on a copy of the store as [`fsck`](super::fsck) does.
///
/// Fails if what is there isn't whole.
pub async fn backup(data: PathBuf, scratch: Option<PathBuf>, mut file: BackupFile) -> anyhow::Result<Taken> {
    let data = store::data_folder(&data)?;
    let copy = scratch_folder(scratch.as_deref())?;
    let place = copy.path().to_owned();
    let backup = apart(move || Ok(open(&data, &place, false)?.backup()?));
    let backup = thread_unless_interrupted(backup).await??;
    for piece in backup.into_pieces() {
        file.write(&piece)?;
    }
    Ok(file.finish()?)
}
