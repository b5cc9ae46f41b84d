//! From nodes to grants. What they leave out is never guessed: a grant without `scope` would hold everywhere.

use super::{
    entry::{GrantEntry, Scope, To},
    read::principal,
};
use crate::{
    problem::{At, Problems},
    yaml::{
        fields::{Fields, name},
        node::{Node, Value},
    },
};
use feedgate_model::{Effect, Name};

pub(super) fn grant(node: Node, problems: &mut Problems) -> Option<GrantEntry> {
    let keys = ["permit", "restrict", "to", "scope", "comment"];
    let mut fields = Fields::of(node, "a grant", &keys, problems)?;
    let rule = rule(&mut fields);
    let to = match fields.take("to") {
        Some(node) => to(node, fields.problems),
        None => {
            fields.missing("to", "; say whom it is for");
            None
        }
    };
    let scope = match fields.take("scope") {
        Some(node) => scope(node, fields.problems),
        None => {
            fields.missing("scope", "; write `scope: all` if it holds on all feeds");
            None
        }
    };
    let (comment, place) = (fields.text("comment"), fields.place());
    let (effect, task) = rule?;
    Some(GrantEntry { place, effect, task, to: to?, scope: scope?, comment })
}

fn rule(fields: &mut Fields<'_>) -> Option<(Effect, At<Name>)> {
    match (fields.take("permit"), fields.take("restrict")) {
        (Some(node), None) => Some((Effect::Permit, name(node, fields.problems)?)),
        (None, Some(node)) => Some((Effect::Restrict, name(node, fields.problems)?)),
        (permit, _) => {
            let why = if permit.is_some() { "both are here" } else { "neither is here" };
            let place = fields.place();
            fields.problems.at(place, format!("exactly one of `permit` and `restrict` is needed, and {why}"));
            None
        }
    }
}

fn to(node: Node, problems: &mut Problems) -> Option<To> {
    const FORMS: &str = "`to` takes `everyone`, `authenticated`, `anonymous`, `{user: …}`, `{group: …}` or `{authenticated: …}`";
    match &node.value {
        Value::Text(word) => match &**word {
            "everyone" => Some(To::Everyone),
            "authenticated" => Some(To::Authenticated(None)),
            "anonymous" => Some(To::Anonymous),
            other => {
                problems.at(node.place, format!("{FORMS}, not `{}`", other.escape_debug()));
                None
            }
        },
        Value::Map(entries) if entries.iter().any(|(key, _)| &*key.value == "authenticated") => {
            let mut fields = Fields::of(node, "the `to` of signed-in users", &["authenticated"], problems)?;
            fields.name("authenticated").map(|directory| To::Authenticated(Some(directory)))
        }
        Value::Map(_) => {
            let keys = ["user", "group", "directory", "authenticated"];
            let mut fields = Fields::of(node, "the `to` of a grant", &keys, problems)?;
            principal(&mut fields).map(To::Principal)
        }
        other => {
            problems.at(node.place, format!("{FORMS}, but found {}", other.word()));
            None
        }
    }
}

fn scope(node: Node, problems: &mut Problems) -> Option<Scope> {
    const FORMS: &str = "`scope` takes `all`, `{feed: …}` or `{feed_group: …}`";
    match &node.value {
        Value::Text(word) if &**word == "all" => Some(Scope::AllFeeds),
        Value::Text(other) => {
            problems.at(node.place, format!("{FORMS}, not `{}`", other.escape_debug()));
            None
        }
        Value::Map(_) => {
            let mut fields = Fields::of(node, "a scope", &["feed", "feed_group"], problems)?;
            match (fields.take("feed"), fields.take("feed_group")) {
                (Some(node), None) => name(node, fields.problems).map(Scope::Feed),
                (None, Some(node)) => name(node, fields.problems).map(Scope::FeedGroup),
                _ => {
                    let place = fields.place();
                    fields.problems.at(place, format!("{FORMS}: one of them"));
                    None
                }
            }
        }
        other => {
            problems.at(node.place, format!("{FORMS}, but found {}", other.word()));
            None
        }
    }
}
