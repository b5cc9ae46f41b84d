//! `apply`: makes the policy agree with a file. And what `import` shares with it: read what there is, work out
//! the edits, write them as one revision if nobody was faster.

use super::{export, report, write};
use crate::{
    cli::{
        access,
        args::{access::Show, connect::Format, policy::Apply},
        client::Client,
        failure::{Exit, Failure},
        file, json,
        output::{self, plain},
    },
    grpc::pb,
    interchange::{Existing, Note, PolicyEdits, PolicyFile, Problem},
    model::edit::Edit,
};

/// How often the policy is read anew because somebody else changed it meanwhile.
const ATTEMPTS: usize = 3;

pub(in crate::cli) async fn run(client: &mut Client, apply: Apply, format: Format) -> Result<Exit, Failure> {
    let Apply { file, dry_run, prune, preview } = apply;
    let name = file::called(&file);
    let policy = PolicyFile::parse(&name, &file::read(&file)?).map_err(mistakes)?;
    if let Some(show) = preview.show() {
        return self::preview(client, &policy, prune, show, format).await;
    }
    agree(client, dry_run, format, |existing| {
        let PolicyEdits { edits, notes } = policy.edits(existing, prune).map_err(mistakes)?;
        Ok((edits, notes))
    })
    .await
}

/// Says whose access the file would change, and writes nothing.
async fn preview(
    client: &mut Client,
    policy: &PolicyFile,
    prune: bool,
    show: Show,
    format: Format,
) -> Result<Exit, Failure> {
    let pb::ExportResponse { revision, objects } = export::fetch(client).await?;
    let specs = export::specs(objects)?;
    let PolicyEdits { edits, notes } = policy.edits(&Existing::new(&specs), prune).map_err(mistakes)?;
    let changes = write::changes(edits, &specs)?;
    say(&notes);
    access::preview(client, changes, revision, show, format).await
}

fn say(notes: &[Note]) {
    notes.iter().for_each(|note| output::remark(format!("note: {}", plain(&note.0))));
}

/// Makes the policy what the edits make of it, and says what that changed.
pub(super) async fn agree(
    client: &mut Client,
    dry_run: bool,
    format: Format,
    edits: impl Fn(&Existing<'_>) -> Result<(Vec<Edit>, Vec<Note>), Failure>,
) -> Result<Exit, Failure> {
    let (answer, notes) = settle(client, dry_run, edits).await?;
    say(&notes);
    output::print(match format {
        Format::Json => json::render("WriteResponse", &answer)?,
        Format::Table => report::render(&answer)?,
    })?;
    Ok(Exit::Done)
}

/// Reads the policy, works out the edits and writes them; again if somebody else was faster.
pub(in crate::cli) async fn settle(
    client: &mut Client,
    dry_run: bool,
    edits: impl Fn(&Existing<'_>) -> Result<(Vec<Edit>, Vec<Note>), Failure>,
) -> Result<(pb::WriteResponse, Vec<Note>), Failure> {
    let mut attempt = 1;
    loop {
        let pb::ExportResponse { revision, objects } = export::fetch(client).await?;
        let specs = export::specs(objects)?;
        let (edits, notes) = edits(&Existing::new(&specs))?;
        if edits.is_empty() {
            let summary = Some(pb::WriteSummary { dry_run, ..Default::default() });
            return Ok((pb::WriteResponse { revision, summary, ..Default::default() }, notes));
        }
        match write::send(client, edits, &specs, revision, dry_run).await {
            Ok(answer) => return Ok((answer, notes)),
            Err(Failure::Call(error))
                if attempt < ATTEMPTS && error.reason().as_deref() == Some("REVISION_MISMATCH") =>
            {
                attempt += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
}

pub(in crate::cli) fn mistakes(problems: Vec<Problem>) -> Failure {
    Failure::Mistakes(problems.iter().map(ToString::to_string).collect())
}
