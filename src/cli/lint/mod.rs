//! `lint`: what is odd or dangerous in the policy.

mod accepted;
mod report;

use serde::Serialize;

use self::accepted::Accepted;
use super::{
    args::{
        connect::Format,
        lint::{FailOn, Level, Lint},
    },
    client::Client,
    failure::{Exit, Failure},
    json, output, paging, progress,
};
use crate::grpc::pb::{self, lint_response::Part};

pub(super) async fn run(client: &mut Client, typed: Lint, format: Format) -> Result<Exit, Failure> {
    let Lint { codes, min_severity, fail_on, suppressions, show_suppressed, limit, cursor } = typed;
    let accepted = Accepted::read(suppressions.as_deref())?;
    let request = client.write(pb::LintRequest {
        consistency: None,
        codes: codes.iter().map(|code| (*code).into()).collect(),
        min_severity: min_severity.map_or(pb::Severity::Unspecified, Into::into).into(),
        suppressions: accepted.request(),
        limit: limit.unwrap_or_default(),
        cursor: cursor.unwrap_or_default(),
    });
    let bar = progress::bar(0, "looked through");
    let (mut findings, mut summary) = (Vec::new(), pb::LintSummary::default());
    let stream = client.analysis.lint(request).await;
    let taken = paging::parts(client, stream, |answer| match answer.part {
        Some(Part::Progress(progress)) => progress::follow(&bar, progress),
        Some(Part::Findings(part)) => findings.extend(part.findings),
        Some(Part::Summary(part)) => summary = part,
        None => {}
    })
    .await;
    bar.finish_and_clear();
    taken?;
    // What wasn't looked for can't have been met.
    if min_severity.is_none() {
        accepted.unused(&summary.unused_suppressions, &codes).for_each(output::remark);
    }
    output::answer(
        exit(&summary, min_severity, fail_on),
        match format {
            Format::Json => json::pretty(&Document {
                findings: findings
                    .iter()
                    .map(|finding| json::part("Finding", finding))
                    .collect::<anyhow::Result<_>>()?,
                summary: json::part("LintSummary", &summary)?,
            })?,
            Format::Table => report::render(&findings, &summary, min_severity, show_suppressed),
        },
    )
}

/// The answer in one JSON document.
#[derive(Serialize)]
struct Document {
    findings: Vec<json::Proto>,
    summary: json::Proto,
}

/// Whether anything was found that counts. The summary has all findings, however many were asked for.
fn exit(summary: &pb::LintSummary, min_severity: Option<Level>, fail_on: FailOn) -> Exit {
    let Some(fails) = fail_on.severity() else { return Exit::Done };
    let least = min_severity.map_or(fails, |level| fails.max(level.into()));
    let counts = |count: &&pb::FindingCount| count.severity() >= least && count.findings > count.suppressed;
    if summary.counts.iter().any(|count| counts(&count)) { Exit::Denied } else { Exit::Done }
}

#[cfg(test)]
mod tests;
