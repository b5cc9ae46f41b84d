//! `export`: the whole policy, as a policy file or as the API's objects.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use anyhow::Context as _;

use crate::{
    cli::{
        args::{connect::Format, policy::Export},
        client::Client,
        failure::{Exit, Failure},
        json, paging,
    },
    grpc::{
        convert::{self, Invalid, Mask},
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
        None => render(policy, format, &mut io::stdout())?,
        Some(file) => replace(&file, |out| render(policy, format, out))?,
    }
    Ok(Exit::Done)
}

/// The whole policy at one revision.
pub(super) async fn fetch(client: &mut Client) -> Result<pb::ExportResponse, Failure> {
    let request = client.write(pb::ExportRequest {});
    let stream = client.policy.export(request).await;
    let mut policy = pb::ExportResponse::default();
    paging::parts(client, stream, |part| {
        policy.revision = part.revision;
        policy.objects.extend(part.objects);
    })
    .await?;
    Ok(policy)
}

/// The objects in the words of the model.
pub(super) fn specs(objects: Vec<pb::Object>) -> Result<Vec<Spec>, Failure> {
    let spec = |object| {
        let mut spec = convert::spec(object, &Mask::ALL)?;
        if let Spec::Directory(directory) = &mut spec {
            // In a request 0 leaves the position as it is; in an answer it is one, the first.
            directory.position.get_or_insert(0);
        }
        Ok(spec)
    };
    let specs: Result<_, Invalid> = objects.into_iter().map(spec).collect();
    Ok(specs.context("the server's export has an object that this client doesn't understand")?)
}

fn render(policy: pb::ExportResponse, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Json => writeln!(out, "{}", json::render("ExportResponse", &policy)?)?,
        Format::Table => policy_file::write(&specs(policy.objects)?, &mut out)?,
    }
    Ok(out.flush()?)
}

/// Writes a file whole or leaves it as it is: an export that breaks off must not look like a smaller policy.
fn replace(file: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
    let context = || format!("can't write `{}`", file.display());
    if fs::symlink_metadata(file).is_ok_and(|there| !there.is_file()) {
        // A pipe, a device, a link: written to as it is, not replaced by a file.
        return write(&mut File::create(file).with_context(context)?);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        // As for any other new file: the umask takes what it takes.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .with_context(context)?;
    write(new.as_file_mut())?;
    new.persist(file).with_context(context)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(out: &mut dyn Write) -> Result<(), Failure> {
        Ok(out.write_all(b"hello")?)
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        replace(&file, hello).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"hello");

        let failed = replace(&file, |out| {
            out.write_all(b"half")?;
            Err(Failure::usage("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&file).unwrap(), b"hello");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, hello).unwrap();
        assert_eq!((fs::read(&file).unwrap(), link.is_symlink()), (b"hello".to_vec(), true));
    }
}
