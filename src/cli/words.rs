//! How the things of a policy are said in a sentence.

use super::output::plain;
use crate::{
    grpc::pb::{self, object_ref, principal, scope, target},
    model::directory::BUILT_IN_NAME,
};

/// `jDoe`, or `jDoe (mycompany.corp)` outside the built-in directory.
pub(super) fn named(directory: &str, name: &str) -> String {
    match directory {
        "" | BUILT_IN_NAME => plain(name).into_owned(),
        directory => format!("{} ({})", plain(name), plain(directory)),
    }
}

/// The same, and whether it isn't bound to an id of its directory: `jDoe (mycompany.corp, unbound)`.
pub(super) fn principal_name(name: &pb::PrincipalName) -> String {
    if name.unbound {
        return format!("{} ({}, unbound)", plain(&name.name), plain(&name.directory));
    }
    named(&name.directory, &name.name)
}

/// `user jDoe`, `group Developers`, `Everyone`.
pub(super) fn principal(principal: Option<&pb::Principal>) -> String {
    match principal.and_then(|p| p.kind.as_ref()) {
        Some(principal::Kind::User(name)) => format!("user {}", principal_name(name)),
        Some(principal::Kind::Group(name)) => format!("group {}", principal_name(name)),
        Some(principal::Kind::Everyone(_)) => "Everyone".to_owned(),
        Some(principal::Kind::Authenticated(pb::principal::Authenticated { directory })) => {
            match directory.as_str() {
                "" => "Authenticated".to_owned(),
                directory => format!("Authenticated by {}", plain(directory)),
            }
        }
        Some(principal::Kind::Anonymous(_)) => "Anonymous".to_owned(),
        None => UNKNOWN.to_owned(),
    }
}

/// `all feeds`, `feed npm`, `feed group live`.
pub(super) fn scope(scope: Option<&pb::Scope>) -> String {
    match scope.and_then(|s| s.kind.as_ref()) {
        Some(scope::Kind::AllFeeds(_)) => "all feeds".to_owned(),
        Some(scope::Kind::Feed(name)) => format!("feed {}", plain(name)),
        Some(scope::Kind::FeedGroup(name)) => format!("feed group {}", plain(name)),
        None => UNKNOWN.to_owned(),
    }
}

/// `the system`, `feed npm`, `feed group live`.
pub(super) fn target(target: Option<&pb::Target>) -> String {
    match target.and_then(|t| t.kind.as_ref()) {
        Some(target::Kind::System(_)) => "the system".to_owned(),
        Some(target::Kind::Feed(name)) => format!("feed {}", plain(name)),
        Some(target::Kind::FeedGroup(name)) => format!("feed group {}", plain(name)),
        None => UNKNOWN.to_owned(),
    }
}

/// Which object it is: `user jDoe`, `feed npm`, `grant 4`.
pub(super) fn object(object: &pb::ObjectRef) -> String {
    use object_ref::Kind;
    match &object.kind {
        Some(Kind::Attribute(name)) => format!("attribute {}", plain(name)),
        Some(Kind::Task(name)) => format!("task {}", plain(name)),
        Some(Kind::Directory(name)) => format!("directory {}", plain(name)),
        Some(Kind::User(name)) => format!("user {}", principal_name(name)),
        Some(Kind::Group(name)) => format!("group {}", principal_name(name)),
        Some(Kind::Membership(membership)) => {
            let group = membership.group.as_ref().map(principal_name).unwrap_or_default();
            format!("{} in group {group}", principal(membership.member.as_ref()))
        }
        Some(Kind::FeedGroup(name)) => format!("feed group {}", plain(name)),
        Some(Kind::Feed(name)) => format!("feed {}", plain(name)),
        Some(Kind::Connector(name)) => format!("connector {}", plain(name)),
        Some(Kind::GrantId(id)) => format!("grant {id}"),
        Some(Kind::Grant(it)) => format!("grant {}", grant(it)),
        None => UNKNOWN.to_owned(),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| plain(item.as_ref())).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.to_string(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// `12,345`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 feed`, `12,345 feeds`, `2 people`.
pub(super) fn count(count: u64, one: &str) -> String {
    let many = number(count);
    match (count, one) {
        (1, one) => format!("1 {one}"),
        (_, "person") => format!("{many} people"),
        (_, one) if one.ends_with('s') => format!("{many} {one}es"),
        (_, one) => format!("{many} {one}s"),
    }
}

/// What somebody does who uses these attributes: `view and download packages`.
pub(super) fn deeds(attributes: &[String]) -> String {
    let verb = |attribute: &String| match attribute.as_str() {
        "Feeds_ViewFeed" => Some("view"),
        "Feeds_DownloadPackage" => Some("download"),
        "Feeds_AddPackage" => Some("add"),
        "Feeds_OverwritePackage" => Some("overwrite"),
        "Feeds_DeletePackage" => Some("delete"),
        "Feeds_PullPackage" => Some("pull"),
        "Feeds_UnlistPackage" => Some("unlist"),
        _ => None,
    };
    match attributes.iter().map(verb).collect::<Option<Vec<_>>>() {
        Some(verbs) if !verbs.is_empty() => format!("{} packages", list(&verbs)),
        _ => format!("use {}", list(attributes)),
    }
}

/// `permit` or `restrict`.
pub(super) fn effect(effect: pb::Effect) -> &'static str {
    match effect {
        pb::Effect::Permit => "permit",
        pb::Effect::Restrict => "restrict",
        pb::Effect::Unspecified => UNKNOWN,
    }
}

/// `permit "View Packages" to Everyone on all feeds`.
pub(super) fn grant(grant: &pb::Grant) -> String {
    format!(
        "{} \"{}\" to {} on {}",
        effect(grant.effect()),
        plain(&grant.task),
        principal(grant.principal.as_ref()),
        scope(grant.scope.as_ref())
    )
}

/// A reason without its prefix: `NOT_GRANTED`.
pub(super) fn reason(reason: pb::Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// For what a newer server may say and this client doesn't know.
const UNKNOWN: &str = "(unknown)";
