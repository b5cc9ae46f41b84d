//! Findings for people: by severity, then by code, and how many there are.

use anstyle::{AnsiColor, Style};

use crate::{
    cli::{
        args::lint::{self, Level},
        output::{self, BAD, BOLD, DIM, GOOD, paint, plain},
        words::{self, count},
    },
    grpc::pb::{self, Severity, object_ref::Kind},
};

const WARNING: Style = AnsiColor::Yellow.on_default().bold();

pub(super) fn render(
    findings: &[pb::Finding],
    summary: &pb::LintSummary,
    min_severity: Option<Level>,
    show_suppressed: bool,
) -> String {
    let mut shown: Vec<_> =
        findings.iter().filter(|finding| show_suppressed || finding.suppressed.is_empty()).collect();
    // The order within a code is the server's.
    shown.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
    let mut lines = Vec::new();
    let mut last = None;
    for finding in shown {
        let kind = (finding.severity, finding.code);
        if last != Some(kind) {
            if last.is_some() {
                lines.push(String::new());
            }
            last = Some(kind);
            let (style, word) = severity(finding.severity());
            lines.push(format!("{} {}", paint(style, word), paint(BOLD, lint::name(finding.code()))));
        }
        lines.extend(self::finding(finding));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(sum(summary, min_severity));
    if !summary.incomplete_directories.is_empty() {
        lines.push(format!(
            "people of {} count only where the policy names them",
            words::list(&summary.incomplete_directories)
        ));
    }
    if !summary.next_cursor.is_empty() {
        lines.push(format!("there are more: --cursor {}", summary.next_cursor));
    }
    lines.join("\n")
}

fn severity(severity: Severity) -> (Style, &'static str) {
    match severity {
        Severity::Danger => (BAD, "danger"),
        Severity::Warning => (WARNING, "warning"),
        Severity::Info => (DIM, "info"),
        Severity::Unspecified => (DIM, "(unknown)"),
    }
}

/// What is the case, what to do about it, and what it is about.
fn finding(finding: &pb::Finding) -> Vec<String> {
    let mut lines = vec![output::wrap(&plain(&finding.message), 2)];
    if !finding.advice.is_empty() {
        lines.push(output::wrap(&format!("→ {}", plain(&finding.advice)), 4));
    }
    let mut objects: Vec<_> = finding.objects.iter().map(words::object).collect();
    // At most twenty of a kind are named.
    let named =
        |is: fn(&Kind) -> bool| finding.objects.iter().flat_map(|it| &it.kind).filter(|it| is(it)).count();
    for (all, there, noun) in [
        (finding.people, named(|kind| matches!(kind, Kind::User(_))), "person"),
        (finding.feeds, named(|kind| matches!(kind, Kind::Feed(_))), "feed"),
    ] {
        if there > 0 && all > there as u64 {
            objects.push(format!("{} in all", count(all, noun)));
        }
    }
    if !objects.is_empty() {
        lines.push(paint(DIM, output::wrap(&objects.join(", "), 4)));
    }
    if !finding.suppressed.is_empty() {
        lines.push(output::wrap(&format!("suppressed: {}", plain(&finding.suppressed)), 4));
    }
    lines
}

/// `1 danger, 2 warnings; 1 suppressed (revision 8)`.
fn sum(summary: &pb::LintSummary, min_severity: Option<Level>) -> String {
    let revision = summary.revision.unwrap_or_default().number;
    let mut parts = Vec::new();
    for (severity, word) in
        [(Severity::Danger, "danger"), (Severity::Warning, "warning"), (Severity::Info, "remark")]
    {
        let of = summary.counts.iter().filter(|count| count.severity() == severity);
        match of.map(|count| count.findings.saturating_sub(count.suppressed)).sum() {
            0 => {}
            number => parts.push(count(number, word)),
        }
    }
    let suppressed = match summary.counts.iter().map(|count| count.suppressed).sum::<u64>() {
        0 => String::new(),
        number => format!("; {} suppressed", words::number(number)),
    };
    let found = match parts.as_slice() {
        // What is less severe wasn't looked for.
        [] if matches!(min_severity, Some(Level::Warning | Level::Danger)) => {
            paint(GOOD, "nothing at this severity")
        }
        [] => paint(GOOD, "nothing found"),
        parts => paint(BOLD, parts.join(", ")),
    };
    format!("{found}{suppressed} (revision {revision})")
}
