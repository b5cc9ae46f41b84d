//! A store made from a backup: a new incarnation of the one that it was taken from.

use std::{fs, path::Path};

use super::{
    super::{
        Archive, BackupError, RestoreError, StoreError, Whole,
        codec::{self, RecordKey},
        new_store_id,
    },
    anchor::Anchor,
    database::{Database, PART_LIMIT},
    folder::{Folder, failed},
    guard,
};
use feedgate_model::Revision;

/// How many bytes are written in one go: what sled keeps in memory until it has them all.
const BATCH: usize = 8 << 20;
/// What surrounds the payload of a part: a version, the number of parts and a checksum.
const ENVELOPE: usize = 1 + 10 + 8;
/// What a start that was interrupted leaves; the next one takes no store from it.
const NO_STORE: [&str; 2] = ["lock", "store.new"];

/// A store that was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What it was called when the backup was taken.
    pub from: Revision,
    /// What it is called now: the same revision of another incarnation.
    pub to: Revision,
}

/// Makes the store of a backup in a folder that is empty or not there. Blocks.
///
/// `whole` is what [`Archive::examine`] has found in this backup, all of it verified. The store appears in its place when it is whole and
/// durable; until then nothing there would be taken for one.
pub fn restore(archive: &Archive, whole: &Whole, dir: &Path) -> Result<Restored, RestoreError> {
    if archive.parts().any(|(_, value)| value.len() > PART_LIMIT + ENVELOPE) {
        return Err(RestoreError::Backup(BackupError::Malformed("a part of it is too long")));
    }
    guard::is_there(dir)?;
    empty(dir)?;
    let folder = Folder::lock(dir)?;
    // Somebody else may have been there before the lock.
    empty(dir)?;
    let from = archive.stamp().revision;
    let plan = codec::reincarnation(&whole.state, new_store_id()?, PART_LIMIT)?;
    let to = Revision { store: plan.state.head.store, ..from };
    let draft = folder.begin_store()?;
    let made = fill(&draft, archive, plan).and_then(|()| folder.finish_store(&draft));
    if let Err(error) = made {
        // What can't be removed is no store either.
        let _ = fs::remove_dir_all(&draft);
        return Err(error.into());
    }
    Ok(Restored { from, to })
}

/// Fails unless there is nothing in a folder that anybody could miss.
fn empty(dir: &Path) -> Result<(), RestoreError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed("look into", dir))?,
    };
    for entry in entries {
        let name = entry.map_err(failed("look into", dir))?.file_name();
        if !name.to_str().is_some_and(|name| NO_STORE.contains(&name)) {
            let found = name.to_string_lossy().into_owned();
            return Err(RestoreError::NotEmpty { path: dir.to_owned(), found });
        }
    }
    Ok(())
}

/// Writes all records, reads them back, and makes the anchor that vouches for them.
fn fill(draft: &Path, archive: &Archive, plan: codec::Plan) -> Result<(), StoreError> {
    let state = plan.state;
    let database = Database::open(draft)?;
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for (key, value) in archive.parts() {
        // The state comes last, and is another.
        if RecordKey::parse(key).is_some_and(|(record, _)| record == RecordKey::State) {
            continue;
        }
        bytes += key.len() + value.len();
        batch.push((key.to_vec(), Some(value.to_vec())));
        if bytes > BATCH {
            database.write(std::mem::take(&mut batch))?;
            bytes = 0;
        }
    }
    batch.extend(plan.writes);
    database.write(batch)?;
    drop(database);
    let database = Database::open(draft)?;
    if codec::load(database.scan())?.state != state {
        return Err(StoreError::Corrupt("what was written can't be read back".to_owned()));
    }
    drop(database);
    Anchor::create(draft, &state)
}
