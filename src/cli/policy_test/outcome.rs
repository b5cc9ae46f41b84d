//! What came of policy tests.

use crate::{cli::args::question::Question, grpc::pb, interchange::Place};

/// A policy test, asked.
#[derive(Debug)]
pub(super) struct Suite {
    /// What the file is called.
    pub(super) file: String,
    pub(super) policies: Vec<String>,
    pub(super) cases: Vec<Outcome>,
}

/// A case, asked.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) checks: Vec<Check>,
}

/// An expectation and the decision.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) question: Question,
    pub(super) allowed: bool,
    /// Where it stands that it is expected to be so.
    pub(super) place: Place,
    pub(super) explanation: pb::ExplainResponse,
}

impl Suite {
    pub(super) fn passed(&self) -> bool {
        self.cases.iter().all(Outcome::passed)
    }
}

impl Outcome {
    pub(super) fn passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The expectations that the policy doesn't meet.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed())
    }
}

impl Check {
    pub(super) fn passed(&self) -> bool {
        self.explanation.allowed == self.allowed
    }

    /// `Feeds_DownloadPackage should be denied, and is allowed`.
    pub(super) fn complaint(&self) -> String {
        let [should, is] = [self.allowed, self.explanation.allowed].map(word);
        format!("{} should be {should}, and is {is}", self.question.attribute)
    }
}

/// How a decision is said.
pub(super) fn word(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "denied" }
}

/// How many cases passed, and how many failed.
pub(super) fn count(suites: &[Suite]) -> (usize, usize) {
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let passed = cases().filter(|case| case.passed()).count();
    (passed, cases().count() - passed)
}
