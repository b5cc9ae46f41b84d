//! How the things of a policy are said in a sentence.

use super::output::plain;
use crate::{
    grpc::pb::{self, principal, scope},
    model::directory::BUILT_IN_NAME,
};

/// `jDoe`, or `jDoe (mycompany.corp)` outside the built-in directory.
pub(super) fn named(directory: &str, name: &str) -> String {
    match directory {
        "" | BUILT_IN_NAME => plain(name).into_owned(),
        directory => format!("{} ({})", plain(name), plain(directory)),
    }
}

pub(super) fn principal_name(name: &pb::PrincipalName) -> String {
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
