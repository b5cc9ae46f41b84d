//! Section 5 of the access model, read word by word: a walk over all grants, with no index and no thought of
//! speed. What the engine answers is held against this.

use std::collections::BTreeSet;

use feedgate::model::{
    Attribute, Effect, Feed, FeedGroupId, FeedId, Grant, GrantId, GroupId, Policy, Principal, Scope,
    ScopePrecedence, TaskAttributes, UnknownFeed, User,
};

/// Who asks, as the model tells subjects apart.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    Known(&'a User),
    Nobody,
    Unknown,
}

/// What for.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    System,
    Feed(FeedId),
    FeedGroup(FeedGroupId),
    UnknownFeed,
    UnknownFeedGroup,
}

/// The answer, and the grant that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Permitted(GrantId),
    Restricted(GrantId),
    NotGranted,
    FeedUnknown,
    FeedGroupUnknown,
    SubjectDisabled,
}

pub fn decide(policy: &Policy, subject: Subject<'_>, attribute: &Attribute, target: Target) -> Answer {
    if matches!(subject, Subject::Known(user) if user.disabled) {
        return Answer::SubjectDisabled;
    }
    match target {
        Target::UnknownFeedGroup => return Answer::FeedGroupUnknown,
        Target::UnknownFeed if policy.settings.unknown_feed == UnknownFeed::Deny => {
            return Answer::FeedUnknown;
        }
        _ => {}
    }
    // Step 2: which grants.
    let mut grants: Vec<&Grant> = policy
        .grants
        .iter()
        .filter(|grant| is_principal(policy, subject, grant))
        .filter(|grant| contains(policy, grant, attribute))
        .filter(|grant| covers(policy, grant, attribute, target))
        .collect();
    // Step 3: which one decides.
    grants.sort_by_key(|grant| {
        let principal = if matches!(grant.principal, Principal::User(_)) { 0 } else { 1 };
        let equal = policy.settings.scope_precedence == ScopePrecedence::FeedAndGroupEqual;
        let scope = match grant.scope {
            Scope::Feed(_) => 0,
            Scope::FeedGroup(_) if equal => 0,
            Scope::FeedGroup(_) => 1,
            Scope::AllFeeds => 2,
        };
        let effect = if grant.effect == Effect::Restrict { 0 } else { 1 };
        (principal, scope, effect, grant.id)
    });
    match grants.first() {
        None => Answer::NotGranted,
        Some(grant) if grant.effect == Effect::Permit => Answer::Permitted(grant.id),
        Some(grant) => Answer::Restricted(grant.id),
    }
}

/// Step 1: who.
fn is_principal(policy: &Policy, subject: Subject<'_>, grant: &Grant) -> bool {
    match subject {
        Subject::Known(user) => match grant.principal {
            Principal::User(id) => id == user.id,
            Principal::Group(id) => groups_of(policy, user).contains(&id),
            Principal::Everyone | Principal::Authenticated => true,
            Principal::AuthenticatedBy(directory) => directory == user.directory,
            Principal::Anonymous => false,
        },
        Subject::Nobody => matches!(grant.principal, Principal::Everyone | Principal::Anonymous),
        Subject::Unknown => match grant.effect {
            Effect::Permit => grant.principal == Principal::Everyone,
            Effect::Restrict => !matches!(grant.principal, Principal::User(_) | Principal::Group(_)),
        },
    }
}

fn groups_of(policy: &Policy, user: &User) -> BTreeSet<GroupId> {
    let mut groups: BTreeSet<_> = user.groups.iter().copied().collect();
    loop {
        let above = policy
            .groups
            .iter()
            .filter(|group| groups.contains(&group.id))
            .flat_map(|group| group.groups.clone());
        let all: BTreeSet<_> = groups.iter().copied().chain(above).collect();
        if all == groups {
            return groups;
        }
        groups = all;
    }
}

fn contains(policy: &Policy, grant: &Grant, attribute: &Attribute) -> bool {
    let task = policy.tasks.iter().find(|task| task.id == grant.task).unwrap();
    match &task.attributes {
        TaskAttributes::All => true,
        TaskAttributes::These(ids) => ids.contains(&attribute.id),
    }
}

fn covers(policy: &Policy, grant: &Grant, attribute: &Attribute, target: Target) -> bool {
    if grant.scope == Scope::AllFeeds {
        return true;
    }
    if !attribute.feed_scopable {
        return false;
    }
    match (target, grant.scope) {
        (Target::Feed(id), Scope::Feed(scope)) => id == scope,
        (Target::Feed(id), Scope::FeedGroup(scope)) => {
            let feed: &Feed = policy.feeds.iter().find(|feed| feed.id == id).unwrap();
            feed.group == Some(scope)
        }
        (Target::FeedGroup(id), Scope::FeedGroup(scope)) => id == scope,
        _ => false,
    }
}
