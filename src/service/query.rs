//! What is asked of the decision point, in words that no protocol has touched, and what it answers.
//! Borrowed from the request: asking allocates nothing.

use std::time::Duration;

pub use crate::directory::{Basis, Identity};
use crate::{
    analysis::{Outcome, Proxy},
    engine::{Candidate, Decision, NearMiss, Rule},
    model::{Revision, ScopePrecedence},
};

/// Who wants to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who<'a> {
    User {
        /// None: by the rules of bare names, `@` and `\`.
        directory: Option<&'a str>,
        identity: Identity<'a>,
    },
    Anonymous,
}

/// Where they want to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Where<'a> {
    System,
    /// A name or an alternate name.
    Feed(&'a str),
    FeedGroup(&'a str),
}

/// One demand, by names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question<'a> {
    pub who: Who<'a>,
    pub attribute: &'a str,
    pub target: Where<'a>,
}

/// How fresh the policy must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The newest published policy.
    MinimizeLatency,
    /// This revision or a later one.
    AtLeast(Revision, Patience),
    /// Everything committed before the question came.
    FullyConsistent(Patience),
}

/// How long a question waits for a fresh policy at the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

impl Freshness {
    /// The same, with so much patience.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        match self {
            Self::MinimizeLatency => self,
            Self::AtLeast(revision, _) => Self::AtLeast(revision, Patience(limit)),
            Self::FullyConsistent(_) => Self::FullyConsistent(Patience(limit)),
        }
    }
}

/// Whom a name meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedUser {
    pub directory: Box<str>,
    pub id: Box<str>,
    pub name: Box<str>,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub decision: Decision,
    /// None for nobody, for somebody unknown, and when the question gave an id.
    pub subject: Option<ResolvedUser>,
    /// How fresh what external directories said was, if it was needed.
    pub basis: Option<Basis>,
    pub revision: Revision,
}

/// The answers to many, all from one revision.
#[derive(Debug)]
pub struct BatchAnswer {
    /// In the order of the questions. With each decision, which of `subjects` its name meant.
    pub results: Vec<Result<(Decision, Option<usize>), super::CheckError>>,
    pub subjects: Vec<ResolvedUser>,
    /// The oldest of what external directories said, if any was needed.
    pub basis: Option<Basis>,
    pub revision: Revision,
}

/// An answer with everything that bore on it.
#[derive(Debug)]
pub struct Explanation {
    pub answer: Answer,
    /// In rank order, the deciding grant first.
    pub candidates: Vec<Candidate>,
    /// Why the deciding grant won.
    pub rule: Option<Rule>,
    pub near_misses: Vec<NearMiss>,
    /// For a denial: how the subject gets there all the same.
    pub proxies: Vec<Proxy>,
    pub scope_precedence: ScopePrecedence,
    /// The policy that the ids in the candidates belong to.
    pub index: std::sync::Arc<crate::engine::Index>,
}

/// Every requirement of a promotion.
#[derive(Debug)]
pub struct Promotion {
    pub outcomes: Vec<Outcome>,
    pub subject_unknown: bool,
    pub subject: Option<ResolvedUser>,
    /// How fresh what external directories said was, if it was needed.
    pub basis: Option<Basis>,
    pub revision: Revision,
}

impl Promotion {
    /// All requirements are met.
    pub fn allowed(&self) -> bool {
        !self.outcomes.is_empty() && self.outcomes.iter().all(|outcome| outcome.met)
    }
}

/// Every attribute's outcome for one subject and target.
#[derive(Debug)]
pub struct EffectiveAttributes {
    /// In the order of the catalogue.
    pub attributes: Vec<(Box<str>, Decision)>,
    pub subject_unknown: bool,
    pub feed_unknown: bool,
    pub subject: Option<ResolvedUser>,
    /// How fresh what external directories said was, if it was needed.
    pub basis: Option<Basis>,
    pub revision: Revision,
}
