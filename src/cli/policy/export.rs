//! `export`: the whole policy, as a policy file or as the API's objects.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::{
    cli::{
        args::{connect::Format, policy::Export},
        client::Client,
        failure::{Exit, Failure},
        json,
    },
    grpc::{
        convert::{self, Mask},
        pb,
    },
    interchange::policy_file,
    model::edit::Spec,
};

pub(in crate::cli) async fn run(
    client: &mut Client,
    export: Export,
    format: Format,
) -> Result<Exit, Failure> {
    let policy = fetch(client).await?;
    match export.to {
        None => render(policy, format, &mut BufWriter::new(io::stdout()))?,
        Some(file) => replace(&file, |out| render(policy, format, out))?,
    }
    Ok(Exit::Done)
}

/// The whole policy at one revision.
pub(super) async fn fetch(client: &mut Client) -> Result<pb::ExportResponse, Failure> {
    let request = client.write(pb::ExportRequest {});
    let mut parts = client.policy.export(request).await.map_err(|s| client.failure(s))?.into_inner();
    let mut policy = pb::ExportResponse::default();
    while let Some(part) = parts.message().await.map_err(|status| client.failure(status))? {
        policy.revision = part.revision;
        policy.objects.extend(part.objects);
    }
    Ok(policy)
}

/// The objects in the words of the model.
pub(super) fn specs(objects: Vec<pb::Object>) -> Result<Vec<Spec>, Failure> {
    let specs: Result<_, _> = objects.into_iter().map(|object| convert::spec(object, &Mask::ALL)).collect();
    Ok(specs.context("the server's export has an object that this client doesn't understand")?)
}

fn render(policy: pb::ExportResponse, format: Format, out: &mut impl Write) -> Result<(), Failure> {
    match format {
        Format::Json => writeln!(out, "{}", json::render("ExportResponse", &policy)?)?,
        Format::Table => policy_file::write(&specs(policy.objects)?, out)?,
    }
    Ok(out.flush()?)
}

/// Writes a file whole or leaves it as it is: an export that breaks off must not look like a smaller policy.
fn replace(
    file: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let context = || format!("can't write {}", file.display());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = NamedTempFile::new_in(folder).with_context(context)?;
    write(&mut BufWriter::new(new.as_file_mut()))?;
    new.persist(file).with_context(context)?;
    Ok(())
}
