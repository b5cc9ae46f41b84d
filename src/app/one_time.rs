//! The administrator's one-time password: made when there is none, kept in a file that only its owner can read until
//! somebody has chosen another one.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};

use crate::service::DecisionPoint;

/// The file's name in the data folder.
pub const FILE: &str = "admin-password";

/// 32 signs that nobody takes for one another: five bits each.
const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 5;
const GROUP: usize = 4;

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
