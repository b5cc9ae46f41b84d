//! A backup's file: written beside its place, verified there, and moved when it is whole and durable.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{
    model::Revision,
    store::{Archive, BackupError, Stamp},
};

/// Why there is no file. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("`{path}` is there already: `--force` replaces it", path = .0.display())]
    Exists(PathBuf),
    #[error("`{path}` is not a plain file: name another one", path = .0.display())]
    NotAFile(PathBuf),
    #[error("can't {what} `{path}`: {source}", path = .path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("what was written isn't a backup, and was removed again: {0}")]
    Backup(#[from] BackupError),
}

/// A file that isn't in its place yet. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct BackupFile {
    path: PathBuf,
    folder: PathBuf,
    replace: bool,
    new: NamedTempFile,
}

/// A file that is in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Of the policy that is in it.
    pub revision: Revision,
    /// In milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    pub bytes: u64,
}

impl BackupFile {
    /// Begins a file that only its owner can read. One that is there already is in the way, unless it is to be
    /// replaced.
    pub fn create(path: &Path, replace: bool) -> Result<Self, FileError> {
        match fs::symlink_metadata(path) {
            Ok(there) if !there.is_file() => return Err(FileError::NotAFile(path.to_owned())),
            Ok(_) if !replace => return Err(FileError::Exists(path.to_owned())),
            Ok(_) | Err(_) => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Made with mode 0600.
        let new = tempfile::Builder::new().prefix(".feedgate-backup-").tempfile_in(folder);
        let new = new.map_err(failed("write", path))?;
        Ok(Self { path: path.to_owned(), folder: folder.to_owned(), replace, new })
    }

    /// Appends a piece.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), FileError> {
        self.new.write_all(piece).map_err(failed("write", &self.path))
    }

    /// Reads back what was written, makes it durable, and puts it in its place. [`FileError::Backup`] if it isn't
    /// whole.
    pub fn finish(self) -> Result<Taken, FileError> {
        let Self { path, folder, replace, new } = self;
        new.as_file().sync_all().map_err(failed("write", &path))?;
        let written = File::open(new.path()).map_err(failed("read back", &path))?;
        let archive = Archive::read(written)?;
        let Stamp { revision, taken_ms: at_ms } = archive.stamp();
        if replace {
            new.persist(&path).map_err(|error| failed("write", &path)(error.error))?;
        } else {
            new.persist_noclobber(&path).map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => FileError::Exists(path.clone()),
                _ => failed("write", &path)(error.error),
            })?;
        }
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed("keep", &path))?;
        Ok(Taken { revision, at_ms, bytes: archive.bytes() })
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { what, path, source }
}
