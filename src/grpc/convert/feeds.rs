//! Feeds, feed groups and connectors.

use prost_types::FieldMask;

use super::{
    invalid::{Invalid, each},
    mask::{Given, Mask},
    names::Names,
    text,
};
use crate::{
    grpc::pb,
    model::{
        Connector, ConnectorSource, Feed, FeedGroup, Name,
        edit::{ConnectorSpec, FeedGroupSpec, FeedSpec, SourceRef},
    },
};

pub fn feed_group_spec(group: pb::FeedGroup, mask: &Mask<'_>) -> Result<FeedGroupSpec, Invalid> {
    let pb::FeedGroup { name, description, id: _, revision: _ } = group;
    mask.only(&["description"])?;
    Ok(FeedGroupSpec {
        name: text::name("name", &name)?,
        description: mask.take("description", description, text::text)?,
    })
}

pub fn feed_spec(feed: pb::Feed, mask: &Mask<'_>) -> Result<FeedSpec, Invalid> {
    let pb::Feed { name, r#type, alternate_names, feed_group, promote_to, id: _, revision: _ } = feed;
    mask.only(&["type", "alternate_names", "feed_group", "promote_to"])?;
    let optional_name = |field: &str, name: String| text::optional_name(field, &name);
    Ok(FeedSpec {
        name: text::name("name", &name)?,
        feed_type: mask.take("type", r#type, text::feed_type)?,
        alternate_names: mask.take("alternate_names", alternate_names, names)?,
        group: mask.take("feed_group", feed_group, optional_name)?,
        promote_to: mask.take("promote_to", promote_to, optional_name)?,
    })
}

/// In a mask either name of the source means whichever of the two is set.
pub fn connector_spec(connector: pb::Connector, mask: &Mask<'_>) -> Result<ConnectorSpec, Invalid> {
    let pb::Connector { name, feeds, source, id: _, revision: _ } = connector;
    mask.only(&["source_feed", "url", "feeds"])?;
    let taken = mask.has("source_feed") || mask.has("url");
    Ok(ConnectorSpec {
        name: text::name("name", &name)?,
        source: if taken { Some(self::source(source)?) } else { None },
        feeds: mask.take("feeds", feeds, names)?,
    })
}

fn source(source: Option<pb::connector::Source>) -> Result<SourceRef, Invalid> {
    use pb::connector::Source;
    match source {
        None => Err(Invalid::missing("source")),
        Some(Source::SourceFeed(feed)) => text::name("source_feed", &feed).map(SourceRef::Feed),
        Some(Source::Url(url)) if url.is_empty() => Err(Invalid::missing("url")),
        Some(Source::Url(url)) => text::url("url", url).map(SourceRef::Url),
    }
}

fn names(field: &str, names: Vec<String>) -> Result<Vec<Name>, Invalid> {
    each(field, &names, |name| text::checked_name(name))
}

pub fn feed_group_request(spec: FeedGroupSpec) -> (pb::FeedGroup, Option<FieldMask>) {
    let FeedGroupSpec { name, description } = spec;
    let mut given = Given::default();
    let description = given.take("description", description.map(String::from));
    (pb::FeedGroup { name: name.into(), description, ..pb::FeedGroup::default() }, given.mask())
}

pub fn feed_request(spec: FeedSpec) -> (pb::Feed, Option<FieldMask>) {
    let FeedSpec { name, feed_type, alternate_names, group, promote_to } = spec;
    let mut given = Given::default();
    let optional = |name: Option<Name>| name.map(String::from).unwrap_or_default();
    let feed = pb::Feed {
        name: name.into(),
        r#type: given.take("type", feed_type.map(String::from)),
        alternate_names: given.take("alternate_names", alternate_names.map(strings)),
        feed_group: given.take("feed_group", group.map(optional)),
        promote_to: given.take("promote_to", promote_to.map(optional)),
        ..pb::Feed::default()
    };
    (feed, given.mask())
}

pub fn connector_request(spec: ConnectorSpec) -> (pb::Connector, Option<FieldMask>) {
    use pb::connector::Source;
    let ConnectorSpec { name, source, feeds } = spec;
    let mut given = Given::default();
    let source = source.map(|source| match source {
        SourceRef::Url(url) => Some(Source::Url(url.into())),
        SourceRef::Feed(feed) => Some(Source::SourceFeed(feed.into())),
    });
    let field = if matches!(source, Some(Some(Source::Url(_)))) { "url" } else { "source_feed" };
    let source = given.take(field, source);
    let feeds = given.take("feeds", feeds.map(strings));
    (pb::Connector { name: name.into(), source, feeds, ..pb::Connector::default() }, given.mask())
}

fn strings(names: Vec<Name>) -> Vec<String> {
    names.into_iter().map(String::from).collect()
}

pub fn feed_group(group: &FeedGroup) -> pb::FeedGroup {
    let FeedGroup { id, name, description, revision } = group;
    pb::FeedGroup {
        name: name.as_str().into(),
        description: description.as_ref().into(),
        id: id.0.into(),
        revision: *revision,
    }
}

pub fn feed(feed: &Feed, names: &Names<'_>) -> pb::Feed {
    let Feed { id, name, feed_type, alternate_names, group, promote_to, revision } = feed;
    pb::Feed {
        name: name.as_str().into(),
        r#type: feed_type.as_ref().into(),
        alternate_names: alternate_names.iter().map(|name| name.as_str().into()).collect(),
        feed_group: group.map(|id| names.feed_group(id)).unwrap_or_default(),
        promote_to: promote_to.map(|id| names.feed(id)).unwrap_or_default(),
        id: id.0.into(),
        revision: *revision,
    }
}

pub fn connector(connector: &Connector, names: &Names<'_>) -> pb::Connector {
    use pb::connector::Source;
    let Connector { id, name, source, feeds, revision } = connector;
    let source = match source {
        ConnectorSource::Url(url) => Source::Url(url.as_ref().into()),
        ConnectorSource::Feed(id) => Source::SourceFeed(names.feed(*id)),
    };
    pb::Connector {
        name: name.as_str().into(),
        source: Some(source),
        feeds: feeds.iter().map(|id| names.feed(*id)).collect(),
        id: id.0.into(),
        revision: *revision,
    }
}
