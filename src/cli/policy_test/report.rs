//! Policy tests for people: a line a case, and below those that failed, why.

use super::outcome::{Outcome, Suite, count};
use crate::cli::output::{BAD, BOLD, GOOD, indent, paint, plain};

pub(super) fn render(suites: &[Suite]) -> String {
    let mut lines = Vec::new();
    for suite in suites {
        lines.push(paint(BOLD, plain(&suite.file)));
        lines.extend(suite.cases.iter().map(|case| outcome(&suite.file, case)));
    }
    let (passed, failed) = count(suites);
    let style = if failed == 0 { GOOD } else { BAD };
    lines.push(paint(style, format!("{passed} passed, {failed} failed")));
    lines.join("\n")
}

fn outcome(file: &str, case: &Outcome) -> String {
    let (style, word) = if case.passed() { (GOOD, "ok    ") } else { (BAD, "FAILED") };
    let line = format!("  {} {}", paint(style, word), plain(&case.name));
    if case.passed() { line } else { format!("{line}\n{}", indent(&reasons(file, case), 4)) }
}

/// Each expectation that isn't met, and the decision explained.
pub(super) fn reasons(file: &str, case: &Outcome) -> String {
    let reason = |check: &super::outcome::Check| {
        let place = check.place();
        let explanation = check.explained();
        format!(
            "{}:{}:{}: {}\n{}",
            plain(file),
            place.line,
            place.column,
            plain(&check.complaint()),
            indent(&explanation, 2)
        )
    };
    case.failed().map(reason).collect::<Vec<_>>().join("\n")
}
