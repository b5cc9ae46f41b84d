//! Care of a store: is it well, a copy for the day when it isn't, and a store made of such a copy.
//!
//! Nothing here needs a server, and what looks at a data folder changes nothing in it.
//!
//! | File | Holds |
//! |---|---|
//! | `fsck` | everything in a data folder verified, and what can be put right without a doubt |
//! | `report` | what was looked at, and what is wrong |
//! | `file` | a backup's file, written whole or not at all |
//! | `backup`, `restore` | from a folder to a file, and back |

mod backup;
mod file;
mod fsck;
mod report;
mod restore;

use std::{
    fs::Permissions, os::unix::fs::PermissionsExt as _, panic, path::Path, pin::pin, sync::Once, thread,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use tempfile::TempDir;
use tokio::time::timeout;

pub use self::{
    backup::backup,
    file::{BackupFile, FileError, Taken},
    fsck::fsck,
    report::{Looked, Problem, Remedy, Report},
    restore::{Restored, check, restore},
};
use super::{room, shutdown::Signals};
use crate::store::{Offline, StoreError};

/// How long is waited for a thread that isn't wanted any more.
const LET_GO: Duration = Duration::from_secs(10);

/// The thread that a damaged store may make panic, which is expected, caught, and told in a problem.
const THREAD: &str = "care";

/// Does what may take long on a thread of its own, on which a panic isn't worth a word by itself.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    room::for_server(1)?;
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(THREAD) {
                loud(panic);
            }
        }));
    });
    let (sender, done) = tokio::sync::oneshot::channel();
    let thread = thread::Builder::new().name(THREAD.to_owned()).spawn(move || {
        // Whoever wanted it may be gone.
        let _ = sender.send(work());
    });
    thread.context("a thread can't be started")?;
    done.await.context("a mistake of feedgate's own ended this")?
}

/// Waits for work; gives it up on SIGINT or SIGTERM, so that what it has in temporary files goes with it.
pub async fn unless_interrupted<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        done = work => Ok(done),
        signal = signals.next() => Err(anyhow!("{signal}: given up")),
    }
}

/// The same for work on a thread of its own, which a signal doesn't end: waits for a while until it has let go of its
/// copy of a store, so that this goes, too.
async fn thread_unless_interrupted<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let mut signals = Signals::listen()?;
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => Ok(done),
        signal = signals.next() => {
            // Whatever comes of it isn't wanted any more.
            let _ = timeout(LET_GO, work).await;
            Err(anyhow!("{signal}: given up"))
        }
    }
}

/// Opens a store that nobody has in use.
fn open(data: &Path, scratch: &Path, to_repair: bool) -> anyhow::Result<Offline> {
    Offline::open(data, scratch, to_repair).map_err(|error| match error {
        StoreError::InUse { path, holder } => anyhow!(
            "`{}` is in use by another feedgate (process {holder}): `feedgate backup FILE` makes a copy of a running \
             one, which `feedgate restore --check FILE` verifies; or stop that one first",
            path.display()
        ),
        error => error.into(),
    })
}

/// A folder for a copy of a store, its owner's alone: there are password hashes in it. Goes when it is dropped.
fn scratch(place: Option<&Path>) -> anyhow::Result<TempDir> {
    let place = place.map_or_else(std::env::temp_dir, Path::to_owned);
    let private = Permissions::from_mode(0o700);
    let made = tempfile::Builder::new().prefix("feedgate-look-").permissions(private).tempdir_in(&place);
    made.with_context(|| {
        format!("no copy can be made in `{}`: `--scratch` names another folder", place.display())
    })
}
