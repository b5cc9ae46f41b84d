//! The administrator's one-time password: made when there is none, kept in a file that only its owner can read until
//! somebody has chosen another one.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};

use super::private_file::{self, Fault};
use crate::service::DecisionPoint;

/// The file's name in the data folder.
pub const FILE: &str = "admin-password";

/// 32 signs that nobody takes for one another: five bits each.
const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 5;
const GROUP: usize = 4;

/// Why the file's password can't be relied on.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFileError {
    #[error(
        "`{path}` can be read by others (mode {mode:o}): `chmod 600` it; if others may have read it, `feedgate \
         reset-admin` makes a new one",
        path = path.display()
    )]
    Readable { path: PathBuf, mode: u32 },
    #[error(
        "`{path}` belongs to somebody else (uid {owner}, this is {own}): `chown` it; if others may have read it, \
         `feedgate reset-admin` makes a new one",
        path = path.display()
    )]
    NotOwned { path: PathBuf, owner: u32, own: u32 },
    #[error("`{path}` is not a plain file: delete it; `feedgate reset-admin` makes a new one", path = path.display())]
    NotAFile { path: PathBuf },
    #[error("can't open `{path}`: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Checks that only its owner can read the file, if it is there.
pub fn look(data: &Path) -> Result<(), PasswordFileError> {
    let path = data.join(FILE);
    match private_file::open(&path) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(Fault::NotAFile)) => Err(PasswordFileError::NotAFile { path }),
        Ok(Err(Fault::NotOwned { owner, own })) => Err(PasswordFileError::NotOwned { path, owner, own }),
        Ok(Err(Fault::Readable { mode })) => Err(PasswordFileError::Readable { path, mode }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(PasswordFileError::Io { path, source }),
    }
}

/// Fails if others than its owner could have read a one-time password that is still to be used.
pub async fn guard(point: &DecisionPoint, data: &Path) -> anyhow::Result<()> {
    if point.admin_to_change_password().await?.is_some() {
        look(data)?;
    }
    Ok(())
}

/// A password that nobody can guess, to be typed once.
pub fn random() -> anyhow::Result<SecretString> {
    let mut bytes = [0_u8; GROUPS * GROUP];
    getrandom::fill(&mut bytes)?;
    let mut password = String::with_capacity(GROUPS * (GROUP + 1));
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            password.push('-');
        }
        password.extend(SIGNS.get(usize::from(byte % 32)).map(|sign| char::from(*sign)));
    }
    Ok(password.into())
}

/// Writes it, in place of an older one. The file appears whole or not at all, and stays.
pub fn write(data: &Path, password: &SecretString) -> io::Result<PathBuf> {
    let path = data.join(FILE);
    // Made with O_EXCL and mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(data)?;
    file.write_all(password.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    fs::File::open(data)?.sync_all()?;
    Ok(path)
}

/// Removes the file, if it is there.
pub fn remove(data: &Path) -> io::Result<bool> {
    match fs::remove_file(data.join(FILE)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives an administrator who never had a password one, and removes the file of one that was changed.
///
/// None if there was nothing to give. The file comes first: a password that nobody knows would be worse than a file that
/// is of no use.
pub async fn look_after(point: &DecisionPoint, data: &Path) -> anyhow::Result<Option<SecretString>> {
    let mut given = None;
    if point.admin_without_password().await?.is_some() {
        let password = random()?;
        let path = write(data, &password)?;
        if let Err(error) = point.give_admin_password(password.clone()).await {
            remove(data)?;
            return Err(error.into());
        }
        info!("the one-time password of the user Admin is in `{}`", path.display());
        given = Some(password);
    }
    let Some(admin) = point.admin_to_change_password().await? else {
        forget(data);
        return Ok(given);
    };
    let (changed, data) = (point.admin_password_changed(admin), data.to_owned());
    tokio::spawn(async move {
        if changed.await {
            forget(&data);
        }
    });
    Ok(given)
}

/// What is in the file is of no use any more.
fn forget(data: &Path) {
    match remove(data) {
        Ok(false) => {}
        Ok(true) => info!("removed `{FILE}`: the password in it was changed"),
        Err(error) => {
            warn!(%error, "`{FILE}` is still there: the password in it was changed, and it can be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn passwords_are_long_and_never_the_same() {
        let [one, other] = [random().unwrap(), random().unwrap()];
        assert_ne!(one.expose_secret(), other.expose_secret());
        let groups: Vec<_> = one.expose_secret().split('-').collect();
        assert_eq!(groups.len(), GROUPS);
        assert!(
            groups
                .iter()
                .all(|group| group.len() == GROUP && group.bytes().all(|sign| SIGNS.contains(&sign)))
        );
        assert_eq!(std::collections::BTreeSet::from(*SIGNS).len(), 32);
    }

    #[test]
    fn a_file_that_is_not_private_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        look(dir.path()).unwrap();
        let path = write(dir.path(), &"secret".into()).unwrap();
        look(dir.path()).unwrap();
        for mode in [0o640, 0o604, 0o644, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = look(dir.path()).unwrap_err();
            assert!(matches!(error, PasswordFileError::Readable { .. }), "{mode:o}: {error}");
        }
        fs::remove_file(&path).unwrap();
        symlink("elsewhere", &path).unwrap();
        assert!(matches!(look(dir.path()), Err(PasswordFileError::NotAFile { .. })));
    }

    #[test]
    fn the_file_is_its_owners_alone_and_replaces_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, "mine").unwrap();
        symlink("elsewhere", dir.path().join(FILE)).unwrap();
        for password in ["first", "second"] {
            let path = write(dir.path(), &password.into()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{password}\n"));
            let there = fs::symlink_metadata(&path).unwrap();
            assert!(there.is_file());
            assert_eq!(there.permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
        assert!(remove(dir.path()).unwrap());
        assert!(!remove(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
