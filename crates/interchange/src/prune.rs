//! What goes because a file doesn't name it.
//!
//! Grants and connectors are deleted first, by the names that the store has: nothing refers to them. The others
//! are deleted last, in an order in which nothing is deleted that is still referred to by something
//! else that goes: so none has to cascade, and what something that *stays* refers to is refused by the server
//! with the list of what that is.

use std::collections::HashMap;

use foldhash::{HashSet, HashSetExt as _};

use super::{
    administrator,
    existing::Existing,
    key::{GrantKey, MemberKey, PrincipalKey, Who, is_built_in},
    policy_file::bindings::{self, Bound},
    problem::Note,
};
use feedgate_model::{
    AttributeName, BuiltInTask, Name, attribute,
    edit::{
        AttributeSpec, ConnectorSpec, DirectorySpec, Edit, FeedGroupSpec, FeedSpec, GrantSpec, GroupSpec,
        Member, ObjectRef, PrincipalName, Spec, TaskSpec, UserSpec,
    },
};

/// The kinds that a file has: only of these is anything pruned.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kinds {
    pub(super) attributes: bool,
    pub(super) tasks: bool,
    pub(super) directories: bool,
    pub(super) users: bool,
    pub(super) groups: bool,
    pub(super) feed_groups: bool,
    pub(super) feeds: bool,
    pub(super) connectors: bool,
    pub(super) grants: bool,
}

/// What goes.
#[derive(Debug, Default)]
pub(super) struct Doomed<'a> {
    attributes: Vec<&'a AttributeSpec>,
    pub(super) tasks: Vec<&'a TaskSpec>,
    directories: Vec<&'a DirectorySpec>,
    pub(super) users: Vec<&'a UserSpec>,
    pub(super) groups: Vec<&'a GroupSpec>,
    feed_groups: Vec<&'a FeedGroupSpec>,
    feeds: Vec<&'a FeedSpec>,
    connectors: Vec<&'a ConnectorSpec>,
    pub(super) grants: Vec<&'a GrantSpec>,
}

/// What edits name.
#[derive(Default)]
struct Named<'a> {
    attributes: HashSet<&'a AttributeName>,
    tasks: HashSet<&'a Name>,
    directories: HashSet<&'a Name>,
    users: HashSet<Who<'a>>,
    groups: HashSet<Who<'a>>,
    feed_groups: HashSet<&'a Name>,
    feeds: HashSet<&'a Name>,
    connectors: HashSet<&'a Name>,
    grants: HashSet<GrantKey<'a>>,
}

impl<'a> Named<'a> {
    fn by(edits: &'a [Edit]) -> Self {
        let mut named = Self::default();
        for edit in edits {
            match edit {
                Edit::Put(spec) => named.spec(spec),
                Edit::SetMembers { group, members } => {
                    named.groups.extend(Who::of(group));
                    members.iter().filter_map(MemberKey::of).for_each(|member| named.member(member));
                }
                Edit::SetGroups { member, groups } => {
                    named.groups.extend(groups.iter().filter_map(Who::of));
                    MemberKey::of(member).into_iter().for_each(|member| named.member(member));
                }
                _ => {}
            }
        }
        named
    }

    fn spec(&mut self, spec: &'a Spec) {
        match spec {
            Spec::Attribute(spec) => {
                self.attributes.insert(&spec.name);
            }
            Spec::Task(spec) => {
                self.tasks.insert(&spec.name);
            }
            Spec::Directory(spec) => {
                self.directories.insert(&spec.name);
            }
            Spec::User(spec) => self.users.extend(Who::of(&spec.user)),
            Spec::Group(spec) => self.groups.extend(Who::of(&spec.group)),
            Spec::FeedGroup(spec) => {
                self.feed_groups.insert(&spec.name);
            }
            Spec::Feed(spec) => {
                self.feeds.insert(&spec.name);
            }
            Spec::Connector(spec) => {
                self.connectors.insert(&spec.name);
            }
            Spec::Grant(spec) => {
                self.grants.extend(GrantKey::of(spec));
                match PrincipalKey::of(&spec.principal) {
                    Some(PrincipalKey::User(user)) => {
                        self.users.insert(user);
                    }
                    Some(PrincipalKey::Group(group)) => {
                        self.groups.insert(group);
                    }
                    _ => {}
                }
            }
            Spec::Membership(_) | Spec::Settings(_) => {}
        }
    }

