//! Looking things up in an index, and listing what it holds.

use std::sync::Arc;

use super::{AttributeBits, Index, Member, PrincipalKey, ScopeTable, scope_table::Entry};
use feedgate_model::{
    Attribute, AttributeId, Connector, ConnectorId, Directory, DirectoryId, Effect, Feed, FeedGroup,
    FeedGroupId, FeedId, Grant, GrantId, Group, GroupId, Kind, NameKey, NextIds, Object, ObjectKey,
    Principal, Revision, Scope, Settings, Task, TaskId, User, UserId,
};

const NO_GRANTS: &ScopeTable = &ScopeTable::Empty;

impl Index {
    /// Which revision of which store this is.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// How this policy is read.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The ids that the next objects get.
    pub fn next_ids(&self) -> &NextIds {
        &self.next
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Settings => 1,
            Kind::Attribute => self.attributes.len(),
            Kind::Task => self.tasks.len(),
            Kind::Directory => self.directories.len(),
            Kind::Group => self.groups.len(),
            Kind::User => self.users.len(),
            Kind::FeedGroup => self.feed_groups.len(),
            Kind::Feed => self.feeds.len(),
            Kind::Connector => self.connectors.len(),
            Kind::Grant => self.grants.len(),
        }
    }

    /// By id; none if it isn't there (any more).
    pub fn attribute(&self, id: AttributeId) -> Option<&Arc<Attribute>> {
        self.attributes.get(id).map(|(_, attribute)| attribute)
    }

    /// By id; none if it isn't there (any more).
    pub fn task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(id.0).map(|entry| &entry.task)
    }

    /// By id; none if it isn't there (any more).
    pub fn directory(&self, id: DirectoryId) -> Option<&Arc<Directory>> {
        self.directories.get(id.0)
    }

    /// By id; none if it isn't there (any more).
    pub fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(id.0)
    }

    /// By id; none if it isn't there (any more).
    pub fn group(&self, id: GroupId) -> Option<&Arc<Group>> {
        self.groups.get(id.0)
    }

    /// By id; none if it isn't there (any more).
    pub fn feed_group(&self, id: FeedGroupId) -> Option<&Arc<FeedGroup>> {
        self.feed_groups.get(id.0).map(|entry| &entry.object)
    }

    /// By id; none if it isn't there (any more).
    pub fn feed(&self, id: FeedId) -> Option<&Arc<Feed>> {
        self.feeds.get(id.0).map(|entry| &entry.object)
    }

    /// By id; none if it isn't there (any more).
    pub fn connector(&self, id: ConnectorId) -> Option<&Arc<Connector>> {
        self.connectors.get(id.0)
    }

    /// By id; none if it isn't there (any more).
    pub fn grant(&self, id: GrantId) -> Option<Grant> {
        self.grants.get(id)
    }

    /// Any object.
    pub fn object(&self, key: ObjectKey) -> Option<Object> {
        let id = u32::try_from(key.id).ok();
        match key.kind {
            Kind::Settings => Some(Object::Settings(self.settings.clone())),
            Kind::Attribute => self.attribute(AttributeId(id?)).cloned().map(Object::Attribute),
            Kind::Task => self.task(TaskId(id?)).cloned().map(Object::Task),
            Kind::Directory => self.directory(DirectoryId(id?)).cloned().map(Object::Directory),
            Kind::Group => self.group(GroupId(id?)).cloned().map(Object::Group),
            Kind::User => self.user(UserId(id?)).cloned().map(Object::User),
            Kind::FeedGroup => self.feed_group(FeedGroupId(id?)).cloned().map(Object::FeedGroup),
            Kind::Feed => self.feed(FeedId(id?)).cloned().map(Object::Feed),
            Kind::Connector => self.connector(ConnectorId(id?)).cloned().map(Object::Connector),
            Kind::Grant => self.grant(GrantId(key.id)).map(Object::Grant),
        }
    }

    /// Whether an object is there.
    pub fn contains(&self, key: ObjectKey) -> bool {
        let Ok(id) = u32::try_from(key.id) else {
            return key.kind == Kind::Grant && self.grants.contains(GrantId(key.id));
        };
        match key.kind {
            Kind::Settings => true,
            Kind::Attribute => self.attributes.get(AttributeId(id)).is_some(),
            Kind::Task => self.tasks.get(id).is_some(),
            Kind::Directory => self.directories.get(id).is_some(),
            Kind::Group => self.groups.get(id).is_some(),
            Kind::User => self.users.get(id).is_some(),
            Kind::FeedGroup => self.feed_groups.get(id).is_some(),
            Kind::Feed => self.feeds.get(id).is_some(),
            Kind::Connector => self.connectors.get(id).is_some(),
            Kind::Grant => self.grants.contains(GrantId(key.id)),
        }
    }

    /// By its exact API name.
    pub fn attribute_named(&self, name: &str) -> Option<&Arc<Attribute>> {
        self.attributes.named(name)
    }

    /// By name.
    pub fn task_named(&self, name: &NameKey<'_>) -> Option<&Arc<Task>> {
        self.tasks.called(0, name.as_bytes()).map(|entry| &entry.task)
    }

    /// By name.
    pub fn directory_named(&self, name: &NameKey<'_>) -> Option<&Arc<Directory>> {
        self.directories.called(0, name.as_bytes())
    }

    /// By name, in a directory.
    pub fn user_named(&self, directory: DirectoryId, name: &NameKey<'_>) -> Option<&Arc<User>> {
        self.users.called(directory.0, name.as_bytes())
    }

    /// What decisions need of a user, by name, in a directory.
    #[inline]
    pub fn member_named(&self, directory: DirectoryId, name: &NameKey<'_>) -> Option<Member<'_>> {
        self.users.named_card(directory.0, name.as_bytes()).map(|(name, card)| card.member(name))
    }

    /// The user that is bound to an id of an external directory.
    pub fn user_bound(&self, directory: DirectoryId, external: &str) -> Option<&Arc<User>> {
        self.users.get(self.bound_users.find(directory, external)?)
    }

    /// The group that is bound to an id of an external directory.
    pub fn group_bound(&self, directory: DirectoryId, external: &str) -> Option<&Arc<Group>> {
        self.groups.get(self.bound_groups.find(directory, external)?)
    }

    /// A number that stands for all users and groups of a directory that the policy names and that aren't bound to an
    /// id there: 0 if there are none, and with others among them another one.
    pub fn unbound_in(&self, directory: DirectoryId) -> u64 {
        self.unbound.of(directory)
    }

    /// By a name as it is compared, in a directory.
    pub fn user_comparing(&self, directory: DirectoryId, name: &[u8]) -> Option<&Arc<User>> {
        self.users.called(directory.0, name)
    }

    /// By a name as it is compared, in a directory.
    pub fn group_comparing(&self, directory: DirectoryId, name: &[u8]) -> Option<&Arc<Group>> {
        self.groups.called(directory.0, name)
    }

    /// By name, in a directory.
    pub fn group_named(&self, directory: DirectoryId, name: &NameKey<'_>) -> Option<&Arc<Group>> {
        self.groups.called(directory.0, name.as_bytes())
    }

    /// By name.
    pub fn feed_group_named(&self, name: &NameKey<'_>) -> Option<&Arc<FeedGroup>> {
        self.feed_groups.called(0, name.as_bytes()).map(|entry| &entry.object)
    }

    /// By its name or an alternate name: which one it is, and nothing else of it.
    #[inline]
    pub fn feed_id_named(&self, name: &NameKey<'_>) -> Option<FeedId> {
        self.feeds.card(0, name.as_bytes()).copied().map(FeedId)
    }

    /// By name: which one it is, and nothing else of it.
    #[inline]
    pub fn feed_group_id_named(&self, name: &NameKey<'_>) -> Option<FeedGroupId> {
        self.feed_groups.card(0, name.as_bytes()).copied().map(FeedGroupId)
    }

    /// By its name or an alternate name.
    pub fn feed_named(&self, name: &NameKey<'_>) -> Option<&Arc<Feed>> {
        self.feeds.called(0, name.as_bytes()).map(|entry| &entry.object)
    }

    /// By name.
    pub fn connector_named(&self, name: &NameKey<'_>) -> Option<&Arc<Connector>> {
        self.connectors.called(0, name.as_bytes())
    }

    /// The attributes, in the order of the catalogue.
    pub fn attributes(&self) -> impl Iterator<Item = &Arc<Attribute>> {
        self.attributes.iter()
    }

    /// All of them, by id.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.tasks.iter().map(|entry| &entry.task)
    }

    /// All of them, by id.
    pub fn directories(&self) -> impl Iterator<Item = &Arc<Directory>> {
        self.directories.iter()
    }

    /// The enabled directories, in the order in which bare names are looked for in them.
    pub fn enabled_directories(&self) -> &[Arc<Directory>] {
        &self.enabled_directories
    }

    /// Those with this id or a later one, by id.
    pub fn groups_from(&self, id: GroupId) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.iter_from(id.0)
    }

    /// Those with this id or a later one, by id.
    pub fn users_from(&self, id: UserId) -> impl Iterator<Item = &Arc<User>> {
        self.users.iter_from(id.0)
    }

    /// Those with this id or a later one, by id.
    pub fn feed_groups_from(&self, id: FeedGroupId) -> impl Iterator<Item = &Arc<FeedGroup>> {
        self.feed_groups.iter_from(id.0).map(|entry| &entry.object)
    }

    /// Those with this id or a later one, by id.
    pub fn feeds_from(&self, id: FeedId) -> impl Iterator<Item = &Arc<Feed>> {
        self.feeds.iter_from(id.0).map(|entry| &entry.object)
    }

    /// Those with this id or a later one, by id, each with the grants on it.
    pub(crate) fn feeds_with_grants_from(
        &self,
        id: FeedId,
    ) -> impl Iterator<Item = (&Arc<Feed>, &ScopeTable)> {
        self.feeds.iter_from(id.0).map(|entry| (&entry.object, &entry.grants))
    }

    /// Those with this id or a later one, by id.
    pub fn connectors_from(&self, id: ConnectorId) -> impl Iterator<Item = &Arc<Connector>> {
        self.connectors.iter_from(id.0)
    }

    /// Those with this id or a later one, by id.
    pub fn grants_from(&self, id: GrantId) -> impl Iterator<Item = Grant> + '_ {
        self.grants.iter_from(id)
    }

    /// The grants on exactly this scope.
    pub fn table(&self, scope: Scope) -> &ScopeTable {
        match scope {
            Scope::AllFeeds => &self.all_feeds,
            Scope::FeedGroup(id) => self.feed_groups.get(id.0).map_or(NO_GRANTS, |entry| &entry.grants),
            Scope::Feed(id) => self.feeds.get(id.0).map_or(NO_GRANTS, |entry| &entry.grants),
        }
    }

    /// The grants in exactly this scope, by id.
    pub fn grants_in(&self, scope: Scope) -> impl Iterator<Item = Grant> + '_ {
        let mut ids: Vec<_> = self.table(scope).entries().into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.grant(id))
    }

    /// The grants to exactly this principal, by id. Looks into every scope.
    pub fn grants_of(&self, principal: Principal) -> impl Iterator<Item = Grant> + '_ {
        let key = PrincipalKey::of(principal);
        let mut ids = Vec::new();
        let mut look = |table: &ScopeTable| table.visit(key, |found| ids.push(found.id));
        look(&self.all_feeds);
        self.feed_groups.iter().for_each(|entry| look(&entry.grants));
        self.feeds.iter().for_each(|entry| look(&entry.grants));
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.grant(id))
    }

    /// The grant with this natural key.
    pub fn find_grant(
        &self,
        effect: Effect,
        principal: Principal,
        task: TaskId,
        scope: Scope,
    ) -> Option<GrantId> {
        self.table(scope).find(Entry { principal: PrincipalKey::of(principal), task, effect })
    }

    /// The bit of an attribute; none if it isn't there.
    pub fn bits_of(&self, attribute: AttributeId) -> AttributeBits {
        self.bit(attribute).map_or(AttributeBits::NONE, |(bit, _)| AttributeBits(1 << bit))
    }

    /// The bits of a task's attributes; none if it isn't there.
    pub fn bits_of_task(&self, task: TaskId) -> AttributeBits {
        AttributeBits(self.mask(task)).and(self.all_bits())
    }

    /// The bits of all attributes.
    pub fn all_bits(&self) -> AttributeBits {
        AttributeBits(self.attributes.all_and_scopable().0)
    }

    /// The bits of the attributes that can be scoped to a feed.
    pub fn scopable_bits(&self) -> AttributeBits {
        AttributeBits(self.attributes.all_and_scopable().1)
    }

    /// The attributes that these bits mean, in the order of the catalogue.
    pub fn attributes_in(&self, bits: AttributeBits) -> impl Iterator<Item = &Arc<Attribute>> {
        self.attributes.of_bits(bits.0)
    }

    /// The groups that are in groups.
    pub fn nested_groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.nested.iter().map(|(_, group)| group)
    }

    /// An attribute's bit and whether it is feed-scopable.
    #[inline]
    pub(crate) fn bit(&self, id: AttributeId) -> Option<(u32, bool)> {
        self.attributes.get(id).map(|(bit, attribute)| (bit, attribute.feed_scopable))
    }

    /// The bits of a task's attributes; none if it isn't there.
    #[inline]
    pub(crate) fn mask(&self, task: TaskId) -> u64 {
        self.tasks.get(task.0).map_or(0, |entry| entry.mask)
    }

    /// Whether any group is in another.
    #[inline]
    pub(crate) fn has_nested(&self) -> bool {
        !self.nested.is_empty()
    }

    /// The group, if it is in groups itself.
    #[inline]
    pub(crate) fn nested(&self, id: GroupId) -> Option<&Arc<Group>> {
        self.nested.get(id.0.into())
    }

    /// The feed group of a feed, and the grants on the feed.
    #[inline]
    pub(crate) fn group_and_grants(&self, feed: FeedId) -> (Option<FeedGroupId>, &ScopeTable) {
        self.feeds.get(feed.0).map_or((None, NO_GRANTS), |entry| (entry.above, &entry.grants))
    }
}
