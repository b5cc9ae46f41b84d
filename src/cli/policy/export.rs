//! `export`: the whole policy, as a policy file or as the API's objects.

use std::io::{self, BufWriter, Write};

use anyhow::Context as _;

use crate::{
    cli::{
        args::{connect::Format, policy::Export},
        client::Client,
        failure::{Exit, Failure},
        file, json, paging,
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
        Some(to) => file::replace(&to, |out| render(policy, format, out))?,
    }
    Ok(Exit::Done)
}

/// The whole policy at one revision.
pub(in crate::cli) async fn fetch(client: &mut Client) -> Result<pb::ExportResponse, Failure> {
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
pub(in crate::cli) fn specs(objects: Vec<pb::Object>) -> Result<Vec<Spec>, Failure> {
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
