//! Attributes and tasks in a draft.

use std::sync::Arc;

use super::{Draft, EditError, Mode};
use feedgate_model::{
    Attribute, AttributeId, BuiltInTask, Kind, Name, Object, Task, TaskAttributes, TaskId,
    attribute::MAX_ATTRIBUTES,
    edit::{AttributeSpec, AttributesRef, TaskSpec},
    similar,
};

impl Draft {
    pub(super) fn set_attribute(&mut self, spec: &AttributeSpec, mode: Mode) -> Result<(), EditError> {
        let AttributeSpec { name, label, category, feed_scopable, description } = spec;
        let there = self.index.attribute_named(name.as_str()).cloned();
        Self::admit(mode, Kind::Attribute, name, there.as_ref().map(|it| &it.name))?;
        let mut attribute = match there {
            Some(attribute) => Attribute::clone(&attribute),
            None => self.new_attribute(spec)?,
        };
        let before = attribute.clone();
        replace(&mut attribute.label, label);
        replace(&mut attribute.category, category);
        replace(&mut attribute.description, description);
        let immutable =
            |why| Err(EditError::Immutable { kind: Kind::Attribute, name: name.to_string(), why });
        if feed_scopable.is_some_and(|scopable| scopable != attribute.feed_scopable) {
            return immutable("whether an attribute is feed-scopable never changes");
        }
        if attribute.is_built_in() && attribute != before {
            return immutable("it is built in");
        }
        self.put(Object::Attribute(Arc::new(attribute)))
    }

    fn new_attribute(&self, spec: &AttributeSpec) -> Result<Attribute, EditError> {
        if self.index.count(Kind::Attribute) >= MAX_ATTRIBUTES {
            return Err(EditError::LimitExceeded {
                what: "the catalogue of attributes",
                limit: MAX_ATTRIBUTES,
            });
        }
        // Exact when looked up, so two that differ in case alone would be a trap.
        let alike = self
            .index
            .attributes()
            .find(|other| other.name.as_str().eq_ignore_ascii_case(spec.name.as_str()));
        if let Some(alike) = alike {
            let (name, holder) = (spec.name.to_string(), alike.name.to_string());
            return Err(EditError::AlreadyExists { kind: Kind::Attribute, name, holder });
        }
        Ok(Attribute {
            id: AttributeId(self.next_id(Kind::Attribute)?),
            name: spec.name.clone(),
            label: spec.name.as_str().into(),
            category: "".into(),
            feed_scopable: spec.feed_scopable.unwrap_or(false),
            description: "".into(),
            revision: 0,
        })
    }

    pub(super) fn set_task(&mut self, spec: &TaskSpec, mode: Mode) -> Result<(), EditError> {
        let TaskSpec { name, description, attributes } = spec;
        let there = self.task(name).cloned().ok();
        Self::admit(mode, Kind::Task, name, there.as_ref().map(|it| &it.name))?;
        let mut task = match there {
            Some(task) => Task::clone(&task),
            None => Task {
                id: TaskId(self.next_id(Kind::Task)?),
                name: name.clone(),
                description: "".into(),
                attributes: TaskAttributes::from_ids([]),
                revision: 0,
            },
        };
        replace(&mut task.description, description);
        if let Some(attributes) = attributes {
            task.attributes = self.task_attributes(attributes)?;
        }
        self.put(Object::Task(Arc::new(task)))
    }

    fn task_attributes(&self, attributes: &AttributesRef) -> Result<TaskAttributes, EditError> {
        let names = match attributes {
            AttributesRef::All => return Ok(TaskAttributes::All),
            AttributesRef::These(names) => names,
        };
        let ids =
            names.iter().map(|name| Ok(self.attribute(name)?.id)).collect::<Result<Vec<_>, EditError>>()?;
        Ok(TaskAttributes::from_ids(ids))
    }

    pub(super) fn restore_task(&mut self, name: &Name) -> Result<(), EditError> {
        let ampersand = similar::with_ampersand(name);
        let is_meant = |task: &Task| task.name == *name || Some(&task.name) == ampersand.as_ref();
        let original = BuiltInTask::ALL.into_iter().filter_map(|task| task.task().ok()).find(is_meant);
        let Some(original) = original else {
            return Err(EditError::not_found(Kind::Task, name));
        };
        let mut task = original.clone();
        if let Some(present) = self.index.task(original.id) {
            task.name = present.name.clone();
        } else if let Ok(other) = self.task(&original.name) {
            // The original was deleted, and another has taken its name.
            let (name, holder) = (name.to_string(), other.name.to_string());
            return Err(EditError::AlreadyExists { kind: Kind::Task, name, holder });
        }
        self.put(Object::Task(Arc::new(task)))
    }
}

/// Sets a field if the spec has it.
pub(super) fn replace<T: Clone>(field: &mut T, value: &Option<T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}
