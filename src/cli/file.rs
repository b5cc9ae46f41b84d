//! Files that a user names; `-` is standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::Context as _;

use super::failure::Failure;

/// What a file is called in messages.
pub(super) fn called(file: &Path) -> String {
    if is_stdin(file) { "(standard input)".to_owned() } else { file.display().to_string() }
}

/// Opens it for reading. One that isn't there is wrong use.
pub(super) fn open(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if is_stdin(file) {
        return Ok(Box::new(io::stdin()));
    }
    let opened = File::open(file).with_context(|| format!("can't open `{}`", file.display()));
    Ok(Box::new(opened.map_err(Failure::Usage)?))
}

/// The whole of it.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(file)?.read_to_end(&mut bytes);
    read.with_context(|| format!("can't read `{}`", called(file))).map_err(Failure::Usage)?;
    Ok(bytes)
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}
