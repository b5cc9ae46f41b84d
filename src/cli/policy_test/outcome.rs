//! What came of policy tests.

use crate::{
    cli::{
        args::{self, lookup::WhoCan, question::Question},
        explain,
        lookup::{principals, promotion},
    },
    grpc::pb,
    interchange::Place,
};

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

/// An expectation and what the policy says.
#[derive(Debug)]
pub(super) enum Check {
    Decision(Decision),
    Promotion(Promotion),
    Only(Only),
}

/// An attribute that is expected to be allowed or denied, and the decision.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) question: Question,
    pub(super) allowed: bool,
    /// Where it stands that it is expected to be so.
    pub(super) place: Place,
    pub(super) explanation: pb::ExplainResponse,
}

/// A promotion that is expected to be allowed or denied, and the answer.
#[derive(Debug)]
pub(super) struct Promotion {
    pub(super) asked: args::lookup::Promotion,
    pub(super) allowed: bool,
    pub(super) place: Place,
    pub(super) answer: pb::CheckPromotionResponse,
}

/// An attribute that only some may use, and who differs from that.
#[derive(Debug)]
pub(super) struct Only {
    pub(super) question: WhoCan,
    pub(super) place: Place,
    /// Principals that may and aren't named.
    pub(super) unexpected: Vec<String>,
    /// Principals that are named and may not.
    pub(super) missing: Vec<String>,
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
        match self {
            Self::Decision(check) => check.explanation.allowed == check.allowed,
            Self::Promotion(check) => check.answer.allowed == check.allowed,
            Self::Only(check) => check.unexpected.is_empty() && check.missing.is_empty(),
        }
    }

    pub(super) fn place(&self) -> Place {
        match self {
            Self::Decision(check) => check.place,
            Self::Promotion(check) => check.place,
            Self::Only(check) => check.place,
        }
    }

    /// `Feeds_DownloadPackage should be denied, and is allowed`.
    pub(super) fn complaint(&self) -> String {
        match self {
            Self::Decision(Decision { question, allowed, explanation, .. }) => {
                let [should, is] = [*allowed, explanation.allowed].map(word);
                format!("{} should be {should}, and is {is}", question.attribute)
            }
            Self::Promotion(Promotion { asked, allowed, answer, .. }) => {
                let [should, is] = [*allowed, answer.allowed].map(word);
                format!("promotion from {} to {} should be {should}, and is {is}", asked.source, asked.target)
            }
            Self::Only(Only { question, unexpected, missing, .. }) => {
                let mut differences = Vec::new();
                if !unexpected.is_empty() {
                    differences.push(format!("also allowed to {}", unexpected.join(", ")));
                }
                if !missing.is_empty() {
                    differences.push(format!("not allowed to {}", missing.join(", ")));
                }
                format!("{} is {}", question.attribute, differences.join(", and "))
            }
        }
    }

    /// Why it is so, for people.
    pub(super) fn explained(&self) -> String {
        match self {
            Self::Decision(check) => explain::render(&check.question, &check.explanation),
            Self::Promotion(check) => promotion::render(&check.asked, &check.answer),
            Self::Only(check) => {
                let command = principals::command(&check.question);
                format!("see with a server: feedgate {command}")
            }
        }
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
