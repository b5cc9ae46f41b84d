//! Many decisions about one subject: what grants on all feeds and on feed groups say to it is kept, so that each
//! further feed costs a look at the grants on it alone.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::{
    decide::{First, decide, reason},
    decision::{Decision, Demand, PrincipalRank, Target},
    index::{Index, ScopeTable},
    principals::{Principals, Standing},
};
use crate::model::{AttributeId, Effect, FeedGroupId, FeedId, GrantId, Scope, ScopePrecedence};

/// A subject that is asked about again and again, under one index.
#[derive(Clone, Debug)]
pub struct Series<'i> {
    index: &'i Index,
    who: Principals,
    /// By attribute: there are few.
    heard: SmallVec<[Heard; 1]>,
}

/// What the grants on wider scopes say of one attribute, as far as it was needed.
#[derive(Clone, Debug)]
struct Heard {
    attribute: AttributeId,
    on_all: Option<ByRank>,
    on_groups: HashMap<FeedGroupId, ByRank, FixedState>,
}

/// The first grants of one level: the user's own, which are weighed at every level before all others, and those.
#[derive(Clone, Copy, Debug, Default)]
struct ByRank {
    user: First,
    others: First,
}

impl<'i> Series<'i> {
    /// About a subject under an index.
    pub fn new(index: &'i Index, who: Principals) -> Self {
        Self { index, who, heard: SmallVec::new() }
    }

    /// What [`decide`](super::decide()) says. Nothing is kept of an attribute that is asked about once.
    pub fn decide(&mut self, demand: Demand) -> Decision {
        let Demand { attribute, target } = demand;
        let Some(at) = self.heard.iter().position(|heard| heard.attribute == attribute) else {
            self.heard.push(Heard { attribute, on_all: None, on_groups: HashMap::default() });
            return decide(self.index, &self.who, demand);
        };
        match (target, self.index.bit(attribute), self.heard.get_mut(at)) {
            (Target::Feed(feed), Some((bit, true)), Some(heard))
                if self.who.standing() != Standing::Disabled =>
            {
                let first = heard.first_grant(Asked { index: self.index, who: &self.who, bit }, feed);
                Decision {
                    reason: reason(first),
                    subject_unknown: self.who.standing() == Standing::Unknown,
                    feed_unknown: false,
                }
            }
            _ => decide(self.index, &self.who, demand),
        }
    }
}

/// Who is asked about, and the bit of the attribute.
#[derive(Clone, Copy)]
struct Asked<'a> {
    index: &'a Index,
    who: &'a Principals,
    bit: u32,
}

impl Asked<'_> {
    fn hear(self, table: &ScopeTable) -> ByRank {
        let mut by_rank = ByRank::default();
        for (part, principals) in self.who.parts() {
            let first = match part.rank() {
                PrincipalRank::User => &mut by_rank.user,
                PrincipalRank::Group => &mut by_rank.others,
            };
            table.visit_each(principals, |found| {
                if self.index.mask(found.task) >> self.bit & 1 == 1 {
                    first.hear(found, part.permits());
                }
            });
        }
        by_rank
    }
}

impl Heard {
    /// The first grant that covers a feed (access model, section 5, steps 2 to 4).
    fn first_grant(&mut self, asked: Asked<'_>, feed: FeedId) -> Option<(Effect, GrantId)> {
        let Asked { index, .. } = asked;
        let (group, grants) = index.group_and_grants(feed);
        let on_feed = asked.hear(grants);
        let on_all = *self.on_all.get_or_insert_with(|| asked.hear(index.table(Scope::AllFeeds)));
        let Some(group) = group else { return ByRank::first([on_feed, on_all]) };
        let on_group = self.on_groups.entry(group);
        let on_group = *on_group.or_insert_with(|| asked.hear(index.table(Scope::FeedGroup(group))));
        match index.settings().scope_precedence {
            ScopePrecedence::FeedOverGroup => ByRank::first([on_feed, on_group, on_all]),
            ScopePrecedence::FeedAndGroupEqual => ByRank::first([on_feed.and(on_group), on_all]),
        }
    }
}

impl ByRank {
    /// The first grant of these levels, of which the narrowest comes first.
    fn first<const LEVELS: usize>(levels: [Self; LEVELS]) -> Option<(Effect, GrantId)> {
        let by_user = levels.iter().find_map(|level| level.user.found());
        by_user.or_else(|| levels.iter().find_map(|level| level.others.found()))
    }

    /// Both, as one level.
    fn and(self, other: Self) -> Self {
        Self { user: self.user.and(other.user), others: self.others.and(other.others) }
    }
}
