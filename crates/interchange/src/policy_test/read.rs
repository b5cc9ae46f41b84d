//! From a document to cases. A function that answers `None` has noted why.

use std::collections::HashMap;

use serde::Deserialize as _;

use super::{About, Case, Expectation, PolicyTest, Rights, Subject, Target, only, promotion};
use crate::{
    problem::{At, Place, Problems},
    yaml::{
        self,
        fields::{Fields, attribute_name, name, text},
        node::{Node, Value},
    },
};
use feedgate_model::AttributeName;

const KEYS: [&str; 3] = ["version", "policy", "cases"];
const CASE_KEYS: [&str; 13] = [
    "name",
    "user",
    "directory",
    "anonymous",
    "feed",
    "feed_group",
    "allowed",
    "denied",
    "unknown",
    "may_promote",
    "may_not_promote",
    "attribute",
    "only",
];

pub(super) fn test(text: &str, problems: &mut Problems) -> PolicyTest {
    match yaml::read(text, |deserializer| Node::deserialize(deserializer)) {
        Ok(Node { value: Value::Null, place }) => {
            problems.at(place, "the document is empty; a policy test begins with `version: 1`");
        }
        Ok(document) => return self::document(document, problems).unwrap_or_default(),
        Err(At { value: message, place }) => problems.at(place, message),
    }
    PolicyTest::default()
}

fn document(node: Node, problems: &mut Problems) -> Option<PolicyTest> {
    let mut fields = Fields::of(node, "a policy test", &KEYS, problems)?;
    match fields.take("version") {
        Some(version) => yaml::check_version(&version, fields.problems),
        None => fields.missing("version", "; it begins with `version: 1`"),
    }
    let policies = match fields.take("policy") {
        Some(node) => policies(node, fields.problems),
        None => {
            fields.missing("policy", "; say which policy file is tested, relative to this one");
            Vec::new()
        }
    };
    let cases = if fields.has("cases") {
        let place = fields.place();
        let mut entries = 0;
        let cases = fields.list("cases", |node, problems| {
            entries += 1;
            case(node, problems)
        });
        if cases.is_some() && entries == 0 {
            fields.problems.at(place, "`cases` is empty: this policy test would check nothing");
        }
        cases.unwrap_or_default()
    } else {
        fields.missing("cases", ", which would check nothing");
        Vec::new()
    };
    duplicate_names(&cases, fields.problems);
    Some(PolicyTest { policies, cases })
}

/// One path, or several in a list.
fn policies(node: Node, problems: &mut Problems) -> Vec<At<Box<str>>> {
    let place = node.place;
    let nodes = match node.value {
        Value::List(items) => items,
        value => vec![Node { value, place }],
    };
    if nodes.is_empty() {
        problems.at(place, "`policy` names no policy file");
    }
    let paths = nodes.into_iter().filter_map(|node| text(node, problems)).collect::<Vec<_>>();
    for path in paths.iter().filter(|path| path.value.is_empty()) {
        problems.at(path.place, "the path of a policy file must not be empty");
    }
    paths
}

/// Names are how a report tells cases apart.
fn duplicate_names(cases: &[Case], problems: &mut Problems) {
    let mut places: HashMap<&str, Place> = HashMap::new();
    for Case { name: At { value, place }, .. } in cases {
        match places.get(&**value) {
            None => {
                places.insert(value, *place);
            }
            Some(first) => problems.at(
                *place,
                format!(
                    "the case `{}` stands twice in the file, first in line {}",
                    value.escape_debug(),
                    first.line
                ),
            ),
        }
    }
}

