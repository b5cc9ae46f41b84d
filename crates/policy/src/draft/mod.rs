//! A draft: edits by name become changes by id, each checked against the policy as the edits before it left
//! it.
//!
//! A draft works on an index of its own, which shares all that it doesn't change with the published one. If
//! an edit fails, the draft is thrown away and nothing has happened.
//!
//! | File | Holds |
//! |---|---|
//! | `resolve` | what a name means |
//! | `catalogue` | attributes and tasks |
//! | `people` | directories, users, groups, passwords |
//! | `members` | who is in which group |
//! | `places` | feed groups, feeds, connectors |
//! | `rules` | grants and settings |
//! | `delete` | what refers to what, and what goes along |
//! | `rename` | new names |

mod catalogue;
mod delete;
mod members;
mod people;
mod places;
mod rename;
mod resolve;
mod rules;

use foldhash::{HashMap, HashMapExt as _};

use super::error::EditError;
use feedgate_engine::Index;
use feedgate_model::{
    Change, Credential, GroupId, Kind, Object, ObjectKey, TaskId, UserId,
    edit::{Edit, Spec, Step},
    id::MAX_ID,
};

/// A policy that is being changed.
#[derive(Debug)]
pub struct Draft {
    index: Index,
    /// The revision that the changes will make.
    revision: u64,
    changes: Vec<Change>,
    /// Where in `changes` an object stands.
    places: HashMap<ObjectKey, usize>,
    passwords: Vec<(UserId, Option<Credential>)>,
    members: members::Members,
}

/// What came of a draft.
#[derive(Debug)]
pub struct Drafted {
    /// The policy with the changes.
    pub index: Index,
    pub changes: Vec<Change>,
    pub passwords: Vec<(UserId, Option<Credential>)>,
}

/// Whether the object that an edit names has to be there, mustn't be, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Create,
    Put,
    Update,
}

impl Draft {
    /// The next revision of a policy, without changes yet.
    pub fn new(base: &Index) -> Self {
        let revision = base.revision().number + 1;
        Self {
            index: base.at(revision),
            revision,
            changes: Vec::new(),
            places: HashMap::new(),
            passwords: Vec::new(),
            members: members::Members::default(),
        }
    }

    /// The policy with the changes so far.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Makes one edit.
    pub fn apply(&mut self, step: &Step) -> Result<(), EditError> {
        self.apply_step(step).map_err(|error| self.advised(error))
    }

    /// The error with advice about the name that wasn't found.
    fn advised(&self, error: EditError) -> EditError {
        match error {
            EditError::NotFound { kind, name, .. } => {
                let advice = self.index.advice(kind, &name);
                EditError::NotFound { kind, name, advice }
            }
            EditError::UnknownAttribute { name, .. } => {
                let advice = self.index.advice(Kind::Attribute, &name);
                EditError::UnknownAttribute { name, advice }
            }
            other => other,
        }
    }

    fn apply_step(&mut self, step: &Step) -> Result<(), EditError> {
        if let Some(expected) = step.expected_revision {
            self.expect_revision(&step.edit, expected)?;
        }
        match &step.edit {
            Edit::Create(spec) => self.set(spec, Mode::Create),
            Edit::Put(spec) => self.set(spec, Mode::Put),
            Edit::Update(spec) => self.set(spec, Mode::Update),
            Edit::Rename { object, to } => self.rename(object, to),
            Edit::Delete { object, cascade, missing_ok } => match self.delete(object, *cascade) {
                Err(EditError::NotFound { .. } | EditError::NotMember { .. }) if *missing_ok => Ok(()),
                done => done,
            },
            Edit::SetMembers { group, members } => self.set_members(group, members),
            Edit::SetGroups { member, groups } => self.set_groups(member, groups),
            Edit::SetPassword(password) => self.set_password(password),
            Edit::RestoreTask(name) => self.restore_task(name),
        }
    }

    /// The changes, and the policy with them.
    pub fn finish(self) -> Drafted {
        Drafted { index: self.index, changes: self.changes, passwords: self.passwords }
    }

    fn set(&mut self, spec: &Spec, mode: Mode) -> Result<(), EditError> {
        match spec {
            Spec::Attribute(spec) => self.set_attribute(spec, mode),
            Spec::Task(spec) => self.set_task(spec, mode),
            Spec::Directory(spec) => self.set_directory(spec, mode),
            Spec::User(spec) => self.set_user(spec, mode),
            Spec::Group(spec) => self.set_group(spec, mode),
            Spec::Membership(membership) => self.set_membership(membership, mode),
            Spec::FeedGroup(spec) => self.set_feed_group(spec, mode),
            Spec::Feed(spec) => self.set_feed(spec, mode),
            Spec::Connector(spec) => self.set_connector(spec, mode),
            Spec::Grant(spec) => self.set_grant(spec, mode),
            Spec::Settings(spec) => self.set_settings(spec, mode),
        }
    }

    fn expect_revision(&self, edit: &Edit, expected: u64) -> Result<(), EditError> {
        let key = self.key_of_edit(edit)?;
        let actual = self.index.object(key).map_or(0, |object| object.revision());
        if actual == expected {
            return Ok(());
        }
        Err(EditError::ObjectMoved { kind: key.kind, name: self.describe(key), expected, actual })
    }

