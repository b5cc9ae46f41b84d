//! Many decisions about one subject: what grants on all feeds and on feed groups say to it is kept, so that each
//! further feed costs a look at the grants on it alone.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::{
    by_rank::ByRank,
    decide::{First, decide, reason},
    decision::{Decision, Demand, Target},
    index::{Index, ScopeTable},
    principals::{Principals, Standing},
};
use feedgate_model::{AttributeId, Effect, FeedGroupId, FeedId, GrantId, Scope, ScopePrecedence};

/// A subject that is asked about again and again, under one index.
#[derive(Clone, Debug)]
pub struct Series<'i> {
    index: &'i Index,
    who: Principals,
    /// By attribute: there are few.
    wider: SmallVec<[Wider; 1]>,
}

/// What the grants on wider scopes than a feed say of one attribute, as far as it was needed.
#[derive(Clone, Debug)]
struct Wider {
    attribute: AttributeId,
    on_all: Option<Level>,
    on_groups: HashMap<FeedGroupId, Level, FixedState>,
}

/// The first grants of one level.
type Level = ByRank<First>;

impl<'i> Series<'i> {
    /// About a subject under an index.
    pub fn new(index: &'i Index, who: Principals) -> Self {
        Self { index, who, wider: SmallVec::new() }
    }

    /// What [`decide`](super::decide()) says. Nothing is worked out beyond the first decision on an attribute until there
    /// is a second.
    pub fn decide(&mut self, demand: Demand) -> Decision {
        let Self { index, who, wider } = self;
        let Demand { attribute, target } = demand;
        let Some(wider) = wider.iter_mut().find(|wider| wider.attribute == attribute) else {
            wider.push(Wider { attribute, on_all: None, on_groups: HashMap::default() });
            return decide(index, who, demand);
        };
        match (target, index.bit(attribute)) {
            (Target::Feed(feed), Some((bit, true))) if who.standing() != Standing::Disabled => {
                let first = wider.first_grant(Asked { index, who, bit }, feed);
                Decision {
                    reason: reason(first),
                    subject_unknown: who.standing() == Standing::Unknown,
                    feed_unknown: false,
                }
            }
            _ => decide(index, who, demand),
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
    fn hear(self, table: &ScopeTable) -> Level {
        let Self { index, who, bit } = self;
        ByRank::in_table(table, who, |first: &mut First, found, part| {
            if index.mask(found.task) >> bit & 1 == 1 {
                first.hear(found, part.permits());
            }
        })
    }
}

impl Wider {
    /// The first grant that covers a feed (access model, section 5, steps 2 to 4).
    fn first_grant(&mut self, asked: Asked<'_>, feed: FeedId) -> Option<(Effect, GrantId)> {
        let Asked { index, .. } = asked;
        let (group, grants) = index.group_and_grants(feed);
        let on_feed = asked.hear(grants);
        let on_all = *self.on_all.get_or_insert_with(|| asked.hear(index.table(Scope::AllFeeds)));
        let Some(group) = group else { return first([on_feed, on_all]) };
        let on_group = self.on_groups.entry(group);
        let on_group = *on_group.or_insert_with(|| asked.hear(index.table(Scope::FeedGroup(group))));
        match index.settings().scope_precedence {
            ScopePrecedence::FeedOverGroup => first([on_feed, on_group, on_all]),
            ScopePrecedence::FeedAndGroupEqual => first([on_feed.and(on_group, First::and), on_all]),
        }
    }
}

/// The first grant of these levels, of which the narrowest comes first.
fn first<const LEVELS: usize>(levels: [Level; LEVELS]) -> Option<(Effect, GrantId)> {
    let by_user = levels.iter().find_map(|level| level.user.found());
    by_user.or_else(|| levels.iter().find_map(|level| level.others.found()))
}
