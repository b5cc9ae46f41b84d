//! `apply`: makes the policy agree with a file. And what `import` shares with it: read what there is, work out
//! the edits, write them as one revision if nobody was faster.

use anyhow::Context as _;

use super::{export, file, report, write};
use crate::{
    cli::{
        args::{
            connect::Format,
            policy::{Apply, How},
        },
        client::Client,
        failure::{Exit, Failure},
        json, output,
    },
    grpc::pb,
    interchange::{Existing, Note, PolicyEdits, PolicyFile, Problem},
    model::edit::Edit,
};

/// How often the policy is read anew because somebody else changed it meanwhile.
const ATTEMPTS: usize = 3;

pub(in crate::cli) async fn run(client: &mut Client, apply: Apply, format: Format) -> Result<Exit, Failure> {
    let name = apply.file.display().to_string();
    let policy = PolicyFile::parse(&name, &file::read(&apply.file)?).map_err(mistakes)?;
    agree(client, apply.how, format, |existing| {
        let PolicyEdits { edits, notes } = policy.edits(existing, apply.how.prune).map_err(mistakes)?;
        Ok((edits, notes))
    })
    .await
}

/// Makes the policy what the edits make of it.
pub(super) async fn agree(
    client: &mut Client,
    how: How,
    format: Format,
    edits: impl Fn(&Existing<'_>) -> Result<(Vec<Edit>, Vec<Note>), Failure>,
) -> Result<Exit, Failure> {
    let mut attempt = 1;
    let (answer, notes) = loop {
        let pb::ExportResponse { revision, objects } = export::fetch(client).await?;
        let specs = export::specs(objects)?;
        let (edits, notes) = edits(&Existing::new(&specs))?;
        if edits.is_empty() {
            let summary = pb::WriteSummary { dry_run: how.dry_run, ..Default::default() };
            break (pb::WriteResponse { revision, summary: Some(summary), changes: Vec::new() }, notes);
        }
        match write::send(client, edits, revision, how.dry_run).await {
            Ok(answer) => break (answer, notes),
            Err(Failure::Call(error))
                if attempt < ATTEMPTS && error.reason().as_deref() == Some("REVISION_MISMATCH") =>
            {
                attempt += 1;
            }
            Err(failure) => return Err(failure),
        }
    };
    notes.iter().for_each(|note| output::remark(format!("note: {note}")));
    output::print(match format {
        Format::Json => json::render("WriteResponse", &answer).context("the answer")?,
        Format::Table => report::render(&answer)?,
    })?;
    Ok(Exit::Done)
}

pub(super) fn mistakes(problems: Vec<Problem>) -> Failure {
    Failure::Mistakes(problems.iter().map(ToString::to_string).collect())
}
