//! Cases about everybody who may do something.

use std::collections::HashMap;

use super::{Holder, Only, Target};
use crate::{
    problem::{At, Place, Problems},
    yaml::{
        fields::{Fields, attribute_name, name},
        node::{Node, Value},
    },
};

/// The keys of a case about a user or an anonymous caller, which a case with `only` can't have.
const OTHERS: [&str; 8] =
    ["user", "directory", "anonymous", "allowed", "denied", "unknown", "may_promote", "may_not_promote"];

/// A case with `attribute` and `only`, on this target. None if something is wrong, which is noted.
pub(super) fn only(fields: &mut Fields<'_>, target: Option<Target>) -> Option<Only> {
    let place = fields.place();
    for key in OTHERS {
        if !fields.has(key) {
            continue;
        }
        let message =
            format!("a case with `only` is about everybody who may do something: leave out `{key}`");
        fields.problems.at(place, message);
    }
    let attribute = match fields.take("attribute") {
        Some(node) => attribute_name(node, fields.problems),
        None => {
            fields.missing("attribute", "; say what only these may do");
            None
        }
    };
    let Some(list) = fields.take("only") else {
        fields.missing("only", "; say who may use this `attribute`, `[]` for nobody");
        return None;
    };
    let list_place = list.place;
    let Value::List(items) = list.value else {
        let message = format!("`only` takes a list of users and groups, but found {}", list.value.word());
        fields.problems.at(list_place, message);
        return None;
    };
    let count = items.len();
    let holders: Vec<_> = items.into_iter().filter_map(|node| holder(node, fields.problems)).collect();
    repetitions(&holders, fields.problems);
    (holders.len() == count).then_some(())?;
    Some(Only { attribute: attribute?, target: target?, place: list_place, holders })
}

/// `jdoe`, `{user: …}`, `{group: …}`, `everyone`, `authenticated`, `{authenticated: …}` or `anonymous`.
fn holder(node: Node, problems: &mut Problems) -> Option<At<Holder>> {
    let place = node.place;
    let value = match &node.value {
        Value::Text(word) => match &**word {
            "everyone" => Holder::Everyone,
            "authenticated" => Holder::Authenticated { directory: None },
            "anonymous" => Holder::Anonymous,
            _ => Holder::User { name: name(node, problems)?.value, directory: None },
        },
        _ => {
            let keys = ["user", "group", "directory", "authenticated"];
            let mut fields = Fields::of(node, "a user or a group", &keys, problems)?;
            let authenticated = fields.optional_name("authenticated");
            let (user, group) = (fields.optional_name("user"), fields.optional_name("group"));
            let directory = fields.optional_name("directory").map(|directory| directory.value);
            match (user, group, authenticated) {
                (Some(At { value: name, .. }), None, None) => Holder::User { name, directory },
                (None, Some(At { value: name, .. }), None) => Holder::Group { name, directory },
                (None, None, Some(At { value, .. })) if directory.is_none() => {
                    Holder::Authenticated { directory: Some(value) }
                }
                _ => {
                    let message = "exactly one of `user`, `group` and `authenticated` is needed";
                    problems.at(place, message);
                    return None;
                }
            }
        }
    };
    Some(At { value, place })
}

fn repetitions(holders: &[At<Holder>], problems: &mut Problems) {
    let mut seen: HashMap<&Holder, Place> = HashMap::new();
    for At { value, place } in holders {
        if let Some(first) = seen.insert(value, *place) {
            problems.at(*place, format!("this stands twice in the list, first in line {}", first.line));
        }
    }
}
