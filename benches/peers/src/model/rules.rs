//! What the model means, written down in the plainest way: answers are compared with this.

use std::collections::HashMap;

use super::{Grant, Principal, Question, Scope, World};

/// The grants of each principal.
pub struct Rules<'a> {
    world: &'a World,
    grants: HashMap<Principal, Vec<Grant>>,
}

impl<'a> Rules<'a> {
    pub fn new(world: &'a World) -> Self {
        let mut grants: HashMap<_, Vec<_>> = HashMap::new();
        for grant in &world.grants {
            grants.entry(grant.to).or_default().push(*grant);
        }
        Self { world, grants }
    }

    /// A grant to the user beats one to a group; then the narrower scope wins; then a restriction does.
    pub fn allow(&self, question: Question) -> bool {
        let Question { user, attribute, feed } = question;
        let group = self.world.feed_groups[feed as usize];
        let covers = |grant: &Grant| {
            let attributes = &self.world.tasks[grant.task as usize];
            let is_there = match grant.scope {
                Scope::Feed(it) => it == feed,
                Scope::FeedGroup(it) => it == group,
                Scope::AllFeeds => true,
            };
            is_there && attributes.contains(&attribute)
        };
        let groups = self.world.members[user as usize].iter().map(|group| Principal::Group(*group));
        let principals = std::iter::once(Principal::User(user)).chain(groups);
        let grants = principals.filter_map(|principal| self.grants.get(&principal)).flatten();
        // Users come before groups, narrow scopes before wide ones, and restrictions before permissions.
        let first = grants.filter(|grant| covers(grant)).min_by_key(|grant| {
            (matches!(grant.to, Principal::Group(_)), grant.scope.width(), !grant.restrict)
        });
        first.is_some_and(|grant| !grant.restrict)
    }
}

impl Scope {
    fn width(self) -> u8 {
        match self {
            Self::Feed(_) => 0,
            Self::FeedGroup(_) => 1,
            Self::AllFeeds => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Size;

    const USER: Principal = Principal::User(0);
    const GROUP: Principal = Principal::Group(0);
    const FEED: Scope = Scope::Feed(0);
    const FEED_GROUP: Scope = Scope::FeedGroup(0);

    /// Whether a world with these grants of its first attribute, and no others, lets its first user use it on its
    /// first feed.
    fn check(grants: &[(bool, Principal, Scope)]) -> bool {
        let mut world = World::new(Size::Small);
        world.members[0] = vec![0];
        world.feed_groups[0] = 0;
        let grant = |(restrict, to, scope): &(bool, Principal, Scope)| Grant {
            restrict: *restrict,
            to: *to,
            task: 0,
            scope: *scope,
        };
        world.grants = grants.iter().map(grant).collect();
        Rules::new(&world).allow(Question { user: 0, attribute: 0, feed: 0 })
    }

    #[test]
    fn the_rules_in_their_order() {
        let (permit, restrict) = (false, true);
        assert!(!check(&[]));
        assert!(check(&[(permit, GROUP, Scope::AllFeeds)]));
        assert!(!check(&[(permit, Principal::Group(1), FEED), (permit, GROUP, Scope::Feed(1))]));
        assert!(check(&[(restrict, GROUP, FEED), (permit, USER, Scope::AllFeeds)]));
        assert!(check(&[(restrict, GROUP, FEED_GROUP), (permit, GROUP, FEED)]));
        assert!(check(&[(restrict, GROUP, Scope::AllFeeds), (permit, GROUP, FEED_GROUP)]));
        assert!(!check(&[(restrict, GROUP, FEED), (permit, GROUP, FEED)]));
    }
}
