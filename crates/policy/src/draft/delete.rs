//! Deleting in a draft: what refers to what, and what goes along.

use std::sync::Arc;

use super::{Draft, EditError, group_key, resolve::MemberId, user_key};
use feedgate_model::{
    Attribute, Connector, ConnectorId, ConnectorSource, DirectoryId, Effect, Feed, FeedId, Grant, GrantId,
    GroupId, Kind, Object, ObjectKey, Principal, Scope, Task, TaskAttributes, UserId, edit::ObjectRef,
};

/// How many of the things that refer to another an error names.
const NAMED: usize = 10;

impl Draft {
    pub(super) fn delete(&mut self, object: &ObjectRef, cascade: bool) -> Result<(), EditError> {
        if let ObjectRef::Membership(membership) = object {
            let (group, member) = (self.group(&membership.group)?.id, self.member(&membership.member)?);
            if !self.members_of(group).contains(&member) {
                let group = super::people::display(&membership.group);
                return Err(EditError::NotMember { member: self.describe(member.key()), group });
            }
            return self.join(member, group, false);
        }
        let key = self.key_of_ref(object)?;
        self.check_deletable(key)?;
        self.delete_object(key, cascade)
    }

    fn check_deletable(&self, key: ObjectKey) -> Result<(), EditError> {
        let built_in = match key.kind {
            Kind::Attribute => self.index.object(key).is_some_and(|object| match object {
                Object::Attribute(attribute) => Attribute::is_built_in(&attribute),
                _ => false,
            }),
            Kind::Directory => key.id == u64::from(DirectoryId::BUILT_IN.0),
            Kind::Settings => true,
            _ => false,
        };
        if built_in {
            return Err(EditError::Immutable {
                kind: key.kind,
                name: self.describe(key),
                why: "it is built in",
            });
        }
        Ok(())
    }

    fn delete_object(&mut self, key: ObjectKey, cascade: bool) -> Result<(), EditError> {
        let referring = self.referring_to(key);
        if !cascade && !referring.is_empty() {
            let mut by: Vec<_> =
                referring.iter().take(NAMED).map(|key| self.describe_with_kind(*key)).collect();
            by.dedup();
            let more = referring.len().saturating_sub(NAMED);
            return Err(EditError::StillReferenced { kind: key.kind, name: self.describe(key), by, more });
        }
        for other in referring {
            self.let_go(other, key)?;
        }
        if key.kind == Kind::User {
            self.passwords.push((UserId(key.id as u32), None));
        }
        self.remove(key)
    }

    /// What refers to an object, other than by being in it.
    fn referring_to(&mut self, key: ObjectKey) -> Vec<ObjectKey> {
        let id = key.id as u32;
        match key.kind {
            Kind::Attribute => {
                let names = |task: &&Arc<Task>| task.attributes.names(feedgate_model::AttributeId(id));
                self.index
                    .tasks()
                    .filter(names)
                    .map(|task| ObjectKey { kind: Kind::Task, id: task.id.0.into() })
                    .collect()
            }
            Kind::Task => keys(self.index.grants_from(GrantId(0)).filter(|grant| grant.task.0 == id)),
            Kind::Directory => self.referring_to_directory(DirectoryId(id)),
            Kind::User => keys(self.index.grants_of(Principal::User(UserId(id)))),
            Kind::Group => {
                let members = self.members_of(GroupId(id)).into_iter().map(MemberId::key);
                members.chain(keys(self.index.grants_of(Principal::Group(GroupId(id))))).collect()
            }
            Kind::FeedGroup => {
                let group = feedgate_model::FeedGroupId(id);
                let feeds = self.index.feeds_from(FeedId(0)).filter(|feed| feed.group == Some(group));
                feeds
                    .map(|feed| feed_key(feed.id))
                    .chain(keys(self.index.grants_in(Scope::FeedGroup(group))))
                    .collect()
            }
            Kind::Feed => self.referring_to_feed(FeedId(id)),
            Kind::Settings | Kind::Connector | Kind::Grant => Vec::new(),
        }
    }

    fn referring_to_directory(&self, id: DirectoryId) -> Vec<ObjectKey> {
        let users = self
            .index
            .users_from(UserId(0))
            .filter(|user| user.directory == id)
            .map(|user| user_key(user.id));
        let groups = self.index.groups_from(GroupId(0)).filter(|group| group.directory == id);
        users
            .chain(groups.map(|group| group_key(group.id)))
            .chain(keys(self.index.grants_of(Principal::AuthenticatedBy(id))))
            .collect()
    }

