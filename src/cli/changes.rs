//! What a change set changed, or would: a line an object.
//!
//! `+ grant permit "View Packages" to Everyone on all feeds`, `~ user jDoe: display_name`, `- feed npm`.

use std::collections::HashSet;

use prost_reflect::{ReflectMessage as _, Value};

use super::{
    json,
    output::{BAD, BOLD, GOOD, paint, plain},
    words,
};
use crate::grpc::pb::{self, object::Kind};

/// A line for every changed object, in their order.
pub(super) fn render(changes: &[pb::ChangedObject]) -> anyhow::Result<Vec<String>> {
    changes.iter().map(line).collect()
}

fn line(change: &pb::ChangedObject) -> anyhow::Result<String> {
    Ok(match (&change.before, &change.after) {
        (None, Some(after)) => format!("{} {}", paint(GOOD, "+"), object(after)),
        (Some(before), None) => format!("{} {}", paint(BAD, "-"), object(before)),
        (Some(before), Some(after)) => {
            format!("{} {}: {}", paint(BOLD, "~"), object(before), differences(before, after)?.join(", "))
        }
        (None, None) => "? (unknown)".to_owned(),
    })
}

/// What kind of object it is, and what it is called.
pub(super) fn object(object: &pb::Object) -> String {
    match &object.kind {
        Some(Kind::Attribute(attribute)) => format!("attribute {}", plain(&attribute.name)),
        Some(Kind::Task(task)) => format!("task {}", plain(&task.name)),
        Some(Kind::Directory(directory)) => format!("directory {}", plain(&directory.name)),
        Some(Kind::User(user)) => format!("user {}", words::named(&user.directory, &user.name)),
        Some(Kind::Group(group)) => format!("group {}", words::named(&group.directory, &group.name)),
        Some(Kind::Membership(membership)) => {
            let group = membership.group.as_ref().map(words::principal_name).unwrap_or_default();
            format!("{} in group {group}", words::principal(membership.member.as_ref()))
        }
        Some(Kind::FeedGroup(group)) => format!("feed group {}", plain(&group.name)),
        Some(Kind::Feed(feed)) => format!("feed {}", plain(&feed.name)),
        Some(Kind::Connector(connector)) => format!("connector {}", plain(&connector.name)),
        Some(Kind::Grant(grant)) => format!("grant {}", words::grant(grant)),
        Some(Kind::Settings(_)) => "settings".to_owned(),
        None => "(unknown)".to_owned(),
    }
}

/// The fields that differ, by their proto names; of a list also what came and went, of a name the new one.
fn differences(before: &pb::Object, after: &pb::Object) -> anyhow::Result<Vec<String>> {
    let (before, after) = (json::reflect("Object", before)?, json::reflect("Object", after)?);
    // An object holds one kind, and an update doesn't change which.
    let (Some((_, old)), Some((_, new))) = (before.fields().next(), after.fields().next()) else {
        return Ok(Vec::new());
    };
    let (Some(old), Some(new)) = (old.as_message(), new.as_message()) else { return Ok(Vec::new()) };
    let mut differences = Vec::new();
    for field in old.descriptor().fields().filter(|field| field.name() != "revision") {
        let (was, is) = (old.get_field(&field), new.get_field(&field));
        if was == is {
            continue;
        }
        let name = field.name();
        differences.push(match (was.as_ref(), is.as_ref()) {
            (Value::List(was), Value::List(is)) => format!("{name} ({})", came_and_went(was, is)),
            (_, Value::String(is)) if name == "name" => format!("name is now {}", plain(is)),
            _ => name.to_owned(),
        });
    }
    Ok(differences)
}

/// `+Developers -Staff`.
fn came_and_went(was: &[Value], is: &[Value]) -> String {
    let (old, new): (HashSet<_>, HashSet<_>) = (was.iter().map(key).collect(), is.iter().map(key).collect());
    let came = is.iter().filter(|value| !old.contains(&key(value))).map(|value| format!("+{}", item(value)));
    let went = was.iter().filter(|value| !new.contains(&key(value))).map(|value| format!("-{}", item(value)));
    let both: Vec<String> = came.chain(went).collect();
    if both.is_empty() { "order".to_owned() } else { both.join(" ") }
}

