//! sled itself: opened, read, written to, and made durable.

use std::{
    fmt,
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use ::sled::{Batch, Config, Db, IVec};

use super::{
    super::{StoreError, codec::Records},
    folder::failed,
    syncing,
};

/// How many bytes of payload a part has at most.
///
/// INVARIANT: a node of sled's tree stays below a quarter of a segment (128 KiB), or else it goes to a file of
/// its own that is never synced. A leaf splits above 16 entries and takes in less than 4 by merging: 21 parts
/// are 88 KiB.
pub(crate) const PART_LIMIT: usize = 4096;

/// What sled keeps in memory, roughly. Little is read twice: the policy itself lives in the index.
const CACHE_BYTES: u64 = 16 << 20;

/// How long to wait for a store that this process has just closed: its last threads let go of it a moment
/// later. Other processes are kept out by our own lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open store of sled's.
pub(super) struct Database {
    path: PathBuf,
    db: Db,
    /// A second handle on sled's file, to sync it by.
    file: File,
}

impl Database {
    /// Opens what is in a folder, or makes it. May panic on a damaged store.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        syncing::in_earnest().map_err(StoreError::NoFilter)?;
        sync_before_opening(&path.join("db"))?;
        // No thread of sled's own that flushes, and so fails, behind our back.
        let config = Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let deadline = Instant::now() + PATIENCE;
        let db = loop {
            match config.open() {
                Err(error) if is_locked(&error) && Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(5));
                }
                opened => break opened.map_err(|error| store_error("open", path, error))?,
            }
        };
        let file = path.join("db");
        let file = File::options().read(true).write(true).open(&file).map_err(failed("open", &file))?;
        Ok(Self { path: path.to_owned(), db, file })
    }

    /// All parts of all records, in the order of their keys.
    pub(super) fn scan(&self) -> impl Iterator<Item = Result<(IVec, IVec), StoreError>> + '_ {
        self.db.iter().map(|part| part.map_err(|error| store_error("read", &self.path, error)))
    }

    /// Writes and removes all or nothing, and waits until that would survive a power loss.
    ///
    /// After an error, nobody knows: sled's own view may be half of it, and what the kernel kept after a failed
    /// sync isn't what the disk has. Close it.
    pub(super) fn write(&self, writes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.db.apply_batch(batch).map_err(|error| store_error("write to", &self.path, error))?;
        // It syncs each write to the log, see `syncing`.
        self.db.flush().map_err(|error| store_error("flush", &self.path, error)).map(drop)
    }

    /// Waits until what is in the log would survive a power loss, whoever wrote it.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(failed("sync", &self.path))
    }
}

/// Makes durable what a killed process left unsynced, if there is a store.
///
/// While it opens, sled believes what it reads: it writes a snapshot that points there, and overwrites what that
/// replaces. None of this may reach the disk before what it relies on.
fn sync_before_opening(file: &Path) -> Result<(), StoreError> {
    match File::open(file).and_then(|file| file.sync_data()) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        synced => synced.map_err(failed("sync", file)),
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Records for Database {
    type Bytes = IVec;

    fn get(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        self.db.get(key).map_err(|error| store_error("read", &self.path, error))
    }
}

fn is_locked(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

fn store_error(what: &'static str, path: &Path, error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Io(source) => StoreError::Io { what, path: path.to_owned(), source },
        other => StoreError::Corrupt(format!("can't {what} `{}`: {other}", path.display())),
    }
}
