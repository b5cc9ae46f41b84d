//! Policy tests for programs: one JSON document, explanations in proto JSON.

use serde::Serialize;

use super::outcome::{Check, Decision, Only, Outcome, Promotion, Suite, count, word};
use crate::{
    cli::json::{self, Proto},
    interchange::Place,
};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promotion: Option<Promoted<'a>>,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'static str>,
    /// Of a case with `only`: who may and isn't named.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexpected: Option<&'a [String]>,
    /// Of a case with `only`: who is named and may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a [String]>,
    passed: bool,
    /// Of failures only: it is long.
    explanation: Option<Proto>,
}

#[derive(Serialize)]
struct Promoted<'a> {
    from: &'a str,
    to: &'a str,
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
    let Place { line, column } = check.place();
    let passed = check.passed();
    let nothing = Checked {
        attribute: None,
        promotion: None,
        line,
        column,
        expected: None,
        found: None,
        unexpected: None,
        missing: None,
        passed,
        explanation: None,
    };
    Ok(match check {
        Check::Decision(Decision { question, allowed, place: _, explanation }) => {
            let explained = (!passed).then(|| json::part("ExplainResponse", explanation));
            Checked {
                attribute: Some(&question.attribute),
                expected: Some(word(*allowed)),
                found: Some(word(explanation.allowed)),
                explanation: explained.transpose()?,
                ..nothing
            }
        }
        Check::Promotion(Promotion { asked, allowed, place: _, answer }) => {
            let explained = (!passed).then(|| json::part("CheckPromotionResponse", answer));
            Checked {
                promotion: Some(Promoted { from: &asked.source, to: &asked.target }),
                expected: Some(word(*allowed)),
                found: Some(word(answer.allowed)),
                explanation: explained.transpose()?,
                ..nothing
            }
        }
        Check::Only(Only { question, place: _, unexpected, missing }) => Checked {
            attribute: Some(&question.attribute),
            unexpected: Some(unexpected),
            missing: Some(missing),
            ..nothing
        },
    })
}
