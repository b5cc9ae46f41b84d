//! `show`: an object with all its fields, and what belongs to it.
//!
//! The fields are called as in what a change changed: `display_name` of a user, `promote_to` of a feed.

use prost_reflect::{ReflectMessage as _, Value};

use super::fetch;
use crate::{
    cli::{
        args::connect::Format,
        changes,
        client::Client,
        failure::Failure,
        json,
        list::tables,
        output::{BOLD, DIM, paint, plain},
        unbound,
    },
    grpc::pb::{self, object::Kind, principal, scope},
    model::edit::ObjectRef,
};

/// Of what belongs to an object so many are shown; `list` shows all.
const SHOWN: u32 = 100;

pub(super) async fn run(client: &mut Client, object: ObjectRef, format: Format) -> Result<String, Failure> {
    let object = fetch::object(client, object).await?;
    if format == Format::Json {
        return Ok(json::render("Object", &object)?);
    }
    let is_unbound = match &object.kind {
        Some(Kind::User(user)) => unbound::is_unbound(&user.directory, &user.external_id),
        Some(Kind::Group(group)) => unbound::is_unbound(&group.directory, &group.external_id),
        _ => false,
    };
    let mut parts = vec![unbound::with_meaning(card(&object)?, is_unbound)];
    if let Some(kind) = object.kind {
        parts.extend(belongings(client, kind).await?);
    }
    Ok(parts.join("\n\n"))
}

/// What it is, and a line for each of its fields that isn't empty.
fn card(object: &pb::Object) -> anyhow::Result<String> {
    let message = json::reflect("Object", object)?;
    let fields = message.fields().next().and_then(|(_, kind)| kind.as_message()).map(|kind| {
        let field =
            |field: prost_reflect::FieldDescriptor| (field.name().to_owned(), value(&kind.get_field(&field)));
        kind.descriptor().fields().map(field).filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
    });
    let fields = fields.unwrap_or_default();
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut lines = vec![paint(BOLD, changes::object(object))];
    lines.extend(fields.iter().map(|(name, value)| format!("  {name:<width$}  {value}")));
    Ok(lines.join("\n"))
}

fn value(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::U64(number) => number.to_string(),
        Value::String(text) => plain(text).into_owned(),
        Value::List(items) => items.iter().map(changes::item).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

/// Who or what is in it, and the grants that name it.
async fn belongings(client: &mut Client, kind: Kind) -> Result<Vec<String>, Failure> {
    let mut parts = Vec::new();
    let mut filter = pb::ListGrantsRequest { page: page(), ..Default::default() };
    let mut which = "on it itself";
    match kind {
        Kind::User(pb::User { id, .. }) => {
            which = "to it itself";
            filter.principal = Some(with_id(principal::Kind::User, id));
        }
        Kind::Group(pb::Group { id, .. }) => {
            parts.push(members(client, id).await?);
            which = "to it itself";
            filter.principal = Some(with_id(principal::Kind::Group, id));
        }
        Kind::FeedGroup(pb::FeedGroup { name, .. }) => {
            parts.push(feeds(client, name.clone()).await?);
            filter.scope = Some(pb::Scope { kind: Some(scope::Kind::FeedGroup(name)) });
        }
        Kind::Feed(pb::Feed { name, .. }) => {
            filter.scope = Some(pb::Scope { kind: Some(scope::Kind::Feed(name)) });
        }
        Kind::Task(pb::Task { name, .. }) => {
            which = "of it";
            filter.task = name;
        }
        Kind::Attribute(_)
        | Kind::Directory(_)
        | Kind::Membership(_)
        | Kind::Connector(_)
        | Kind::Grant(_)
        | Kind::Settings(_) => return Ok(parts),
    }
    parts.push(grants(client, filter, which).await?);
    Ok(parts)
}

fn with_id(kind: fn(pb::PrincipalName) -> principal::Kind, id: u64) -> pb::Principal {
    pb::Principal { kind: Some(kind(pb::PrincipalName { id, ..Default::default() })) }
}

fn page() -> Option<pb::Page> {
    Some(pb::Page { size: SHOWN, token: String::new() })
}

async fn members(client: &mut Client, id: u64) -> Result<String, Failure> {
    let group = Some(pb::PrincipalName { id, ..Default::default() });
    let request = client.ask(pb::ListMembersRequest { page: page(), group });
    let answer = client.policy.list_members(request).await.map_err(|s| client.failure(s))?.into_inner();
    let table = (!answer.members.is_empty()).then(|| tables::members(&answer.members));
    Ok(part("members", "in it", table, &answer.next_page_token))
}

async fn feeds(client: &mut Client, feed_group: String) -> Result<String, Failure> {
    let request = client.ask(pb::ListFeedsRequest { page: page(), feed_group, ..Default::default() });
    let answer = client.policy.list_feeds(request).await.map_err(|s| client.failure(s))?.into_inner();
    let table = (!answer.feeds.is_empty()).then(|| tables::feeds(&answer.feeds));
    Ok(part("feeds", "in it", table, &answer.next_page_token))
}

async fn grants(client: &mut Client, filter: pb::ListGrantsRequest, which: &str) -> Result<String, Failure> {
    let request = client.ask(filter);
    let answer = client.policy.list_grants(request).await.map_err(|s| client.failure(s))?.into_inner();
    let table = (!answer.grants.is_empty()).then(|| tables::grants(&answer.grants));
    Ok(part("grants", which, table, &answer.next_page_token))
}

/// A table of these, if there are any, and whether there are more.
fn part(noun: &str, which: &str, table: Option<String>, next_page_token: &str) -> String {
    match table {
        None => format!("no {noun} {which}"),
        Some(table) if next_page_token.is_empty() => table,
        Some(table) => format!("{table}\n{}", paint(DIM, format!("… and more: see `feedgate list {noun}`"))),
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn check(kind: Kind, expected: &str) {
        let card = card(&pb::Object { kind: Some(kind) }).unwrap();
        assert_eq!(strip_str(&card).to_string(), expected);
    }

    #[test]
    fn cards() {
        let group = |name: &str, directory: &str| pb::PrincipalName {
            directory: directory.into(),
            name: name.into(),
            id: 1,
            unbound: false,
        };
        check(
            Kind::User(pb::User {
                name: "jDoe".into(),
                display_name: "John Doe".into(),
                groups: vec![group("Developers", "built-in"), group("Staff", "corp")],
                id: 2,
                revision: 7,
                ..Default::default()
            }),
            "user jDoe\n  name          jDoe\n  display_name  John Doe\n  disabled      no\n  groups        \
             Developers, Staff (corp)\n  id            2\n  revision      7",
        );
        check(
            Kind::Connector(pb::Connector {
                name: "out".into(),
                source: Some(pb::connector::Source::Url("https://h".into())),
                feeds: vec!["npm".into(), "pypi".into()],
                id: 3,
                revision: 8,
            }),
            "connector out\n  name      out\n  url       https://h\n  feeds     npm, pypi\n  id        3\n  \
             revision  8",
        );
    }
}
