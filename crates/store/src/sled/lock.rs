//! The lock on a data folder: a file that the kernel unlocks whatever way its holder ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process, thread,
    time::Duration,
};

use rustix::fs::OFlags;

use super::super::StoreError;

/// The pause between two attempts to lock, and the number of attempts.
const PAUSE: Duration = Duration::from_millis(20);
const ATTEMPTS: usize = 25;

/// Held as long as this lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Keeps everybody from writing in a folder, without writing there: on a file system that can only be read, too.
    /// None if nobody has ever locked it.
    pub(super) fn share(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = dir.join("lock");
        let failed = |what| {
            let path = path.clone();
            move |source| StoreError::Io { what, path, source }
        };
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed("open the lock"))?,
        };
        match patiently(|| file.try_lock_shared()) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Err(in_use(dir, &mut file)),
            Err(TryLockError::Error(source)) => Err(failed("lock")(source)),
        }
    }

    /// Locks a folder, or says which process has.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("lock");
        let failed = |what| {
            let path = path.clone();
            move |source| StoreError::Io { what, path, source }
        };
        // Not truncated: it may be another's.
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        // What a link leads to is not ours to write into.
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let mut file = options.open(&path).map_err(failed("open the lock"))?;
        match patiently(|| file.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(dir, &mut file)),
            Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", process::id())
        };
        write(&mut file).map_err(failed("write the process id to"))?;
        Ok(Self { _file: file })
    }
}

/// Tries to lock for half a second. The last holder may just be ending; and a child process that it started holds
/// the lock, too, from its fork until it executes another program.
fn patiently(mut lock: impl FnMut() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 1..ATTEMPTS {
        match lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    lock()
}

fn in_use(dir: &Path, file: &mut File) -> StoreError {
    let mut holder = String::new();
    // Whoever holds it may be about to write its id.
    let read = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
    let holder = if read { holder.trim().to_owned() } else { "unknown".to_owned() };
    StoreError::InUse { path: dir.to_owned(), holder }
}
