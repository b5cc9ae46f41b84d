//! The data folder: made, locked, tidied and made durable, before and around sled.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{super::StoreError, guard, lock::Lock};

/// A data folder that is locked.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    _lock: Lock,
}

impl Folder {
    /// Makes the folder if it isn't there, checks that it is fit for a store, and locks it.
    pub(super) fn lock(dir: &Path) -> Result<Self, StoreError> {
        guard::is_there(dir)?;
        make_durable(dir)?;
        // sled compares absolute paths in places.
        let dir = fs::canonicalize(dir).map_err(failed("find", dir))?;
        guard::check(&dir)?;
        Ok(Self { _lock: Lock::take(&dir)?, dir })
    }

    /// Where the data folder is.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the store is.
    pub(super) fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// Whether there is a store, whatever state it is in.
    pub(super) fn has_store(&self) -> Result<bool, StoreError> {
        let store = self.store();
        store.try_exists().map_err(failed("look for", &store))
    }

    /// A store's place until it is whole. A crash leaves a store whole or not there at all, so that one that
    /// has lost its records can't be taken for a new one.
    pub(super) fn begin_store(&self) -> Result<PathBuf, StoreError> {
        let draft = self.dir.join("store.new");
        match fs::remove_dir_all(&draft) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed("remove", &draft)(error)),
        }
        make_private(&draft)?;
        Ok(draft)
    }

    /// Puts the new store in its place for good.
    pub(super) fn finish_store(&self, draft: &Path) -> Result<(), StoreError> {
        seal_tree(draft).map_err(failed("sync", draft))?;
        fs::rename(draft, self.store()).map_err(failed("rename", draft))?;
        sync_dir(&self.dir)
    }

    /// Removes snapshots that sled had not finished when it was killed; it would read them as finished ones.
    ///
    /// INVARIANT: only under the lock, and never a finished snapshot, which can hold the only trace of a record.
    pub(super) fn remove_unfinished_snapshots(&self) -> Result<(), StoreError> {
        let store = self.store();
        let remove = || {
            for entry in fs::read_dir(&store)? {
                let name = entry?.file_name();
                if name.to_str().is_some_and(is_unfinished) {
                    tracing::warn!(file = ?name, "removing a snapshot that was not finished");
                    fs::remove_file(store.join(name))?;
                }
            }
            io::Result::Ok(())
        };
        remove().map_err(failed("remove unfinished snapshots in", &store))
    }

    /// Makes the store's file names durable, sled renames snapshots while it opens; and its own, which whoever put
    /// it in its place may have been killed before doing.
    pub(super) fn sync_store(&self) -> Result<(), StoreError> {
        sync_dir(&self.store())?;
        sync_dir(&self.dir)
    }
}

/// Disk space of a data folder.
#[derive(Clone, Debug)]
pub(super) struct Space {
    dir: PathBuf,
    /// Number of bytes that have to stay free.
    spare: u64,
}

impl Space {
    pub(super) fn new(dir: &Path, spare: u64) -> Self {
        Self { dir: dir.to_owned(), spare }
    }

    /// Fails with [`StoreError::NoSpace`] if so many bytes don't fit. A system that doesn't say how much is free has
    /// enough.
    pub(super) fn check(&self, needed: u64) -> Result<(), StoreError> {
        let Self { dir, spare } = self;
        match self.free_bytes() {
            Some(free) if free < needed.saturating_add(*spare) => {
                Err(StoreError::NoSpace { path: dir.clone(), free, spare: *spare, needed })
            }
            _ => Ok(()),
        }
    }

    fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&self.dir).ok()?;
        stat.f_bavail.checked_mul(stat.f_frsize)
    }
}

/// Whether a file of sled's is a snapshot that it didn't finish.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.starts_with("snap.") && name.ends_with(".generating")
}

fn make_private(dir: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("create", dir))
}

/// Makes a folder and those above it, as far as they aren't there, and their names durable from above to below.
///
/// The name of one that is there is synced, too: whoever made it may have been killed before doing so.
fn make_durable(dir: &Path) -> Result<(), StoreError> {
    let Some(parent) = dir.parent() else { return Ok(()) };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let is_there = dir.is_dir();
    if !is_there {
        make_durable(parent)?;
        make_private(dir)?;
    }
    match sync_dir(parent) {
        // What can't be read isn't where we made it.
        Err(StoreError::Io { source, .. }) if is_there && source.kind() == ErrorKind::PermissionDenied => {
            Ok(())
        }
        synced => synced,
    }
}

pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync", dir))
}

/// Makes everything in a folder durable and its owner's alone.
fn seal_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            fs::set_permissions(&path, Permissions::from_mode(0o700))?;
            seal_tree(&path)?;
        } else {
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            File::open(&path)?.sync_all()?;
        }
    }
    File::open(dir)?.sync_all()
}

/// Says what was being done where.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { what, path, source }
}
