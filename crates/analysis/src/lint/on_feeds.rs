//! What people may on each feed.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::{
    super::{
        connections::Connections,
        meter::Cancelled,
        people::BitSet,
        survey::Survey,
        well_known::{
            ACCEPT, ADD, CONFIGURE, DELETE, DOWNLOAD, MANAGE_CONNECTORS, MANAGE_FEED, OVERWRITE, PULL,
            UNLIST, VIEW,
        },
    },
    Steps,
    allowed::{Allowed, by_people},
    code::Code,
    collect::{About, Collector},
};
use feedgate_engine::Index;
use feedgate_model::{AttributeId, ConnectorId, FeedId};

/// Of no use on a feed that can't be viewed.
const NEED_VIEW: [AttributeId; 6] = [MANAGE_FEED, ADD, DELETE, OVERWRITE, UNLIST, DOWNLOAD];

/// What matters of a feed to others, in the order of the ids.
const BETWEEN: [AttributeId; 6] = [MANAGE_CONNECTORS, MANAGE_FEED, VIEW, DOWNLOAD, PULL, ACCEPT];

/// Who may what, of what matters between feeds, on the feeds that have to do with others.
pub(super) type Kept = HashMap<FeedId, Allowed, FixedState>;

/// Finds what is odd, and gives who may what on the feeds that have to do with others.
pub(super) fn find(
    survey: &Survey<'_>,
    system: &Allowed,
    to: &mut Collector<'_>,
    steps: &Steps<'_>,
) -> Result<Kept, Cancelled> {
    let index = survey.index();
    let keep = related(index);
    let mut kept = Kept::default();
    let mut feeds: Vec<_> = index.feeds_from(FeedId(0)).collect();
    feeds.sort_unstable_by_key(|feed| (feed.group, feed.id));
    let (mut ground, mut allowed) = (None, system.clone());
    for (done, feed) in (0..).zip(feeds) {
        steps.at_feed(done)?;
        survey.on_feed(survey.ground_of(feed, &mut ground), feed, &mut allowed.sets);
        on_feed(index, system, &allowed, feed.id, to);
        if keep.contains(&feed.id) {
            kept.insert(feed.id, allowed.only(&BETWEEN));
        }
    }
    Ok(kept)
}

/// The feeds that promote to others, are promoted to, or share connectors or read each other.
fn related(index: &Index) -> HashSet<FeedId, FixedState> {
    let promoting = index.feeds_from(FeedId(0)).filter_map(|feed| Some([feed.id, feed.promote_to?]));
    let connections = Connections::of(index);
    let shared = index.connectors_from(ConnectorId(0)).filter(|connector| connector.feeds.len() > 1);
    let shared = shared.flat_map(|connector| connector.feeds.iter().copied());
    promoting.flatten().chain(connections.feeds()).chain(shared).collect()
}

fn on_feed(index: &Index, system: &Allowed, allowed: &Allowed, feed: FeedId, to: &mut Collector<'_>) {
    let about = |code, attributes| About { code, attributes, objects: Vec::new() };
    let configuring = system.of(CONFIGURE);
    let scopable = || {
        let all = allowed.iter();
        all.filter(|(id, _)| index.attribute(*id).is_some_and(|attribute| attribute.feed_scopable))
    };
    // Who lacks it on the system, too, has been found there.
    let taken_away = scopable().map(|(attribute, may)| {
        let mut people = configuring.without(may);
        people.retain_all(system.of(attribute));
        (attribute, people)
    });
    for (attributes, people) in by_people(taken_away) {
        to.add(&about(Code::ProxyConfigureSystem, attributes), &people, Some(feed));
    }
    // Whoever may do more by a larger proxy is not named for a smaller one.
    let managing = allowed.of(MANAGE_FEED).without(configuring);
    let lacking = scopable().map(|(attribute, may)| (attribute, managing.without(may)));
    for (attributes, people) in by_people(lacking) {
        to.add(&about(Code::ProxyManageFeed, attributes), &people, Some(feed));
    }
    let small = |mut people: BitSet, lacking| {
        people.remove_all(allowed.of(lacking));
        people.remove_all(allowed.of(MANAGE_FEED));
        people.remove_all(configuring);
        people
    };
    let replacing = small(allowed.all_of(&[DELETE, ADD]), OVERWRITE);
    to.add(&about(Code::ProxyDeleteAndAdd, vec![OVERWRITE]), &replacing, Some(feed));
    let overwriting = small(allowed.of(OVERWRITE).clone(), DELETE);
    to.add(&about(Code::ProxyOverwrite, vec![DELETE]), &overwriting, Some(feed));

    let without = |attribute, needed| (attribute, allowed.of(attribute).without(allowed.of(needed)));
    for (attributes, people) in by_people(NEED_VIEW.map(|it| without(it, VIEW)).into_iter()) {
        to.add(&about(Code::WithoutView, attributes), &people, Some(feed));
    }
    for (attributes, people) in by_people([ADD, OVERWRITE].map(|it| without(it, DOWNLOAD)).into_iter()) {
        to.add(&about(Code::PushWithoutPull, attributes), &people, Some(feed));
    }
}
