//! Suppressions: what was found in a policy, and somebody has seen and accepted.
//!
//! ```yaml
//! version: 1
//! suppressions:
//!   - {code: WITHOUT_VIEW, feed: unapproved-nuget, reason: not yet open}
//! ```
//!
//! Each names one object and gives a reason. Read as strictly as a policy file.

use serde::Deserialize as _;

use super::{
    problem::{At, Place, Problem, Problems},
    text::utf8,
    yaml::{
        self, check_version,
        fields::{Fields, attribute_name, name, text},
        node::{Node, Value},
    },
};
use feedgate_model::{
    Name,
    edit::{ObjectRef, PrincipalName},
};

/// A kind of finding that is accepted for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub code: Box<str>,
    pub object: ObjectRef,
    pub reason: Box<str>,
    /// Where it stands.
    pub place: Place,
}

/// The keys that name an object; beside a user or group, `directory` says where it lives.
const OBJECTS: [&str; 8] = ["user", "group", "feed", "feed_group", "task", "connector", "attribute", "grant"];

/// Reads a file of suppressions. `file` is what it is called in messages, `codes` are those that there are.
///
/// Fails with everything that is wrong with it.
pub fn parse(file: &str, bytes: &[u8], codes: &[&str]) -> Result<Vec<Suppression>, Vec<Problem>> {
    let content = utf8(file, bytes).map_err(|problem| vec![problem])?;
    let mut problems = Problems::of(file);
    let mut suppressions = Vec::new();
    match yaml::read(content, |deserializer| Node::deserialize(deserializer)) {
        Ok(node) => suppressions = document(node, codes, &mut problems),
        Err(At { value: message, place }) => problems.at(place, message),
    }
    problems.or(suppressions)
}

fn document(node: Node, codes: &[&str], problems: &mut Problems) -> Vec<Suppression> {
    if matches!(node.value, Value::Null) {
        problems.at(Place::START, "the document is empty; a file of suppressions begins with `version: 1`");
        return Vec::new();
    }
    let keys = ["version", "suppressions"];
    let Some(mut fields) = Fields::of(node, "a file of suppressions", &keys, problems) else {
        return Vec::new();
    };
    match fields.take("version") {
        Some(version) => check_version(&version, fields.problems),
        None => fields.missing("version", "; it begins with `version: 1`"),
    }
    fields.list("suppressions", |node, problems| suppression(node, codes, problems)).unwrap_or_default()
}

fn suppression(node: Node, codes: &[&str], problems: &mut Problems) -> Option<Suppression> {
    let keys = [&["code"][..], &OBJECTS, &["directory", "reason"]].concat();
    let mut fields = Fields::of(node, "a suppression", &keys, problems)?;
    let (code, object, reason) = (code(&mut fields, codes), object(&mut fields), reason(&mut fields));
    Some(Suppression { code: code?, object: object?, reason: reason?, place: fields.place() })
}

fn code(fields: &mut Fields<'_>, codes: &[&str]) -> Option<Box<str>> {
    let Some(node) = fields.take("code") else {
        fields.missing("code", "; say what kind of finding is accepted");
        return None;
    };
    let code = text(node, fields.problems)?;
    if codes.contains(&&*code.value) {
        return Some(code.value);
    }
    let message = format!("no finding has the code `{}`", code.value.escape_debug());
    fields.problems.at(code.place, message);
    None
}

fn reason(fields: &mut Fields<'_>) -> Option<Box<str>> {
    let Some(node) = fields.take("reason") else {
        fields.missing("reason", "; say why it is accepted");
        return None;
    };
    let reason = text(node, fields.problems)?;
    if reason.value.trim().is_empty() {
        fields.problems.at(reason.place, "the reason is empty; say why it is accepted");
        return None;
    }
    Some(reason.value)
}

/// The one object that is named.
fn object(fields: &mut Fields<'_>) -> Option<ObjectRef> {
    let mut named: Vec<_> = OBJECTS.into_iter().filter_map(|key| Some((key, fields.take(key)?))).collect();
    let directory = fields.take("directory");
    let (key, node) = match (named.pop(), directory.as_ref()) {
        (Some(object), _) if named.is_empty() => object,
        (None, Some(_)) => {
            return name(directory?, fields.problems).map(|name| ObjectRef::Directory(name.value));
        }
        (found, _) => {
            let why = if found.is_some() { "several are here" } else { "none is here" };
            let place = fields.place();
            let keys = OBJECTS.map(|key| format!("`{key}`")).join(", ");
            let message = format!("exactly one of {keys} and `directory` is needed, and {why}");
            fields.problems.at(place, message);
            return None;
        }
    };
    let directory = match directory {
        Some(node) if ["user", "group"].contains(&key) => Some(name(node, fields.problems)?.value),
        Some(node) => {
            fields.problems.at(node.place, format!("a {key} has no `directory`; only users and groups have"));
            return None;
        }
        None => None,
    };
    let person = |name: Name| PrincipalName::Named { directory, name };
    Some(match key {
        "grant" => return grant(&node, fields.problems),
        "attribute" => ObjectRef::Attribute(attribute_name(node, fields.problems)?.value),
        "user" => ObjectRef::User(person(name(node, fields.problems)?.value)),
        "group" => ObjectRef::Group(person(name(node, fields.problems)?.value)),
        "feed" => ObjectRef::Feed(name(node, fields.problems)?.value),
        "feed_group" => ObjectRef::FeedGroup(name(node, fields.problems)?.value),
        "task" => ObjectRef::Task(name(node, fields.problems)?.value),
        _ => ObjectRef::Connector(name(node, fields.problems)?.value),
    })
}

