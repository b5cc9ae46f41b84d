//! `reset-admin`: the way back in for those who are locked out.

use serde::Serialize;

use super::{
    args::{care::ResetAdmin, connect::Format},
    failure::{Exit, Failure},
    json,
    output::{self, plain},
};
use crate::app::reset_admin::{Reset, reset_admin};

/// As JSON.
#[derive(Serialize)]
struct Done {
    dry_run: bool,
    done: Vec<String>,
    password_file: Option<String>,
}

pub(super) async fn run(typed: ResetAdmin, format: Format) -> Result<Exit, Failure> {
    let ResetAdmin { data, dry_run } = typed;
    let Reset { done, file } = reset_admin(&data, dry_run).await?;
    let done = Done {
        dry_run,
        done: done.iter().map(ToString::to_string).collect(),
        password_file: file.map(|file| file.display().to_string()),
    };
    output::print(match format {
        Format::Json => json::pretty(&done)?,
        Format::Table => words(&done),
    })?;
    Ok(Exit::Done)
}

fn words(Done { dry_run, done, password_file }: &Done) -> String {
    let heading = if *dry_run { "this would be so then:" } else { "this is so now:" };
    let mut lines = vec![heading.to_owned()];
    lines.extend(done.iter().map(|done| format!("  {}", plain(done))));
    if let Some(file) = password_file {
        lines.push(format!("the password is in `{}`", plain(file)));
    }
    lines.join("\n")
}
