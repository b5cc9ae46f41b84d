//! What a test of a directory did, for an administrator to read.

use std::time::{Duration, Instant};

/// The steps of a test, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub steps: Vec<Step>,
}

/// One thing that was asked, and what came back. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `connect`, `bind`, `user`, `group`, `membership`, `members`, `search`, …
    pub name: &'static str,
    /// What was asked, in the protocol's words: an address, a search base and a filter, …
    pub asked: String,
    /// What came back, one line each.
    pub answer: Vec<String>,
    pub outcome: Outcome,
    pub took: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Nothing is wrong with the directory, but what was looked for isn't there.
    NotFound,
    Failed,
}

impl Trace {
    /// Adds a step that began at a moment and has just ended.
    pub fn add(&mut self, name: &'static str, asked: impl Into<String>, since: Instant, told: Told) {
        let Told { answer, outcome } = told;
        self.steps.push(Step { name, asked: asked.into(), answer, outcome, took: since.elapsed() });
    }

    /// Whether every step went well.
    pub fn is_ok(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.outcome == Outcome::Ok)
    }
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub answer: Vec<String>,
    pub outcome: Outcome,
}

impl Told {
    pub fn ok(answer: Vec<String>) -> Self {
        Self { answer, outcome: Outcome::Ok }
    }

    pub fn not_found(why: impl Into<String>) -> Self {
        Self { answer: vec![why.into()], outcome: Outcome::NotFound }
    }

    pub fn failed(why: impl ToString) -> Self {
        Self { answer: vec![why.to_string()], outcome: Outcome::Failed }
    }
}