fn case(node: Node, problems: &mut Problems) -> Option<Case> {
    let mut fields = Fields::of(node, "a case", &CASE_KEYS, problems)?;
    let name = fields.required_text("name");
    if let Some(At { value, place }) = &name
        && value.trim().is_empty()
    {
        fields.problems.at(*place, "the name of a case must say something");
    }
    if fields.has("only") || fields.has("attribute") {
        let target = target(&mut fields);
        let only = only::only(&mut fields, target);
        return Some(Case { name: name?, about: About::Only(only?) });
    }
    let (subject, target) = (subject(&mut fields), target(&mut fields));
    let unknown = unknown(&mut fields);
    let (promotions, malformed) = promotion::promotions(&mut fields);
    let expectations = expectations(&mut fields, malformed || !promotions.is_empty());
    if expectations.is_empty() && !promotions.is_empty() && !matches!(target, Some(Target::System) | None) {
        let message = "`feed` and `feed_group` say where attributes count; a promotion names its own feeds";
        let place = fields.place();
        fields.problems.at(place, message);
    }
    let rights = Rights { subject: subject?, target: target?, unknown, expectations, promotions };
    Some(Case { name: name?, about: About::Rights(rights) })
}

/// Exactly one of `user` and `anonymous: true`.
fn subject(fields: &mut Fields<'_>) -> Option<Subject> {
    let place = fields.place();
    let (user, anonymous) = (fields.take("user"), fields.boolean("anonymous"));
    let directory = fields.optional_name("directory");
    match (user, anonymous.unwrap_or_default()) {
        (Some(node), false) => {
            let name = name(node, fields.problems)?;
            return Some(Subject::User { name, directory });
        }
        (None, true) => match directory {
            None => return Some(Subject::Anonymous),
            Some(At { place, .. }) => {
                fields
                    .problems
                    .at(place, "`directory` says where a user is, and somebody anonymous is in none");
            }
        },
        (user, _) => {
            let why = if user.is_some() { "both are here" } else { "neither is here" };
            let message = format!("exactly one of `user` and `anonymous: true` is needed, and {why}");
            fields.problems.at(place, message);
        }
    }
    None
}

/// A feed, a feed group, or neither for the system.
fn target(fields: &mut Fields<'_>) -> Option<Target> {
    let place = fields.place();
    match (fields.take("feed"), fields.take("feed_group")) {
        (None, None) => Some(Target::System),
        (Some(node), None) => name(node, fields.problems).map(Target::Feed),
        (None, Some(node)) => name(node, fields.problems).map(Target::FeedGroup),
        (Some(_), Some(_)) => {
            let message =
                "a case is about a `feed`, a `feed_group` or, with neither, the system; both are here";
            fields.problems.at(place, message);
            None
        }
    }
}

fn unknown(fields: &mut Fields<'_>) -> Option<Place> {
    let node = fields.take("unknown")?;
    match node.value {
        Value::Boolean(unknown) => unknown.then_some(node.place),
        value => {
            let message = format!("`unknown` takes `true` or `false`, but found {}", value.word());
            fields.problems.at(node.place, message);
            None
        }
    }
}

/// What is expected of attributes; there has to be something unless the case expects something else.
fn expectations(fields: &mut Fields<'_>, may_be_empty: bool) -> Vec<Expectation> {
    let place = fields.place();
    let (mut expectations, mut entries, mut malformed) = (Vec::new(), 0, false);
    for (key, allowed) in [("allowed", true), ("denied", false)] {
        if !fields.has(key) {
            continue;
        }
        let attributes = fields.list(key, |node, problems| {
            entries += 1;
            attribute_name(node, problems)
        });
        malformed |= attributes.is_none();
        let attributes = attributes.unwrap_or_default();
        expectations.extend(attributes.into_iter().map(|attribute| Expectation { attribute, allowed }));
    }
    if entries == 0 && !malformed && !may_be_empty {
        let message = "neither `allowed` nor `denied` names an attribute: this case would check nothing";
        fields.problems.at(place, message);
    }
    repetitions(&expectations, fields.problems);
    expectations
}

fn repetitions(expectations: &[Expectation], problems: &mut Problems) {
    let mut seen: HashMap<&AttributeName, (bool, Place)> = HashMap::new();
    for Expectation { attribute: At { value, place }, allowed } in expectations {
        match seen.get(value) {
            None => {
                seen.insert(value, (*allowed, *place));
            }
            Some((same, first)) if same == allowed => {
                problems
                    .at(*place, format!("`{value}` stands twice in this list, first in line {}", first.line));
            }
            Some((_, first)) => {
                let message = format!("`{value}` can't be denied and allowed, as line {} says", first.line);
                problems.at(*place, message);
            }
        }
    }
}
