//! An index from a whole policy.

use std::sync::Arc;

use super::{
    Bound, Entry, Grants, IdMap, Index, ScopeTable, Unbound,
    apply::{Inconsistent, scope_key},
    bound::Bindable,
};
use feedgate_model::{
    ConnectorId, ConnectorSource, DirectoryId, FeedId, GrantId, GroupId, Kind, Object, ObjectKey, Policy,
    Principal, Revision, TaskAttributes, TaskId, UserId,
};

impl Index {
    /// Lays a policy out, and checks all of it: names, references, grants that are there twice.
    pub fn build(revision: Revision, policy: Policy) -> Result<Self, Inconsistent> {
        let mut index = Self {
            revision,
            settings: policy.settings.clone(),
            attributes: Arc::default(),
            tasks: Default::default(),
            directories: Default::default(),
            enabled_directories: Arc::from([]),
            groups: Default::default(),
            nested: IdMap::default(),
            users: Default::default(),
            bound_users: Bound::default(),
            bound_groups: Bound::default(),
            unbound: Unbound::default(),
            feed_groups: Default::default(),
            feeds: Default::default(),
            connectors: Default::default(),
            grants: Grants::default(),
            all_feeds: ScopeTable::Empty,
            next: policy.next.clone(),
        };
        for object in policy.objects_but_grants() {
            if index.contains(object.key()) && object.key().kind != Kind::Settings {
                return Err(Inconsistent::Present(object.key()));
            }
            index.put(&object)?;
        }
        index.put_grants(policy)?;
        index.check_references()?;
        Ok(index)
    }

    /// The next index: the same policy under the next revision, to apply changes to.
    pub fn at(&self, revision: u64) -> Self {
        let mut next = self.clone();
        next.revision.number = revision;
        next
    }

    /// Puts all grants into their tables at once: a table is made once and not grant by grant.
    fn put_grants(&mut self, policy: Policy) -> Result<(), Inconsistent> {
        let mut grants = policy.grants;
        grants.sort_unstable_by_key(|grant| grant.id);
        for grant in &grants {
            if self.grants.get(grant.id).is_some() {
                return Err(Inconsistent::Present(ObjectKey { kind: Kind::Grant, id: grant.id.0 }));
            }
            self.grants.put(grant);
            self.next.note(Kind::Grant, grant.id.0);
        }
        grants.sort_unstable_by_key(|grant| (grant.scope, Entry::of(grant), grant.id));
        for of_scope in grants.chunk_by(|a, b| a.scope == b.scope) {
            for (one, other) in of_scope.iter().zip(of_scope.iter().skip(1)) {
                if Entry::of(one) == Entry::of(other) {
                    return Err(Inconsistent::SameGrant { id: other.id.0, other: one.id.0 });
                }
            }
            let Some(first) = of_scope.first() else { continue };
            let from = ObjectKey { kind: Kind::Grant, id: first.id.0 };
            let table = self.table_mut(first.scope);
            let table = table.ok_or(Inconsistent::Dangling { from, to: scope_key(first.scope) })?;
            *table = ScopeTable::from_entries(of_scope.iter().map(|grant| (Entry::of(grant), grant.id)));
        }
        Ok(())
    }

    /// Checks that whatever an object refers to is there.
    pub fn check_references(&self) -> Result<(), Inconsistent> {
        self.referring().try_for_each(|object| self.check_references_of(&object))
    }

    /// Checks that whatever this object refers to is there.
    pub fn check_references_of(&self, object: &Object) -> Result<(), Inconsistent> {
        let from = object.key();
        let there =
            |to: ObjectKey| if self.contains(to) { Ok(()) } else { Err(Inconsistent::Dangling { from, to }) };
        match object {
            Object::Settings(_) | Object::Attribute(_) | Object::Directory(_) | Object::FeedGroup(_) => {
                Ok(())
            }
            Object::Task(task) => match &task.attributes {
                TaskAttributes::All => Ok(()),
                TaskAttributes::These(ids) => ids.iter().try_for_each(|id| there(key(Kind::Attribute, id.0))),
            },
            Object::Group(group) => {
                there(directory(group.directory))?;
                self.check_binding(&self.bound_groups, group.as_ref())?;
                group.groups.iter().try_for_each(|id| there(self::group(*id)))
            }
            Object::User(user) => {
                there(directory(user.directory))?;
                self.check_binding(&self.bound_users, user.as_ref())?;
                user.groups.iter().try_for_each(|id| there(self::group(*id)))
            }
            Object::Feed(feed) => {
                feed.group.map_or(Ok(()), |id| there(key(Kind::FeedGroup, id.0)))?;
                feed.promote_to.map_or(Ok(()), |id| there(self::feed(id)))
            }
            Object::Connector(connector) => {
                if let ConnectorSource::Feed(id) = connector.source {
                    there(self::feed(id))?;
                }
                connector.feeds.iter().try_for_each(|id| there(self::feed(*id)))
            }
            Object::Grant(grant) => {
                match grant.principal {
                    Principal::User(id) => there(user(id))?,
                    Principal::Group(id) => there(self::group(id))?,
                    Principal::AuthenticatedBy(id) => there(directory(id))?,
                    Principal::Everyone | Principal::Authenticated | Principal::Anonymous => {}
                }
                there(task(grant.task))?;
                there(scope_key(grant.scope))
            }
        }
    }

    /// Checks that nobody else is bound to what an object is bound to.
    fn check_binding<T: Bindable>(&self, bound: &Bound, object: &T) -> Result<(), Inconsistent> {
        let other = object.binding().and_then(|(directory, external)| bound.find(directory, external));
        match other {
            Some(other) if other != object.id() => {
                Err(Inconsistent::SameBinding { kind: T::KIND, id: object.id().into(), other: other.into() })
            }
            _ => Ok(()),
        }
    }

    /// The objects that refer to others.
    fn referring(&self) -> impl Iterator<Item = Object> + '_ {
        let tasks = self.tasks().cloned().map(Object::Task);
        tasks
            .chain(self.groups_from(GroupId(0)).cloned().map(Object::Group))
            .chain(self.users_from(UserId(0)).cloned().map(Object::User))
            .chain(self.feeds_from(FeedId(0)).cloned().map(Object::Feed))
            .chain(self.connectors_from(ConnectorId(0)).cloned().map(Object::Connector))
            .chain(self.grants_from(GrantId(0)).map(Object::Grant))
    }
}

const fn key(kind: Kind, id: u32) -> ObjectKey {
    ObjectKey { kind, id: id as u64 }
}

const fn directory(id: DirectoryId) -> ObjectKey {
    key(Kind::Directory, id.0)
}

const fn group(id: GroupId) -> ObjectKey {
    key(Kind::Group, id.0)
}

const fn user(id: UserId) -> ObjectKey {
    key(Kind::User, id.0)
}

const fn feed(id: FeedId) -> ObjectKey {
    key(Kind::Feed, id.0)
}

const fn task(id: TaskId) -> ObjectKey {
    key(Kind::Task, id.0)
}
