//! Disks that are full, read-only, closed to us, or wrong: a clear error or a right answer, never another policy.

mod denied;
mod flips;
mod folder;
pub mod full;
pub mod namespace;
mod read_only;

use std::{fs, path::Path};

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}
