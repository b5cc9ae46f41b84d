//! All attributes at once: which of them a subject may use, without saying which grant decides each.
//!
//! The same order as in [`decide`](super::decide), 64 decisions at a time: at each rank and level, what is
//! restricted is decided, then what is permitted; whatever is decided stays so.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{
    by_rank::ByRank,
    decision::Target,
    index::{AttributeBits, Index, ScopeTable},
    principals::{Principals, Standing},
};
use feedgate_model::{Effect, Feed, FeedGroupId, Scope, ScopePrecedence, UnknownFeed};

/// What grants of one rank and level say, for all attributes at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub restricted: AttributeBits,
    pub permitted: AttributeBits,
}

/// What has been decided by the levels so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub decided: AttributeBits,
    /// Of these, what is allowed.
    pub allowed: AttributeBits,
}

impl Said {
    /// Adds what one grant says.
    pub fn hear(&mut self, effect: Effect, attributes: AttributeBits) {
        match effect {
            Effect::Restrict => self.restricted = self.restricted.or(attributes),
            Effect::Permit => self.permitted = self.permitted.or(attributes),
        }
    }

    /// What both say, as grants of one level.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            restricted: self.restricted.or(other.restricted),
            permitted: self.permitted.or(other.permitted),
        }
    }
}

impl Decided {
    /// Decides by a level what no level before it decided.
    #[must_use]
    pub const fn then(self, said: Said) -> Self {
        let allowed = said.permitted.without(said.restricted).without(self.decided);
        Self {
            decided: self.decided.or(said.restricted).or(said.permitted),
            allowed: self.allowed.or(allowed),
        }
    }

    /// Decides by what was decided elsewhere, behind all that is decided here.
    #[must_use]
    pub const fn over(self, below: Self) -> Self {
        Self {
            decided: self.decided.or(below.decided),
            allowed: self.allowed.or(below.allowed.without(self.decided)),
        }
    }
}

/// What the grants on one scope say to a subject.
type Heard = ByRank<Said>;

fn heard(index: &Index, table: &ScopeTable, who: &Principals) -> Heard {
    ByRank::in_table(table, who, |said: &mut Said, found, part| {
        if found.effect == Effect::Restrict || part.permits() {
            said.hear(found.effect, AttributeBits(index.mask(found.task)));
        }
    })
}

/// What one subject may use, target after target: what grants on all feeds say is looked up once, and what those
/// on a feed group say once for all its feeds.
#[derive(Clone, Debug)]
pub struct Outlook<'i> {
    index: &'i Index,
    who: &'i Principals,
    on_all: Heard,
    on_groups: HashMap<FeedGroupId, Heard, FixedState>,
}

impl<'i> Outlook<'i> {
    /// Of a subject under an index.
    pub fn new(index: &'i Index, who: &'i Principals) -> Self {
        let on_all = heard(index, index.table(Scope::AllFeeds), who);
        Self { index, who, on_all, on_groups: HashMap::default() }
    }

    /// The attributes that the subject may use on a target.
    pub fn on(&mut self, target: Target) -> AttributeBits {
        match target {
            Target::Feed(id) => match self.index.feed(id) {
                Some(feed) => self.on_feed(feed, self.index.table(Scope::Feed(id))),
                None => AttributeBits::NONE,
            },
            Target::FeedGroup(id) => {
                let on_group = self.in_group(id);
                self.narrow(&[on_group])
            }
            Target::UnknownFeed if self.index.settings().unknown_feed == UnknownFeed::Deny => {
                AttributeBits::NONE
            }
            Target::UnknownFeedGroup => AttributeBits::NONE,
            Target::UnknownFeed | Target::System => self.narrow(&[]),
        }
    }

    /// The same for a feed, by the grants on it.
    pub(super) fn on_feed(&mut self, feed: &Feed, grants: &ScopeTable) -> AttributeBits {
        let on_feed = heard(self.index, grants, self.who);
        let Some(group) = feed.group else { return self.narrow(&[on_feed]) };
        let on_group = self.in_group(group);
        match self.index.settings().scope_precedence {
            ScopePrecedence::FeedOverGroup => self.narrow(&[on_feed, on_group]),
            ScopePrecedence::FeedAndGroupEqual => self.narrow(&[on_feed.and(on_group, Said::and)]),
        }
    }

    fn in_group(&mut self, id: FeedGroupId) -> Heard {
        let Self { index, who, on_groups, .. } = self;
        let look = || heard(index, index.table(Scope::FeedGroup(id)), who);
        *on_groups.entry(id).or_insert_with(look)
    }

    /// Weighs the levels below all feeds, the narrowest first; attributes of the system know only all feeds.
    fn narrow(&self, levels: &[Heard]) -> AttributeBits {
        if self.who.standing() == Standing::Disabled {
            return AttributeBits::NONE;
        }
        let (all, scopable) = (self.index.all_bits(), self.index.scopable_bits());
        let weigh = |levels: &[Heard]| {
            let user = levels.iter().chain([&self.on_all]).map(|heard| heard.user);
            let others = levels.iter().chain([&self.on_all]).map(|heard| heard.others);
            user.chain(others).fold(Decided::default(), Decided::then).allowed
        };
        weigh(levels).and(scopable).or(weigh(&[]).and(all.without(scopable)))
    }
}

/// The attributes that a subject may use on a target.
pub fn allowed(index: &Index, who: &Principals, target: Target) -> AttributeBits {
    Outlook::new(index, who).on(target)
}
