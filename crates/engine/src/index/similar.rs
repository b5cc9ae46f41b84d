//! Names of a policy that are similar to one that it doesn't have.

use super::Index;
use feedgate_model::{ConnectorId, FeedGroupId, FeedId, GroupId, Kind, Name, UserId, similar};

impl Index {
    /// Advice for an error message about a name that no object of a kind has: similar names, and the command that
    /// lists all.
    pub fn advice(&self, kind: Kind, wanted: &str) -> String {
        similar::advice(kind, &self.similar(kind, wanted))
    }

    /// The names of objects of a kind that are similar to this one, the most similar first.
    fn similar(&self, kind: Kind, wanted: &str) -> Vec<&str> {
        match kind {
            Kind::Settings | Kind::Grant => Vec::new(),
            Kind::Attribute => similar::similar(wanted, self.attributes().map(|it| it.name.as_str())),
            Kind::Task => similar::similar(wanted, self.tasks().map(|it| it.name.as_str())),
            Kind::Directory => similar::similar(wanted, self.directories().map(|it| it.name.as_str())),
            Kind::Group => similar::similar(wanted, self.groups_from(GroupId(0)).map(|it| it.name.as_str())),
            Kind::User => similar::similar(wanted, self.users_from(UserId(0)).map(|it| it.name.as_str())),
            Kind::FeedGroup => {
                similar::similar(wanted, self.feed_groups_from(FeedGroupId(0)).map(|it| it.name.as_str()))
            }
            Kind::Feed => {
                let names = self.feeds_from(FeedId(0)).flat_map(|feed| feed.names().map(Name::as_str));
                similar::similar(wanted, names)
            }
            Kind::Connector => {
                similar::similar(wanted, self.connectors_from(ConnectorId(0)).map(|it| it.name.as_str()))
            }
        }
    }
}
