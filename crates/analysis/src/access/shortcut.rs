//! Where the grants on a feed and on its group are what they were, only grants on all feeds can make a difference,
//! and only to those for whom nothing narrower decides. One grant to Everyone on all feeds is looked at so.

use std::collections::BTreeSet;

use super::super::{people::BitSet, survey::Survey};
use feedgate_engine::{Index, Target};
use feedgate_model::{FeedGroupId, Kind, ObjectKey, Scope};

/// For whom grants on all feeds make a difference.
#[derive(Debug)]
pub(super) struct Shortcut {
    /// By attribute, where nothing narrower decides.
    on_all: Vec<BitSet>,
    /// The feed group that was looked at last, and where its grants don't decide either.
    group: Option<FeedGroupId>,
    in_group: Vec<BitSet>,
    /// The same for the feed that was looked at last.
    on_feed: Vec<BitSet>,
}

/// Whether people, tasks and settings are what they were, so that there can be a shortcut.
pub(super) fn is_open(changed: &BTreeSet<ObjectKey>) -> bool {
    changed.iter().all(|key| matches!(key.kind, Kind::FeedGroup | Kind::Feed | Kind::Connector | Kind::Grant))
}

/// Whether a target is there under both policies, in the same group, with the same grants but those on all feeds.
fn is_same(before: &Index, after: &Index, target: Target) -> Option<Option<FeedGroupId>> {
    let same = |scope| before.table(scope).is_same(after.table(scope));
    let group = match target {
        Target::Feed(id) => {
            let (one, other) = (before.feed(id)?, after.feed(id)?);
            (one.group == other.group && same(Scope::Feed(id))).then_some(one.group)?
        }
        Target::FeedGroup(id) => before.feed_group(id).and(after.feed_group(id)).map(|_| Some(id))?,
        Target::System | Target::UnknownFeed | Target::UnknownFeedGroup => return None,
    };
    group.is_none_or(|group| same(Scope::FeedGroup(group))).then_some(group)
}

impl Shortcut {
    /// None if grants to users on all feeds differ, too.
    pub(super) fn new(before: &Survey<'_>, after: &Survey<'_>) -> Option<Self> {
        let (below, above) = (before.everywhere(), after.everywhere());
        if !below.has_same_users(above) {
            return None;
        }
        let mut on_all = below.allowed().to_vec();
        on_all.iter_mut().zip(above.allowed()).for_each(|(set, other)| set.flip_all(other));
        after.leave_scopable(&mut on_all);
        after.leave_undecided_by_name(&mut on_all);
        Some(Self { group: None, in_group: before.nobody(), on_feed: before.nobody(), on_all })
    }

    /// By attribute, for whom a target differs; none if it has to be looked at whole.
    pub(super) fn differing(
        &mut self,
        before: &Survey<'_>,
        after: &Survey<'_>,
        target: Target,
    ) -> Option<&[BitSet]> {
        let group = is_same(before.index(), after.index(), target)?;
        let Self { on_all, group: last, in_group, on_feed } = self;
        let below: &[BitSet] = match group {
            None => on_all,
            Some(group) => {
                if *last != Some(group) {
                    *last = Some(group);
                    leave(after, Scope::FeedGroup(group), on_all, in_group);
                }
                in_group
            }
        };
        let Target::Feed(feed) = target else { return Some(below) };
        leave(after, Scope::Feed(feed), below, on_feed);
        Some(on_feed)
    }
}

/// What is left of some sets where the grants of a scope don't decide.
fn leave(survey: &Survey<'_>, scope: Scope, all: &[BitSet], left: &mut [BitSet]) {
    left.iter_mut().zip(all).for_each(|(left, all)| left.copy_from(all));
    if !left.iter().all(BitSet::is_empty) {
        survey.leave_undecided(scope, left);
    }
}
