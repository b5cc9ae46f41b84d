//! What people may on one feed in view of another: promotions, shared connectors, feeds that read feeds.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{
    super::{
        connections::Connections,
        meter::{Cancelled, Meter},
        people::BitSet,
        proxy::reading,
        well_known::{ACCEPT, CONFIGURE, DOWNLOAD, MANAGE_CONNECTORS, MANAGE_FEED, VIEW},
    },
    allowed::{Allowed, by_people},
    code::Code,
    collect::{About, Collector},
    on_feeds::Kept,
};
use crate::{
    engine::Index,
    model::{ConnectorId, FeedId, Kind, ObjectKey},
};

pub(super) fn find(
    index: &Index,
    kept: &Kept,
    system: &Allowed,
    to: &mut Collector<'_>,
    meter: &dyn Meter,
) -> Result<(), Cancelled> {
    promotions(index, kept, to);
    shared_connectors(index, kept, system, to);
    read_through(index, kept, to, meter)
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
fn shared_connectors(index: &Index, kept: &Kept, system: &Allowed, to: &mut Collector<'_>) {
    for connector in index.connectors_from(ConnectorId(0)).filter(|connector| connector.feeds.len() > 1) {
        for (one, other) in connector
            .feeds
            .iter()
            .flat_map(|one| connector.feeds.iter().map(move |other| (*one, *other)))
            .filter(|(one, other)| one != other)
        {
            let (Some(here), Some(there)) = (kept.get(&one), kept.get(&other)) else { continue };
            let mut people = here.of(MANAGE_CONNECTORS).without(there.of(MANAGE_CONNECTORS));
            people.remove_all(there.of(MANAGE_FEED));
            people.remove_all(system.of(CONFIGURE));
            let objects = vec![key(Kind::Feed, one.0), key(Kind::Connector, connector.id.0)];
            let attributes = vec![MANAGE_CONNECTORS];
            to.add(&About { code: Code::ProxySharedConnector, attributes, objects }, &people, Some(other));
        }
    }
}

/// Reading a feed over another one, by those who are denied there.
fn read_through(
    index: &Index,
    kept: &Kept,
    to: &mut Collector<'_>,
    meter: &dyn Meter,
) -> Result<(), Cancelled> {
    let connections = Connections::of(index);
    let readers = connections.readers();
    for (done, reader) in (0..).zip(&readers) {
        meter.at(done, readers.len() as u64)?;
        let Some(here) = kept.get(reader) else { continue };
        for source in connections.sources_of(*reader) {
            let Some(there) = kept.get(&source.feed) else { continue };
            let got = [VIEW, DOWNLOAD].into_iter().flat_map(|denied| {
                let ways = reading(denied).iter();
                ways.map(move |way| (*way, here.of(*way).without(there.of(denied))))
            });
            for (attributes, people) in by_people(got) {
                let over = source.connectors.iter().map(|it| key(Kind::Connector, it.0));
                let objects = [key(Kind::Feed, source.feed.0)].into_iter().chain(over).collect();
                to.add(&About { code: Code::TransitiveRead, attributes, objects }, &people, Some(*reader));
            }
        }
    }
    Ok(())
}
