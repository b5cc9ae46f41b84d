//! Which feeds read which through connectors.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use feedgate_engine::Index;
use feedgate_model::{ConnectorId, ConnectorSource, FeedId};

/// A feed at the other end of one or more connectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    pub feed: FeedId,
    /// The connectors on a shortest way, from the feed that reads to the one that is read.
    pub connectors: Vec<ConnectorId>,
}

/// A connector between two feeds, seen from one of them.
type Link = (ConnectorId, FeedId);

/// The connectors between feeds. Circles are harmless.
#[derive(Debug, Default)]
pub struct Connections {
    read_by: HashMap<FeedId, Vec<Link>, FixedState>,
    reading: HashMap<FeedId, Vec<Link>, FixedState>,
}

impl Connections {
    /// Of a policy.
    pub fn of(index: &Index) -> Self {
        let mut connections = Self::default();
        for connector in index.connectors_from(ConnectorId(0)) {
            let ConnectorSource::Feed(source) = connector.source else { continue };
            for feed in connector.feeds.iter().filter(|feed| **feed != source) {
                connections.reading.entry(*feed).or_default().push((connector.id, source));
                connections.read_by.entry(source).or_default().push((connector.id, *feed));
            }
        }
        connections
    }

    /// The feeds that read others.
    pub fn readers(&self) -> Vec<FeedId> {
        let mut readers: Vec<_> = self.reading.keys().copied().collect();
        readers.sort_unstable();
        readers
    }

    /// The feeds that read others or are read.
    pub fn feeds(&self) -> impl Iterator<Item = FeedId> + '_ {
        self.reading.keys().chain(self.read_by.keys()).copied()
    }

    /// The feeds that a feed reads, directly or through others, the nearest first.
    pub fn sources_of(&self, feed: FeedId) -> impl Iterator<Item = Connected> {
        let steps = follow(&self.reading, feed);
        (0..steps.len()).filter_map(move |at| way(&steps, at))
    }

    /// The feeds that read a feed, directly or through others, the nearest first.
    pub fn readers_of(&self, feed: FeedId) -> impl Iterator<Item = Connected> {
        let steps = follow(&self.read_by, feed);
        (0..steps.len()).filter_map(move |at| {
            let mut reader = way(&steps, at)?;
            reader.connectors.reverse();
            Some(reader)
        })
    }
}

/// A feed that was reached, over which connector, and from which step.
struct Step {
    feed: FeedId,
    over: ConnectorId,
    before: Option<usize>,
}

fn follow(links: &HashMap<FeedId, Vec<Link>, FixedState>, start: FeedId) -> Vec<Step> {
    let mut seen: HashSet<_, FixedState> = HashSet::from_iter([start]);
    let mut steps = Vec::new();
    let (mut from, mut before) = (Some(start), None);
    while let Some(feed) = from {
        for (over, feed) in links.get(&feed).into_iter().flatten() {
            if seen.insert(*feed) {
                steps.push(Step { feed: *feed, over: *over, before });
            }
        }
        let next = before.map_or(0, |before| before + 1);
        (from, before) = (steps.get(next).map(|step: &Step| step.feed), Some(next));
    }
    steps
}

fn way(steps: &[Step], at: usize) -> Option<Connected> {
    let back = std::iter::successors(steps.get(at), |step| steps.get(step.before?));
    let mut connectors: Vec<_> = back.map(|step| step.over).collect();
    connectors.reverse();
    Some(Connected { feed: steps.get(at)?.feed, connectors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_circles() {
        let mut connections = Connections::default();
        // 1 reads 2, 2 reads 3, 3 reads 1 and 4.
        for (connector, feed, source) in [(10, 1, 2), (20, 2, 3), (30, 3, 1), (40, 3, 4)] {
            let (connector, feed, source) = (ConnectorId(connector), FeedId(feed), FeedId(source));
            connections.reading.entry(feed).or_default().push((connector, source));
            connections.read_by.entry(source).or_default().push((connector, feed));
        }
        let ids = |found: Vec<Connected>| {
            let plain = |it: Connected| (it.feed.0, it.connectors.iter().map(|it| it.0).collect::<Vec<_>>());
            found.into_iter().map(plain).collect::<Vec<_>>()
        };
        let sources = ids(connections.sources_of(FeedId(1)).collect());
        assert_eq!(sources, [(2, vec![10]), (3, vec![10, 20]), (4, vec![10, 20, 40])]);
        let readers = ids(connections.readers_of(FeedId(4)).collect());
        assert_eq!(readers, [(3, vec![40]), (2, vec![20, 40]), (1, vec![10, 20, 40])]);
        assert_eq!(connections.sources_of(FeedId(4)).count(), 0);
        assert_eq!(connections.readers(), [1, 2, 3].map(FeedId));
    }
}
