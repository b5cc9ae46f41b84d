//! What somebody has seen and accepted.

use std::collections::HashMap;

use super::{code::Code, finding::Finding};
use feedgate_model::{Kind, ObjectKey, UserId};

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
    by_object: HashMap<(Code, ObjectKey), usize>,
    /// By code, those that name users and groups.
    of_people: HashMap<Code, Vec<usize>>,
}

impl<'s> Suppressions<'s> {
    pub(super) fn new(given: &'s [Suppression]) -> Self {
        let mut suppressions = Self { given, by_object: HashMap::new(), of_people: HashMap::new() };
        for (number, it) in given.iter().enumerate() {
            suppressions.by_object.entry((it.code, it.object)).or_insert(number);
            if matches!(it.object.kind, Kind::User | Kind::Group) {
                suppressions.of_people.entry(it.code).or_default().push(number);
            }
        }
        suppressions
    }

    /// The number of the one for an object.
    pub(super) fn by(&self, code: Code, object: ObjectKey) -> Option<usize> {
        self.by_object.get(&(code, object)).copied()
    }

    /// Those of a code, with their numbers. What they accept of a finding makes a finding of its own.
    pub(super) fn of(&self, code: Code) -> impl Iterator<Item = (usize, &'s Suppression)> {
        self.given.iter().enumerate().filter(move |(_, it)| it.code == code)
    }

    /// Of these the ones that name users and groups.
    pub(super) fn of_people(&self, code: Code) -> impl Iterator<Item = (usize, &'s Suppression)> {
        let numbers = self.of_people.get(&code).into_iter().flatten();
        numbers.filter_map(|number| Some((*number, self.given.get(*number)?)))
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
            let settled = |object: &&ObjectKey| finding.is_settled_by(**object);
            let given = |object: &ObjectKey| self.by(finding.code, *object);
            let by = finding.objects.iter().filter(|object| given(object).is_some()).filter(settled);
            let by = by.filter_map(given).min();
            finding.suppressed = by.and_then(|by| self.suppressed(by));
        }
    }
}

impl Finding {
    /// Whether accepting an object of it accepts all of the finding. Of several feeds or people one isn't enough.
    fn is_settled_by(&self, object: ObjectKey) -> bool {
        match object.kind {
            Kind::Feed => self.people == 0 || self.feeds == 1,
            Kind::User => self.people <= 1,
            Kind::Grant => self.is_settled_by_grant(object),
            _ => true,
        }
    }

    /// The grant that it is about, not one that merely has to do with it, unless that is the only one.
    fn is_settled_by_grant(&self, grant: ObjectKey) -> bool {
        let grants = self.objects.iter().filter(|key| key.kind == Kind::Grant).count();
        let first = self.objects.first() == Some(&grant);
        match self.code {
            Code::RestrictionDefeatedByUser | Code::RestrictionDefeatedByScope => first || grants == 2,
            Code::EmptyGroup => grants == 1,
            Code::Contradiction => true,
            _ => first,
        }
    }
}
