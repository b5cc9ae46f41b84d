//! Files that a user names: read, where `-` is standard input, or written.

use std::{
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use anyhow::Context as _;

use super::failure::Failure;
use crate::model::byte_order_mark;

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

/// Bytes as text, without a byte-order mark. Says what they are instead without quoting them.
pub(super) fn text(bytes: Vec<u8>, what: &str) -> Result<String, Failure> {
    if byte_order_mark::is_utf16(&bytes) {
        return Err(Failure::usage(format!("{what} is UTF-16; UTF-8 is expected")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(byte_order_mark::skip(&text).to_owned()),
        Err(_) => Err(Failure::usage(format!("{what} is not UTF-8"))),
    }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Writes a file whole or leaves it as it is: one that breaks off must not look like a smaller one.
pub(super) fn replace(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let context = || format!("can't write `{}`", file.display());
    if fs::symlink_metadata(file).is_ok_and(|there| !there.is_file()) {
        // A pipe, a device, a link: written to as it is, not replaced by a file.
        return write(&mut File::create(file).with_context(context)?);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        // As for any other new file: the umask takes what it takes.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .with_context(context)?;
    write(new.as_file_mut())?;
    new.persist(file).with_context(context)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(out: &mut dyn Write) -> Result<(), Failure> {
        Ok(out.write_all(b"hello")?)
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        replace(&file, hello).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"hello");

        let failed = replace(&file, |out| {
            out.write_all(b"half")?;
            Err(Failure::usage("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&file).unwrap(), b"hello");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, hello).unwrap();
        assert_eq!((fs::read(&file).unwrap(), link.is_symlink()), (b"hello".to_vec(), true));
    }
}
