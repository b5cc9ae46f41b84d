//! Where the server listens: TCP on loopback, and a Unix socket.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::UnixStream as StdUnixStream,
    },
    path::{Path, PathBuf},
};

use tokio::net::{TcpListener, UnixListener};

use super::config::Listen;
use crate::grpc::MAX_SOCKET_PATH;

/// Who may connect to the socket: its owner and group.
const SOCKET_MODE: u32 = 0o660;

/// Why something can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("can't listen on {listen}: {source}")]
    Tcp { listen: Listen, source: io::Error },
    #[error("can't listen on `{path}`: {source}", path = path.display())]
    Unix { path: PathBuf, source: io::Error },
    #[error(
        "`{path}` is in use: somebody answers on it; stop that process or choose another path",
        path = path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "`{path}` is too long for a socket: it has {} bytes, and the system takes {MAX_SOCKET_PATH}; choose a shorter \
         path, `/run/feedgate/grpc.sock` for example",
        .path.as_os_str().len(), path = path.display()
    )]
    TooLong { path: PathBuf },
    #[error(
        "`{folder}` isn't there, in which the socket would be: make that folder, with write permission for this process",
        folder = folder.display()
    )]
    NoFolder { folder: PathBuf },
    #[error("`{path}` is there and is not a socket: remove it or choose another path", path = path.display())]
    NotASocket { path: PathBuf },
}

/// Binds a loopback address.
pub async fn tcp(listen: Listen) -> Result<TcpListener, ListenError> {
    TcpListener::bind(listen.address()).await.map_err(|source| ListenError::Tcp { listen, source })
}

/// Fails if there can't be a socket at a path: known before anything else is done.
pub fn check_path(path: &Path) -> Result<(), ListenError> {
    if path.as_os_str().len() > MAX_SOCKET_PATH {
        return Err(ListenError::TooLong { path: path.into() });
    }
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => Err(ListenError::NoFolder { folder: folder.into() }),
        _ => Ok(()),
    }
}

/// Binds a Unix socket. One that was left behind goes first, but only if nobody answers on it.
///
/// Two at a time could each take the other's for one left behind: whoever calls this holds the lock of the
/// data folder, so that both would have to share a path and nothing else.
pub fn unix(path: &Path) -> Result<(UnixListener, SocketFile), ListenError> {
    let failed = |source| ListenError::Unix { path: path.into(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::NotASocket { path: path.into() });
        }
        Ok(_) => match StdUnixStream::connect(path) {
            Ok(_) => return Err(ListenError::InUse { path: path.into() }),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        },
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
    let file = SocketFile::of(path).map_err(failed)?;
    Ok((listener, file))
}

/// A socket's file, removed in the end, unless somebody has put another one there.
///
/// To be dropped before its listener: as long as that answers, nobody takes the file for one left behind.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// Device, inode, and the time of its last change, because inodes are used again.
type Identity = (u64, u64, i64, i64);

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.into(), identity: identity(path)? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino(), found.ctime(), found.ctime_nsec()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // A file that stays is found to be left behind by the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced_and_a_live_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("grpc.sock");
        let (listener, file) = unix(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, SOCKET_MODE);
        assert!(matches!(unix(&path), Err(ListenError::InUse { .. })));
        drop(listener);
        // File times may be as coarse as the kernel's ticks.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (_listener, second) = unix(&path).unwrap();
        drop(file);
        assert!(path.exists(), "the second one's file stays");
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn paths_that_no_socket_can_have_are_refused() {
        let path = Path::new("/tmp").join("x".repeat(MAX_SOCKET_PATH - 5));
        check_path(&path).unwrap();
        let error = check_path(&Path::new("/tmp").join("x".repeat(MAX_SOCKET_PATH - 4))).unwrap_err();
        let words = format!("it has {} bytes, and the system takes {MAX_SOCKET_PATH}", MAX_SOCKET_PATH + 1);
        assert!(error.to_string().contains(&words), "{error}");
        let error = check_path(Path::new("/nowhere/grpc.sock")).unwrap_err();
        assert!(error.to_string().starts_with("`/nowhere` isn't there"), "{error}");
    }

    #[tokio::test]
    async fn the_longest_path_can_be_listened_on() {
        let dir = tempfile::tempdir().unwrap();
        let length = MAX_SOCKET_PATH - dir.path().as_os_str().len() - 1;
        unix(&dir.path().join("x".repeat(length))).unwrap();
        assert!(matches!(unix(&dir.path().join("x".repeat(length + 1))), Err(ListenError::Unix { .. })));
    }

    #[tokio::test]
    async fn other_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(unix(&path), Err(ListenError::NotASocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
