//! Defaults of the keys that an entry of a policy file doesn't have.
//!
//! With `--prune` the file is authoritative for the kinds of objects that it contains, so an absent key means its
//! default. Three keys are exceptions, because their defaults could grant access: a user's `disabled`, a
//! directory's `enabled`, and `external_id` stay as they are unless the file sets them.
//!
//! `members` of a group and `attributes` of a task get their defaults by edits of their own: the last administrator
//! may depend on them, and then these edits are left out.

use foldhash::HashSet;

use super::PolicyFile;
use crate::{
    existing::Existing,
    key::{Who, is_built_in},
    problem::Problems,
};
use feedgate_model::{
    Attribute, BareNames, BuiltInTask, Name, ScopePrecedence, SignInOrder, Task, TaskAttributes, UnknownFeed,
    attribute,
    directory::BUILT_IN_NAME,
    edit::{
        AttributeSpec, AttributesRef, DirectorySpec, Edit, FeedGroupSpec, FeedSpec, GrantSpec, GroupSpec,
        SettingsSpec, Spec, TaskSpec, UserSpec,
    },
};

/// Gives a spec the defaults of the fields that it leaves out, except those that have edits of their own.
pub(super) fn complete(spec: &mut Spec) {
    match spec {
        Spec::Settings(spec) => complete_settings(spec),
        Spec::Attribute(AttributeSpec { name, label, category, feed_scopable, description }) => {
            label.get_or_insert_with(|| name.as_str().into());
            category.get_or_insert_default();
            feed_scopable.get_or_insert(false);
            description.get_or_insert_default();
        }
        Spec::Task(TaskSpec { name, description, attributes: _ }) => {
            description
                .get_or_insert_with(|| BuiltIn::named(name).map(|task| task.description).unwrap_or_default());
        }
        Spec::Directory(spec) => complete_directory(spec),
        Spec::User(UserSpec { user: _, display_name, email, disabled: _, external_id: _ }) => {
            display_name.get_or_insert_default();
            email.get_or_insert_default();
        }
        Spec::Group(GroupSpec { group: _, description, external_id: _ }) => {
            description.get_or_insert_default();
        }
        Spec::FeedGroup(FeedGroupSpec { name: _, description }) => {
            description.get_or_insert_default();
        }
        Spec::Feed(spec) => complete_feed(spec),
        Spec::Connector(spec) => {
            spec.feeds.get_or_insert_default();
        }
        Spec::Grant(GrantSpec { comment, .. }) => {
            comment.get_or_insert_default();
        }
        Spec::Membership(_) => {}
    }
}

/// As [`complete`] does.
pub(super) fn complete_feed(feed: &mut FeedSpec) {
    let FeedSpec { name: _, feed_type, alternate_names, group, promote_to } = feed;
    feed_type.get_or_insert_default();
    alternate_names.get_or_insert_default();
    group.get_or_insert(None);
    promote_to.get_or_insert(None);
}

fn complete_directory(directory: &mut DirectorySpec) {
    let DirectorySpec { name: _, domains, netbios, enabled: _, position: _ } = directory;
    domains.get_or_insert_default();
    netbios.get_or_insert_default();
}

fn complete_settings(settings: &mut SettingsSpec) {
    let SettingsSpec { scope_precedence, unknown_feed, bare_names, sign_in } = settings;
    scope_precedence.get_or_insert(ScopePrecedence::default());
    unknown_feed.get_or_insert(UnknownFeed::default());
    bare_names.get_or_insert(BareNames::default());
    sign_in.get_or_insert(SignInOrder::default());
}

/// A built-in task as a new store has it.
pub(super) struct BuiltIn {
    pub(super) description: Box<str>,
    pub(super) attributes: AttributesRef,
}

impl BuiltIn {
    /// The built-in task that has this name in a new store.
    pub(super) fn named(name: &Name) -> Option<Self> {
        let mut tasks = BuiltInTask::ALL.iter().filter_map(|task| task.task().ok());
        tasks.find(|task| task.name == *name).map(Self::of)
    }

    fn of(task: Task) -> Self {
        let attributes = match task.attributes {
            TaskAttributes::All => AttributesRef::All,
            TaskAttributes::These(ids) => {
                let name = |attribute: Attribute| ids.contains(&attribute.id).then_some(attribute.name);
                AttributesRef::These(attribute::built_in().filter_map(name).collect())
            }
        };
        Self { description: task.description, attributes }
    }
}

/// Completes a file's directories, and puts the built-in one first if the file doesn't mention it.
pub(super) fn complete_directories(mut listed: Vec<DirectorySpec>) -> Vec<DirectorySpec> {
    if !listed.iter().any(|directory| is_built_in(&directory.name))
        && let Ok(name) = Name::new(BUILT_IN_NAME)
    {
        listed.insert(0, DirectorySpec { name, domains: None, netbios: None, enabled: None, position: None });
    }
    listed.iter_mut().for_each(complete_directory);
    listed
}

/// The edits that give tasks their default attributes and groups their default members.
///
/// A built-in task that the file doesn't mention stays, and becomes what it is in a new store. `mentioned` are
/// the groups of external directories that only a member or a grant names.
pub(super) fn edits<'f>(
    file: &'f PolicyFile,
    existing: &Existing<'_>,
    mentioned: impl Iterator<Item = Who<'f>>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    if let Some(tasks) = &file.tasks {
        let listed: HashSet<&Name> = tasks.iter().map(|task| &task.name.value).collect();
        for task in tasks.iter().filter(|task| task.attributes.is_none()) {
            let name = task.name.value.clone();
            let built_in = BuiltIn::named(&name).map(|task| task.attributes);
            let attributes = built_in.unwrap_or(AttributesRef::These(Vec::new()));
            edits.push(put_task(name, None, attributes));
        }
        for task in BuiltInTask::ALL.iter().filter_map(|task| task.task().ok()) {
            if !listed.contains(&task.name) && existing.tasks.has(&task.name) {
                let name = task.name.clone();
                let BuiltIn { description, attributes } = BuiltIn::of(task);
                edits.push(put_task(name, Some(description), attributes));
            }
        }
    }
    if let Some(groups) = &file.groups {
        let without_members = groups.iter().filter(|group| group.members.is_none());
        let without_members = without_members.map(|group| group.group.who());
        edits.extend(
            without_members
                .chain(mentioned)
                .map(|group| Edit::SetMembers { group: group.to_principal(), members: Vec::new() }),
        );
    }
    edits
}

fn put_task(name: Name, description: Option<Box<str>>, attributes: AttributesRef) -> Edit {
    Edit::Put(Spec::Task(TaskSpec { name, description, attributes: Some(attributes) }))
}

/// Notes attributes that the store has with the other `feed_scopable`, which never changes.
pub(super) fn check_feed_scopable(file: &PolicyFile, existing: &Existing<'_>, problems: &mut Problems) {
    for entry in file.attributes.iter().flatten() {
        let AttributeSpec { name, feed_scopable, .. } = &entry.value;
        let Some(present) = existing.attribute_like(name) else { continue };
        let (wanted, is) = (feed_scopable.unwrap_or(false), present.feed_scopable.unwrap_or(false));
        if wanted != is {
            let message = format!(
                "the store's attribute `{}` has `feed_scopable: {is}`, which never changes, and the file {}; \
                 write `feed_scopable: {is}`",
                present.name,
                if feed_scopable.is_some() { "says otherwise" } else { "leaves it out, which means `false`" },
            );
            problems.at(entry.place, message);
        }
    }
}
