//! New names in a draft. Nothing else moves: objects refer to each other by ids.

use std::sync::Arc;

use super::{Draft, EditError};
use feedgate_model::{
    Attribute, Connector, Directory, Feed, FeedGroup, Group, Kind, Name, Object, Task, User,
    attribute::AttributeName,
    edit::{NewName, ObjectRef, PrincipalName},
};

impl Draft {
    pub(super) fn rename(&mut self, object: &ObjectRef, to: &NewName) -> Result<(), EditError> {
        let key = self.key_of_ref(object)?;
        let Some(present) = self.index.object(key) else { return Ok(()) };
        let renamed = match (present, to) {
            (Object::Attribute(attribute), NewName::Attribute(name)) => {
                self.renamed_attribute(&attribute, name)?
            }
            (present, NewName::Name(name)) => self.renamed(present, name)?,
            (_, NewName::Attribute(name)) => {
                let why = format!("`{name}` is an attribute's name, the object is none");
                return Err(EditError::Invalid { field: "new_name", why });
            }
        };
        self.put(renamed)
    }

    fn renamed_attribute(&self, attribute: &Attribute, name: &AttributeName) -> Result<Object, EditError> {
        if attribute.is_built_in() {
            return Err(immutable(Kind::Attribute, attribute.name.as_str(), "it is built in"));
        }
        let alike = |other: &&Arc<Attribute>| {
            other.id != attribute.id && other.name.as_str().eq_ignore_ascii_case(name.as_str())
        };
        taken(
            Kind::Attribute,
            name.as_str(),
            self.index.attributes().find(alike).map(|other| other.name.as_str()),
        )?;
        Ok(Object::Attribute(Arc::new(Attribute { name: name.clone(), ..attribute.clone() })))
    }

    fn renamed(&self, present: Object, name: &Name) -> Result<Object, EditError> {
        let kind = present.key().kind;
        let in_directory = |directory| {
            let directory = self.index.directory(directory).map(|directory| directory.name.clone());
            PrincipalName::Named { directory, name: name.clone() }
        };
        let name = name.clone();
        Ok(match present {
            Object::Task(task) => {
                taken(
                    kind,
                    name.as_str(),
                    self.task(&name).ok().filter(|o| o.id != task.id).map(|o| o.name.as_str()),
                )?;
                Object::Task(Arc::new(Task { name, ..Task::clone(&task) }))
            }
            Object::Directory(directory) if directory.is_built_in() => {
                return Err(immutable(kind, directory.name.as_str(), "it is built in"));
            }
            Object::Directory(directory) => {
                taken(
                    kind,
                    name.as_str(),
                    self.directory(&name).ok().filter(|o| o.id != directory.id).map(|o| o.name.as_str()),
                )?;
                Object::Directory(Arc::new(Directory { name, ..Directory::clone(&directory) }))
            }
            Object::User(user) => {
                let other = self.user(&in_directory(user.directory)).ok().filter(|o| o.id != user.id);
                taken(kind, name.as_str(), other.map(|o| o.name.as_str()))?;
                Object::User(Arc::new(User { name, ..User::clone(&user) }))
            }
            Object::Group(group) => {
                let other = self.group(&in_directory(group.directory)).ok().filter(|o| o.id != group.id);
                taken(kind, name.as_str(), other.map(|o| o.name.as_str()))?;
                Object::Group(Arc::new(Group { name, ..Group::clone(&group) }))
            }
            Object::FeedGroup(group) => {
                taken(
                    kind,
                    name.as_str(),
                    self.feed_group(&name).ok().filter(|o| o.id != group.id).map(|o| o.name.as_str()),
                )?;
                Object::FeedGroup(Arc::new(FeedGroup { name, ..FeedGroup::clone(&group) }))
            }
            Object::Feed(feed) => {
                taken(
                    kind,
                    name.as_str(),
                    self.feed(&name).ok().filter(|o| o.id != feed.id).map(|o| o.name.as_str()),
                )?;
                // An alternate name that becomes the name is no alternate any more.
                let alternate_names =
                    feed.alternate_names.iter().filter(|own| **own != name).cloned().collect();
                Object::Feed(Arc::new(Feed { name, alternate_names, ..Feed::clone(&feed) }))
            }
            Object::Connector(connector) => {
                taken(
                    kind,
                    name.as_str(),
                    self.connector(&name).ok().filter(|o| o.id != connector.id).map(|o| o.name.as_str()),
                )?;
                Object::Connector(Arc::new(Connector { name, ..Connector::clone(&connector) }))
            }
            Object::Attribute(_) | Object::Settings(_) | Object::Grant(_) => {
                return Err(immutable(kind, name.as_str(), "it can't have such a name"));
            }
        })
    }
}

fn taken(kind: Kind, name: &str, by: Option<&str>) -> Result<(), EditError> {
    by.map_or(Ok(()), |holder| {
        Err(EditError::AlreadyExists { kind, name: name.into(), holder: holder.into() })
    })
}

fn immutable(kind: Kind, name: &str, why: &'static str) -> EditError {
    EditError::Immutable { kind, name: name.into(), why }
}
