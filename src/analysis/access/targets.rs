//! The targets of two policies, in the order in which they are looked at.

use std::collections::BTreeSet;

use super::reach::Reach;
use crate::{
    engine::{Index, Target},
    model::{FeedGroupId, FeedId, Scope},
};

/// Targets in reach; feeds of one group stand together.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) system: bool,
    pub(super) groups: Vec<FeedGroupId>,
    pub(super) feeds: Vec<FeedId>,
}

impl Targets {
    pub(super) fn of(indexes: [&Index; 2], reach: &Reach) -> Self {
        let (groups, feeds) = if reach.everywhere {
            let groups: BTreeSet<_> = indexes
                .iter()
                .flat_map(|index| index.feed_groups_from(FeedGroupId(0)))
                .map(|group| group.id)
                .collect();
            let feeds: BTreeSet<_> =
                indexes.iter().flat_map(|index| index.feeds_from(FeedId(0))).map(|feed| feed.id).collect();
            (groups, feeds)
        } else {
            (reach.feed_groups.clone(), reach.feeds.clone())
        };
        let mut feeds: Vec<_> = feeds.into_iter().collect();
        feeds
            .sort_by_cached_key(|id| (indexes.map(|index| index.feed(*id).and_then(|feed| feed.group)), *id));
        Self { system: reach.everywhere || reach.system, groups: groups.into_iter().collect(), feeds }
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.system) + self.groups.len() + self.feeds.len()
    }

    /// Every scope whose grants cover one of them under a policy; none if that is simply all.
    pub(super) fn scopes(&self, index: &Index) -> Option<Vec<Scope>> {
        if self.system {
            return None;
        }
        let groups = self.feeds.iter().filter_map(|id| index.feed(*id)?.group);
        let groups: BTreeSet<_> = groups.chain(self.groups.iter().copied()).collect();
        let feeds = self.feeds.iter().map(|id| Scope::Feed(*id));
        Some(groups.into_iter().map(Scope::FeedGroup).chain(feeds).chain([Scope::AllFeeds]).collect())
    }
}

/// How targets are listed: the system, feed groups, feeds.
pub(super) fn order(target: &Target) -> (u8, u32) {
    match target {
        Target::System => (0, 0),
        Target::FeedGroup(id) => (1, id.0),
        Target::Feed(id) => (2, id.0),
        Target::UnknownFeedGroup => (3, 0),
        Target::UnknownFeed => (4, 0),
    }
}
