//! Files that only their owner may read: opened without following a link, checked before they are read.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use rustix::{fs::OFlags, io::Errno, process::geteuid};

/// Why a file isn't private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NotAFile,
    NotOwned { owner: u32, own: u32 },
    Readable { mode: u32 },
}

/// Opens a file and checks it. What is checked is what can be read then, whatever happens to the path meanwhile.
pub fn open(path: &Path) -> io::Result<Result<File, Fault>> {
    // Waits for no writer, as opening a pipe would.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Ok(Err(Fault::NotAFile));
        }
        opened => opened?,
    };
    let found = file.metadata()?;
    let (owner, own, mode) = (found.uid(), geteuid().as_raw(), found.mode() & 0o777);
    Ok(if !found.is_file() {
        Err(Fault::NotAFile)
    } else if owner != own {
        Err(Fault::NotOwned { owner, own })
    } else if mode & 0o077 != 0 {
        Err(Fault::Readable { mode })
    } else {
        Ok(file)
    })
}