/// A grant by its id, which is a number from 1.
fn grant(node: &Node, problems: &mut Problems) -> Option<ObjectRef> {
    const MOST: f64 = (1_u64 << 53) as f64;
    match node.value {
        Value::Number(id) if id.fract() == 0.0 && (1.0..=MOST).contains(&id) => {
            Some(ObjectRef::GrantId(id as u64))
        }
        _ => {
            problems.at(node.place, "`grant` takes the id of a grant: `feedgate list grants` shows them");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::strings;
    use feedgate_model::AttributeName;

    const CODES: [&str; 2] = ["WITHOUT_VIEW", "EMPTY_GROUP"];

    fn problems(text: &str) -> Vec<String> {
        strings(&parse("f", text.as_bytes(), &CODES).unwrap_err())
    }

    #[test]
    fn every_kind_of_object() {
        let named = |name: &str| Name::new(name).unwrap();
        let text = "\
version: 1
suppressions:
  - {code: WITHOUT_VIEW, feed: npm, reason: not yet open}
  - {code: EMPTY_GROUP, group: staff, directory: corp, reason: r}
  - {code: EMPTY_GROUP, user: ann, reason: r}
  - {code: EMPTY_GROUP, feed_group: live, reason: r}
  - {code: EMPTY_GROUP, task: T, reason: r}
  - {code: EMPTY_GROUP, connector: nuget.org, reason: r}
  - {code: EMPTY_GROUP, attribute: Feeds_ViewFeed, reason: r}
  - {code: EMPTY_GROUP, directory: corp, reason: r}
  - {code: EMPTY_GROUP, grant: 12, reason: r}
";
        let found = parse("f", text.as_bytes(), &CODES).unwrap();
        let first = Suppression {
            code: "WITHOUT_VIEW".into(),
            object: ObjectRef::Feed(named("npm")),
            reason: "not yet open".into(),
            place: Place { line: 3, column: 5 },
        };
        assert_eq!(found[0], first);
        let objects: Vec<_> = found.into_iter().skip(1).map(|it| it.object).collect();
        assert_eq!(
            objects,
            [
                ObjectRef::Group(PrincipalName::Named {
                    directory: Some(named("corp")),
                    name: named("staff")
                }),
                ObjectRef::User(PrincipalName::built_in(named("ann"))),
                ObjectRef::FeedGroup(named("live")),
                ObjectRef::Task(named("T")),
                ObjectRef::Connector(named("nuget.org")),
                ObjectRef::Attribute(AttributeName::new("Feeds_ViewFeed").unwrap()),
                ObjectRef::Directory(named("corp")),
                ObjectRef::GrantId(12),
            ]
        );
        assert_eq!(parse("f", b"version: 1\nsuppressions: []\n", &CODES).unwrap(), []);
    }

    #[test]
    fn mistakes_have_places() {
        let objects = "exactly one of `user`, `group`, `feed`, `feed_group`, `task`, `connector`, \
                       `attribute`, `grant` and `directory` is needed";
        for (entry, expected) in [
            ("{code: NOPE, feed: a, reason: r}", "f:3:12: no finding has the code `NOPE`".to_owned()),
            ("{feed: a, reason: r}", "f:3:5: `code` is missing in a suppression; say what kind".to_owned()),
            (
                "{code: EMPTY_GROUP, feed: a}",
                "f:3:5: `reason` is missing in a suppression; say why".to_owned(),
            ),
            ("{code: EMPTY_GROUP, feed: a, reason: \" \"}", "f:3:42: the reason is empty".to_owned()),
            ("{code: EMPTY_GROUP, reason: r}", format!("f:3:5: {objects}, and none is here")),
            (
                "{code: EMPTY_GROUP, feed: a, task: b, reason: r}",
                format!("f:3:5: {objects}, and several are here"),
            ),
            (
                "{code: EMPTY_GROUP, feed: a, directory: b, reason: r}",
                "f:3:45: a feed has no `directory`".to_owned(),
            ),
            (
                "{code: EMPTY_GROUP, grant: a, reason: r}",
                "f:3:32: `grant` takes the id of a grant".to_owned(),
            ),
            (
                "{code: EMPTY_GROUP, grant: 1.5, reason: r}",
                "f:3:32: `grant` takes the id of a grant".to_owned(),
            ),
            (
                "{code: EMPTY_GROUP, feeds: a, reason: r}",
                "f:3:25: unknown key `feeds` in a suppression".to_owned(),
            ),
            ("nothing", "f:3:5: expected a suppression, a mapping, but found a string".to_owned()),
        ] {
            let found = problems(&format!("version: 1\nsuppressions:\n  - {entry}\n"));
            assert!(found[0].starts_with(&expected), "{entry}: {found:#?}");
        }
        for (text, expected) in [
            ("", "f:1:1: the document is empty"),
            ("suppressions: []", "f:1:1: `version` is missing"),
            ("version: 2", "f:1:10: only `version: 1` is known"),
            ("version: 1\nsuppression: []", "f:2:1: unknown key `suppression` in a file of suppressions"),
            ("version: 1\nsuppressions: {}", "f:2:15: `suppressions` takes a list, but found a mapping"),
            ("version: [", "f:1:"),
        ] {
            let found = problems(text);
            assert!(found[0].starts_with(expected), "{text}: {found:#?}");
        }
    }
}
