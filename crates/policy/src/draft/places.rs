//! Feed groups, feeds and connectors in a draft.

use std::{collections::HashSet, sync::Arc};

use super::{Draft, EditError, Mode, catalogue::replace};
use feedgate_model::{
    Connector, ConnectorId, ConnectorSource, Feed, FeedGroup, FeedGroupId, FeedId, Kind, Name, Object,
    edit::{ConnectorSpec, FeedGroupSpec, FeedSpec, SourceRef},
};

impl Draft {
    pub(super) fn set_feed_group(&mut self, spec: &FeedGroupSpec, mode: Mode) -> Result<(), EditError> {
        let FeedGroupSpec { name, description } = spec;
        let there = self.feed_group(name).cloned().ok();
        Self::admit(mode, Kind::FeedGroup, name, there.as_ref().map(|it| &it.name))?;
        let mut group = match there {
            Some(group) => FeedGroup::clone(&group),
            None => FeedGroup {
                id: FeedGroupId(self.next_id(Kind::FeedGroup)?),
                name: name.clone(),
                description: "".into(),
                revision: 0,
            },
        };
        replace(&mut group.description, description);
        self.put(Object::FeedGroup(Arc::new(group)))
    }

    pub(super) fn set_feed(&mut self, spec: &FeedSpec, mode: Mode) -> Result<(), EditError> {
        let FeedSpec { name, feed_type, alternate_names, group, promote_to } = spec;
        let there = self.feed(name).cloned().ok();
        Self::admit(mode, Kind::Feed, name, there.as_ref().map(|it| &it.name))?;
        let mut feed = match there {
            Some(feed) => Feed::clone(&feed),
            None => Feed {
                id: FeedId(self.next_id(Kind::Feed)?),
                name: name.clone(),
                feed_type: "".into(),
                alternate_names: Vec::new(),
                group: None,
                promote_to: None,
                revision: 0,
            },
        };
        replace(&mut feed.feed_type, feed_type);
        if let Some(names) = alternate_names {
            self.check_alternate_names(&feed, names)?;
            feed.alternate_names.clone_from(names);
        }
        if let Some(group) = group {
            feed.group =
                group.as_ref().map(|name| Ok::<_, EditError>(self.feed_group(name)?.id)).transpose()?;
        }
        if let Some(target) = promote_to {
            feed.promote_to = match target {
                Some(name) if feed.names().any(|own| own == name) => return Err(promotes_to_itself()),
                Some(name) => {
                    // By a name that the feed has lost just now, too.
                    let target = self.feed(name)?.id;
                    if target == feed.id {
                        return Err(promotes_to_itself());
                    }
                    Some(target)
                }
                None => None,
            };
        }
        self.put(Object::Feed(Arc::new(feed)))
    }

    /// Names and alternate names of all feeds share one namespace.
    fn check_alternate_names(&self, feed: &Feed, names: &[Name]) -> Result<(), EditError> {
        let mut own = HashSet::from([&feed.name]);
        for name in names {
            let holder = self.feed(name).ok().filter(|holder| holder.id != feed.id);
            if holder.is_some() || !own.insert(name) {
                let holder = holder.map_or(&feed.name, |holder| &holder.name).to_string();
                return Err(EditError::AlreadyExists { kind: Kind::Feed, name: name.to_string(), holder });
            }
        }
        Ok(())
    }

    pub(super) fn set_connector(&mut self, spec: &ConnectorSpec, mode: Mode) -> Result<(), EditError> {
        let ConnectorSpec { name, source, feeds } = spec;
        let there = self.connector(name).cloned().ok();
        Self::admit(mode, Kind::Connector, name, there.as_ref().map(|it| &it.name))?;
        let source = source.as_ref().map(|source| self.source(source)).transpose()?;
        let mut connector = match (there, &source) {
            (Some(connector), _) => Connector::clone(&connector),
            (None, Some(source)) => Connector {
                id: ConnectorId(self.next_id(Kind::Connector)?),
                name: name.clone(),
                source: source.clone(),
                feeds: Vec::new(),
                revision: 0,
            },
            (None, None) => {
                let why = format!("a new connector needs a source: give `{name}` a url or a source feed");
                return Err(EditError::Invalid { field: "source", why });
            }
        };
        replace(&mut connector.source, &source);
        if let Some(feeds) = feeds {
            let ids = feeds.iter().map(|feed| Ok(self.feed(feed)?.id));
            connector.feeds = ids.collect::<Result<Vec<_>, EditError>>()?;
            connector.feeds.sort_unstable();
            connector.feeds.dedup();
        }
        self.put(Object::Connector(Arc::new(connector)))
    }

    fn source(&self, source: &SourceRef) -> Result<ConnectorSource, EditError> {
        Ok(match source {
            SourceRef::Url(url) => ConnectorSource::Url(url.clone()),
            SourceRef::Feed(name) => ConnectorSource::Feed(self.feed(name)?.id),
        })
    }
}

fn promotes_to_itself() -> EditError {
    EditError::Invalid { field: "promote_to", why: "a feed can't promote to itself".into() }
}
