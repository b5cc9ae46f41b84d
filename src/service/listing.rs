//! Lists of the objects of a kind, filtered, by ascending id.

use std::sync::Arc;

use super::{
    ServiceError, find,
    page::{List, Listing, Place},
};
use crate::{
    engine::Index,
    model::{
        Attribute, Connector, ConnectorId, Directory, DirectoryId, Effect, Feed, FeedGroup, FeedGroupId,
        FeedId, Grant, GrantId, Group, GroupId, Name, NameKey, Task, User, UserId,
        edit::{PrincipalName, PrincipalRef, ScopeRef},
    },
};

/// Which users or groups.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Empty means any.
    pub name_prefix: String,
    pub directory: Option<Name>,
}

/// Which feeds.
#[derive(Clone, Debug, Default)]
pub struct FeedFilter {
    /// Empty means any.
    pub name_prefix: String,
    pub group: Option<Name>,
    /// Empty means any.
    pub feed_type: String,
}

/// Which grants.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    pub principal: Option<PrincipalRef>,
    pub scope: Option<ScopeRef>,
    pub task: Option<Name>,
    pub effect: Option<Effect>,
}

/// A user or a group, as a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberId {
    Group(GroupId),
    User(UserId),
}

/// A place's id in a 32-bit kind; beyond the last one there is nothing.
fn id32(from: u64) -> u32 {
    u32::try_from(from).unwrap_or(u32::MAX)
}

pub fn attributes<'i>(
    index: &'i Index,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<Attribute>)>>, ServiceError> {
    let place = Place::read(List::Attributes, 0, token)?;
    let items = index.attributes().map(|it| (it.id.0.into(), it)).filter(move |(id, _)| *id >= place.from);
    Ok(Listing { place, items })
}

pub fn tasks<'i>(
    index: &'i Index,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<Task>)>>, ServiceError> {
    let place = Place::read(List::Tasks, 0, token)?;
    let items = index.tasks().map(|it| (it.id.0.into(), it)).filter(move |(id, _)| *id >= place.from);
    Ok(Listing { place, items })
}

pub fn directories<'i>(
    index: &'i Index,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<Directory>)>>, ServiceError> {
    let place = Place::read(List::Directories, 0, token)?;
    let items = index.directories().map(|it| (it.id.0.into(), it)).filter(move |(id, _)| *id >= place.from);
    Ok(Listing { place, items })
}

pub fn users<'i>(
    index: &'i Index,
    filter: &PeopleFilter,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<User>)>>, ServiceError> {
    let place = Place::read(List::Users, 0, token)?;
    let (prefix, directory) = people(index, filter)?;
    let items = index
        .users_from(UserId(id32(place.from)))
        .filter(move |it| prefix.fits(&it.name) && directory.is_none_or(|id| id == it.directory))
        .map(|it| (it.id.0.into(), it));
    Ok(Listing { place, items })
}

pub fn groups<'i>(
    index: &'i Index,
    filter: &PeopleFilter,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<Group>)>>, ServiceError> {
    let place = Place::read(List::Groups, 0, token)?;
    let (prefix, directory) = people(index, filter)?;
    let items = index
        .groups_from(GroupId(id32(place.from)))
        .filter(move |it| prefix.fits(&it.name) && directory.is_none_or(|id| id == it.directory))
        .map(|it| (it.id.0.into(), it));
    Ok(Listing { place, items })
}

/// The direct members of a group: its groups, then its users.
///
/// Membership is kept with the member, so that this looks at every principal.
pub fn members(
    index: &Index,
    group: &PrincipalName,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, MemberId)>>, ServiceError> {
    /// Users come behind all groups.
    const USERS: u64 = 1 << 32;
    let group = find::group(index, group)?.id;
    let place = Place::read(List::Members, group.0, token)?;
    let groups = index
        .groups_from(GroupId(id32(place.from)))
        .filter(move |it| it.groups.binary_search(&group).is_ok())
        .map(|it| (u64::from(it.id.0), MemberId::Group(it.id)));
    let users = index
        .users_from(UserId(id32(place.from.saturating_sub(USERS))))
        .filter(move |it| it.groups.binary_search(&group).is_ok())
        .map(|it| (USERS + u64::from(it.id.0), MemberId::User(it.id)));
    Ok(Listing { place, items: groups.chain(users) })
}

