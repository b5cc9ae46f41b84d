//! The scopes that cover a target, in the order in which they are weighed (access model, section 5, step 3).

use smallvec::SmallVec;

use super::{
    decision::{Reason, Target},
    index::{Index, ScopeTable},
};
use feedgate_model::{FeedId, Scope, ScopePrecedence, UnknownFeed};

/// A scope that covers a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cover<'i> {
    /// Narrower scopes have lower levels; those of one level are equal.
    pub(super) level: usize,
    pub(super) scope: Scope,
    pub(super) grants: &'i ScopeTable,
}

/// All of them, by level.
pub(super) type Covering<'i> = SmallVec<[Cover<'i>; 3]>;

/// The scopes that cover a target, or why nothing can.
#[inline]
pub(super) fn covering(index: &Index, target: Target, feed_scopable: bool) -> Result<Covering<'_>, Reason> {
    let mut covering = Covering::new();
    match target {
        Target::UnknownFeed if index.settings().unknown_feed == UnknownFeed::Deny => {
            return Err(Reason::FeedUnknown);
        }
        Target::UnknownFeedGroup => return Err(Reason::FeedGroupUnknown),
        Target::UnknownFeed | Target::System => {}
        Target::Feed(_) | Target::FeedGroup(_) if !feed_scopable => {}
        Target::Feed(feed) => cover_feed(index, feed, &mut covering),
        Target::FeedGroup(group) => {
            let scope = Scope::FeedGroup(group);
            covering.push(Cover { level: 0, scope, grants: index.table(scope) });
        }
    }
    let level = covering.last().map_or(0, |cover| cover.level + 1);
    covering.push(Cover { level, scope: Scope::AllFeeds, grants: index.table(Scope::AllFeeds) });
    Ok(covering)
}

fn cover_feed<'i>(index: &'i Index, feed: FeedId, covering: &mut Covering<'i>) {
    let (group, grants) = index.group_and_grants(feed);
    covering.push(Cover { level: 0, scope: Scope::Feed(feed), grants });
    if let Some(group) = group {
        let level = match index.settings().scope_precedence {
            ScopePrecedence::FeedOverGroup => 1,
            ScopePrecedence::FeedAndGroupEqual => 0,
        };
        let scope = Scope::FeedGroup(group);
        covering.push(Cover { level, scope, grants: index.table(scope) });
    }
}