    fn member(&mut self, member: MemberKey<'a>) {
        match member {
            MemberKey::User(user) => self.users.insert(user),
            MemberKey::Group(group) => self.groups.insert(group),
        };
    }
}

/// What pruning adds to the edits of a file.
#[derive(Debug, Default)]
pub(super) struct Pruning {
    /// Before them.
    pub(super) first: Vec<Edit>,
    /// After them.
    pub(super) last: Vec<Edit>,
}

/// What pruning does beyond deleting.
#[derive(Debug, Default)]
pub(super) struct Completion {
    /// The edits that set defaults on which the last administrator may depend: attributes of tasks, members of
    /// groups.
    pub(super) defaults: Vec<Edit>,
    /// The temporary names of feeds that are deleted.
    pub(super) renamed: HashMap<Name, Name>,
}

/// The deletions of what the store has and the edits don't name, of these kinds. Built-in attributes, tasks
/// and the built-in directory stay, and so does the last administrator, which is noted.
pub(super) fn deletions(
    existing: &Existing<'_>,
    edits: &[Edit],
    completion: Completion,
    kinds: &Kinds,
    notes: &mut Vec<Note>,
) -> Pruning {
    let Completion { mut defaults, renamed } = completion;
    let mut doomed = doomed(existing, &Named::by(edits), kinds);
    let mut spared = Spared::default();
    if let Some(administrator) = administrator::to_be_kept(existing, edits, &defaults, &doomed) {
        notes.push(Note(format!(
            "kept {administrator}, although the file doesn't name them: nobody else could administer the store"
        )));
        doomed.tasks.retain(|task| task.name != administrator.grant.task);
        doomed.grants.retain(|grant| GrantKey::of(grant) != GrantKey::of(administrator.grant));
        doomed.users.retain(|user| Who::of(&user.user) != Some(administrator.user));
        doomed
            .groups
            .retain(|group| Who::of(&group.group).is_none_or(|group| !administrator.groups.contains(&group)));
        spared.task = Some(administrator.grant.task.clone());
        spared.groups = administrator.groups.iter().map(|group| group.to_principal()).collect();
    }
    defaults.retain(|edit| !spared.has(edit));
    let removed: HashSet<_> = doomed.bound().collect();
    let mut first = bindings::releases(existing, edits, |bound| removed.contains(&bound));
    doomed.delete_unreferenced(&mut first);
    let mut last = defaults;
    last.extend(doomed.into_edits(existing, &renamed));
    Pruning { first, last }
}

/// What keeps its attributes or members, because the last administrator depends on them.
#[derive(Default)]
struct Spared {
    task: Option<Name>,
    groups: Vec<PrincipalName>,
}

impl Spared {
    fn has(&self, default: &Edit) -> bool {
        match default {
            Edit::Put(Spec::Task(task)) => self.task.as_ref() == Some(&task.name),
            Edit::SetMembers { group, .. } => self.groups.iter().any(|kept| Who::of(kept) == Who::of(group)),
            _ => false,
        }
    }
}

fn doomed<'a>(existing: &Existing<'a>, named: &Named<'_>, kinds: &Kinds) -> Doomed<'a> {
    fn pick<'a, T>(
        wanted: bool,
        all: impl Iterator<Item = &'a T>,
        stays: impl Fn(&'a T) -> bool,
    ) -> Vec<&'a T> {
        if wanted { all.filter(|spec| !stays(spec)).collect() } else { Vec::new() }
    }
    let built_in_tasks: HashSet<Name> =
        BuiltInTask::ALL.iter().filter_map(|task| Name::new(task.name()).ok()).collect();
    Doomed {
        attributes: pick(kinds.attributes, existing.attributes.iter(), |spec| {
            attribute::built_in_id(spec.name.as_str()).is_some() || named.attributes.contains(&spec.name)
        }),
        tasks: pick(kinds.tasks, existing.tasks.iter(), |spec| {
            built_in_tasks.contains(&spec.name) || named.tasks.contains(&spec.name)
        }),
        directories: pick(kinds.directories, existing.directories.iter(), |spec| {
            is_built_in(&spec.name) || named.directories.contains(&spec.name)
        }),
        users: pick(kinds.users, existing.users.iter(), |spec| {
            Who::of(&spec.user).is_none_or(|who| named.users.contains(&who))
        }),
        groups: pick(kinds.groups, existing.groups.iter(), |spec| {
            Who::of(&spec.group).is_none_or(|who| named.groups.contains(&who))
        }),
        feed_groups: pick(kinds.feed_groups, existing.feed_groups.iter(), |spec| {
            named.feed_groups.contains(&spec.name)
        }),
        feeds: pick(kinds.feeds, existing.feeds.iter(), |spec| named.feeds.contains(&spec.name)),
        connectors: pick(kinds.connectors, existing.connectors.iter(), |spec| {
            named.connectors.contains(&spec.name)
        }),
        grants: pick(kinds.grants, existing.grants.iter().copied(), |spec| {
            GrantKey::of(spec).is_none_or(|key| named.grants.contains(&key))
        }),
    }
}

