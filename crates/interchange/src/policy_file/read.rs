//! From nodes to entries: what each kind of object looks like in a policy file.
//!
//! A function that answers `None` has noted why.

use super::entry::{
    AttributeEntry, ConnectorEntry, DirectoryEntry, FeedEntry, FeedGroupEntry, GroupEntry, Person, Principal,
    Source, TaskAttributes, TaskEntry, UserEntry,
};
use crate::{
    problem::{At, Problems},
    yaml::{
        fields::{Fields, attribute_name, name, text},
        node::{Node, Value},
    },
};
use feedgate_model::{
    BareNames, Name, ScopePrecedence, SignInOrder, UnknownFeed,
    edit::{AttributeSpec, DirectorySpec, FeedGroupSpec, SettingsSpec},
};

pub(super) fn settings(node: Node, problems: &mut Problems) -> Option<SettingsSpec> {
    let keys = ["scope_precedence", "unknown_feed", "bare_names", "sign_in"];
    let mut fields = Fields::of(node, "the settings", &keys, problems)?;
    Some(SettingsSpec {
        scope_precedence: choice(
            &mut fields,
            "scope_precedence",
            &[
                ("feed-over-group", ScopePrecedence::FeedOverGroup),
                ("feed-and-group-equal", ScopePrecedence::FeedAndGroupEqual),
            ],
        ),
        unknown_feed: choice(
            &mut fields,
            "unknown_feed",
            &[("deny", UnknownFeed::Deny), ("all-feeds-grants", UnknownFeed::AllFeedsGrants)],
        ),
        bare_names: choice(
            &mut fields,
            "bare_names",
            &[("unique", BareNames::Unique), ("first", BareNames::First)],
        ),
        sign_in: choice(
            &mut fields,
            "sign_in",
            &[("until-accepted", SignInOrder::UntilAccepted), ("first-holder", SignInOrder::FirstHolder)],
        ),
    })
}

/// One of a few words.
fn choice<T: Copy>(fields: &mut Fields<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    let node = fields.take(key)?;
    let At { value, place } = text(node, fields.problems)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == &*value) {
        return Some(*meaning);
    }
    let words: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
    fields
        .problems
        .at(place, format!("`{key}` takes {}, not `{}`", words.join(" or "), value.escape_debug()));
    None
}

pub(super) fn attribute(node: Node, problems: &mut Problems) -> Option<AttributeEntry> {
    let keys = ["name", "label", "category", "feed_scopable", "description"];
    let mut fields = Fields::of(node, "an attribute", &keys, problems)?;
    let name = match fields.take("name") {
        Some(node) => attribute_name(node, fields.problems),
        None => {
            fields.missing("name", "");
            None
        }
    };
    let (label, category) = (fields.text("label"), fields.text("category"));
    let (feed_scopable, description) = (fields.boolean("feed_scopable"), fields.text("description"));
    let At { value: name, place } = name?;
    Some(At { value: AttributeSpec { name, label, category, feed_scopable, description }, place })
}

pub(super) fn directory(node: Node, problems: &mut Problems) -> Option<DirectoryEntry> {
    let mut fields = Fields::of(node, "a directory", &["name", "domains", "netbios", "enabled"], problems)?;
    let names = |node: Node, problems: &mut Problems| name(node, problems).map(|name| name.value);
    let name = fields.name("name");
    let (domains, netbios) = (fields.list("domains", names), fields.list("netbios", names));
    let enabled = fields.boolean("enabled");
    let At { value: name, place } = name?;
    Some(At { value: DirectorySpec { name, domains, netbios, enabled, position: None }, place })
}

pub(super) fn task(node: Node, problems: &mut Problems) -> Option<TaskEntry> {
    let mut fields = Fields::of(node, "a task", &["name", "description", "attributes"], problems)?;
    let (name, description) = (fields.name("name"), fields.text("description"));
    let attributes = fields.take("attributes").and_then(|node| task_attributes(node, fields.problems));
    Some(TaskEntry { name: name?, description, attributes })
}

fn task_attributes(node: Node, problems: &mut Problems) -> Option<TaskAttributes> {
    match node.value {
        Value::Text(word) if &*word == "all" => Some(TaskAttributes::All),
        Value::List(items) => Some(TaskAttributes::These(
            items.into_iter().filter_map(|node| attribute_name(node, problems)).collect(),
        )),
        value => {
            let found = value.word();
            problems.at(node.place, format!("`attributes` takes a list of them or `all`, but found {found}"));
            None
        }
    }
}

