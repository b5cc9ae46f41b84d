//! The administrator's token: made at the first start, kept in a file that only its owner can read, in a folder
//! that only its owner can write: whoever else could would put a token of their own there.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustix::process::geteuid;
use secrecy::{ExposeSecret as _, SecretString};

use super::private_file::{self, Fault};

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
        "`{path}` belongs to somebody else (uid {owner}, this is {own}): run as its owner or `chown` it; if others may have read it, delete it and a new one is made",
        path = path.display()
    )]
    NotOwned { path: PathBuf, owner: u32, own: u32 },
    #[error(
        "`{path}` is not a plain file: delete it and a new one is made",
        path = path.display()
    )]
    NotAFile { path: PathBuf },
    #[error(
        "others can write in `{path}` (mode {mode:o}), so they could replace the token: `chmod go-w` it, or choose a folder within it that isn't there yet",
        path = path.display()
    )]
    FolderWritable { path: PathBuf, mode: u32 },
    #[error(
        "`{path}` holds no token: it takes one line of printable ASCII without spaces; delete it and a new one is made",
        path = path.display()
    )]
    Unusable { path: PathBuf },
}

/// Reads the token in a data folder, or makes one.
pub fn load_or_create(data: &Path) -> Result<SecretString, TokenError> {
    guard(data)?;
    match look(data)? {
        Some(token) => Ok(token),
        None => create(data, &data.join(FILE)),
    }
}

/// Fails if others could put something of their own into a data folder.
pub(super) fn guard(data: &Path) -> Result<(), TokenError> {
    let failed = |what| move |source| TokenError::Io { what, path: data.into(), source };
    let mode = fs::metadata(data).map_err(failed("look at"))?.mode() & 0o7777;
    if mode & 0o022 == 0 { Ok(()) } else { Err(TokenError::FolderWritable { path: data.into(), mode }) }
}

/// Reads the token in a data folder; none if there is none.
pub fn look(data: &Path) -> Result<Option<SecretString>, TokenError> {
    let path = data.join(FILE);
    match private_file::open(&path) {
        Ok(Ok(file)) => load(&path, file).map(Some),
        Ok(Err(Fault::NotAFile)) => Err(TokenError::NotAFile { path }),
        Ok(Err(Fault::NotOwned { owner, own })) => Err(TokenError::NotOwned { path, owner, own }),
        Ok(Err(Fault::Readable { mode })) => Err(TokenError::Readable { path, mode }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TokenError::Io { what: "open", path, source }),
    }
}

fn load(path: &Path, mut file: fs::File) -> Result<SecretString, TokenError> {
    let mut content = String::new();
    file.read_to_string(&mut content).map_err(|source| TokenError::Io {
        what: "read",
        path: path.into(),
        source,
    })?;
    let token = content.strip_prefix('\u{feff}').unwrap_or(&content).trim_end_matches(['\r', '\n']);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenError::Unusable { path: path.into() });
    }
    Ok(token.into())
}

/// The file appears whole or not at all, and stays. It has no line end, so that it can be sent as it is.
fn create(data: &Path, path: &Path) -> Result<SecretString, TokenError> {
    let failed = |what| move |source| TokenError::Io { what, path: path.into(), source };
    let token = random()?;
    // Made with O_EXCL and mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(data).map_err(failed("create"))?;
    file.write_all(token.expose_secret().as_bytes()).map_err(failed("write"))?;
    file.as_file().sync_all().map_err(failed("write"))?;
    file.persist_noclobber(path).map_err(|error| failed("create")(error.error))?;
    fs::File::open(data).and_then(|folder| folder.sync_all()).map_err(failed("keep"))?;
    Ok(token)
}

/// What a start that was interrupted has left of a token: files that are called as `create` calls them, and are its
/// owner's, and no longer than a token is.
pub fn leftovers(data: &Path) -> Result<Vec<PathBuf>, TokenError> {
    let look = || {
        let mut found = Vec::new();
        for entry in fs::read_dir(data)? {
            let entry = entry?;
            let (name, there) = (entry.file_name(), entry.metadata()?);
            let called_so = name
                .to_str()
                .and_then(|name| name.strip_prefix(".tmp"))
                .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            let short = there.len() <= (RANDOM_BYTES * 4).div_ceil(3) as u64;
            if called_so && there.is_file() && short && there.uid() == geteuid().as_raw() {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    };
    look().map_err(|source| TokenError::Io { what: "look into", path: data.into(), source })
}

/// Removes one of them.
pub fn remove_leftover(path: &Path) -> Result<(), TokenError> {
    fs::remove_file(path).map_err(|source| TokenError::Io { what: "remove", path: path.into(), source })
}

/// A token that nobody can guess.
pub fn random() -> Result<SecretString, TokenError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(TokenError::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

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
        assert_eq!(with("\u{feff}mine\r\n", 0o600).unwrap().expose_secret(), "mine");
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
    #[test]
    fn what_others_could_have_put_there_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        fs::write(dir.path().join("elsewhere"), "mine").unwrap();
        fs::set_permissions(dir.path().join("elsewhere"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("elsewhere", &path).unwrap();
        assert!(matches!(load_or_create(dir.path()), Err(TokenError::NotAFile { .. })));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(load_or_create(dir.path()), Err(TokenError::NotAFile { .. })));
        fs::remove_dir(&path).unwrap();
        for mode in [0o720, 0o702, 0o1777] {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(load_or_create(dir.path()), Err(TokenError::FolderWritable { .. })), "{mode:o}");
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        load_or_create(dir.path()).unwrap();
        if geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(1), None).unwrap();
            assert!(matches!(load_or_create(dir.path()), Err(TokenError::NotOwned { owner: 1, .. })));
        }
    }
}