/// Identity of an item of a list, for a hash set: lists can be long, so they are never compared item by item.
fn key(value: &Value) -> (String, u64) {
    let id = value.as_message().and_then(|message| message.get_field_by_name("id")?.as_u64());
    (item(value), id.unwrap_or_default())
}

/// An item of a list: a name, or a principal's.
pub(super) fn item(value: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    match value.as_message() {
        Some(message) => {
            let field = |name: &str| message.get_field_by_name(name).map(|v| text(&v)).unwrap_or_default();
            words::named(&field("directory"), &field("name"))
        }
        None => plain(&text(value)).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn of(kind: Kind) -> Option<pb::Object> {
        Some(pb::Object { kind: Some(kind) })
    }

    fn in_groups(groups: &[&str]) -> pb::User {
        let groups = groups.iter().map(|name| pb::PrincipalName {
            directory: "built-in".into(),
            name: (*name).into(),
            id: name.len() as u64,
            unbound: false,
        });
        pb::User { name: "jDoe".into(), groups: groups.collect(), id: 2, revision: 7, ..Default::default() }
    }

    #[track_caller]
    fn check(before: Option<pb::Object>, after: Option<pb::Object>, expected: &str) {
        let line = line(&pb::ChangedObject { before, after }).unwrap();
        assert_eq!(strip_str(&line).to_string(), expected);
    }

    #[test]
    fn long_lists_are_compared_in_linear_time() {
        // Compared item by item, these would take hours.
        let numbered = |range: std::ops::Range<u32>| {
            range.map(|number| Value::String(number.to_string())).collect::<Vec<_>>()
        };
        let (was, is) = (numbered(0..300_000), numbered(1..300_001));
        assert_eq!(came_and_went(&was, &is), "+300000 -0");
    }

    #[test]
    fn members_of_one_name_and_two_ids_differ() {
        let group = |id: u64| {
            let group =
                pb::PrincipalName { directory: String::new(), name: "QA".into(), id, ..Default::default() };
            of(Kind::User(pb::User { groups: vec![group], name: "u".into(), ..Default::default() }))
        };
        check(group(1), group(2), "~ user u: groups (+QA -QA)");
    }

    #[test]
    fn created_and_deleted() {
        let everyone = pb::principal::Kind::Everyone(pb::principal::Everyone {});
        let grant = pb::Grant {
            id: 5,
            effect: pb::Effect::Permit.into(),
            principal: Some(pb::Principal { kind: Some(everyone) }),
            task: "View Packages".into(),
            scope: Some(pb::Scope { kind: Some(pb::scope::Kind::AllFeeds(pb::scope::AllFeeds {})) }),
            ..Default::default()
        };
        check(None, of(Kind::Grant(grant)), "+ grant permit \"View Packages\" to Everyone on all feeds");
        check(of(Kind::Feed(pb::Feed { name: "npm".into(), ..Default::default() })), None, "- feed npm");
    }

    #[test]
    fn updated() {
        let user = in_groups(&["Staff", "QA"]);
        let mut renamed = in_groups(&["Developers", "Staff"]);
        renamed.name = "jRoe".into();
        renamed.display_name = "Jane Roe".into();
        renamed.revision = 8;
        check(
            of(Kind::User(user)),
            of(Kind::User(renamed)),
            "~ user jDoe: name is now jRoe, display_name, groups (+Developers -QA)",
        );
        let task = |attributes: &[&str]| {
            of(Kind::Task(pb::Task {
                name: "T".into(),
                attributes: attributes.iter().copied().map(Into::into).collect(),
                ..Default::default()
            }))
        };
        check(task(&["A", "B"]), task(&["B", "A"]), "~ task T: attributes (order)");
        check(task(&["A"]), task(&["A", "B"]), "~ task T: attributes (+B)");
    }
}
