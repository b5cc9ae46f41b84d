//! Whether a data folder may be used, found out before anything in it is touched.
//!
//! Whoever else could write there could put a policy of their own in the place of the store, and a link in the place of
//! a file would have sled write where it leads. So the folder, the store in it and the store's files must belong to
//! the user that this process runs as, others must not be able to write there, and there must be no links.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

use super::super::StoreError;

/// Name of the folder for the store in a folder that belongs to root.
const INNER: &str = "feedgate";
/// Mode bits that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;
/// What a data folder has once a server has started there.
const IN_USE: [&str; 3] = ["store", "lock", "admin-token"];

/// Why a data folder can't be used. Nothing in it was touched.
#[derive(Debug, thiserror::Error)]
pub enum UnfitFolder {
    #[error(
        "`{path}` is a link to `{target}`, which isn't there: make that folder, or remove the link, and a folder is \
         made in its place",
        path = path.display(), target = target.display()
    )]
    DanglingLink { path: PathBuf, target: PathBuf },
    #[error("`{path}` is not a folder: name the folder of the store, or one that isn't there yet", path = path.display())]
    NotAFolder { path: PathBuf },
    #[error(
        "`{path}` belongs to uid {owner}, and this process runs as uid {own}: run it as the owner, or `chown -R {own}` \
         the data folder",
        path = path.display()
    )]
    NotOwned { path: PathBuf, owner: u32, own: u32 },
    #[error(
        "others can write in `{path}` (mode {mode:o}), so they could replace what is in it: `chmod go-w` it, or choose a \
         folder within it that isn't there yet",
        path = path.display()
    )]
    Writable { path: PathBuf, mode: u32 },
    #[error(
        "`{path}` is a link to `{target}`: the store must be in the data folder itself; move it there, or name the \
         folder that has it as the data folder",
        path = path.display(), target = target.display()
    )]
    Link { path: PathBuf, target: PathBuf },
}

/// Where the store and the secrets of a data folder are: in itself, unless it belongs to root and this process doesn't
/// run as root.
///
/// Volumes, of Kubernetes for instance, belong to root and let a group or all users write. The store is in a folder of
/// such a volume then, which is made with mode 0700 when it is first used.
pub fn data_folder(dir: &Path) -> Result<PathBuf, StoreError> {
    let found = match fs::metadata(dir) {
        // Made later, and its own then; or a link that leads nowhere, which is said later.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(dir.to_owned()),
        found => found.map_err(failed(dir))?,
    };
    let inner = dir.join(INNER);
    let has = |folder: &Path, name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
    // To root, which looks after stores of others, it is a volume if there is such a store.
    let is_volume = found.is_dir()
        && found.uid() == 0
        && !IN_USE.iter().any(|name| has(dir, name))
        && (!geteuid().is_root() || has(&inner, "store"));
    Ok(if is_volume { inner } else { dir.to_owned() })
}

/// Fails if a path leads nowhere, or to something else than a folder. True if there is a folder.
pub(super) fn is_there(dir: &Path) -> Result<bool, StoreError> {
    match fs::metadata(dir) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(UnfitFolder::NotAFolder { path: dir.to_owned() }.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(dir) {
            Ok(target) => Err(UnfitFolder::DanglingLink { path: dir.to_owned(), target }.into()),
            Err(_) => Ok(false),
        },
        Err(error) => Err(failed(dir)(error)),
    }
}

/// Fails if a data folder is somebody else's.
pub(super) fn check_own(dir: &Path) -> Result<(), StoreError> {
    owned(dir, &fs::metadata(dir).map_err(failed(dir))?, geteuid().as_raw())
}

/// Fails unless a data folder is fit for a store of this process.
pub(super) fn check(dir: &Path) -> Result<(), StoreError> {
    let own = geteuid().as_raw();
    let found = fs::metadata(dir).map_err(failed(dir))?;
    owned(dir, &found, own)?;
    closed(dir, &found)?;
    for name in ["lock", "store.new", "store"] {
        let path = dir.join(name);
        if let Some(found) = look(&path)? {
            owned(&path, &found, own)?;
        }
    }
    let store = dir.join("store");
    match look(&store)? {
        Some(found) if found.is_dir() => {
            closed(&store, &found)?;
            files(&store, own)
        }
        Some(_) => Err(UnfitFolder::NotAFolder { path: store }.into()),
        None => Ok(()),
    }
}

/// Fails if a file of the store is a link, or somebody else's than the folder's owner. For those who only look.
pub fn check_owner(dir: &Path) -> Result<(), StoreError> {
    let owner = fs::metadata(dir).map_err(failed(dir))?.uid();
    let store = dir.join("store");
    match look(&store)? {
        Some(found) => owned(&store, &found, owner).and_then(|()| files(&store, owner)),
        None => Ok(()),
    }
}

fn files(folder: &Path, own: u32) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        // None: sled's temporary files come and go while this looks.
        let Some(found) = look(&path)? else { continue };
        owned(&path, &found, own)?;
        if found.is_dir() {
            files(&path, own)?;
        }
    }
    Ok(())
}

/// Metadata of a path that is no link; none if it isn't there.
pub(super) fn look(path: &Path) -> Result<Option<fs::Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            let target = fs::read_link(path).map_err(failed(path))?;
            Err(UnfitFolder::Link { path: path.to_owned(), target }.into())
        }
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

fn owned(path: &Path, found: &fs::Metadata, own: u32) -> Result<(), StoreError> {
    match found.uid() {
        owner if owner == own => Ok(()),
        owner => Err(UnfitFolder::NotOwned { path: path.to_owned(), owner, own }.into()),
    }
}

fn closed(path: &Path, found: &fs::Metadata) -> Result<(), StoreError> {
    match found.mode() & 0o7777 {
        mode if mode & OTHERS_WRITE == 0 => Ok(()),
        mode => Err(UnfitFolder::Writable { path: path.to_owned(), mode }.into()),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    super::folder::failed("look at", path)
}
