//! What somebody can bring about who isn't allowed it (access model, section 7, by proxy).
//!
//! A proxy never changes a decision. It says that a denial holds less than it seems to.

use super::{
    connections::Connections,
    well_known::{
        ADD, CONFIGURE, DELETE, DOWNLOAD, MANAGE_CONNECTORS, MANAGE_CREDENTIALS, MANAGE_FEED, OVERWRITE,
        PULL, VIEW, VIEW_PASSWORDS,
    },
};
use feedgate_engine::{AttributeBits, Demand, Index, Outlook, Principals, Target};
use feedgate_model::{AttributeId, ConnectorId, FeedId};

/// How many feeds at the other end of connectors are named.
const CONNECTED: usize = 10;

/// What makes a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyKind {
    /// Who configures the system can give themselves everything.
    ConfigureSystem,
    /// Who manages a feed can do everything on it.
    ManageFeed,
    DeleteAndAdd,
    Overwrite,
    ManageCredentials,
    /// A connector that is managed on one feed serves others, too.
    SharedConnector,
    /// Another feed reads this one.
    ConnectedFeed,
}

/// A way to what was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub kind: ProxyKind,
    /// What it takes, all of which the subject is allowed.
    pub attributes: Vec<AttributeId>,
    /// Where.
    pub at: Target,
    /// On the way, from the feed that reads.
    pub connectors: Vec<ConnectorId>,
}

/// The ways to something that a subject was denied. None to what isn't there.
pub fn proxies(index: &Index, who: &Principals, demand: Demand) -> Vec<Proxy> {
    let wanted = demand.attribute;
    let mut outlook = Outlook::new(index, who);
    let mut found = Vec::new();
    let mut add = |kind, attributes: &[AttributeId], at| {
        found.push(Proxy { kind, attributes: attributes.to_vec(), at, connectors: Vec::new() });
    };
    let has = |allowed: AttributeBits, attributes: &[AttributeId]| {
        attributes.iter().all(|it| !index.bits_of(*it).is_empty() && allowed.has(index.bits_of(*it)))
    };

    let on_system = outlook.on(Target::System);
    if wanted != CONFIGURE && has(on_system, &[CONFIGURE]) {
        add(ProxyKind::ConfigureSystem, &[CONFIGURE], Target::System);
    }
    if wanted == VIEW_PASSWORDS && has(on_system, &[MANAGE_CREDENTIALS]) {
        add(ProxyKind::ManageCredentials, &[MANAGE_CREDENTIALS], Target::System);
    }
    let scopable = index.attribute(wanted).is_some_and(|attribute| attribute.feed_scopable);
    if !scopable || !matches!(demand.target, Target::Feed(_) | Target::FeedGroup(_)) {
        return found;
    }
    let here = outlook.on(demand.target);
    if wanted != MANAGE_FEED && has(here, &[MANAGE_FEED]) {
        add(ProxyKind::ManageFeed, &[MANAGE_FEED], demand.target);
    }
    if wanted == OVERWRITE && has(here, &[DELETE, ADD]) {
        add(ProxyKind::DeleteAndAdd, &[DELETE, ADD], demand.target);
    }
    if wanted == DELETE && has(here, &[OVERWRITE]) {
        add(ProxyKind::Overwrite, &[OVERWRITE], demand.target);
    }
    if let Target::Feed(feed) = demand.target {
        found.extend(through_connectors(index, &mut outlook, wanted, feed));
    }
    found
}

/// The ways that lead over other feeds.
fn through_connectors(
    index: &Index,
    outlook: &mut Outlook<'_>,
    wanted: AttributeId,
    feed: FeedId,
) -> Vec<Proxy> {
    let mut found = Vec::new();
    if wanted == MANAGE_CONNECTORS {
        let shared = index.connectors_from(ConnectorId(0)).filter(|it| it.feeds.contains(&feed));
        for (connector, other) in shared.flat_map(|it| it.feeds.iter().map(move |other| (it.id, *other))) {
            if other != feed && outlook.on(Target::Feed(other)).has(index.bits_of(MANAGE_CONNECTORS)) {
                found.push(Proxy {
                    kind: ProxyKind::SharedConnector,
                    attributes: vec![MANAGE_CONNECTORS],
                    at: Target::Feed(other),
                    connectors: vec![connector],
                });
            }
        }
    }
    let enough = reading(wanted);
    if !enough.is_empty() {
        for reader in Connections::of(index).readers_of(feed) {
            let there = outlook.on(Target::Feed(reader.feed));
            if let Some(attribute) = enough.iter().find(|it| there.has(index.bits_of(**it))) {
                found.push(Proxy {
                    kind: ProxyKind::ConnectedFeed,
                    attributes: vec![*attribute],
                    at: Target::Feed(reader.feed),
                    connectors: reader.connectors,
                });
            }
        }
    }
    found.truncate(CONNECTED);
    found
}

/// The attributes on a feed that let somebody read what a feed behind it gives for this attribute: what a feed
/// shows, it shows of the feeds that it reads, and what it pulls from them it holds itself.
pub(super) const fn reading(attribute: AttributeId) -> &'static [AttributeId] {
    match attribute {
        VIEW => &[VIEW],
        DOWNLOAD => &[DOWNLOAD, PULL],
        _ => &[],
    }
}
