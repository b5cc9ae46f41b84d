//! What somebody has seen and accepted.

use std::collections::HashSet;

use super::{code::Code, finding::Finding};
use crate::model::{Kind, ObjectKey, UserId};

/// Accepts findings of a code that are about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub code: Code,
    pub object: ObjectKey,
    pub reason: Box<str>,
}

/// Which suppression a finding met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// In the order in which suppressions were given, from 0.
    pub by: usize,
    pub reason: Box<str>,
}

/// All that were given.
pub(super) struct Suppressions<'s> {
    given: &'s [Suppression],
    /// Of those that were given.
    codes: HashSet<Code>,
}

impl<'s> Suppressions<'s> {
    pub(super) fn new(given: &'s [Suppression]) -> Self {
        Self { given, codes: given.iter().map(|it| it.code).collect() }
    }

    /// Those of a code, with their numbers. What they accept of a finding makes a finding of its own.
    pub(super) fn of(&self, code: Code) -> impl Iterator<Item = (usize, &'s Suppression)> {
        let there = self.codes.contains(&code);
        self.given.iter().enumerate().filter(move |(_, it)| there && it.code == code)
    }

    /// The users that are named: each has to be told apart from all others.
    pub(super) fn users(&self) -> impl Iterator<Item = UserId> {
        let users = self.given.iter().filter(|it| it.object.kind == Kind::User);
        users.map(|it| UserId(it.object.id as u32))
    }

    /// The reason of one.
    pub(super) fn suppressed(&self, by: usize) -> Option<Suppressed> {
        Some(Suppressed { by, reason: self.given.get(by)?.reason.clone() })
    }

    /// Marks what is suppressed by an object that it is about.
    pub(super) fn apply(&self, findings: &mut [Finding]) {
        for finding in findings.iter_mut().filter(|it| it.suppressed.is_none()) {
            let meets = |it: &Suppression| it.code == finding.code && finding.is_settled_by(it.object);
            finding.suppressed = self.given.iter().position(meets).and_then(|by| self.suppressed(by));
        }
    }
}

impl Finding {
    /// Whether accepting an object accepts all of the finding. Of several feeds or people one isn't enough, and
    /// neither is one of several permissions that defeat a restriction.
    fn is_settled_by(&self, object: ObjectKey) -> bool {
        let alone = match object.kind {
            Kind::Feed => self.people == 0 || self.feeds == 1,
            Kind::User => self.people <= 1,
            Kind::Grant if self.is_defeat() => {
                self.objects.first() == Some(&object)
                    || self.objects.iter().filter(|key| key.kind == Kind::Grant).count() == 2
            }
            _ => true,
        };
        alone && self.objects.contains(&object)
    }

    /// Whether it is about a restriction, and behind it the permissions that defeat it.
    fn is_defeat(&self) -> bool {
        matches!(self.code, Code::RestrictionDefeatedByUser | Code::RestrictionDefeatedByScope)
    }
}
