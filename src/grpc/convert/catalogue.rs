//! Attributes, and the tasks that are made of them.

use prost_types::FieldMask;

use super::{
    invalid::{Invalid, each},
    mask::{Given, Mask},
    names::Names,
    text,
};
use crate::{
    grpc::pb,
    model::{
        Attribute, BuiltInTask, Task, TaskAttributes,
        edit::{AttributeSpec, AttributesRef, TaskSpec},
    },
};

pub fn attribute_spec(attribute: pb::Attribute, mask: &Mask<'_>) -> Result<AttributeSpec, Invalid> {
    // Ids, revisions and what is marked output only are ignored, here and below.
    let pb::Attribute { name, label, category, feed_scopable, description, built_in: _, id: _, revision: _ } =
        attribute;
    mask.only(&["label", "category", "feed_scopable", "description"])?;
    Ok(AttributeSpec {
        name: text::attribute_name("name", &name)?,
        label: mask.take("label", label, text::line)?,
        category: mask.take("category", category, text::line)?,
        feed_scopable: mask.has("feed_scopable").then_some(feed_scopable),
        description: mask.take("description", description, text::text)?,
    })
}

/// `attributes` and `all_attributes` are one field in two spellings, also in a mask.
pub fn task_spec(task: pb::Task, mask: &Mask<'_>) -> Result<TaskSpec, Invalid> {
    let pb::Task { name, description, attributes, all_attributes, built_in: _, id: _, revision: _ } = task;
    mask.only(&["description", "attributes", "all_attributes"])?;
    let given = mask.has("attributes") || mask.has("all_attributes");
    Ok(TaskSpec {
        name: text::name("name", &name)?,
        description: mask.take("description", description, text::text)?,
        attributes: match (given, all_attributes) {
            (false, _) => None,
            (true, true) => Some(AttributesRef::All),
            (true, false) => {
                let names = each("attributes", &attributes, |name| text::checked_attribute_name(name))?;
                Some(AttributesRef::These(names))
            }
        },
    })
}

pub fn attribute_request(spec: AttributeSpec) -> (pb::Attribute, Option<FieldMask>) {
    let AttributeSpec { name, label, category, feed_scopable, description } = spec;
    let mut given = Given::default();
    let attribute = pb::Attribute {
        name: name.into(),
        label: given.take("label", label.map(String::from)),
        category: given.take("category", category.map(String::from)),
        feed_scopable: given.take("feed_scopable", feed_scopable),
        description: given.take("description", description.map(String::from)),
        ..pb::Attribute::default()
    };
    (attribute, given.mask())
}

pub fn task_request(spec: TaskSpec) -> (pb::Task, Option<FieldMask>) {
    let TaskSpec { name, description, attributes } = spec;
    let mut given = Given::default();
    let attributes = attributes.map(|attributes| match attributes {
        AttributesRef::All => (true, Vec::new()),
        AttributesRef::These(names) => (false, names.into_iter().map(String::from).collect()),
    });
    let description = given.take("description", description.map(String::from));
    let (all_attributes, attributes) = given.take("attributes", attributes);
    let task = pb::Task { name: name.into(), description, attributes, all_attributes, ..pb::Task::default() };
    (task, given.mask())
}

pub fn attribute(attribute: &Attribute) -> pb::Attribute {
    let Attribute { id, name, label, category, feed_scopable, description, revision } = attribute;
    pb::Attribute {
        name: name.as_str().into(),
        label: label.as_ref().into(),
        category: category.as_ref().into(),
        feed_scopable: *feed_scopable,
        description: description.as_ref().into(),
        built_in: attribute.is_built_in(),
        id: id.0.into(),
        revision: *revision,
    }
}

pub fn task(task: &Task, names: &Names<'_>) -> pb::Task {
    let Task { id, name, description, attributes, revision } = task;
    let (all_attributes, attributes) = match attributes {
        TaskAttributes::All => (true, Vec::new()),
        TaskAttributes::These(ids) => (false, ids.iter().map(|id| names.attribute(*id)).collect()),
    };
    pb::Task {
        name: name.as_str().into(),
        description: description.as_ref().into(),
        attributes,
        all_attributes,
        built_in: BuiltInTask::of(*id).is_some(),
        id: id.0.into(),
        revision: *revision,
    }
}
