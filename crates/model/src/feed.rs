//! Feeds, the groups that they are in, and the connectors that fill them.

use serde::{Deserialize, Serialize};

use super::{
    id::{ConnectorId, FeedGroupId, FeedId},
    name::Name,
};

/// A set of feeds. Not nested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedGroup {
    pub id: FeedGroupId,
    pub name: Name,
    pub description: Box<str>,
    /// The revision that last changed this object.
    pub revision: u64,
}

/// Where packages are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    pub id: FeedId,
    pub name: Name,
    /// `nuget`, `npm`, …; empty when nobody said.
    pub feed_type: Box<str>,
    /// Share one namespace with the names of all feeds.
    pub alternate_names: Vec<Name>,
    pub group: Option<FeedGroupId>,
    /// The only feed that packages may be promoted to from here.
    pub promote_to: Option<FeedId>,
    /// The revision that last changed this object.
    pub revision: u64,
}

impl Feed {
    /// The name and the alternate names.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.name).chain(&self.alternate_names)
    }
}

/// Where feeds get packages from that they don't hold themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    pub id: ConnectorId,
    pub name: Name,
    pub source: ConnectorSource,
    /// The feeds that use it, ascending.
    pub feeds: Vec<FeedId>,
    /// The revision that last changed this object.
    pub revision: u64,
}

/// What a connector reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectorSource {
    /// An outside source.
    Url(Box<str>),
    /// A feed of this policy.
    Feed(FeedId),
}
