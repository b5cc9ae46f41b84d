//! A store from a backup's file.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use super::{
    apart,
    report::{Problem, Remedy, Report},
};
use crate::{
    model::Revision,
    service::audit,
    store::{self, Archive, BackupError, Examined, Problems},
};

const USE_ANOTHER: &str = "use another backup";

/// A store that was made of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Of the store that the backup was taken from.
    pub from: Revision,
    /// The same revision of the new store.
    pub to: Revision,
}

/// Verifies a backup, as wholly as [`fsck`](super::fsck) does a store.
///
/// Fails if the file can't be read, or is a newer feedgate's.
pub async fn check(file: PathBuf) -> anyhow::Result<Report> {
    apart(move || match read(&file) {
        Ok(archive) => Ok(examine(&archive)?.1),
        Err(error @ (BackupError::Io(_) | BackupError::NewerFormat { .. })) => Err(cant(&file, error)),
        Err(error) => {
            // It says itself what to do.
            let said = error.to_string();
            let (what, to_do) = said.rsplit_once(": ").unwrap_or((&said, USE_ANOTHER));
            let problem = Problem { what: what.to_owned(), to_do: to_do.to_owned(), remedy: Remedy::None };
            Ok(Report { problems: vec![problem], ..Report::default() })
        }
    })
    .await
}

/// Makes the store of a backup in a folder that is empty or not there. The backup is verified before anything is
/// touched; what comes of it is another incarnation of the store that it was taken from.
pub async fn restore(file: PathBuf, data: PathBuf) -> anyhow::Result<Restored> {
    apart(move || {
        let archive = read(&file).map_err(|error| cant(&file, error))?;
        let (examined, report) = examine(&archive).map_err(|error| cant(&file, error))?;
        let whole = match (examined.whole, report.problems.first()) {
            (Some(whole), None) => whole,
            (_, first) => {
                let first = first.map(|problem| problem.what.clone()).unwrap_or_default();
                return Err(cant(&file, BackupError::Content(first)));
            }
        };
        let store::Restored { from, to } = store::restore(&archive, &whole, &store::data_folder(&data)?)?;
        Ok(Restored { from, to })
    })
    .await
}

fn read(file: &Path) -> Result<Archive, BackupError> {
    Archive::read(File::open(file)?)
}

fn examine(archive: &Archive) -> Result<(Examined, Report), BackupError> {
    let mut problems = Problems::default();
    let examined = archive.examine(&mut problems)?;
    if let Some(whole) = &examined.whole {
        audit::audit(whole, |revision| archive.change_set(revision), &mut problems);
    }
    let mut report = Report::new(examined.counts, examined.whole.as_ref(), &problems);
    for problem in &mut report.problems {
        problem.to_do = USE_ANOTHER.to_owned();
    }
    Ok((examined, report))
}

fn cant(file: &Path, error: BackupError) -> anyhow::Error {
    anyhow!(error).context(format!("`{}` can't be used", file.display()))
}
