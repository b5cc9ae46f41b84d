//! The targets of two policies, in the order in which they are looked at.

use std::collections::BTreeSet;

use super::reach::Reach;
use feedgate_engine::{Index, Target};
use feedgate_model::{FeedGroupId, FeedId, Scope};

/// Targets in reach.
#[derive(Debug)]
pub(super) struct Targets {
    /// Each feed group stands with its feeds: what holds in a group is made out once.
    pub(super) in_order: Vec<Target>,
    everywhere: bool,
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
        let group_of = |id| indexes.map(|index| index.feed(id).and_then(|feed| feed.group));
        let system = reach.everywhere.then_some((None, Target::System));
        let groups = groups.into_iter().map(|id| (Some([Some(id); 2]), Target::FeedGroup(id)));
        let feeds = feeds.into_iter().map(|id| (Some(group_of(id)), Target::Feed(id)));
        let mut placed: Vec<_> = system.into_iter().chain(groups).chain(feeds).collect();
        placed.sort_by_key(|(groups, target)| (*groups, order(target)));
        let in_order = placed.into_iter().map(|(_, target)| target).collect();
        Self { in_order, everywhere: reach.everywhere }
    }

    /// Every scope whose grants cover one of them under a policy; none if that is simply all.
    pub(super) fn scopes(&self, index: &Index) -> Option<BTreeSet<Scope>> {
        if self.everywhere {
            return None;
        }
        let of = |target: &Target| match *target {
            Target::Feed(id) => {
                let group = index.feed(id).and_then(|feed| feed.group);
                [Some(Scope::Feed(id)), group.map(Scope::FeedGroup)]
            }
            Target::FeedGroup(id) => [Some(Scope::FeedGroup(id)), None],
            Target::System | Target::UnknownFeed | Target::UnknownFeedGroup => [None, None],
        };
        Some(self.in_order.iter().flat_map(of).flatten().chain([Scope::AllFeeds]).collect())
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
