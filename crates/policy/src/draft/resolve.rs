//! What a name means in a draft.

use std::sync::Arc;

use super::{Draft, EditError, group_key, task_key, user_key};
use feedgate_model::{
    Attribute, Connector, Directory, DirectoryId, Feed, FeedGroup, GrantId, Group, GroupId, Kind, Name,
    NameKey, ObjectKey, Principal, Scope, Task, User, UserId,
    attribute::AttributeName,
    edit::{Edit, Member, ObjectRef, PrincipalName, PrincipalRef, ScopeRef, Spec},
    similar,
};

/// A member of a group, by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum MemberId {
    User(UserId),
    Group(GroupId),
}

impl MemberId {
    pub(super) const fn key(self) -> ObjectKey {
        match self {
            Self::User(id) => user_key(id),
            Self::Group(id) => group_key(id),
        }
    }
}

fn not_found(kind: Kind, name: impl ToString) -> EditError {
    EditError::not_found(kind, name)
}

/// A name that has been checked already, to look up by.
fn key_of(name: &Name) -> Result<NameKey<'_>, EditError> {
    NameKey::new(name.as_str()).map_err(|error| EditError::Invalid { field: "name", why: error.to_string() })
}

impl Draft {
    pub(super) fn attribute(&self, name: &AttributeName) -> Result<&Arc<Attribute>, EditError> {
        let unknown = || EditError::UnknownAttribute { name: name.to_string(), advice: String::new() };
        self.index.attribute_named(name.as_str()).ok_or_else(unknown)
    }

    pub(super) fn task(&self, name: &Name) -> Result<&Arc<Task>, EditError> {
        self.index.task_named(&key_of(name)?).ok_or_else(|| not_found(Kind::Task, name))
    }

    /// The task that a reference means: `and` stands for `&` if no task has that very name.
    pub(super) fn mentioned_task(&self, name: &Name) -> Result<&Arc<Task>, EditError> {
        self.task(name).or_else(|error| {
            let named = similar::with_ampersand(name).and_then(|name| self.task(&name).ok());
            named.ok_or(error)
        })
    }

    pub(super) fn directory(&self, name: &Name) -> Result<&Arc<Directory>, EditError> {
        self.index.directory_named(&key_of(name)?).ok_or_else(|| not_found(Kind::Directory, name))
    }

    pub(super) fn feed_group(&self, name: &Name) -> Result<&Arc<FeedGroup>, EditError> {
        self.index.feed_group_named(&key_of(name)?).ok_or_else(|| not_found(Kind::FeedGroup, name))
    }

    pub(super) fn feed(&self, name: &Name) -> Result<&Arc<Feed>, EditError> {
        self.index.feed_named(&key_of(name)?).ok_or_else(|| not_found(Kind::Feed, name))
    }

    pub(super) fn connector(&self, name: &Name) -> Result<&Arc<Connector>, EditError> {
        self.index.connector_named(&key_of(name)?).ok_or_else(|| not_found(Kind::Connector, name))
    }

    /// The directory of a principal's name; built-in if it gives none.
    pub(super) fn directory_of(&self, directory: Option<&Name>) -> Result<DirectoryId, EditError> {
        directory.map_or(Ok(DirectoryId::BUILT_IN), |name| Ok(self.directory(name)?.id))
    }

    pub(super) fn user(&self, name: &PrincipalName) -> Result<&Arc<User>, EditError> {
        match name {
            PrincipalName::Id(id) => self.index.user(UserId(*id)).ok_or_else(|| not_found(Kind::User, id)),
            PrincipalName::Named { directory, name } => {
                let directory = self.directory_of(directory.as_ref())?;
                self.index.user_named(directory, &key_of(name)?).ok_or_else(|| not_found(Kind::User, name))
            }
        }
    }

    pub(super) fn group(&self, name: &PrincipalName) -> Result<&Arc<Group>, EditError> {
        match name {
            PrincipalName::Id(id) => self.index.group(GroupId(*id)).ok_or_else(|| not_found(Kind::Group, id)),
            PrincipalName::Named { directory, name } => {
                let directory = self.directory_of(directory.as_ref())?;
                self.index.group_named(directory, &key_of(name)?).ok_or_else(|| not_found(Kind::Group, name))
            }
        }
    }