pub fn feed_groups<'i>(
    index: &'i Index,
    name_prefix: &str,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<FeedGroup>)>>, ServiceError> {
    let place = Place::read(List::FeedGroups, 0, token)?;
    let prefix = Prefix::new(name_prefix)?;
    let items = index
        .feed_groups_from(FeedGroupId(id32(place.from)))
        .filter(move |it| prefix.fits(&it.name))
        .map(|it| (it.id.0.into(), it));
    Ok(Listing { place, items })
}

pub fn feeds<'i>(
    index: &'i Index,
    filter: FeedFilter,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<Feed>)>>, ServiceError> {
    let place = Place::read(List::Feeds, 0, token)?;
    let FeedFilter { name_prefix, group, feed_type } = filter;
    let prefix = Prefix::new(&name_prefix)?;
    let group = match group {
        None => None,
        Some(name) => Some(find::feed_group(index, &name)?.id),
    };
    let items = index
        .feeds_from(FeedId(id32(place.from)))
        .filter(move |it| {
            prefix.fits(&it.name)
                && group.is_none_or(|id| it.group == Some(id))
                && (feed_type.is_empty() || *feed_type == *it.feed_type)
        })
        .map(|it| (it.id.0.into(), it));
    Ok(Listing { place, items })
}

pub fn connectors<'i>(
    index: &'i Index,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, &'i Arc<Connector>)>>, ServiceError> {
    let place = Place::read(List::Connectors, 0, token)?;
    let items = index.connectors_from(ConnectorId(id32(place.from))).map(|it| (it.id.0.into(), it));
    Ok(Listing { place, items })
}

pub fn grants<'i>(
    index: &'i Index,
    filter: &GrantFilter,
    token: &str,
) -> Result<Listing<impl Iterator<Item = (u64, Grant)>>, ServiceError> {
    let place = Place::read(List::Grants, 0, token)?;
    let GrantFilter { principal, scope, task, effect } = filter;
    let principal = principal.as_ref().map(|it| find::principal(index, it)).transpose()?;
    let scope = scope.as_ref().map(|it| find::scope(index, it)).transpose()?;
    let task = task.as_ref().map(|it| find::task(index, it)).transpose()?.map(|task| task.id);
    let effect = *effect;
    // The narrowest way in; what it doesn't filter is filtered below.
    let found: Box<dyn Iterator<Item = Grant> + 'i> = match (principal, scope) {
        (Some(principal), _) => Box::new(index.grants_of(principal)),
        (None, Some(scope)) => Box::new(index.grants_in(scope)),
        (None, None) => Box::new(index.grants_from(GrantId(place.from))),
    };
    let items = found
        .filter(move |it| {
            it.id.0 >= place.from
                && scope.is_none_or(|scope| scope == it.scope)
                && task.is_none_or(|task| task == it.task)
                && effect.is_none_or(|effect| effect == it.effect)
        })
        .map(|it| (it.id.0, it));
    Ok(Listing { place, items })
}

fn people(index: &Index, filter: &PeopleFilter) -> Result<(Prefix, Option<DirectoryId>), ServiceError> {
    let PeopleFilter { name_prefix, directory } = filter;
    let directory = directory.as_ref().map(|name| find::directory(index, name)).transpose()?;
    Ok((Prefix::new(name_prefix)?, directory.map(|directory| directory.id)))
}

/// The beginning of a name, whatever its case.
struct Prefix(Box<[u8]>);

impl Prefix {
    fn new(prefix: &str) -> Result<Self, ServiceError> {
        if prefix.is_empty() {
            return Ok(Self(Box::default()));
        }
        let invalid = |source| ServiceError::InvalidName { field: "name_prefix", source };
        Ok(Self(NameKey::prefix(prefix).map_err(invalid)?.as_bytes().into()))
    }

    fn fits(&self, name: &Name) -> bool {
        name.key().starts_with(&self.0)
    }
}
