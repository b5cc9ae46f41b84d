//! A case about everybody who may do something: who differs from the list of the case.
//!
//! A principal that may needs no mention if it is in a group that the list has, so that such a case survives a new
//! member of a group. A name in the list that may not, or that the policy doesn't have, fails the case.

use std::collections::{HashMap, HashSet};

use super::{
    ask::{self, Mistake},
    outcome::{self, Check},
};
use crate::{
    cli::{
        args::lookup::{Slice, WhoCan},
        client::Client,
        failure::Failure,
        lookup::principals,
        policy::export,
        words,
    },
    grpc::pb::{self, principal::Kind},
    interchange::policy_test::{Holder, Only},
    model::{
        Name,
        directory::BUILT_IN_NAME,
        edit::{Member, PrincipalName, Spec},
    },
};

/// Asks who may, and compares. None if something is wrong with the case, which is noted.
pub(super) async fn ask(
    client: &mut Client,
    Only { attribute, target, place, holders }: &Only,
    mistakes: &mut Vec<Mistake>,
) -> Result<Option<Check>, Failure> {
    let (name, at) = (attribute.value.as_str().to_owned(), ask::target(target));
    let question = WhoCan { attribute: name, place: at, slice: Slice::default() };
    let answer = match principals::ask(client, &question).await {
        Ok(answer) => answer,
        Err(Failure::Call(error)) => {
            let mistake = ask::unanswerable(&error, None, attribute.value.as_str(), attribute.place);
            mistakes.push(mistake.ok_or(Failure::Call(error))?);
            return Ok(None);
        }
        Err(failure) => return Err(failure),
    };
    if answer.feed_unknown || !ask::has_feed_group(client, target).await? {
        mistakes.extend(ask::misspelled_target(target));
        return Ok(None);
    }
    let groups = groups_by_member(&export::specs(export::fetch(client).await?.objects)?);
    let named: HashSet<Holder> = holders.iter().map(|holder| normal(&holder.value)).collect();
    let found: Vec<(Option<Holder>, &pb::FoundPrincipal)> =
        answer.principals.iter().map(|it| (it.principal.as_ref().and_then(holder), it)).collect();
    let is_covered = |holder: &Option<Holder>| holder.as_ref().is_some_and(|it| covers(&named, it, &groups));
    let unexpected = found.iter().filter(|(holder, _)| !is_covered(holder));
    let unexpected = unexpected.map(|(_, it)| words::principal(it.principal.as_ref())).collect();
    let may: HashSet<&Holder> = found.iter().filter_map(|(holder, _)| holder.as_ref()).collect();
    let missing = holders.iter().map(|holder| normal(&holder.value)).filter(|it| !may.contains(it));
    let missing = missing.map(|it| said(&it)).collect();
    Ok(Some(Check::Only(outcome::Only { question, place: *place, unexpected, missing })))
}

/// Whether the list names a principal, a group that it is in, or virtual principals that include it.
fn covers(named: &HashSet<Holder>, found: &Holder, groups: &HashMap<Holder, Vec<Holder>>) -> bool {
    if named.contains(found) || named.contains(&Holder::Everyone) {
        return true;
    }
    let signed_in = match found {
        Holder::Everyone | Holder::Anonymous => false,
        Holder::User { directory, .. }
        | Holder::Group { directory, .. }
        | Holder::Authenticated { directory: directory @ Some(_) } => {
            let built_in = || Name::new(BUILT_IN_NAME).ok();
            let of_one = Holder::Authenticated { directory: directory.clone().or_else(built_in) };
            named.contains(&Holder::Authenticated { directory: None }) || named.contains(&of_one)
        }
        Holder::Authenticated { directory: None } => false,
    };
    let mut seen = HashSet::new();
    let mut waiting = vec![found];
    while let Some(inner) = waiting.pop() {
        for group in groups.get(inner).into_iter().flatten() {
            if named.contains(group) {
                return true;
            }
            if seen.insert(group) {
                waiting.push(group);
            }
        }
    }
    signed_in
}

/// The groups that a principal is in directly.
fn groups_by_member(policy: &[Spec]) -> HashMap<Holder, Vec<Holder>> {
    let mut groups: HashMap<Holder, Vec<Holder>> = HashMap::new();
    for spec in policy {
        let Spec::Membership(membership) = spec else { continue };
        let member = match &membership.member {
            Member::User(user) => user_of(user),
            Member::Group(group) => group_of(group),
        };
        if let (Some(member), Some(group)) = (member, group_of(&membership.group)) {
            groups.entry(member).or_default().push(group);
        }
    }
    groups
}

fn user_of(name: &PrincipalName) -> Option<Holder> {
    match name {
        PrincipalName::Named { directory, name } => {
            Some(normal(&Holder::User { name: name.clone(), directory: directory.clone() }))
        }
        PrincipalName::Id(_) => None,
    }
}

fn group_of(name: &PrincipalName) -> Option<Holder> {
    match name {
        PrincipalName::Named { directory, name } => {
            Some(normal(&Holder::Group { name: name.clone(), directory: directory.clone() }))
        }
        PrincipalName::Id(_) => None,
    }
}

/// A principal of an answer; none for one that this client doesn't know.
fn holder(principal: &pb::Principal) -> Option<Holder> {
    let named = |it: &pb::PrincipalName| Some((Name::new(&it.name).ok()?, directory(&it.directory)));
    Some(match principal.kind.as_ref()? {
        Kind::User(user) => named(user).map(|(name, directory)| Holder::User { name, directory })?,
        Kind::Group(group) => named(group).map(|(name, directory)| Holder::Group { name, directory })?,
        Kind::Everyone(_) => Holder::Everyone,
        Kind::Authenticated(it) if it.directory.is_empty() => Holder::Authenticated { directory: None },
        // Unlike of a user, of signed-in users the built-in directory is one that has to be named.
        Kind::Authenticated(it) => Holder::Authenticated { directory: Some(Name::new(&it.directory).ok()?) },
        Kind::Anonymous(_) => Holder::Anonymous,
    })
}

fn directory(name: &str) -> Option<Name> {
    Name::new(name).ok().filter(|name| name.key() != BUILT_IN_NAME.as_bytes())
}

/// A principal whose built-in directory is left out.
fn normal(holder: &Holder) -> Holder {
    let outer = |directory: &Option<Name>| directory.as_ref().and_then(directory_of);
    match holder {
        Holder::User { name, directory } => Holder::User { name: name.clone(), directory: outer(directory) },
        Holder::Group { name, directory } => {
            Holder::Group { name: name.clone(), directory: outer(directory) }
        }
        other => other.clone(),
    }
}

fn directory_of(name: &Name) -> Option<Name> {
    directory(name.as_str())
}

fn said(holder: &Holder) -> String {
    let directory = |directory: &Option<Name>| directory.as_ref().map(Name::to_string).unwrap_or_default();
    match holder {
        Holder::User { name, directory: of } => {
            format!("user {}", words::named(&directory(of), name.as_str()))
        }
        Holder::Group { name, directory: of } => {
            format!("group {}", words::named(&directory(of), name.as_str()))
        }
        Holder::Everyone => "Everyone".to_owned(),
        Holder::Authenticated { directory: None } => "Authenticated".to_owned(),
        Holder::Authenticated { directory: Some(of) } => format!("Authenticated by {of}"),
        Holder::Anonymous => "Anonymous".to_owned(),
    }
}
