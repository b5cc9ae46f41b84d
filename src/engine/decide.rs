//! The decision: which grant comes first, and what it says (access model, section 5, steps 2 to 4).

use smallvec::SmallVec;

use super::{
    decision::{Decision, Demand, Reason, Target},
    index::{Index, PrincipalKey, ScopeTable},
    principals::{Principals, Standing},
};
use crate::model::{Effect, FeedId, GrantId, Scope, ScopePrecedence, UnknownFeed};

/// Scopes in the order in which they are weighed; those of one level are equal.
pub(super) type Levels = SmallVec<[SmallVec<[Scope; 2]>; 3]>;

/// May a subject do what it demands? Reads the index only: no lock, no clock, no I/O.
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
    let levels = match levels(index, demand.target, feed_scopable) {
        Ok(levels) => levels,
        Err(reason) => return answer(reason),
    };
    let (user, namesakes) = (who.user.as_slice(), who.namesakes.as_slice());
    let first = first_grant(index, bit, &levels, user, namesakes)
        .or_else(|| first_grant(index, bit, &levels, &who.others, &who.restricting));
    match first {
        None => answer(Reason::NotGranted),
        Some((Effect::Restrict, id)) => answer(Reason::Restricted(id)),
        // The one place that says yes: a permission that covers the demand, and no grant before it.
        Some((Effect::Permit, id)) => answer(Reason::Permitted(id)),
    }
}

/// The scopes that cover a target, or why nothing can.
pub(super) fn levels(index: &Index, target: Target, feed_scopable: bool) -> Result<Levels, Reason> {
    let all_feeds = || level([Scope::AllFeeds]);
    let mut levels = Levels::new();
    match target {
        Target::UnknownFeed if index.settings().unknown_feed == UnknownFeed::Deny => {
            return Err(Reason::FeedUnknown);
        }
        Target::UnknownFeedGroup => return Err(Reason::FeedGroupUnknown),
        Target::UnknownFeed | Target::System => {}
        Target::Feed(_) | Target::FeedGroup(_) if !feed_scopable => {}
        Target::Feed(feed) => levels = feed_levels(index, feed),
        Target::FeedGroup(group) => levels.push(level([Scope::FeedGroup(group)])),
    }
    levels.push(all_feeds());
    Ok(levels)
}

fn feed_levels(index: &Index, feed: FeedId) -> Levels {
    let Some(group) = index.group_of(feed) else {
        return Levels::from_iter([level([Scope::Feed(feed)])]);
    };
    let (feed, group) = (Scope::Feed(feed), Scope::FeedGroup(group));
    match index.settings().scope_precedence {
        ScopePrecedence::FeedOverGroup => Levels::from_iter([level([feed]), level([group])]),
        ScopePrecedence::FeedAndGroupEqual => Levels::from_iter([level([feed, group])]),
    }
}

fn level<const N: usize>(scopes: [Scope; N]) -> SmallVec<[Scope; 2]> {
    scopes.into_iter().collect()
}

/// The first grant of principals of one rank: by level, then restrictions, then the smallest id.
#[inline]
fn first_grant(
    index: &Index,
    bit: u32,
    levels: &Levels,
    who: &[PrincipalKey],
    restricting: &[PrincipalKey],
) -> Option<(Effect, GrantId)> {
    levels.iter().find_map(|scopes| {
        let mut found = Found::default();
        for table in scopes.iter().map(|scope| index.table(*scope)) {
            found.look(index, bit, table, who, Counts::Both);
            found.look(index, bit, table, restricting, Counts::Restrictions);
        }
        found.first()
    })
}

/// Which grants of a principal count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Both,
    Restrictions,
}

/// The first restriction and the first permission of a level.
#[derive(Default)]
struct Found {
    restriction: Option<GrantId>,
    permission: Option<GrantId>,
}

impl Found {
    #[inline]
    fn look(&mut self, index: &Index, bit: u32, table: &ScopeTable, who: &[PrincipalKey], counts: Counts) {
        table.visit_each(who, |effect, task, id| {
            if index.mask(task) >> bit & 1 == 0 {
                return;
            }
            let first = match effect {
                Effect::Restrict => &mut self.restriction,
                Effect::Permit if counts == Counts::Both => &mut self.permission,
                Effect::Permit => return,
            };
            *first = Some(first.map_or(id, |other| other.min(id)));
        });
    }

    fn first(&self) -> Option<(Effect, GrantId)> {
        let restriction = self.restriction.map(|id| (Effect::Restrict, id));
        restriction.or(self.permission.map(|id| (Effect::Permit, id)))
    }
}