impl<'a> Doomed<'a> {
    /// Users and groups that go.
    fn bound(&self) -> impl Iterator<Item = Bound<'a>> {
        let users = self.users.iter().filter_map(|user| Who::of(&user.user)).map(Bound::User);
        users.chain(self.groups.iter().filter_map(|group| Who::of(&group.group)).map(Bound::Group))
    }

    /// Deletes the kinds to which nothing refers.
    fn delete_unreferenced(&self, edits: &mut Vec<Edit>) {
        let mut delete = |object| edits.push(Edit::Delete { object, cascade: false, missing_ok: true });
        for grant in &self.grants {
            delete(ObjectRef::Grant(GrantSpec { comment: None, ..(*grant).clone() }));
        }
        self.connectors.iter().for_each(|spec| delete(ObjectRef::Connector(spec.name.clone())));
    }

    /// Deletes the others.
    fn into_edits(self, existing: &Existing<'_>, renamed: &HashMap<Name, Name>) -> Vec<Edit> {
        let present = |feed: &FeedSpec| renamed.get(&feed.name).unwrap_or(&feed.name).clone();
        let mut edits = self.detachments(existing, present);
        let mut delete = |object| edits.push(Edit::Delete { object, cascade: false, missing_ok: true });
        self.feeds.iter().for_each(|spec| delete(ObjectRef::Feed(present(spec))));
        self.feed_groups.iter().for_each(|spec| delete(ObjectRef::FeedGroup(spec.name.clone())));
        self.users.iter().for_each(|spec| delete(ObjectRef::User(spec.user.clone())));
        self.groups.iter().for_each(|spec| delete(ObjectRef::Group(spec.group.clone())));
        self.tasks.iter().for_each(|spec| delete(ObjectRef::Task(spec.name.clone())));
        self.directories.iter().for_each(|spec| delete(ObjectRef::Directory(spec.name.clone())));
        self.attributes.iter().for_each(|spec| delete(ObjectRef::Attribute(spec.name.clone())));
        edits
    }

    /// Takes what goes apart from each other and from groups: feeds that promote to feeds, members of groups.
    fn detachments(&self, existing: &Existing<'_>, present: impl Fn(&FeedSpec) -> Name) -> Vec<Edit> {
        let mut edits = Vec::new();
        for feed in self.feeds.iter().filter(|feed| matches!(feed.promote_to, Some(Some(_)))) {
            edits.push(Edit::Put(Spec::Feed(FeedSpec {
                name: present(feed),
                feed_type: None,
                alternate_names: None,
                group: None,
                promote_to: Some(None),
            })));
        }
        let users: HashSet<_> = self.users.iter().filter_map(|user| Who::of(&user.user)).collect();
        let groups: HashSet<_> = self.groups.iter().filter_map(|group| Who::of(&group.group)).collect();
        let mut emptied = HashSet::new();
        let mut leaving = HashSet::new();
        for membership in &existing.memberships {
            if let Some(group) = Who::of(&membership.group)
                && groups.contains(&group)
                && emptied.insert(group)
            {
                edits.push(Edit::SetMembers { group: membership.group.clone(), members: Vec::new() });
            }
            let goes = match MemberKey::of(&membership.member) {
                Some(MemberKey::User(user)) => users.contains(&user),
                Some(MemberKey::Group(group)) => groups.contains(&group),
                None => false,
            };
            if goes && leaving.insert(MemberKey::of(&membership.member)) {
                edits.push(leave_all_groups(&membership.member));
            }
        }
        edits
    }
}

fn leave_all_groups(member: &Member) -> Edit {
    Edit::SetGroups { member: member.clone(), groups: Vec::new() }
}
