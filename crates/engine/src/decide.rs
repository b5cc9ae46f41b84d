//! The decision: which grant comes first, and what it says (access model, section 5, steps 2 to 4).

use std::ops::Range;

use smallvec::SmallVec;

use super::{
    covering::{Cover, covering},
    decision::{Decision, Demand, Reason, Target},
    index::{AT_ONCE, Found, Index},
    principals::{Part, Principals, Standing},
};
use feedgate_model::{Effect, GrantId};

/// May a subject do what it demands? Reads the index only: no lock, no clock, no I/O; and
/// no allocation for a subject of up to 64 principals.
pub fn decide(index: &Index, who: &Principals, demand: Demand) -> Decision {
    let answer = |reason| Decision {
        reason,
        subject_unknown: who.standing() == Standing::Unknown,
        feed_unknown: demand.target == Target::UnknownFeed,
    };
    if who.standing() == Standing::Disabled {
        return answer(Reason::SubjectDisabled);
    }
    let Some((bit, feed_scopable)) = index.bit(demand.attribute) else {
        return answer(Reason::NotGranted);
    };
    let covering = match covering(index, demand.target, feed_scopable) {
        Ok(covering) => covering,
        Err(reason) => return answer(reason),
    };
    let sifted = Sifted::of(covering.as_slice(), who);
    let by_user = sifted.first_grant(index, bit, [Part::User, Part::Namesakes]);
    let first = by_user.or_else(|| sifted.first_grant(index, bit, [Part::Others, Part::Restricting]));
    answer(reason(first))
}

/// What the first grant in rank order says.
pub(super) const fn reason(first: Option<(Effect, GrantId)>) -> Reason {
    match first {
        None => Reason::NotGranted,
        Some((Effect::Restrict, id)) => Reason::Restricted(id),
        // The one place that says yes: a permission that covers the demand, and no grant before it.
        Some((Effect::Permit, id)) => Reason::Permitted(id),
    }
}

/// Which of a subject's principals each scope may have grants of. Filters come first and grants later: what is read of
/// one scope doesn't wait for what is read of another.
struct Sifted<'a> {
    covering: &'a [Cover<'a>],
    who: &'a Principals,
    /// A bit for each principal, 64 at a time: one word for each of the scopes, of which there are at most three.
    maybe: SmallVec<[[u64; 3]; 1]>,
}

impl<'a> Sifted<'a> {
    #[inline]
    fn of(covering: &'a [Cover<'a>], who: &'a Principals) -> Self {
        let mut maybe = SmallVec::new();
        for some in who.keys().chunks(AT_ONCE) {
            let mut words = [0; 3];
            for (word, cover) in words.iter_mut().zip(covering) {
                *word = cover.grants.sift(some);
            }
            maybe.push(words);
        }
        Self { covering, who, maybe }
    }

    /// The first grant to principals of one rank: by level, then restrictions, then the smallest id.
    #[inline]
    fn first_grant(&self, index: &Index, bit: u32, parts: [Part; 2]) -> Option<(Effect, GrantId)> {
        if self.rules_out(parts) {
            return None;
        }
        let mut first = First::default();
        let mut level = 0;
        for (number, cover) in self.covering.iter().enumerate() {
            if cover.level != level {
                if let Some(found) = first.found() {
                    return Some(found);
                }
                level = cover.level;
            }
            for part in parts {
                let range = self.who.range(part);
                if range.is_empty() {
                    continue;
                }
                for (at, words) in self.maybe.iter().enumerate() {
                    let maybe = words.get(number).map_or(0, |word| word & bits(&range, at * AT_ONCE));
                    if maybe == 0 {
                        continue;
                    }
                    let some = self.who.keys().get(at * AT_ONCE..).unwrap_or_default();
                    cover.grants.visit_sifted(some, maybe, |found| {
                        if index.mask(found.task) >> bit & 1 == 1 {
                            first.hear(found, part.permits());
                        }
                    });
                }
            }
        }
        first.found()
    }

    /// Whether no scope can have grants of principals of one rank: so it is for most users' own.
    #[inline]
    fn rules_out(&self, [first, last]: [Part; 2]) -> bool {
        let range = self.who.range(first).start..self.who.range(last).end;
        let mut starts = (0..).step_by(AT_ONCE);
        self.maybe.iter().all(|[one, other, third]| {
            (one | other | third) & bits(&range, starts.next().unwrap_or_default()) == 0
        })
    }
}

/// The bits of those in a range, of 64 that begin at `start`.
#[inline]
fn bits(range: &Range<usize>, start: usize) -> u64 {
    let below = |end: usize| match end.saturating_sub(start) {
        number @ 0..AT_ONCE => (1 << number) - 1,
        _ => u64::MAX,
    };
    below(range.end) & !below(range.start)
}

/// The first restriction and the first permission of a level.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct First {
    restriction: Option<GrantId>,
    permission: Option<GrantId>,
}

impl First {
    #[inline]
    pub(super) fn hear(&mut self, found: Found, permissions_count: bool) {
        let first = match found.effect {
            Effect::Restrict => &mut self.restriction,
            Effect::Permit if permissions_count => &mut self.permission,
            Effect::Permit => return,
        };
        *first = smaller(*first, Some(found.id));
    }

    /// The first of both, as grants of one level.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            restriction: smaller(self.restriction, other.restriction),
            permission: smaller(self.permission, other.permission),
        }
    }

    #[inline]
    pub(super) fn found(&self) -> Option<(Effect, GrantId)> {
        let restriction = self.restriction.map(|id| (Effect::Restrict, id));
        restriction.or(self.permission.map(|id| (Effect::Permit, id)))
    }
}

#[inline]
fn smaller(one: Option<GrantId>, other: Option<GrantId>) -> Option<GrantId> {
    // None is less than anything.
    one.min(other).or(one.max(other))
}