    /// A user that a grant or a group names. One of an external directory needs no other mention: the
    /// reference is made, and bound when the directory answers.
    pub(super) fn mentioned_user(&mut self, name: &PrincipalName) -> Result<UserId, EditError> {
        match (self.user(name), name) {
            (Ok(user), _) => Ok(user.id),
            (
                Err(EditError::NotFound { kind: Kind::User, .. }),
                PrincipalName::Named { directory: Some(dir), name },
            ) if self.directory_of(Some(dir))? != DirectoryId::BUILT_IN => {
                let directory = self.directory_of(Some(dir))?;
                self.refer_to_user(directory, name)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// A group that a grant or a group names; see [`mentioned_user`](Self::mentioned_user).
    pub(super) fn mentioned_group(&mut self, name: &PrincipalName) -> Result<GroupId, EditError> {
        match (self.group(name), name) {
            (Ok(group), _) => Ok(group.id),
            (
                Err(EditError::NotFound { kind: Kind::Group, .. }),
                PrincipalName::Named { directory: Some(dir), name },
            ) if self.directory_of(Some(dir))? != DirectoryId::BUILT_IN => {
                let directory = self.directory_of(Some(dir))?;
                self.refer_to_group(directory, name)
            }
            (Err(error), _) => Err(error),
        }
    }

    pub(super) fn mentioned_member(&mut self, member: &Member) -> Result<MemberId, EditError> {
        match member {
            Member::User(name) => self.mentioned_user(name).map(MemberId::User),
            Member::Group(name) => self.mentioned_group(name).map(MemberId::Group),
        }
    }

    pub(super) fn member(&self, member: &Member) -> Result<MemberId, EditError> {
        match member {
            Member::User(name) => self.user(name).map(|user| MemberId::User(user.id)),
            Member::Group(name) => self.group(name).map(|group| MemberId::Group(group.id)),
        }
    }

    pub(super) fn mentioned_principal(&mut self, principal: &PrincipalRef) -> Result<Principal, EditError> {
        match principal {
            PrincipalRef::User(name) => self.mentioned_user(name).map(Principal::User),
            PrincipalRef::Group(name) => self.mentioned_group(name).map(Principal::Group),
            other => self.principal(other),
        }
    }

    pub(super) fn principal(&self, principal: &PrincipalRef) -> Result<Principal, EditError> {
        Ok(match principal {
            PrincipalRef::User(name) => Principal::User(self.user(name)?.id),
            PrincipalRef::Group(name) => Principal::Group(self.group(name)?.id),
            PrincipalRef::Everyone => Principal::Everyone,
            PrincipalRef::Authenticated { directory: None } => Principal::Authenticated,
            PrincipalRef::Authenticated { directory: Some(name) } => {
                Principal::AuthenticatedBy(self.directory(name)?.id)
            }
            PrincipalRef::Anonymous => Principal::Anonymous,
        })
    }

    pub(super) fn scope(&self, scope: &ScopeRef) -> Result<Scope, EditError> {
        Ok(match scope {
            ScopeRef::AllFeeds => Scope::AllFeeds,
            ScopeRef::FeedGroup(name) => Scope::FeedGroup(self.feed_group(name)?.id),
            ScopeRef::Feed(name) => Scope::Feed(self.feed(name)?.id),
        })
    }

    /// The object that a reference means.
    pub(super) fn key_of_ref(&self, object: &ObjectRef) -> Result<ObjectKey, EditError> {
        let (kind, id) = match object {
            ObjectRef::Attribute(name) => {
                let attribute = self.attribute(name).map_err(|_| not_found(Kind::Attribute, name))?;
                (Kind::Attribute, attribute.id.0.into())
            }
            ObjectRef::Task(name) => (Kind::Task, self.mentioned_task(name)?.id.0.into()),
            ObjectRef::Directory(name) => (Kind::Directory, self.directory(name)?.id.0.into()),
            ObjectRef::User(name) => return self.user(name).map(|user| user_key(user.id)),
            ObjectRef::Group(name) => return self.group(name).map(|group| group_key(group.id)),
            ObjectRef::Membership(membership) => return self.member(&membership.member).map(MemberId::key),
            ObjectRef::FeedGroup(name) => (Kind::FeedGroup, self.feed_group(name)?.id.0.into()),
            ObjectRef::Feed(name) => (Kind::Feed, self.feed(name)?.id.0.into()),
            ObjectRef::Connector(name) => (Kind::Connector, self.connector(name)?.id.0.into()),
            ObjectRef::GrantId(id) => {
                self.index.grant(GrantId(*id)).ok_or_else(|| not_found(Kind::Grant, id))?;
                (Kind::Grant, *id)
            }
            ObjectRef::Grant(spec) => (Kind::Grant, self.grant(spec)?.id.0),
        };
        Ok(ObjectKey { kind, id })
    }

    /// The object that an edit is about.
    pub(super) fn key_of_edit(&self, edit: &Edit) -> Result<ObjectKey, EditError> {
        match edit {
            Edit::Create(spec) | Edit::Put(spec) | Edit::Update(spec) => self.key_of_spec(spec),
            Edit::Rename { object, .. } | Edit::Delete { object, .. } => self.key_of_ref(object),
            Edit::SetMembers { group, .. } => self.group(group).map(|group| group_key(group.id)),
            Edit::SetGroups { member, .. } => self.member(member).map(MemberId::key),
            Edit::SetPassword(password) => self.user(&password.user).map(|user| user_key(user.id)),
            Edit::RestoreTask(name) => self.key_of_ref(&ObjectRef::Task(name.clone())),
        }
    }

    fn key_of_spec(&self, spec: &Spec) -> Result<ObjectKey, EditError> {
        self.key_of_ref(&match spec {
            Spec::Attribute(spec) => ObjectRef::Attribute(spec.name.clone()),
            Spec::Task(spec) => return self.task(&spec.name).map(|task| task_key(task.id)),
            Spec::Directory(spec) => ObjectRef::Directory(spec.name.clone()),
            Spec::User(spec) => ObjectRef::User(spec.user.clone()),
            Spec::Group(spec) => ObjectRef::Group(spec.group.clone()),
            Spec::Membership(membership) => ObjectRef::Membership(membership.clone()),
            Spec::FeedGroup(spec) => ObjectRef::FeedGroup(spec.name.clone()),
            Spec::Feed(spec) => ObjectRef::Feed(spec.name.clone()),
            Spec::Connector(spec) => ObjectRef::Connector(spec.name.clone()),
            Spec::Grant(spec) => match spec.id {
                Some(id) => ObjectRef::GrantId(id),
                None => ObjectRef::Grant(spec.clone()),
            },
            Spec::Settings(_) => return Ok(ObjectKey { kind: Kind::Settings, id: 0 }),
        })
    }
}
