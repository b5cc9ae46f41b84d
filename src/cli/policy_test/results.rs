//! Policy tests for programs: one JSON document, explanations in proto JSON.

use serde::Serialize;

use super::outcome::{Check, Outcome, Suite, count, word};
use crate::cli::json::{self, Proto};

#[derive(Serialize)]
struct Results<'a> {
    passed: usize,
    failed: usize,
    files: Vec<Tested<'a>>,
}

#[derive(Serialize)]
struct Tested<'a> {
    file: &'a str,
    policies: &'a [String],
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    line: u32,
    passed: bool,
    checks: Vec<Checked<'a>>,
}

#[derive(Serialize)]
struct Checked<'a> {
    attribute: &'a str,
    line: u32,
    column: u32,
    expected: &'static str,
    found: &'static str,
    passed: bool,
    /// Of failures only: it is long.
    explanation: Option<Proto>,
}

pub(super) fn render(suites: &[Suite]) -> anyhow::Result<String> {
    let (passed, failed) = count(suites);
    let files = suites.iter().map(tested).collect::<Result<_, _>>()?;
    json::pretty(&Results { passed, failed, files })
}

fn tested(suite: &Suite) -> anyhow::Result<Tested<'_>> {
    let Suite { file, policies, cases } = suite;
    Ok(Tested { file, policies, cases: cases.iter().map(case).collect::<Result<_, _>>()? })
}

fn case(case: &Outcome) -> anyhow::Result<Case<'_>> {
    let Outcome { name, place, checks } = case;
    let checks = checks.iter().map(checked).collect::<Result<_, _>>()?;
    Ok(Case { name, line: place.line, passed: case.passed(), checks })
}

fn checked(check: &Check) -> anyhow::Result<Checked<'_>> {
    let Check { question, allowed, place, explanation } = check;
    let explained = (!check.passed()).then(|| json::part("ExplainResponse", explanation));
    Ok(Checked {
        attribute: &question.attribute,
        line: place.line,
        column: place.column,
        expected: word(*allowed),
        found: word(explanation.allowed),
        passed: check.passed(),
        explanation: explained.transpose()?,
    })
}
