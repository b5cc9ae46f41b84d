//! The whole policy, in an order in which it can be written again: whatever an object refers to comes before it.

use std::collections::HashSet;

use super::listing::MemberId;
use crate::{
    engine::Index,
    model::{ConnectorId, Feed, FeedGroupId, FeedId, GrantId, GroupId, Object, UserId},
};

/// A part of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    Object(Object),
    /// Memberships stand by themselves, behind all groups and users, because groups may contain each other.
    Membership {
        group: GroupId,
        member: MemberId,
    },
}

/// All of a policy: settings, attributes, tasks, directories, groups, users, memberships, feed groups, feeds,
/// connectors, grants; the built-in ones, too.
pub fn objects(index: &Index) -> impl Iterator<Item = Exported> + Send + '_ {
    let before_memberships = std::iter::once(Object::Settings(index.settings().clone()))
        .chain(index.attributes().cloned().map(Object::Attribute))
        .chain(index.tasks().cloned().map(Object::Task))
        .chain(index.directories().cloned().map(Object::Directory))
        .chain(index.groups_from(GroupId(0)).cloned().map(Object::Group))
        .chain(index.users_from(UserId(0)).cloned().map(Object::User));
    let after = index
        .feed_groups_from(FeedGroupId(0))
        .cloned()
        .map(Object::FeedGroup)
        .chain(feeds(index).into_iter().filter_map(|id| index.feed(id)).cloned().map(Object::Feed))
        .chain(index.connectors_from(ConnectorId(0)).cloned().map(Object::Connector))
        .chain(index.grants_from(GrantId(0)).map(Object::Grant));
    before_memberships.map(Exported::Object).chain(memberships(index)).chain(after.map(Exported::Object))
}

fn memberships(index: &Index) -> impl Iterator<Item = Exported> + Send + '_ {
    let groups = index.groups_from(GroupId(0)).flat_map(|member| {
        let member_id = MemberId::Group(member.id);
        member.groups.iter().map(move |group| Exported::Membership { group: *group, member: member_id })
    });
    let users = index.users_from(UserId(0)).flat_map(|member| {
        let member_id = MemberId::User(member.id);
        member.groups.iter().map(move |group| Exported::Membership { group: *group, member: member_id })
    });
    groups.chain(users)
}

/// The feeds, each behind the one that it promotes to. In a circle one has to be first all the same:
/// a reader writes that one again without its promote-to, or all of them at once.
fn feeds(index: &Index) -> Vec<FeedId> {
    order_feeds(index.feeds_from(FeedId(0)).map(AsRef::as_ref), |id| index.feed(id).map(AsRef::as_ref))
}

fn order_feeds<'f>(
    feeds: impl Iterator<Item = &'f Feed>,
    feed: impl Fn(FeedId) -> Option<&'f Feed>,
) -> Vec<FeedId> {
    let (mut ordered, mut seen) = (Vec::new(), HashSet::new());
    for first in feeds {
        let mut chain = Vec::new();
        let mut next = Some(first);
        while let Some(found) = next.filter(|found| seen.insert(found.id)) {
            chain.push(found.id);
            next = found.promote_to.and_then(&feed);
        }
        ordered.extend(chain.into_iter().rev());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Name;

    #[test]
    fn a_feed_comes_behind_the_one_it_promotes_to() {
        let feeds: Vec<_> = [(1, Some(2)), (2, Some(3)), (3, None), (4, Some(2)), (5, Some(6)), (6, Some(5))]
            .into_iter()
            .map(|(id, promote_to)| Feed {
                id: FeedId(id),
                name: Name::new(&format!("feed-{id}")).unwrap(),
                feed_type: "".into(),
                alternate_names: Vec::new(),
                group: None,
                promote_to: promote_to.map(FeedId),
                revision: 0,
            })
            .collect();
        let ordered = order_feeds(feeds.iter(), |id| feeds.iter().find(|feed| feed.id == id));
        assert_eq!(ordered, [3, 2, 1, 4, 6, 5].map(FeedId));
    }
}