    /// Checks a mode against the name of the object that is there.
    fn admit(
        mode: Mode,
        kind: Kind,
        name: impl ToString,
        there: Option<impl ToString>,
    ) -> Result<(), EditError> {
        match (mode, there) {
            (Mode::Create, Some(holder)) => {
                Err(EditError::AlreadyExists { kind, name: name.to_string(), holder: holder.to_string() })
            }
            (Mode::Update, None) => Err(EditError::not_found(kind, name)),
            _ => Ok(()),
        }
    }

    /// The id of the next object of a kind with 32-bit ids.
    fn next_id(&self, kind: Kind) -> Result<u32, EditError> {
        let id = u32::try_from(self.index.next_ids().of(kind)).ok().filter(|id| *id <= MAX_ID);
        id.ok_or(EditError::LimitExceeded { what: "the life of a store", limit: MAX_ID as usize })
    }

    /// Adds an object, or changes the one with its key. What is like it already stays untouched.
    fn put(&mut self, mut object: Object) -> Result<(), EditError> {
        let key = object.key();
        let before = self.index.object(key);
        if let Some(before) = &before {
            set_revision(&mut object, before.revision());
            if *before == object && names_of(before).eq(names_of(&object)) {
                return Ok(());
            }
        }
        set_revision(&mut object, self.revision);
        self.members.note(before.as_ref(), Some(&object));
        self.record(match before {
            None => Change::Created(object),
            Some(before) => Change::Updated(Box::new((before, object))),
        })
    }

    /// Takes an object out. Whoever calls has seen to what refers to it.
    fn remove(&mut self, key: ObjectKey) -> Result<(), EditError> {
        let Some(before) = self.index.object(key) else { return Ok(()) };
        self.members.note(Some(&before), None);
        self.record(Change::Deleted(before))
    }

    fn record(&mut self, change: Change) -> Result<(), EditError> {
        self.index
            .apply(&change)
            .map_err(|inconsistent| EditError::Invalid { field: "change", why: inconsistent.to_string() })?;
        let key = change.key();
        let earlier = self.places.get(&key).and_then(|place| self.changes.get_mut(*place));
        // An object that changes twice changed once, unless the order of names matters: whoever replays the
        // changes must not meet two objects of one name on the way.
        match (earlier, change) {
            (Some(Change::Created(first)), Change::Updated(both))
                if names_of(first).eq(names_of(&both.1)) =>
            {
                *first = both.1;
            }
            (Some(Change::Updated(first)), Change::Updated(both))
                if names_of(&first.1).eq(names_of(&both.1)) =>
            {
                first.1 = both.1;
            }
            (_, change) => {
                self.places.insert(key, self.changes.len());
                self.changes.push(change);
            }
        }
        Ok(())
    }
}

/// The spellings of an object's names.
fn names_of(object: &Object) -> impl Iterator<Item = &str> {
    let (name, others): (&str, &[_]) = match object {
        Object::Settings(_) | Object::Grant(_) => ("", &[]),
        Object::Attribute(attribute) => (attribute.name.as_str(), &[]),
        Object::Task(task) => (task.name.as_str(), &[]),
        Object::Directory(directory) => (directory.name.as_str(), &[]),
        Object::Group(group) => (group.name.as_str(), &[]),
        Object::User(user) => (user.name.as_str(), &[]),
        Object::FeedGroup(group) => (group.name.as_str(), &[]),
        Object::Feed(feed) => (feed.name.as_str(), &feed.alternate_names),
        Object::Connector(connector) => (connector.name.as_str(), &[]),
    };
    std::iter::once(name).chain(others.iter().map(feedgate_model::Name::as_str))
}

fn set_revision(object: &mut Object, revision: u64) {
    use std::sync::Arc;
    match object {
        Object::Settings(settings) => Arc::make_mut(settings).revision = revision,
        Object::Attribute(attribute) => Arc::make_mut(attribute).revision = revision,
        Object::Task(task) => Arc::make_mut(task).revision = revision,
        Object::Directory(directory) => Arc::make_mut(directory).revision = revision,
        Object::Group(group) => Arc::make_mut(group).revision = revision,
        Object::User(user) => Arc::make_mut(user).revision = revision,
        Object::FeedGroup(group) => Arc::make_mut(group).revision = revision,
        Object::Feed(feed) => Arc::make_mut(feed).revision = revision,
        Object::Connector(connector) => Arc::make_mut(connector).revision = revision,
        Object::Grant(grant) => grant.revision = revision,
    }
}

/// The key of a group.
const fn group_key(id: GroupId) -> ObjectKey {
    ObjectKey { kind: Kind::Group, id: id.0 as u64 }
}

/// The key of a task.
const fn task_key(id: TaskId) -> ObjectKey {
    ObjectKey { kind: Kind::Task, id: id.0 as u64 }
}

/// The key of a user.
const fn user_key(id: UserId) -> ObjectKey {
    ObjectKey { kind: Kind::User, id: id.0 as u64 }
}
