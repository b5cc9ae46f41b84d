//! What a change set can have an effect on, in a line.

use std::collections::{HashMap, HashSet};

use prost::Message;

use crate::{
    cli::words,
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
    let mut phrases: Vec<(&pb::AffectedEntry, Vec<&pb::Principal>)> = Vec::new();
    let mut places: HashMap<(Vec<u8>, &[String]), usize> = HashMap::new();
    let mut seen: HashSet<(usize, Vec<u8>)> = HashSet::new();
    for entry in &affected.entries {
        let scope = entry.scope.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let place = *places.entry((scope, entry.attributes.as_slice())).or_insert(phrases.len());
        if place == phrases.len() {
            phrases.push((entry, Vec::new()));
        }
        if let Some((_, principals)) = phrases.get_mut(place) {
            // Whoever is in there as it was and as it is may be called the same.
            principals.extend(entry.principal.iter().filter(|it| seen.insert((place, it.encode_to_vec()))));
        }
    }
    let said = phrases.iter().take(PHRASES).map(|(entry, principals)| phrase(entry, principals));
    let mut said = said.collect::<Vec<_>>().join("; ");
    if let Some(more) = phrases.len().checked_sub(PHRASES).filter(|more| *more > 0) {
        said.push_str(&format!("; and {more} more"));
    }
    format!("affects {said}")
}

fn phrase(entry: &pb::AffectedEntry, principals: &[&pb::Principal]) -> String {
    let attributes = match entry.attributes.as_slice() {
        [] => String::new(),
        attributes => format!(" ({})", words::list(attributes)),
    };
    format!("{} on {}{attributes}", people(principals), words::scope(entry.scope.as_ref()))
}

/// `users ann and bob`, `user ann, group QA and Everyone`, `users a, b, c, d and 7 others`.
fn people(principals: &[&pb::Principal]) -> String {
    let name = |principal: &&pb::Principal| match &principal.kind {
        Some(Kind::User(name)) => Some(("users", words::principal_name(name))),
        Some(Kind::Group(name)) => Some(("groups", words::principal_name(name))),
        _ => None,
    };
    let named: Vec<_> = principals.iter().take(PRINCIPALS).collect();
    let kinds: Option<Vec<_>> = named.iter().map(|principal| name(principal)).collect();
    let (kind, mut names) = match kinds {
        // Many of a kind are named without it.
        Some(names)
            if names.len() > 1 && names.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) =>
        {
            let kind = names.first().map(|(kind, _)| format!("{kind} ")).unwrap_or_default();
            (kind, names.into_iter().map(|(_, name)| name).collect())
        }
        _ => (
            String::new(),
            named.iter().map(|principal| words::principal(Some(principal))).collect::<Vec<_>>(),
        ),
    };
    if let Some(more) = principals.len().checked_sub(PRINCIPALS).filter(|more| *more > 0) {
        names.push(words::count(more as u64, "other"));
    }
    format!("{kind}{}", words::list(&names))
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
