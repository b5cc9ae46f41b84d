//! A data folder, looked at from end to end.
//!
//! What is put right is only what a start would put right itself, or what can be told without a doubt: nothing that
//! is a matter of guessing what was meant. And only if that is all that is wrong: a store that has lost something
//! shouldn't look well.

use std::path::{Path, PathBuf};

use super::{
    apart, open,
    report::{Problem, RESTORE, Remedy, Report},
    scratch as scratch_folder, thread_unless_interrupted,
};
use crate::{
    app::{
        one_time::{self, PasswordFileError},
        token::{self, TokenError},
    },
    service::audit,
    store::{self, Defect, Offline, Problems, Whole},
};

/// What `--repair` does about a problem.
#[derive(Debug)]
enum Fix {
    Store(Defect),
    /// A token that was being made.
    RemoveToken(PathBuf),
}

/// Verifies everything in a data folder that is not in use, in a copy of its store that is made in `scratch` or else
/// where temporary files go. Changes nothing, unless told to repair, and then says what.
///
/// Fails if it can't look: the folder is in use, isn't there, or its store is a newer feedgate's.
pub async fn fsck(data: PathBuf, scratch: Option<PathBuf>, repair: bool) -> anyhow::Result<Report> {
    let data = store::data_folder(&data)?;
    let copy = scratch_folder(scratch.as_deref())?;
    let place = copy.path().to_owned();
    thread_unless_interrupted(apart(move || look(&data, &place, repair))).await?
}

fn look(data: &Path, scratch: &Path, repair: bool) -> anyhow::Result<Report> {
    let mut store = open(data, scratch, repair)?;
    let mut problems = Problems::default();
    let examined = store.examine(&mut problems)?;
    if let Some(whole) = &examined.whole {
        audit::audit(whole, |revision| store.change_set(revision), &mut problems);
    }
    let whole = examined.whole.as_ref();
    let records = Report::new(examined.counts, whole, &problems);
    let (mut report, fixes) = look_around(records.clone(), &store, whole, data)?;
    let (true, Some(whole), false) = (repair, whole, fixes.is_empty()) else { return Ok(report) };
    if report.problems.iter().any(|problem| problem.remedy == Remedy::None) {
        report.not_repaired = true;
        return Ok(report);
    }
    let mut repaired = Vec::new();
    for fix in &fixes {
        match fix {
            Fix::Store(defect) => store.mend(defect, whole)?,
            Fix::RemoveToken(path) => token::remove_leftover(path)?,
        }
        repaired.push(fix.repaired());
    }
    let (report, _) = look_around(records, &store, Some(whole), data)?;
    Ok(Report { repaired, ..report })
}

/// Adds to a report on the records what lies around them.
fn look_around(
    mut report: Report,
    store: &Offline,
    whole: Option<&Whole>,
    data: &Path,
) -> anyhow::Result<(Report, Vec<Fix>)> {
    let mut problems = Problems::default();
    let (defects, files) = store.look_around(whole, &mut problems)?;
    report.add(&problems);
    let mut fixes: Vec<_> = defects.into_iter().map(Fix::Store).collect();
    report.looked.files = Some(files);
    match token::look(data) {
        Ok(token) => report.looked.token = Some(token.is_some()),
        Err(TokenError::Readable { path, mode }) => {
            report.looked.token = Some(true);
            fixes.push(Fix::Store(Defect::Exposed { path, mode, tight: 0o600 & mode }));
        }
        Err(error) => report.problems.push(unfit(&error.to_string())),
    }
    match one_time::look(data) {
        Ok(()) => {}
        Err(PasswordFileError::Readable { path, mode }) => {
            fixes.push(Fix::Store(Defect::Exposed { path, mode, tight: 0o600 & mode }));
        }
        Err(error) => report.problems.push(unfit(&error.to_string())),
    }
    if let Err(error) = store::check_owner(data) {
        report.problems.push(unfit(&error.to_string()));
    }
    fixes.extend(token::leftovers(data)?.into_iter().map(Fix::RemoveToken));
    report.problems.extend(fixes.iter().map(Fix::problem));
    Ok((report, fixes))
}

/// A problem beside the records, of an error that says what is wrong and what to do about it.
fn unfit(error: &str) -> Problem {
    let (what, to_do) = error.split_once(": ").unwrap_or((error, RESTORE));
    Problem { what: what.to_owned(), to_do: to_do.to_owned(), remedy: Remedy::None }
}

impl Fix {
    fn problem(&self) -> Problem {
        const REPAIR: &str = "`feedgate fsck --repair`";
        let remedy = match self {
            Self::Store(defect) if defect.is_left_over() => Remedy::Start,
            Self::Store(_) | Self::RemoveToken(_) => Remedy::Repair,
        };
        let (what, to_do) = match self {
            Self::Store(defect @ Defect::Exposed { .. }) => (
                defect.to_string(),
                format!(
                    "{REPAIR} makes it the owner's alone; consider who has had the time to read or change it"
                ),
            ),
            Self::Store(defect @ Defect::Anchor(_)) => {
                (defect.to_string(), format!("{REPAIR} writes it anew, and so does a start"))
            }
            Self::Store(defect) => (defect.to_string(), format!("{REPAIR} removes it, and so does a start")),
            Self::RemoveToken(path) => (
                format!("`{}` is a token that was never finished", path.display()),
                format!("{REPAIR} removes it"),
            ),
        };
        Problem { what, to_do, remedy }
    }

    fn repaired(&self) -> String {
        match self {
            Self::Store(defect) => defect.repaired(),
            Self::RemoveToken(path) => format!("removed `{}`", path.display()),
        }
    }
}
