//! Finding one object by what it is called.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    engine::Index,
    model::{
        Attribute, AttributeName, Connector, Directory, DirectoryId, Feed, FeedGroup, Grant, GrantId, Group,
        GroupId, Kind, Name, NameKey, ObjectKey, Principal, Scope, Task, User, UserId,
        edit::{GrantSpec, Member, Membership, ObjectRef, PrincipalName, PrincipalRef, ScopeRef},
        similar,
    },
};

fn key(name: &Name) -> Result<NameKey<'_>, ServiceError> {
    NameKey::new(name.as_str()).map_err(|source| ServiceError::InvalidName { field: "name", source })
}

fn there<T>(index: &Index, found: Option<T>, kind: Kind, name: impl ToString) -> Result<T, ServiceError> {
    found.ok_or_else(|| {
        let name = name.to_string();
        let advice = index.advice(kind, &name);
        ServiceError::NotFound { kind: kind.word(), name: format!("`{name}`"), advice }
    })
}

pub fn attribute<'i>(index: &'i Index, name: &AttributeName) -> Result<&'i Arc<Attribute>, ServiceError> {
    there(index, index.attribute_named(name.as_str()), Kind::Attribute, name)
}

/// By its name, or by its name with `and` for `&`.
pub fn task<'i>(index: &'i Index, name: &Name) -> Result<&'i Arc<Task>, ServiceError> {
    let found = index.task_named(&key(name)?);
    let ampersand = if found.is_some() { None } else { similar::with_ampersand(name) };
    let found = match &ampersand {
        Some(name) => index.task_named(&key(name)?),
        None => found,
    };
    there(index, found, Kind::Task, name)
}

pub fn directory<'i>(index: &'i Index, name: &Name) -> Result<&'i Arc<Directory>, ServiceError> {
    there(index, index.directory_named(&key(name)?), Kind::Directory, name)
}

pub fn feed_group<'i>(index: &'i Index, name: &Name) -> Result<&'i Arc<FeedGroup>, ServiceError> {
    there(index, index.feed_group_named(&key(name)?), Kind::FeedGroup, name)
}

/// By its name or an alternate name.
pub fn feed<'i>(index: &'i Index, name: &Name) -> Result<&'i Arc<Feed>, ServiceError> {
    there(index, index.feed_named(&key(name)?), Kind::Feed, name)
}

pub fn connector<'i>(index: &'i Index, name: &Name) -> Result<&'i Arc<Connector>, ServiceError> {
    there(index, index.connector_named(&key(name)?), Kind::Connector, name)
}

pub fn grant(index: &Index, id: u64) -> Result<Grant, ServiceError> {
    there(index, index.grant(GrantId(id)), Kind::Grant, id)
}

pub fn user<'i>(index: &'i Index, user: &PrincipalName) -> Result<&'i Arc<User>, ServiceError> {
    match user {
        PrincipalName::Id(id) => there(index, index.user(UserId(*id)), Kind::User, id),
        PrincipalName::Named { directory, name } => there(
            index,
            index.user_named(directory_id(index, directory.as_ref())?, &key(name)?),
            Kind::User,
            name,
        ),
    }
}

pub fn group<'i>(index: &'i Index, group: &PrincipalName) -> Result<&'i Arc<Group>, ServiceError> {
    match group {
        PrincipalName::Id(id) => there(index, index.group(GroupId(*id)), Kind::Group, id),
        PrincipalName::Named { directory, name } => there(
            index,
            index.group_named(directory_id(index, directory.as_ref())?, &key(name)?),
            Kind::Group,
            name,
        ),
    }
}

/// The directory that a name lies in: the built-in one unless another is given.
fn directory_id(index: &Index, name: Option<&Name>) -> Result<DirectoryId, ServiceError> {
    match name {
        None => Ok(DirectoryId::BUILT_IN),
        Some(name) => directory(index, name).map(|directory| directory.id),
    }
}

/// Whom a grant is for.
pub fn principal(index: &Index, principal: &PrincipalRef) -> Result<Principal, ServiceError> {
    Ok(match principal {
        PrincipalRef::User(name) => Principal::User(user(index, name)?.id),
        PrincipalRef::Group(name) => Principal::Group(group(index, name)?.id),
        PrincipalRef::Everyone => Principal::Everyone,
        PrincipalRef::Authenticated { directory: None } => Principal::Authenticated,
        PrincipalRef::Authenticated { directory: Some(name) } => {
            Principal::AuthenticatedBy(directory(index, name)?.id)
        }
        PrincipalRef::Anonymous => Principal::Anonymous,
    })
}

/// Where a grant holds.
pub fn scope(index: &Index, scope: &ScopeRef) -> Result<Scope, ServiceError> {
    Ok(match scope {
        ScopeRef::AllFeeds => Scope::AllFeeds,
        ScopeRef::FeedGroup(name) => Scope::FeedGroup(feed_group(index, name)?.id),
        ScopeRef::Feed(name) => Scope::Feed(feed(index, name)?.id),
    })
}

/// Any object, by what it is called. A membership is its member.
pub fn object(index: &Index, object: &ObjectRef) -> Result<ObjectKey, ServiceError> {
    let key = |kind, id: u32| ObjectKey { kind, id: id.into() };
    Ok(match object {
        ObjectRef::Attribute(name) => key(Kind::Attribute, attribute(index, name)?.id.0),
        ObjectRef::Task(name) => key(Kind::Task, task(index, name)?.id.0),
        ObjectRef::Directory(name) => key(Kind::Directory, directory(index, name)?.id.0),
        ObjectRef::User(name) | ObjectRef::Membership(Membership { member: Member::User(name), .. }) => {
            key(Kind::User, user(index, name)?.id.0)
        }
        ObjectRef::Group(name) | ObjectRef::Membership(Membership { member: Member::Group(name), .. }) => {
            key(Kind::Group, group(index, name)?.id.0)
        }
        ObjectRef::FeedGroup(name) => key(Kind::FeedGroup, feed_group(index, name)?.id.0),
        ObjectRef::Feed(name) => key(Kind::Feed, feed(index, name)?.id.0),
        ObjectRef::Connector(name) => key(Kind::Connector, connector(index, name)?.id.0),
        ObjectRef::GrantId(id) => ObjectKey { kind: Kind::Grant, id: grant(index, *id)?.id.0 },
        ObjectRef::Grant(GrantSpec { id: _, effect, principal: to, task: of, scope: on, comment: _ }) => {
            let (to, on) = (principal(index, to)?, scope(index, on)?);
            let found = index.find_grant(*effect, to, task(index, of)?.id, on);
            ObjectKey { kind: Kind::Grant, id: there(index, found, Kind::Grant, of)?.0 }
        }
    })
}
