//! Files that a user names.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use anyhow::Context as _;

use crate::cli::failure::Failure;

/// The whole file; `-` is standard input.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    bytes.with_context(|| format!("can't read {}", file.display())).map_err(Failure::Usage)
}
