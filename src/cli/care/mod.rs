//! `backup`, `restore`, `fsck`: care of a store.

mod report;

use std::fmt::Display;

use serde::Serialize;

use super::{
    args::{
        care::{Backup, Fsck, Restore},
        connect::Format,
    },
    client::Client,
    failure::{Exit, Failure},
    json,
    output::{self, plain},
    words,
};
use crate::{
    app::care::{self, BackupFile, FileError, Report, Taken},
    grpc::pb,
    model::Revision,
};

/// Takes a backup from a server, which `client` connects to, or from a folder.
pub(super) async fn backup(
    client: impl AsyncFnOnce() -> Result<Client, Failure>,
    typed: Backup,
    format: Format,
) -> Result<Exit, Failure> {
    let Backup { file: path, force, data, scratch } = typed;
    let file = BackupFile::create(&path, force)?;
    let taken = match data {
        Some(data) => care::backup(data, scratch, file).await?,
        None => {
            let fetched = async { fetch(&mut client().await?, file).await };
            care::unless_interrupted(fetched).await??
        }
    };
    let Taken { revision, at_ms: _, bytes } = taken;
    say(
        format,
        &Written {
            file: path.display().to_string(),
            store: revision.store.to_string(),
            revision: revision.number,
            bytes,
        },
        format_args!(
            "revision {revision} of store {} is in `{}`, {} bytes",
            revision.store,
            plain(&path.display().to_string()),
            words::number(bytes)
        ),
    )
}

/// Has a server send its backup, and puts it into a file.
async fn fetch(client: &mut Client, mut file: BackupFile) -> Result<Taken, Failure> {
    let request = client.write(pb::BackupRequest {});
    let stream = client.policy.backup(request).await;
    let mut stream = stream.map_err(|status| client.failure(status))?.into_inner();
    while let Some(piece) = stream.message().await.map_err(|status| client.failure(status))? {
        file.write(&piece.data)?;
    }
    Ok(file.finish()?)
}

/// Makes a store of a backup, or only looks at it.
pub(super) async fn restore(typed: Restore, format: Format) -> Result<Exit, Failure> {
    let Restore { file, data, check: _ } = typed;
    let Some(data) = data else {
        return answer(&care::check(file).await?, format);
    };
    let care::Restored { from, to } = care::restore(file, data.clone()).await?;
    let Revision { store, number } = to;
    say(
        format,
        &Renewed {
            data: data.display().to_string(),
            from_store: from.store.to_string(),
            store: store.to_string(),
            revision: number,
        },
        format_args!(
            "revision {number} of store {} is in `{}`, as store {store}",
            from.store,
            plain(&data.display().to_string())
        ),
    )
}

/// Looks at the folder of a server that isn't running.
pub(super) async fn fsck(typed: Fsck, format: Format) -> Result<Exit, Failure> {
    let Fsck { data, repair, scratch } = typed;
    answer(&care::fsck(data, scratch, repair).await?, format)
}

fn answer(report: &Report, format: Format) -> Result<Exit, Failure> {
    let exit = if report.is_clean() { Exit::Done } else { Exit::Denied };
    output::answer(
        exit,
        match format {
            Format::Json => report::json(report)?,
            Format::Table => report::words(report),
        },
    )
}

/// As JSON: a backup that was written.
#[derive(Serialize)]
struct Written {
    file: String,
    store: String,
    revision: u64,
    bytes: u64,
}

/// As JSON: a store that was restored.
#[derive(Serialize)]
struct Renewed {
    data: String,
    from_store: String,
    store: String,
    revision: u64,
}

fn say(format: Format, value: &impl Serialize, sentence: impl Display) -> Result<Exit, Failure> {
    match format {
        Format::Json => output::print(json::pretty(value)?)?,
        Format::Table => output::print(sentence)?,
    }
    Ok(Exit::Done)
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Exists(_) | FileError::NotAFile(_) => Self::Usage(error.into()),
            FileError::Io { .. } | FileError::Backup(_) => Self::Failed(error.into()),
        }
    }
}
