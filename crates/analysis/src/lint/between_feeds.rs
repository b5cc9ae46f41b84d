//! What people may on one feed in view of another: promotions, shared connectors, feeds that read feeds.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{
    super::{
        connections::Connections,
        meter::Cancelled,
        people::BitSet,
        proxy::reading,
        well_known::{ACCEPT, CONFIGURE, DOWNLOAD, MANAGE_CONNECTORS, MANAGE_FEED, VIEW},
    },
    Steps,
    allowed::{Allowed, by_people},
    code::Code,
    collect::{About, Collector},
    on_feeds::Kept,
};
use feedgate_engine::Index;
use feedgate_model::{ConnectorId, FeedId, Kind, ObjectKey};

pub(super) fn find(
    index: &Index,
    kept: &Kept,
    system: &Allowed,
    to: &mut Collector<'_>,
    steps: &Steps<'_>,
) -> Result<(), Cancelled> {
    promotions(index, kept, to);
    shared_connectors(index, kept, system, to, steps)?;
    read_through(index, kept, to, steps)
}

const fn key(kind: Kind, id: u32) -> ObjectKey {
    ObjectKey { kind, id: id as u64 }
}

/// Accepting promotions without viewing and downloading anywhere that they come from. Who can promote from one
/// feed needn't be able to from all.
fn promotions(index: &Index, kept: &Kept, to: &mut Collector<'_>) {
    let mut able: HashMap<FeedId, BitSet, FixedState> = HashMap::default();
    for feed in index.feeds_from(FeedId(0)) {
        let (Some(target), Some(source)) = (feed.promote_to, kept.get(&feed.id)) else { continue };
        // From a feed of another type nothing can be promoted.
        if index.feed(target).is_none_or(|target| target.feed_type != feed.feed_type) {
            continue;
        }
        let all = source.all_of(&[VIEW, DOWNLOAD]);
        able.entry(target).and_modify(|able| able.insert_all(&all)).or_insert(all);
    }
    for feed in index.feeds_from(FeedId(0)) {
        let Some(target) = feed.promote_to else { continue };
        let (Some(source), Some(there)) = (kept.get(&feed.id), kept.get(&target)) else { continue };
        let mut accepting = there.of(ACCEPT).clone();
        able.get(&target).into_iter().for_each(|able| accepting.remove_all(able));
        let lacking = [VIEW, DOWNLOAD].map(|it| (it, accepting.without(source.of(it))));
        for (attributes, people) in by_people(lacking.into_iter()) {
            let objects = vec![key(Kind::Feed, target.0)];
            to.add(
                &About { code: Code::PromotionWithoutSource, attributes, objects },
                &people,
                Some(feed.id),
            );
        }
    }
}

/// Managing a connector on one feed changes it for all.
fn shared_connectors(
    index: &Index,
    kept: &Kept,
    system: &Allowed,
    to: &mut Collector<'_>,
    steps: &Steps<'_>,
) -> Result<(), Cancelled> {
    for connector in index.connectors_from(ConnectorId(0)).filter(|connector| connector.feeds.len() > 1) {
        let feeds = || connector.feeds.iter().filter_map(|feed| Some((*feed, kept.get(feed)?)));
        let mut managing = system.nobody();
        feeds().for_each(|(_, here)| managing.insert_all(here.of(MANAGE_CONNECTORS)));
        managing.remove_all(system.of(CONFIGURE));
        let about = About {
            code: Code::ProxySharedConnector,
            attributes: vec![MANAGE_CONNECTORS],
            objects: vec![key(Kind::Connector, connector.id.0)],
        };
        for (feed, there) in feeds() {
            steps.still()?;
            let mut people = managing.without(there.of(MANAGE_CONNECTORS));
            people.remove_all(there.of(MANAGE_FEED));
            to.add(&about, &people, Some(feed));
        }
    }
    Ok(())
}

/// Reading a feed over another one, by those who are denied there.
fn read_through(
    index: &Index,
    kept: &Kept,
    to: &mut Collector<'_>,
    steps: &Steps<'_>,
) -> Result<(), Cancelled> {
    let connections = Connections::of(index);
    let between = connections.readers().into_iter().filter_map(|reader| Some((reader, kept.get(&reader)?)));
    let between = between.flat_map(|(reader, here)| {
        let sources = connections.sources_of(reader);
        sources.filter_map(move |source| Some((reader, here, kept.get(&source.feed)?, source)))
    });
    for (reader, here, there, source) in between {
        steps.still()?;
        let got = [VIEW, DOWNLOAD].into_iter().flat_map(|denied| {
            let ways = reading(denied).iter();
            ways.map(move |way| (*way, here.of(*way).without(there.of(denied))))
        });
        for (attributes, people) in by_people(got) {
            let over = source.connectors.iter().map(|it| key(Kind::Connector, it.0));
            let objects = [key(Kind::Feed, source.feed.0)].into_iter().chain(over).collect();
            to.add(&About { code: Code::TransitiveRead, attributes, objects }, &people, Some(reader));
        }
    }
    Ok(())
}
