//! From ids to names: answers say what things are called.

use crate::{
    engine::{Index, Target},
    grpc::pb,
    model::{
        AttributeId, ConnectorId, DirectoryId, FeedGroupId, FeedId, GroupId, Kind, ObjectKey, Principal,
        Scope, TaskId, UserId,
    },
};

/// Where names are looked up: in one policy, then in another.
///
/// What a change set created and deleted again is in neither, and has an id but no name.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    first: &'a Index,
    second: &'a Index,
    /// Whether principals have ids beside their names.
    ids: bool,
}

impl<'a> Names<'a> {
    /// The names of one policy.
    pub fn of(index: &'a Index) -> Self {
        Self { first: index, second: index, ids: true }
    }

    /// The names of one policy, to be read elsewhere, where ids mean something else or nothing.
    pub fn alone(index: &'a Index) -> Self {
        Self { ids: false, ..Self::of(index) }
    }

    /// The names of one policy, and where it has none those of another.
    pub fn or(first: &'a Index, second: &'a Index) -> Self {
        Self { first, second, ids: true }
    }

    fn find<T>(&self, find: impl Fn(&'a Index) -> Option<T>) -> Option<T> {
        find(self.first).or_else(|| find(self.second))
    }

    pub fn attribute(&self, id: AttributeId) -> String {
        self.find(|index| index.attribute(id)).map(|it| it.name.as_str().into()).unwrap_or_default()
    }

    pub fn task(&self, id: TaskId) -> String {
        self.find(|index| index.task(id)).map(|it| it.name.as_str().into()).unwrap_or_default()
    }

    pub fn directory(&self, id: DirectoryId) -> String {
        self.find(|index| index.directory(id)).map(|it| it.name.as_str().into()).unwrap_or_default()
    }

    pub fn feed_group(&self, id: FeedGroupId) -> String {
        self.find(|index| index.feed_group(id)).map(|it| it.name.as_str().into()).unwrap_or_default()
    }

    pub fn feed(&self, id: FeedId) -> String {
        self.find(|index| index.feed(id)).map(|it| it.name.as_str().into()).unwrap_or_default()
    }

    pub fn connector(&self, id: ConnectorId) -> String {
        self.find(|index| index.connector(id)).map(|it| it.name.as_str().into()).unwrap_or_default()
    }

    /// Where something is done; none for what isn't there.
    pub fn target(&self, target: Target) -> Option<pb::Target> {
        use pb::target::{Kind, System};
        let kind = match target {
            Target::System => Kind::System(System {}),
            Target::Feed(id) => Kind::Feed(self.feed(id)),
            Target::FeedGroup(id) => Kind::FeedGroup(self.feed_group(id)),
            Target::UnknownFeed | Target::UnknownFeedGroup => return None,
        };
        Some(pb::Target { kind: Some(kind) })
    }

    /// An object, as a reference to it; none for the settings, of which there is one.
    pub fn object(&self, key: ObjectKey) -> Option<pb::ObjectRef> {
        use pb::object_ref::Kind as Ref;
        let id = u32::try_from(key.id).unwrap_or_default();
        let kind = match key.kind {
            Kind::Settings => return None,
            Kind::Attribute => Ref::Attribute(self.attribute(AttributeId(id))),
            Kind::Task => Ref::Task(self.task(TaskId(id))),
            Kind::Directory => Ref::Directory(self.directory(DirectoryId(id))),
            Kind::Group => Ref::Group(self.group(GroupId(id))),
            Kind::User => Ref::User(self.user(UserId(id))),
            Kind::FeedGroup => Ref::FeedGroup(self.feed_group(FeedGroupId(id))),
            Kind::Feed => Ref::Feed(self.feed(FeedId(id))),
            Kind::Connector => Ref::Connector(self.connector(ConnectorId(id))),
            Kind::Grant => Ref::GrantId(key.id),
        };
        Some(pb::ObjectRef { kind: Some(kind) })
    }

    pub fn user(&self, id: UserId) -> pb::PrincipalName {
        let user = self.find(|index| index.user(id));
        let found = user.map(|user| (user.directory, user.name.as_str(), user.external_id.is_some()));
        self.principal(found, id.0)
    }

    pub fn group(&self, id: GroupId) -> pb::PrincipalName {
        let group = self.find(|index| index.group(id));
        let found = group.map(|group| (group.directory, group.name.as_str(), group.external_id.is_some()));
        self.principal(found, id.0)
    }

    /// `found` is its directory, its name, and whether it is bound to an id there.
    fn principal(&self, found: Option<(DirectoryId, &str, bool)>, id: u32) -> pb::PrincipalName {
        let id = if self.ids { id.into() } else { 0 };
        let Some((directory, name, is_bound)) = found else {
            return pb::PrincipalName { id, ..pb::PrincipalName::default() };
        };
        let unbound = self.ids && directory != DirectoryId::BUILT_IN && !is_bound;
        pb::PrincipalName { directory: self.directory(directory), name: name.into(), id, unbound }
    }

    /// Whom a grant is for.
    pub fn grantee(&self, principal: Principal) -> pb::Principal {
        use pb::principal::{Anonymous, Authenticated, Everyone, Kind};
        let kind = match principal {
            Principal::User(id) => Kind::User(self.user(id)),
            Principal::Group(id) => Kind::Group(self.group(id)),
            Principal::Everyone => Kind::Everyone(Everyone {}),
            Principal::Authenticated => Kind::Authenticated(Authenticated { directory: String::new() }),
            Principal::AuthenticatedBy(id) => {
                Kind::Authenticated(Authenticated { directory: self.directory(id) })
            }
            Principal::Anonymous => Kind::Anonymous(Anonymous {}),
        };
        pb::Principal { kind: Some(kind) }
    }

    /// Where a grant holds.
    pub fn scope(&self, scope: Scope) -> pb::Scope {
        use pb::scope::{AllFeeds, Kind};
        let kind = match scope {
            Scope::AllFeeds => Kind::AllFeeds(AllFeeds {}),
            Scope::FeedGroup(id) => Kind::FeedGroup(self.feed_group(id)),
            Scope::Feed(id) => Kind::Feed(self.feed(id)),
        };
        pb::Scope { kind: Some(kind) }
    }
}
