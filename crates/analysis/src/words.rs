//! How the things of a policy are said in sentences.

use std::fmt::Write as _;

use super::people::{Headcount, Person};
use feedgate_engine::Index;
use feedgate_model::{
    AttributeId, ConnectorId, DirectoryId, Effect, FeedId, GrantId, GroupId, Principal, Scope, UserId,
};

/// How many of a kind a sentence names.
const NAMED: usize = 3;

/// The names of one policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'i>(pub(super) &'i Index);

impl Words<'_> {
    pub(super) fn user(self, id: UserId) -> String {
        let user = self.0.user(id);
        user.map_or_else(|| format!("user {id}"), |user| self.living(&user.name, user.directory))
    }

    pub(super) fn group(self, id: GroupId) -> String {
        let group = self.0.group(id);
        group.map_or_else(|| format!("group {id}"), |group| self.living(&group.name, group.directory))
    }

    /// A name with its directory, if that isn't the built-in one.
    fn living(self, name: &feedgate_model::Name, directory: DirectoryId) -> String {
        if directory == DirectoryId::BUILT_IN {
            return name.to_string();
        }
        format!("{name} ({})", self.directory(directory))
    }

    fn directory(self, id: DirectoryId) -> String {
        self.0.directory(id).map_or_else(|| format!("directory {id}"), |it| it.name.to_string())
    }

    pub(super) fn feed(self, id: FeedId) -> String {
        self.0.feed(id).map_or_else(|| format!("feed {id}"), |feed| feed.name.to_string())
    }

    /// `connector a`, `connectors a and b`.
    pub(super) fn connectors(self, ids: &[ConnectorId]) -> String {
        let name = |id: &ConnectorId| {
            self.0.connector(*id).map_or_else(|| id.to_string(), |connector| connector.name.to_string())
        };
        let noun = if ids.len() == 1 { "connector" } else { "connectors" };
        format!("{noun} {}", listed(ids.iter().map(name), ids.len()))
    }

    /// `approved-nuget`, `a, b and 7 more`.
    pub(super) fn feeds(self, ids: &[FeedId]) -> String {
        let noun = if ids.len() == 1 { "feed" } else { "feeds" };
        format!("{noun} {}", listed(ids.iter().map(|id| self.feed(*id)), ids.len()))
    }

    /// `Feeds_AddPackage and Feeds_DeletePackage`.
    pub(super) fn attributes(self, ids: &[AttributeId]) -> String {
        let name =
            |id: &AttributeId| self.0.attribute(*id).map_or_else(|| id.to_string(), |it| it.name.to_string());
        if ids.len() > 2 * NAMED {
            return format!("{} attributes", ids.len());
        }
        joined(ids.iter().map(name).collect())
    }

    pub(super) fn principal(self, principal: Principal) -> String {
        match principal {
            Principal::User(id) => format!("user {}", self.user(id)),
            Principal::Group(id) => format!("group {}", self.group(id)),
            Principal::Everyone => "Everyone".into(),
            Principal::Authenticated => "Authenticated".into(),
            Principal::AuthenticatedBy(id) => format!("Authenticated by {}", self.directory(id)),
            Principal::Anonymous => "Anonymous".into(),
        }
    }

    fn scope(self, scope: Scope) -> String {
        match scope {
            Scope::AllFeeds => "all feeds".into(),
            Scope::Feed(id) => format!("feed {}", self.feed(id)),
            Scope::FeedGroup(id) => {
                let group = self.0.feed_group(id);
                format!("feed group {}", group.map_or_else(|| id.to_string(), |it| it.name.to_string()))
            }
        }
    }

    /// `grant 7 (restrict "Download Packages" to group Developers on feed unapproved-nuget)`.
    pub(super) fn grant(self, id: GrantId) -> String {
        let Some(grant) = self.0.grant(id) else { return format!("grant {id}") };
        let effect = if grant.effect == Effect::Permit { "permit" } else { "restrict" };
        let task = self.0.task(grant.task).map_or_else(|| grant.task.to_string(), |it| it.name.to_string());
        let (to, on) = (self.principal(grant.principal), self.scope(grant.scope));
        format!("grant {id} ({effect} \"{task}\" to {to} on {on})")
    }

    /// `jDoe`, `jDoe, mBrown and 7 more people`, `visitors who are not signed in`; `some` are the first of them.
    pub(super) fn people(self, some: &[Person], count: Headcount) -> String {
        let users: Vec<_> = some
            .iter()
            .filter_map(|person| match person {
                Person::User { user, .. } => Some(self.user(*user)),
                _ => None,
            })
            .collect();
        let others = some.iter().filter_map(|person| match person {
            Person::Anonymous => Some("visitors who are not signed in".to_owned()),
            Person::Unknown => Some("names that no directory knows".to_owned()),
            Person::SignedIn(DirectoryId::BUILT_IN) => Some("users in no group".to_owned()),
            Person::SignedIn(id) => Some(format!("users of {} in no group", self.directory(*id))),
            Person::Member { group, .. } => Some(format!("members of {}", self.group(*group))),
            Person::User { .. } => None,
        });
        let mut parts = Vec::new();
        let people = count.people as usize;
        if people > 0 {
            let mut text = listed(users, people);
            if people > NAMED {
                let _ = write!(text, " ({people} people)");
            }
            parts.push(text);
        }
        parts.extend(others.take(NAMED));
        joined(parts)
    }
}

/// The first few of so many.
fn listed(names: impl IntoIterator<Item = String>, count: usize) -> String {
    let mut named: Vec<_> = names.into_iter().take(NAMED).collect();
    let more = count.saturating_sub(named.len());
    if more > 0 {
        named.push(format!("{more} more"));
    }
    joined(named)
}

/// `a, b and c`.
pub(super) fn joined(mut parts: Vec<String>) -> String {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", parts.join(", ")),
    }
}
