//! One thing changed or shown, without a file: `grant`, `revoke`, `user`, `feed`, `task` and the like.
//!
//! | File | Holds |
//! |---|---|
//! | `fetch` | one object, by its name |
//! | `amend` | changes that depend on what an object is like |
//! | `password` | a password from standard input |
//! | `revoke` | what is said of a grant that isn't there |
//! | `show` | how an object looks |

mod amend;
mod fetch;
mod password;
mod revoke;
mod show;

use anyhow::Context as _;
use tonic::Status;

use super::{
    access,
    args::{
        access::Show,
        administer::wish::{What, Wish},
        connect::Format,
    },
    client::Client,
    failure::{CallError, Exit, Failure},
    json, output,
    policy::report,
};
use crate::{
    grpc::{convert::from_edit, pb},
    model::edit::{Edit, Step},
};

pub(super) async fn run(client: &mut Client, wish: Wish, format: Format) -> Result<Exit, Failure> {
    let text = match wish {
        Wish::Preview { what, show } => return preview(client, what, show, format).await,
        Wish::Show(object) => show::run(client, object, format).await?,
        Wish::Write { what, dry_run } => {
            let answer = write(client, what, dry_run).await?;
            match format {
                Format::Json => json::render("WriteResponse", &answer)?,
                Format::Table => report::whole(&answer)?,
            }
        }
    };
    output::print(text)?;
    Ok(Exit::Done)
}

async fn preview(client: &mut Client, what: What, show: Show, format: Format) -> Result<Exit, Failure> {
    let (steps, edits) = match what {
        What::Edits(edits) => (alone(edits.clone()).collect(), edits),
        What::Amendment(amendment) => (vec![amend::step(client, &amendment).await?], Vec::new()),
        What::Password { .. } => return Err(Failure::usage("a password changes no access: no preview")),
    };
    match access::preview(client, changes(steps)?, None, show, format).await {
        Ok(exit) => Ok(exit),
        Err(failure) => Err(revoke::explain(client, &edits, in_words(failure)).await),
    }
}

async fn write(client: &mut Client, what: What, dry_run: bool) -> Result<pb::WriteResponse, Failure> {
    let edits = match what {
        What::Edits(edits) => edits,
        What::Amendment(amendment) => return amend::write(client, &amendment, dry_run).await,
        What::Password { user, must_change } => vec![password::read(user, must_change)?],
    };
    match send(client, alone(edits.clone()), dry_run).await {
        Ok(answer) => Ok(answer),
        Err(failure) => Err(revoke::explain(client, &edits, failure).await),
    }
}

/// Edits that don't depend on what there is.
fn alone(edits: Vec<Edit>) -> impl Iterator<Item = Step> {
    edits.into_iter().map(|edit| Step { edit, expected_revision: None })
}

/// As they go over the wire.
fn changes(steps: impl IntoIterator<Item = Step>) -> anyhow::Result<Vec<pb::Change>> {
    steps.into_iter().map(from_edit::change).collect::<Result<_, _>>().context("can't be sent")
}

/// Writes the steps as one revision.
async fn send(
    client: &mut Client,
    steps: impl IntoIterator<Item = Step>,
    dry_run: bool,
) -> Result<pb::WriteResponse, Failure> {
    let options = pb::WriteOptions { dry_run, ..Default::default() };
    let changes = changes(steps)?;
    let count = changes.len();
    let request = client.write(pb::WriteRequest { changes, options: Some(options) });
    let answer = client.policy.write(request).await;
    Ok(answer.map_err(|status| in_words(client.write_failure(status, count, dry_run)))?.into_inner())
}

/// In the words of one command.
fn in_words(failure: Failure) -> Failure {
    match failure {
        Failure::Call(CallError { status, server }) => {
            Failure::Call(CallError { status: Box::new(unnumbered(&status)), server })
        }
        other => other,
    }
}

/// Without the number of the change that is at fault: whoever typed one command has counted none.
fn unnumbered(status: &Status) -> Status {
    let message = status.message();
    let (change, field) = (message.strip_prefix("change "), message.strip_prefix("changes["));
    let change = change.and_then(|it| it.split_once(": "));
    let numbered = change.or_else(|| field.and_then(|it| it.split_once("].")));
    let message = match numbered {
        Some((number, rest)) if number.parse::<usize>().is_ok() => rest,
        _ => message,
    };
    reworded(status, message)
}

/// The same status in other words.
fn reworded(status: &Status, message: &str) -> Status {
    let (details, metadata) = (status.details().to_vec().into(), status.metadata().clone());
    Status::with_details_and_metadata(status.code(), message, details, metadata)
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn one_command_has_no_numbers() {
        for (message, expected) in [
            ("change 0: no task is called `a: b`", "no task is called `a: b`"),
            (
                "changes[0].create.feed.type: `X` must be lower-case",
                "create.feed.type: `X` must be lower-case",
            ),
            ("change of heart: no", "change of heart: no"),
            ("the policy is at revision 3", "the policy is at revision 3"),
        ] {
            let status = Status::with_details(Code::NotFound, message, vec![1, 2].into());
            let unnumbered = unnumbered(&status);
            assert_eq!((unnumbered.code(), unnumbered.message()), (Code::NotFound, expected));
            assert_eq!(unnumbered.details(), [1, 2]);
        }
    }
}