    fn referring_to_feed(&self, id: FeedId) -> Vec<ObjectKey> {
        let promoting = self.index.feeds_from(FeedId(0)).filter(|feed| feed.promote_to == Some(id));
        let uses = |connector: &&Arc<Connector>| {
            connector.feeds.contains(&id) || connector.source == ConnectorSource::Feed(id)
        };
        let connectors = self.index.connectors_from(ConnectorId(0)).filter(uses);
        promoting
            .map(|feed| feed_key(feed.id))
            .chain(connectors.map(|connector| ObjectKey { kind: Kind::Connector, id: connector.id.0.into() }))
            .chain(keys(self.index.grants_in(Scope::Feed(id))))
            .collect()
    }

    /// Makes an object let go of one that is to be deleted, or deletes it along.
    fn let_go(&mut self, holder: ObjectKey, of: ObjectKey) -> Result<(), EditError> {
        let id = of.id as u32;
        match (self.index.object(holder), of.kind) {
            (Some(Object::Task(task)), Kind::Attribute) => {
                let mut task = Task::clone(&task);
                if let TaskAttributes::These(ids) = &mut task.attributes {
                    ids.remove(&feedgate_model::AttributeId(id));
                }
                self.put(Object::Task(Arc::new(task)))
            }
            (Some(Object::User(user)), Kind::Group) => self.join(MemberId::User(user.id), GroupId(id), false),
            (Some(Object::Group(group)), Kind::Group) => {
                self.join(MemberId::Group(group.id), GroupId(id), false)
            }
            (Some(Object::Feed(feed)), Kind::FeedGroup) => {
                self.put(Object::Feed(Arc::new(Feed { group: None, ..Feed::clone(&feed) })))
            }
            (Some(Object::Feed(feed)), Kind::Feed) => {
                self.put(Object::Feed(Arc::new(Feed { promote_to: None, ..Feed::clone(&feed) })))
            }
            (Some(Object::Connector(connector)), Kind::Feed)
                if connector.source != ConnectorSource::Feed(FeedId(id)) =>
            {
                let mut connector = Connector::clone(&connector);
                connector.feeds.retain(|feed| feed.0 != id);
                self.put(Object::Connector(Arc::new(connector)))
            }
            // A grant on nothing or for nobody, a connector without a source, and whoever lived in a
            // directory: they go.
            (Some(_), _) => self.delete_object(holder, true),
            (None, _) => Ok(()),
        }
    }

    /// What an operator calls an object.
    pub(super) fn describe(&self, key: ObjectKey) -> String {
        match self.index.object(key) {
            None => format!("with id {}", key.id),
            Some(Object::Settings(_)) => "settings".into(),
            Some(Object::Grant(grant)) => self.describe_grant(&grant),
            Some(object) => super::names_of(&object).next().unwrap_or_default().into(),
        }
    }

    fn describe_with_kind(&self, key: ObjectKey) -> String {
        format!("{} {}", key.kind, self.describe(key))
    }

    fn describe_grant(&self, grant: &Grant) -> String {
        let name = |kind, id: u32| self.describe(ObjectKey { kind, id: id.into() });
        let principal = match grant.principal {
            Principal::User(id) => format!("user {}", name(Kind::User, id.0)),
            Principal::Group(id) => format!("group {}", name(Kind::Group, id.0)),
            Principal::Everyone => "Everyone".into(),
            Principal::Authenticated => "Authenticated".into(),
            Principal::AuthenticatedBy(id) => format!("Authenticated by {}", name(Kind::Directory, id.0)),
            Principal::Anonymous => "Anonymous".into(),
        };
        let scope = match grant.scope {
            Scope::AllFeeds => "all feeds".into(),
            Scope::FeedGroup(id) => format!("feed group {}", name(Kind::FeedGroup, id.0)),
            Scope::Feed(id) => format!("feed {}", name(Kind::Feed, id.0)),
        };
        let effect = match grant.effect {
            Effect::Permit => "permit",
            Effect::Restrict => "restrict",
        };
        format!("{} ({effect} {} to {principal} on {scope})", grant.id, name(Kind::Task, grant.task.0))
    }
}

fn keys(grants: impl Iterator<Item = Grant>) -> Vec<ObjectKey> {
    grants.map(|grant| ObjectKey { kind: Kind::Grant, id: grant.id.0 }).collect()
}

const fn feed_key(id: FeedId) -> ObjectKey {
    ObjectKey { kind: Kind::Feed, id: id.0 as u64 }
}
