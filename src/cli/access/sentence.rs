//! A group of accesses that change together, as a person would say it.

use crate::{
    cli::words::{self, count},
    grpc::pb::{self, AccessDirection, access_principal::Kind, principal, target},
    model::directory::BUILT_IN_NAME,
};

/// A group names so many of its principals, and of its targets.
pub(super) const NAMED: u64 = 10;

/// `12 people in Developers gain Feeds_OverwritePackage on 3 feeds (a, b, c)`.
pub(super) fn group(group: &pb::AccessGroup) -> String {
    let (subjects, one) = match everyone(group) {
        Some(everyone) => (vec![everyone], true),
        None => {
            let subjects = subjects(group);
            // Others are always many: visitors, members.
            let one = subjects.len() == 1 && group.people == 1;
            (subjects, one)
        }
    };
    let verb = match (group.direction(), one) {
        (AccessDirection::Gained, true) => "gains",
        (AccessDirection::Gained, false) => "gain",
        (AccessDirection::Lost, true) => "loses",
        (AccessDirection::Lost, false) => "lose",
        (AccessDirection::Unspecified, _) => "(unknown)",
    };
    let attributes = words::list(&group.attributes);
    format!("{} {verb} {attributes} on {}", words::list(&subjects), targets(group))
}

/// `everyone (4 people, and visitors)`: all people there are, and those who aren't signed in. Without them, all
/// people aren't everyone.
fn everyone(group: &pb::AccessGroup) -> Option<String> {
    let common = group.common.as_ref().and_then(|common| common.kind.as_ref());
    let all = group.all_of_common && matches!(common, Some(principal::Kind::Everyone(_)));
    if !all || group.people == 0 || !group.first_principals.iter().any(visitors) {
        return None;
    }
    let rest = group.first_principals.iter().filter(|found| user(found).is_none() && !visitors(found));
    let mut others: Vec<_> = std::iter::once("visitors".to_owned()).chain(rest.map(principal)).collect();
    let unnamed = group.others.saturating_sub(others.len() as u64);
    if unnamed > 0 {
        others.push(count(unnamed, "other"));
    }
    Some(format!("everyone ({}, and {})", count(group.people, "person"), words::list(&others)))
}

/// People by their number and what they have in common, and by name if they are few; others one by one.
fn subjects(group: &pb::AccessGroup) -> Vec<String> {
    let mut names = Vec::new();
    let mut others = Vec::new();
    for first in &group.first_principals {
        match user(first) {
            Some(name) => names.push(name),
            None => others.push(principal(first)),
        }
    }
    let named = names.len() as u64 == group.people;
    let mut subjects = Vec::new();
    match (group.people, names.as_slice()) {
        (0, _) => {}
        (1, [name]) => subjects.push(name.clone()),
        (people, _) => {
            let counted = match (people, group.all_of_common) {
                (2, true) => "both people".to_owned(),
                (2.., true) => format!("all {}", count(people, "person")),
                _ => count(people, "person"),
            };
            let common = match group.common.as_ref().and_then(|common| common.kind.as_ref()) {
                Some(principal::Kind::Group(group)) => format!(" in {}", words::principal_name(group)),
                _ => String::new(),
            };
            let names = if named { format!(" ({})", names.join(", ")) } else { String::new() };
            subjects.push(format!("{counted}{common}{names}"));
        }
    }
    let unnamed = group.others.saturating_sub(others.len() as u64);
    subjects.extend(others);
    if unnamed > 0 {
        subjects.push(count(unnamed, "other"));
    }
    subjects
}

fn visitors(found: &pb::AccessPrincipal) -> bool {
    let Some(Kind::Principal(found)) = &found.kind else { return false };
    matches!(found.kind, Some(principal::Kind::Anonymous(_)))
}

fn user(found: &pb::AccessPrincipal) -> Option<String> {
    match &found.kind {
        Some(Kind::Principal(pb::Principal { kind: Some(principal::Kind::User(name)) })) => {
            Some(words::principal_name(name))
        }
        _ => None,
    }
}

/// Who is meant: `jDoe`, `members of group Staff (corp)`, `visitors who are not signed in`.
pub(super) fn principal(found: &pb::AccessPrincipal) -> String {
    let kind = match &found.kind {
        Some(Kind::Principal(principal)) => principal.kind.as_ref(),
        Some(Kind::Unknown(_)) => return "people whom no directory knows".to_owned(),
        None => None,
    };
    match kind {
        Some(principal::Kind::User(name)) => words::principal_name(name),
        Some(principal::Kind::Group(name)) => format!("members of group {}", words::principal_name(name)),
        Some(principal::Kind::Anonymous(_)) => "visitors who are not signed in".to_owned(),
        Some(principal::Kind::Authenticated(principal::Authenticated { directory })) => {
            match directory.as_str() {
                "" => "whoever is signed in and in no group".to_owned(),
                BUILT_IN_NAME => "users in no group".to_owned(),
                directory => {
                    format!("whoever is signed in by {} and in no group", words::named("", directory))
                }
            }
        }
        Some(principal::Kind::Everyone(_)) => "Everyone".to_owned(),
        None => "(unknown)".to_owned(),
    }
}

/// `feed a`, `3 feeds (a, b, c)`, `2 feeds (a, b) and the system`, `37 places (feed a, … and 27 more)`.
fn targets(group: &pb::AccessGroup) -> String {
    let first = &group.first_targets;
    let more = group.targets.saturating_sub(first.len() as u64);
    if more > 0 {
        let names: Vec<_> = first.iter().map(|target| words::target(Some(target))).collect();
        return match names.as_slice() {
            [] => count(group.targets, "place"),
            names => format!("{} ({} and {more} more)", count(group.targets, "place"), names.join(", ")),
        };
    }
    let (mut feeds, mut groups, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for found in first {
        match &found.kind {
            Some(target::Kind::Feed(name)) => feeds.push(words::named("", name)),
            Some(target::Kind::FeedGroup(name)) => groups.push(words::named("", name)),
            Some(target::Kind::System(_)) | None => rest.push(words::target(Some(found))),
        }
    }
    let several = |names: &[String], noun: &str| match names {
        [] => None,
        [name] => Some(format!("{noun} {name}")),
        names => Some(format!("{} ({})", count(names.len() as u64, noun), names.join(", "))),
    };
    let parts: Vec<_> =
        several(&feeds, "feed").into_iter().chain(several(&groups, "feed group")).chain(rest).collect();
    words::list(&parts)
}
