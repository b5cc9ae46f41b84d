//! Findings, word for word, and what they exit with.

use anstream::adapter::strip_str;

use super::*;
use crate::grpc::pb::{FindingCode, Severity, object_ref::Kind};

fn finding(code: FindingCode, severity: Severity, message: &str, objects: &[Kind]) -> pb::Finding {
    pb::Finding {
        code: code.into(),
        severity: severity.into(),
        message: message.into(),
        advice: "Do something.".into(),
        objects: objects.iter().map(|kind| pb::ObjectRef { kind: Some(kind.clone()) }).collect(),
        ..Default::default()
    }
}

fn count(code: FindingCode, severity: Severity, findings: u64, suppressed: u64) -> pb::FindingCount {
    pb::FindingCount { code: code.into(), severity: severity.into(), findings, suppressed }
}

fn summary(counts: Vec<pb::FindingCount>) -> pb::LintSummary {
    pb::LintSummary { revision: Some(pb::Revision { store: 1, number: 8 }), counts, ..Default::default() }
}

#[track_caller]
fn check(findings: &[pb::Finding], summary: &pb::LintSummary, show_suppressed: bool, expected: &str) {
    let rendered = report::render(findings, summary, None, show_suppressed);
    assert_eq!(strip_str(&rendered).to_string(), expected);
}

#[test]
fn by_severity_then_by_code() {
    let user = Kind::User(pb::PrincipalName { name: "jDoe".into(), ..Default::default() });
    let feed = |name: &str| Kind::Feed(name.into());
    let mut accepted =
        finding(FindingCode::WithoutView, Severity::Warning, "jDoe can't view pypi.", &[feed("pypi")]);
    accepted.suppressed = "not yet open".into();
    let mut many =
        finding(FindingCode::WithoutView, Severity::Warning, "jDoe can't view npm.", &[user, feed("npm")]);
    (many.people, many.feeds) = (1_234, 1);
    let findings = [
        finding(FindingCode::EmptyGroup, Severity::Info, "Nobody is in Staff.", &[]),
        many,
        accepted,
        finding(FindingCode::KnownPassword, Severity::Danger, "Admin has Admin.", &[Kind::GrantId(4)]),
    ];
    let mut summary = summary(vec![
        count(FindingCode::KnownPassword, Severity::Danger, 1, 0),
        count(FindingCode::WithoutView, Severity::Warning, 3, 1),
        count(FindingCode::EmptyGroup, Severity::Info, 1, 0),
    ]);
    summary.next_cursor = "c".into();
    summary.incomplete_directories = vec!["corp".into()];
    check(
        &findings,
        &summary,
        false,
        "\
danger KNOWN_PASSWORD
  Admin has Admin.
    → Do something.
    grant 4

warning WITHOUT_VIEW
  jDoe can't view npm.
    → Do something.
    user jDoe, feed npm, 1,234 people in all

info EMPTY_GROUP
  Nobody is in Staff.
    → Do something.

1 danger, 2 warnings, 1 remark; 1 suppressed (revision 8)
people of corp count only where the policy names them
there are more: --cursor c",
    );
    check(
        &findings[2..3],
        &super::tests::summary(vec![count(FindingCode::WithoutView, Severity::Warning, 1, 1)]),
        true,
        "\
warning WITHOUT_VIEW
  jDoe can't view pypi.
    → Do something.
    feed pypi
    suppressed: not yet open

nothing found; 1 suppressed (revision 8)",
    );
    check(&[], &super::tests::summary(vec![]), false, "nothing found (revision 8)");
}

#[test]
fn nothing_severe_is_not_nothing() {
    for (min_severity, expected) in [
        (Some(Level::Danger), "nothing at this severity (revision 8)"),
        (Some(Level::Warning), "nothing at this severity (revision 8)"),
        (Some(Level::Info), "nothing found (revision 8)"),
        (None, "nothing found (revision 8)"),
    ] {
        let rendered = report::render(&[], &summary(vec![]), min_severity, false);
        assert_eq!(strip_str(&rendered).to_string(), expected);
    }
}

#[test]
fn what_fails() {
    let warning = || summary(vec![count(FindingCode::WithoutView, Severity::Warning, 2, 1)]);
    let suppressed = || summary(vec![count(FindingCode::WithoutView, Severity::Danger, 2, 2)]);
    for (summary, min, fail_on, expected) in [
        (summary(vec![]), None, FailOn::Info, Exit::Done),
        (warning(), None, FailOn::Warning, Exit::Denied),
        (warning(), None, FailOn::Info, Exit::Denied),
        (warning(), None, FailOn::Danger, Exit::Done),
        (warning(), None, FailOn::Never, Exit::Done),
        (warning(), Some(Level::Danger), FailOn::Warning, Exit::Done),
        (suppressed(), None, FailOn::Info, Exit::Done),
    ] {
        assert_eq!(exit(&summary, min, fail_on), expected, "{min:?} {fail_on:?}");
    }
}

#[test]
fn suppressions_that_met_nothing_are_pointed_at() {
    let text = "version: 1\nsuppressions:\n  - {code: WITHOUT_VIEW, feed: npm, reason: r}\n  \
                - {code: EMPTY_GROUP, group: g, reason: r}\n";
    let accepted = Accepted::parse("s.yaml".into(), text.as_bytes()).unwrap();
    let request = accepted.request();
    assert_eq!(
        (request[0].code(), &request[0].object, request[0].reason.as_str()),
        (FindingCode::WithoutView, &Some(pb::ObjectRef { kind: Some(Kind::Feed("npm".into())) }), "r")
    );
    let unused = |codes: &[FindingCode]| accepted.unused(&[0, 1, 7], codes).collect::<Vec<_>>();
    let feed = "note: s.yaml:3:5: nothing of the code WITHOUT_VIEW is found there any more";
    let group = "note: s.yaml:4:5: nothing of the code EMPTY_GROUP is found there any more";
    assert_eq!(unused(&[]), [feed, group]);
    assert_eq!(unused(&[FindingCode::EmptyGroup]), [group]);
    let mistakes = Accepted::parse("s.yaml".into(), b"version: 1\nsuppressions: [{}]\n").unwrap_err();
    assert_eq!(mistakes.exit(), Exit::Usage);
    assert!(mistakes.to_string().starts_with("s.yaml:2:16: `code` is missing"), "{mistakes}");
}
