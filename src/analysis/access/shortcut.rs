//! Feeds whose own grants are what they were: only what lies below them differs, and only for those for whom nothing
//! above decides. One grant to Everyone on all feeds is looked at so.

use std::collections::BTreeSet;

use super::super::{
    people::BitSet,
    survey::{Ground, Survey},
};
use crate::{
    engine::Index,
    model::{Feed, FeedGroupId, Kind, ObjectKey, Scope, ScopePrecedence},
};

/// The difference between two grounds, for the feeds of one group.
#[derive(Debug)]
pub(super) struct Shortcut {
    /// Which feeds it leads to: those of a group, or of none.
    group: Option<FeedGroupId>,
    /// By attribute, for whom the grounds differ.
    differing: Vec<BitSet>,
    /// Whether they differ for nobody.
    nothing: bool,
    /// Whether grants to users differ, too: then there is no shortcut to these feeds.
    closed: bool,
    /// For one feed, what is left of the differences.
    left: Vec<BitSet>,
}

/// Whether feeds can be looked at so: people, tasks and settings are what they were, and a feed beats its group.
pub(super) fn is_open(before: &Index, changed: &BTreeSet<ObjectKey>) -> bool {
    let moves = |kind| {
        matches!(
            kind,
            Kind::Settings | Kind::Attribute | Kind::Task | Kind::Directory | Kind::Group | Kind::User
        )
    };
    before.settings().scope_precedence == ScopePrecedence::FeedOverGroup
        && !changed.iter().any(|key| moves(key.kind))
}

/// Whether a feed is in the same group and has the same grants of its own under both policies.
pub(super) fn is_same(before: &Index, after: &Index, one: &Feed, other: &Feed) -> bool {
    let scope = Scope::Feed(one.id);
    one.group == other.group && before.table(scope).is_same(after.table(scope))
}

impl Shortcut {
    /// To feeds without a group, for a start.
    pub(super) fn new(before: &Survey<'_>, after: &Survey<'_>) -> Self {
        let (differing, left) = (before.nobody(), before.nobody());
        let mut shortcut = Self { group: None, differing, nothing: false, closed: false, left };
        shortcut.turn(None, before.everywhere(), after.everywhere());
        shortcut
    }

    /// Makes it lead to the feeds of a group, if it doesn't yet.
    pub(super) fn lead_to(&mut self, group: Option<FeedGroupId>, before: &Ground, after: &Ground) {
        if self.group != group {
            self.turn(group, before, after);
        }
    }

    fn turn(&mut self, group: Option<FeedGroupId>, before: &Ground, after: &Ground) {
        self.group = group;
        self.closed = !before.has_same_users(after);
        self.nothing = true;
        for ((set, before), after) in self.differing.iter_mut().zip(before.allowed()).zip(after.allowed()) {
            set.copy_from(before);
            set.flip_all(after);
            self.nothing &= set.is_empty();
        }
    }

    /// By attribute, for whom a feed differs; none if it has to be looked at whole.
    pub(super) fn differing(
        &mut self,
        survey: &Survey<'_>,
        ground: &Ground,
        feed: &Feed,
    ) -> Option<&[BitSet]> {
        if self.closed {
            return None;
        }
        if self.nothing {
            return Some(&self.differing);
        }
        self.left.iter_mut().zip(&self.differing).for_each(|(left, all)| left.copy_from(all));
        survey.leave_undecided(ground, feed, &mut self.left);
        Some(&self.left)
    }
}