/// The name under a key, in the directory that stands beside it.
pub(super) fn person(fields: &mut Fields<'_>, key: &str) -> Option<Person> {
    let (name, directory) = (fields.name(key), fields.optional_name("directory"));
    Some(Person { name: name?, directory })
}

pub(super) fn user(node: Node, problems: &mut Problems) -> Option<UserEntry> {
    let keys = ["name", "directory", "display_name", "email", "disabled", "external_id"];
    let mut fields = Fields::of(node, "a user", &keys, problems)?;
    let user = person(&mut fields, "name");
    let (display_name, email) = (fields.text("display_name"), fields.text("email"));
    let (disabled, external_id) = (fields.boolean("disabled"), fields.text("external_id"));
    Some(UserEntry { user: user?, display_name, email, disabled, external_id })
}

pub(super) fn group(node: Node, problems: &mut Problems) -> Option<GroupEntry> {
    let keys = ["name", "directory", "description", "external_id", "members"];
    let mut fields = Fields::of(node, "a group", &keys, problems)?;
    let group = person(&mut fields, "name");
    let (description, external_id) = (fields.text("description"), fields.text("external_id"));
    let members = fields.list("members", member);
    Some(GroupEntry { group: group?, description, external_id, members })
}

/// A bare name is a built-in user.
fn member(node: Node, problems: &mut Problems) -> Option<Principal> {
    if matches!(node.value, Value::Text(_)) {
        return name(node, problems).map(|name| Principal::User(Person { name, directory: None }));
    }
    let mut fields = Fields::of(node, "a member", &["user", "group", "directory"], problems)?;
    principal(&mut fields)
}

/// Exactly one of `user` and `group`, with a directory or none.
pub(super) fn principal(fields: &mut Fields<'_>) -> Option<Principal> {
    let of = |name, directory| Some(Person { name, directory });
    let (user, group) = (fields.take("user"), fields.take("group"));
    let directory = fields.optional_name("directory");
    match (user, group) {
        (Some(node), None) => of(name(node, fields.problems)?, directory).map(Principal::User),
        (None, Some(node)) => of(name(node, fields.problems)?, directory).map(Principal::Group),
        (user, _) => {
            let place = fields.place();
            let why = if user.is_some() { "both are here" } else { "neither is here" };
            fields.problems.at(place, format!("exactly one of `user` and `group` is needed, and {why}"));
            None
        }
    }
}

pub(super) fn feed_group(node: Node, problems: &mut Problems) -> Option<FeedGroupEntry> {
    let mut fields = Fields::of(node, "a feed group", &["name", "description"], problems)?;
    let (name, description) = (fields.name("name"), fields.text("description"));
    let At { value: name, place } = name?;
    Some(At { value: FeedGroupSpec { name, description }, place })
}

pub(super) fn feed(node: Node, problems: &mut Problems) -> Option<FeedEntry> {
    let keys = ["name", "type", "alternate_names", "group", "promote_to"];
    let mut fields = Fields::of(node, "a feed", &keys, problems)?;
    let feed = (fields.name("name"), fields.text("type"), fields.list("alternate_names", name));
    let (group, promote_to) = (fields.name_or_null("group"), fields.name_or_null("promote_to"));
    let (name, feed_type, alternate_names) = feed;
    Some(FeedEntry { name: name?, feed_type, alternate_names, group, promote_to })
}

pub(super) fn connector(node: Node, problems: &mut Problems) -> Option<ConnectorEntry> {
    let keys = ["name", "url", "source_feed", "feeds"];
    let mut fields = Fields::of(node, "a connector", &keys, problems)?;
    let (connector, feeds) = (fields.name("name"), fields.list("feeds", name));
    let source = match (fields.take("url"), fields.take("source_feed")) {
        (Some(node), None) => text(node, fields.problems).map(|url| Source::Url(url.value)),
        (None, Some(node)) => name(node, fields.problems).map(Source::Feed),
        (url, _) => {
            let place = connector.as_ref().map_or(fields.place(), |name: &At<Name>| name.place);
            let why = if url.is_some() { "both are here" } else { "neither is here" };
            fields.problems.at(place, format!("exactly one of `url` and `source_feed` is needed, and {why}"));
            None
        }
    };
    Some(ConnectorEntry { name: connector?, source: source?, feeds })
}
