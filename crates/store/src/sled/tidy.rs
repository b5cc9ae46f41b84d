//! What lies around a store that isn't as it should be, and can be put right without a doubt.

use std::{
    fmt,
    fs::{self, Permissions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::{
    super::StoreError,
    anchor::AnchorFault,
    folder::{failed, is_unfinished},
};

/// What only the owner of a data folder may have: everything.
const OTHERS: u32 = 0o077;
/// In the folder itself others may look, but not write: they would put a store of their own there.
const OTHERS_WRITE: u32 = 0o022;

/// Something that `fsck --repair` can put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A snapshot that sled had not finished when it was killed.
    Snapshot(PathBuf),
    /// A store that was never whole.
    Draft(PathBuf),
    /// A file or folder that not only its owner can get at.
    Exposed { path: PathBuf, mode: u32, tight: u32 },
    /// An anchor that doesn't know the last commits, or half of which is torn.
    Anchor(Vouching),
}

/// What is the matter with an anchor that can be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouching(AnchorFault);

impl Vouching {
    /// If it can be mended: the store is ahead of the anchor, or exactly where its other half says.
    pub(super) fn of(fault: AnchorFault) -> Option<Self> {
        matches!(fault, AnchorFault::Behind { .. } | AnchorFault::Torn).then_some(Self(fault))
    }
}

impl Defect {
    /// What repairing it does, as something done.
    pub fn repaired(&self) -> String {
        match self {
            Self::Snapshot(path) | Self::Draft(path) => format!("removed `{}`", path.display()),
            Self::Exposed { path, mode, tight } => {
                format!("changed the mode of `{}` from {mode:o} to {tight:o}", path.display())
            }
            Self::Anchor(_) => "wrote the file `anchor` anew, for the state that is there".to_owned(),
        }
    }

    /// Whether it is what a kill or a power loss leaves behind, and the next start puts right by itself.
    pub fn is_left_over(&self) -> bool {
        match self {
            Self::Snapshot(_) | Self::Draft(_) => true,
            Self::Exposed { .. } => false,
            // One commit is durable in sled before the anchor is.
            Self::Anchor(Vouching(fault)) => {
                matches!(fault, AnchorFault::Behind { by: 1 } | AnchorFault::Torn)
            }
        }
    }

    /// Repairs all but an anchor, for which the state is needed.
    pub(super) fn mend(&self) -> Result<(), StoreError> {
        match self {
            Self::Snapshot(path) => fs::remove_file(path).map_err(failed("remove", path)),
            Self::Draft(path) => fs::remove_dir_all(path).map_err(failed("remove", path)),
            Self::Exposed { path, tight, .. } => {
                // Of what was looked at, whatever has been put there since.
                let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
                let opened = fs::File::options().read(true).custom_flags(flags).open(path);
                let changed = opened.and_then(|file| file.set_permissions(Permissions::from_mode(*tight)));
                changed.map_err(failed("change the mode of", path))
            }
            Self::Anchor(_) => Ok(()),
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(path) => {
                write!(f, "`{}` is a snapshot that sled didn't finish", path.display())
            }
            Self::Draft(path) => write!(f, "`{}` is a store that was never finished", path.display()),
            Self::Exposed { path, mode, .. } => {
                write!(f, "others than its owner can get at `{}` (mode {mode:o})", path.display())
            }
            Self::Anchor(Vouching(fault)) => fault.fmt(f),
        }
    }
}

/// Looks through a data folder, but not into its files. Gives how many files the store has, too.
pub(super) fn look(dir: &Path, defects: &mut Vec<Defect>) -> Result<u64, StoreError> {
    let mut found = || {
        exposed(dir, OTHERS_WRITE, defects)?;
        let lock = dir.join("lock");
        if lock.try_exists()? {
            exposed(&lock, OTHERS, defects)?;
        }
        let draft = dir.join("store.new");
        if draft.try_exists()? {
            defects.push(Defect::Draft(draft));
        }
        tree(&dir.join("store"), true, defects)
    };
    found().map_err(failed("look into", dir))
}

/// A folder of the store and all in it; sled makes its snapshots with the mode that all files get, which does no harm
/// where only the owner gets in.
fn tree(folder: &Path, enclosed: bool, defects: &mut Vec<Defect>) -> io::Result<u64> {
    let enclosed = !exposed(folder, OTHERS, defects)? && enclosed;
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let found = fs::symlink_metadata(&path)?;
        if found.is_symlink() {
            // Not the store's, and what it leads to isn't either.
            continue;
        }
        if found.is_dir() {
            files += tree(&path, enclosed, defects)?;
            continue;
        }
        files += 1;
        if is_unfinished(&name) {
            defects.push(Defect::Snapshot(path));
        } else if !(enclosed && name.starts_with("snap.")) {
            exposed(&path, OTHERS, defects)?;
        }
    }
    Ok(files)
}

fn exposed(path: &Path, to: u32, defects: &mut Vec<Defect>) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Ok(false);
    }
    let mode = found.mode() & 0o7777;
    let is = mode & to != 0;
    if is {
        defects.push(Defect::Exposed { path: path.to_owned(), mode, tight: mode & !to });
    }
    Ok(is)
}
