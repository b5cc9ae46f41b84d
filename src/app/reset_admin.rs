//! The way back in for those who are locked out, on a store that nobody has in use.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use rustix::process::geteuid;

use super::{one_time, room, token};
use crate::{
    service::{DecisionPoint, Retention, rescue::PutRight},
    store::{self, SledStore, StoreError},
};

/// Whatever of the history the server keeps, this drops nothing of it.
const ALL: Retention = Retention { change_sets: u64::MAX, age: Duration::MAX };

/// What a reset did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    pub done: Vec<PutRight>,
    /// Where the new password is; none if nothing was changed.
    pub file: Option<PathBuf>,
}

/// Makes sure that the user Admin can sign in, with a new one-time password, and administer.
///
/// Fails if the folder is in use, has no store, or is somebody else's: its server couldn't use what this writes.
pub async fn reset_admin(data: &Path, dry_run: bool) -> anyhow::Result<Reset> {
    let data = &store::data_folder(data)?;
    let owner = fs::metadata(data).with_context(|| format!("can't look at `{}`", data.display()))?.uid();
    let own = geteuid().as_raw();
    if owner != own {
        bail!("`{}` belongs to uid {owner}, this is {own}: run this as its owner", data.display());
    }
    token::guard(data)?;
    if !data.join("store").is_dir() {
        return Err(StoreError::NoStore { path: data.to_owned() }.into());
    }
    room::for_server(0)?;
    let folder = data.to_owned();
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&folder)).await?;
    let store = opened.map_err(|error| match error {
        StoreError::InUse { path, holder } => anyhow!(
            "`{}` is in use by another feedgate (process {holder}): stop that one first",
            path.display()
        ),
        error => error.into(),
    })?;
    let point = DecisionPoint::open(Arc::new(store), ALL).await;
    let point = point.with_context(|| format!("the policy in `{}` can't be loaded", data.display()))?;
    let outcome = reset(&point, data, dry_run).await;
    point.close().await;
    outcome
}

/// The file comes first: a password that nobody knows would be of no use.
async fn reset(point: &DecisionPoint, data: &Path, dry_run: bool) -> anyhow::Result<Reset> {
    if dry_run {
        return Ok(Reset { done: point.reset_admin(None).await?, file: None });
    }
    let password = one_time::random()?;
    let file = one_time::write(data, &password)
        .with_context(|| format!("can't write `{}`", data.join(one_time::FILE).display()))?;
    let done = point.reset_admin(Some(password)).await.inspect_err(|_| {
        // It isn't the password of anybody.
        let _ = one_time::remove(data);
    })?;
    Ok(Reset { done, file: Some(file) })
}
