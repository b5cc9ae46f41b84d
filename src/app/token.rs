//! The administrator's token: made at the first start, kept in a file that only its owner can read.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

/// The file's name in the data folder.
pub const FILE: &str = "admin-token";

const RANDOM_BYTES: usize = 32;

/// Why there is no token. Never quotes it.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("can't {what} `{path}`: {source}", path = path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("there is no randomness to make a token of: {0}")]
    Randomness(getrandom::Error),
    #[error(
        "`{path}` can be read by others (mode {mode:o}): `chmod 600` it; if others may have read it, delete it and a new one is made",
        path = path.display()
    )]
    Readable { path: PathBuf, mode: u32 },
    #[error(
        "`{path}` holds no token: it takes one line of printable ASCII without spaces; delete it and a new one is made",
        path = path.display()
    )]
    Unusable { path: PathBuf },
}

/// Reads the token in a data folder, or makes one.
pub fn load_or_create(data: &Path) -> Result<SecretString, TokenError> {
    let path = data.join(FILE);
    match fs::symlink_metadata(&path) {
        Ok(_) => load(&path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(data, &path),
        Err(source) => Err(TokenError::Io { what: "look at", path, source }),
    }
}

fn load(path: &Path) -> Result<SecretString, TokenError> {
    let failed = |what| move |source| TokenError::Io { what, path: path.into(), source };
    let mode = fs::metadata(path).map_err(failed("look at"))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(TokenError::Readable { path: path.into(), mode });
    }
    let content = fs::read_to_string(path).map_err(failed("read"))?;
    let token = content.trim_end_matches(['\r', '\n']);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenError::Unusable { path: path.into() });
    }
    Ok(token.into())
}

/// The file appears whole or not at all, and stays. It has no line end, so that it can be sent as it is.
fn create(data: &Path, path: &Path) -> Result<SecretString, TokenError> {
    let failed = |what| move |source| TokenError::Io { what, path: path.into(), source };
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(TokenError::Randomness)?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    // Made with O_EXCL and mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(data).map_err(failed("create"))?;
    file.write_all(token.as_bytes()).map_err(failed("write"))?;
    file.as_file().sync_all().map_err(failed("write"))?;
    file.persist_noclobber(path).map_err(|error| failed("create")(error.error))?;
    fs::File::open(data).and_then(|folder| folder.sync_all()).map_err(failed("keep"))?;
    Ok(token.into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let made = load_or_create(dir.path()).unwrap();
        assert_eq!(made.expose_secret().len(), 43);
        let path = dir.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), made.expose_secret());
        assert_eq!(load_or_create(dir.path()).unwrap().expose_secret(), made.expose_secret());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_no_secret_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let with = |content: &str, mode| {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            load_or_create(dir.path())
        };
        assert_eq!(with("mine\n", 0o600).unwrap().expose_secret(), "mine");
        assert_eq!(with("mine", 0o400).unwrap().expose_secret(), "mine");
        for mode in [0o640, 0o604, 0o644] {
            assert!(matches!(with("mine", mode), Err(TokenError::Readable { .. })));
        }
        for content in ["", "\n", "two words", "zwölf"] {
            let error = with(content, 0o600).unwrap_err();
            assert!(matches!(error, TokenError::Unusable { .. }), "{content:?}");
            assert!(content.trim().is_empty() || !error.to_string().contains(content));
        }
    }
}
