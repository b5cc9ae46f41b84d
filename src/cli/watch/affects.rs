//! What a change set can have an effect on, in a line.

use std::collections::{HashMap, HashSet};

use prost::Message;

use crate::{
    cli::{output::plain, words},
    grpc::pb::{self, principal::Kind},
};

/// So many are named.
const PRINCIPALS: usize = 4;
const PHRASES: usize = 2;

/// `affects users ann and bob on all feeds; group QA on feed npm (Feeds_ViewFeed)`.
pub(super) fn line(affected: &pb::Affected) -> String {
    if affected.everything {
        return "affects everything".to_owned();
    }
    if affected.entries.is_empty() {
        return "affects no decision".to_owned();
    }
    // In their order; those on the same place, by the same attributes, in one phrase.
    let mut phrases: Vec<Vec<&pb::AffectedEntry>> = Vec::new();
    let mut places: HashMap<(Vec<u8>, &[String]), usize> = HashMap::new();
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    for entry in &affected.entries {
        // A principal may be called the same before and after the changes.
        if !seen.insert(entry.encode_to_vec()) {
            continue;
        }
        let scope = entry.scope.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let place = *places.entry((scope, entry.attributes.as_slice())).or_insert(phrases.len());
        match phrases.get_mut(place) {
            Some(phrase) => phrase.push(entry),
            None => phrases.push(vec![entry]),
        }
    }
    let said = phrases.iter().take(PHRASES).map(|entries| phrase(entries));
    let mut said = said.collect::<Vec<_>>().join("; ");
    if let Some(more) = phrases.len().checked_sub(PHRASES).filter(|more| *more > 0) {
        said.push_str(&format!("; and {more} more"));
    }
    format!("affects {said}")
}

fn phrase(entries: &[&pb::AffectedEntry]) -> String {
    let first = entries.first();
    let attributes = match first.map(|first| first.attributes.as_slice()).unwrap_or_default() {
        [] => String::new(),
        attributes => format!(" ({})", words::list(attributes)),
    };
    let scope = first.and_then(|first| first.scope.as_ref());
    format!("{} on {}{attributes}", people(entries), words::scope(scope))
}

/// `users ann and bob (corp, id 7)`, `user ann, group QA and Everyone`, `users a, b, c, d and 7 others`.
fn people(entries: &[&pb::AffectedEntry]) -> String {
    let name = |entry: &&pb::AffectedEntry| match entry.principal.as_ref()?.kind.as_ref()? {
        Kind::User(name) => Some(("user", called(name, &entry.external_id))),
        Kind::Group(name) => Some(("group", called(name, &entry.external_id))),
        _ => None,
    };
    let named: Vec<_> = entries.iter().take(PRINCIPALS).collect();
    let kinds: Option<Vec<_>> = named.iter().map(|entry| name(entry)).collect();
    let (kind, mut names) = match kinds {
        // Many of a kind are named without it.
        Some(names)
            if names.len() > 1 && names.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) =>
        {
            let kind = names.first().map(|(kind, _)| format!("{kind}s ")).unwrap_or_default();
            (kind, names.into_iter().map(|(_, name)| name).collect())
        }
        _ => {
            let each = named.iter().map(|entry| match name(entry) {
                Some((kind, name)) => format!("{kind} {name}"),
                None => words::principal(entry.principal.as_ref()),
            });
            (String::new(), each.collect::<Vec<_>>())
        }
    };
    if let Some(more) = entries.len().checked_sub(PRINCIPALS).filter(|more| *more > 0) {
        names.push(words::count(more as u64, "other"));
    }
    format!("{kind}{}", words::list(&names))
}

/// A principal's name, with its id in an external directory if it has one.
fn called(name: &pb::PrincipalName, external_id: &str) -> String {
    match external_id {
        "" => words::principal_name(name),
        id => format!("{} ({}, id {})", plain(&name.name), plain(&name.directory), plain(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::pb::scope;

    fn named(name: &str) -> pb::PrincipalName {
        pb::PrincipalName { name: name.into(), ..Default::default() }
    }

    fn entry(kind: Kind, feed: &str, attributes: &[&str]) -> pb::AffectedEntry {
        let scope = match feed {
            "" => scope::Kind::AllFeeds(scope::AllFeeds {}),
            feed => scope::Kind::Feed(feed.into()),
        };
        pb::AffectedEntry {
            principal: Some(pb::Principal { kind: Some(kind) }),
            scope: Some(pb::Scope { kind: Some(scope) }),
            attributes: attributes.iter().copied().map(Into::into).collect(),
            external_id: String::new(),
        }
    }

    fn user(name: &str, feed: &str) -> pb::AffectedEntry {
        entry(Kind::User(named(name)), feed, &[])
    }

    #[test]
    fn a_short_line() {
        let group = |feed, attributes| entry(Kind::Group(named("QA")), feed, attributes);
        let everyone = entry(Kind::Everyone(pb::principal::Everyone {}), "", &[]);
        let many = ["a", "b", "c", "d", "e", "f", "g"].map(|name| user(name, "npm"));
        let places = ["a", "b", "c", "d"].map(|feed| user("ann", feed));
        for (entries, expected) in [
            (vec![], "no decision"),
            (vec![user("ann", "")], "user ann on all feeds"),
            (vec![user("ann", ""), user("bob", ""), user("ann", "")], "users ann and bob on all feeds"),
            (
                vec![user("ann", ""), group("npm", &["A", "B"]), everyone],
                "user ann and Everyone on all feeds; group QA on feed npm (A and B)",
            ),
            (
                vec![pb::AffectedEntry {
                    principal: Some(pb::Principal {
                        kind: Some(Kind::User(pb::PrincipalName {
                            directory: "corp".into(),
                            ..named("anna")
                        })),
                    }),
                    external_id: "7f".into(),
                    ..user("anna", "npm")
                }],
                "user anna (corp, id 7f) on feed npm",
            ),
            (many.to_vec(), "users a, b, c, d and 3 others on feed npm"),
            (places.to_vec(), "user ann on feed a; user ann on feed b; and 2 more"),
        ] {
            let affected = pb::Affected { everything: false, entries };
            assert_eq!(line(&affected), format!("affects {expected}"));
        }
        let everything = pb::Affected { everything: true, entries: Vec::new() };
        assert_eq!(line(&everything), "affects everything");
    }
}
