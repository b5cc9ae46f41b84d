//! The spelling of names. Names compare without case, so a store may spell an object's name otherwise than a file.

use super::{PolicyFile, entry::Person};
use crate::{
    existing::Existing,
    key::{Who, is_built_in},
};
use feedgate_model::{
    Name,
    edit::{Edit, NewName, ObjectRef, PrincipalName},
};

/// Renames every object that the file spells otherwise than the store.
///
/// Names of users and groups of external directories keep the spelling of their directory.
pub(super) fn renames(file: &PolicyFile, existing: &Existing<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut rename = |object: ObjectRef, to: NewName| edits.push(Edit::Rename { object, to });
    for entry in file.attributes.iter().flatten() {
        let name = &entry.value.name;
        if let Some(present) = existing.attribute_like(name).filter(|present| present.name != *name) {
            rename(ObjectRef::Attribute(present.name.clone()), NewName::Attribute(name.clone()));
        }
    }
    let mut spelled = |object: fn(Name) -> ObjectRef, present: Option<&Name>, name: &Name| {
        if present.is_some_and(|present| present.as_str() != name.as_str()) {
            rename(object(name.clone()), NewName::Name(name.clone()));
        }
    };
    for task in file.tasks.iter().flatten() {
        let name = &task.name.value;
        spelled(ObjectRef::Task, existing.tasks.get(name).map(|task| &task.name), name);
    }
    for entry in file.directories.iter().flatten().filter(|entry| !is_built_in(&entry.value.name)) {
        let name = &entry.value.name;
        spelled(ObjectRef::Directory, existing.directories.get(name).map(|spec| &spec.name), name);
    }
    for entry in file.feed_groups.iter().flatten() {
        let name = &entry.value.name;
        spelled(ObjectRef::FeedGroup, existing.feed_groups.get(name).map(|spec| &spec.name), name);
    }
    for feed in file.feeds.iter().flatten() {
        let name = &feed.name.value;
        spelled(ObjectRef::Feed, existing.feeds.get(name).map(|spec| &spec.name), name);
    }
    for connector in file.connectors.iter().flatten() {
        let name = &connector.name.value;
        spelled(ObjectRef::Connector, existing.connectors.get(name).map(|spec| &spec.name), name);
    }
    let user = |name| ObjectRef::User(PrincipalName::built_in(name));
    for who in file.users.iter().flatten().filter_map(|user| built_in(&user.user)) {
        let present = existing.users.get(who).and_then(|user| Who::of(&user.user));
        spelled(user, present.map(|present| present.name), who.name);
    }
    let group = |name| ObjectRef::Group(PrincipalName::built_in(name));
    for who in file.groups.iter().flatten().filter_map(|group| built_in(&group.group)) {
        let present = existing.groups.get(who).and_then(|group| Who::of(&group.group));
        spelled(group, present.map(|present| present.name), who.name);
    }
    edits
}

/// A user or a group of the built-in directory.
fn built_in(person: &Person) -> Option<Who<'_>> {
    Some(person.who()).filter(|who| who.directory.is_none())
}
