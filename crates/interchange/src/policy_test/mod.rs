//! Policy tests: what a policy is expected to decide, beside the policy file and in the same YAML.
//!
//! ```yaml
//! version: 1
//! policy: policy.yaml
//! cases:
//!   - name: developers wait for approval
//!     user: jdoe
//!     feed: unapproved-nuget
//!     allowed: [Feeds_ViewFeed]
//!     denied: [Feeds_DownloadPackage]
//!   - name: a reviewer approves packages
//!     user: ann
//!     may_promote: [{from: unapproved-nuget, to: approved-nuget}]
//!   - name: only administrators overwrite packages
//!     feed: approved-nuget
//!     attribute: Feeds_OverwritePackage
//!     only: [Admin, {group: Administrators}]
//! ```
//!
//! A case is strict where a mistake would make it pass: what checks nothing is refused, and so is a name that
//! nobody knows unless the case says `unknown: true`. Whether somebody is known, a decision point says: names
//! are compared with nothing here.

mod only;
mod promotion;
mod read;
#[cfg(test)]
mod tests;

use super::{
    problem::{At, Place, Problem, Problems},
    text,
};
use feedgate_model::{AttributeName, Name};

/// A policy test that has been read.
#[derive(Clone, Debug, Default)]
pub struct PolicyTest {
    /// The policy files, as the test names them: relative to itself, applied one after the other.
    pub policies: Vec<At<Box<str>>>,
    pub cases: Vec<Case>,
}

/// One case of a policy test.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: At<Box<str>>,
    pub about: About,
}

/// What a case is about.
#[derive(Clone, Debug)]
pub enum About {
    /// Somebody somewhere, and what they may do there and what not.
    Rights(Rights),
    /// Everybody who may do something.
    Only(Only),
}

/// Somebody somewhere, and what they may do there and what not.
#[derive(Clone, Debug)]
pub struct Rights {
    pub subject: Subject,
    pub target: Target,
    /// Whether the user or the feed is meant to be one that the policy doesn't have, and where that is said.
    pub unknown: Option<Place>,
    /// In the order of the file: first what is allowed.
    pub expectations: Vec<Expectation>,
    /// In the order of the file: first what is allowed. There is a promotion or an expectation.
    pub promotions: Vec<Promotion>,
}

/// An attribute on a target, and exactly the principals that may use it there.
#[derive(Clone, Debug)]
pub struct Only {
    pub attribute: At<AttributeName>,
    pub target: Target,
    /// Where the list stands.
    pub place: Place,
    pub holders: Vec<At<Holder>>,
}

/// A principal that may do something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// No directory means the built-in one.
    User {
        name: Name,
        directory: Option<Name>,
    },
    Group {
        name: Name,
        directory: Option<Name>,
    },
    Everyone,
    /// Of all directories, or of one.
    Authenticated {
        directory: Option<Name>,
    },
    Anonymous,
}

/// A promotion from one feed to another that is allowed, or isn't.
#[derive(Clone, Debug)]
pub struct Promotion {
    pub source: At<Name>,
    pub target: At<Name>,
    pub allowed: bool,
    pub place: Place,
}

/// Whose rights a case is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Without a directory the name is looked for as in a question: it may have a domain.
    User {
        name: At<Name>,
        directory: Option<At<Name>>,
    },
    Anonymous,
}

/// Where.
#[derive(Clone, Debug)]
pub enum Target {
    System,
    Feed(At<Name>),
    FeedGroup(At<Name>),
}

/// An attribute that is allowed, or isn't.
#[derive(Clone, Debug)]
pub struct Expectation {
    pub attribute: At<AttributeName>,
    pub allowed: bool,
}

impl PolicyTest {
    /// Reads a policy test. `file` is what it is called in messages.
    ///
    /// Fails with everything that is wrong with it by itself: its syntax (which ends the reading), keys that
    /// nobody knows, names that can't be names, cases that check nothing or contradict themselves.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = text::utf8(file, bytes).map_err(|problem| vec![problem])?;
        let mut problems = Problems::of(file);
        let test = read::test(text, &mut problems);
        problems.or(test)
    }
}
