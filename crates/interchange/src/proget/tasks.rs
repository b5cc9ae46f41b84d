//! Tasks: from the tasks export, where their grants stand with them, or from the API.

use foldhash::HashSet;

use serde_json::value::RawValue;

use super::{
    Source,
    json::{Entry, Text},
    shape::{ApiTask, ExportedTask, TasksExport},
};
use crate::{existing::Existing, problem::Problems};
use feedgate_model::{
    AttributeName, Effect, Name, attribute,
    edit::{AttributesRef, Edit, Spec, TaskSpec},
};

/// The tasks of an import.
#[derive(Default)]
pub(super) struct Tasks<'a> {
    list: Vec<TaskSpec>,
    names: HashSet<Name>,
    /// What the export says of each task's grants, still to be read.
    pub(super) grants: Vec<ExportedGrants<'a>>,
    pub(super) text: Option<Text<'a>>,
}

/// The permissions or the restrictions of a task.
pub(super) struct ExportedGrants<'a> {
    pub(super) task: Name,
    pub(super) effect: Effect,
    pub(super) entries: Entry<'a>,
}

pub(super) fn read<'a>(
    source: Option<Source<'a>>,
    existing: &Existing<'_>,
    problems: &mut Problems,
) -> Tasks<'a> {
    let mut tasks = Tasks::default();
    let Some(text) = source.and_then(|source| Text::of(source, problems)) else { return tasks };
    tasks.text = Some(text);
    if text.is_array() {
        for entry in text.items(text.whole(), problems) {
            if let Some(ApiTask { name, description, attributes, .. }) = text.object(entry, problems) {
                tasks.add(text, entry, (&name, description, &attributes), existing, problems);
            }
        }
        return tasks;
    }
    let Some(export) = text.object::<TasksExport<'_>>(text.whole(), problems) else { return tasks };
    for entry in text.items(text.entry(export.tasks), problems) {
        let Some(task) = text.object::<ExportedTask<'_>>(entry, problems) else { continue };
        let ExportedTask { name, description, attributes, permissions, restrictions } = task;
        let Some(name) = tasks.add(text, entry, (&name, description, &attributes), existing, problems) else {
            continue;
        };
        for (effect, grants) in [(Effect::Permit, permissions), (Effect::Restrict, restrictions)] {
            let Some(entries) = grants.map(|grants: &RawValue| text.entry(grants)) else { continue };
            tasks.grants.push(ExportedGrants { task: name.clone(), effect, entries });
        }
    }
    tasks
}

impl Tasks<'_> {
    fn add(
        &mut self,
        text: Text<'_>,
        entry: Entry<'_>,
        (name, description, attributes): (&str, Option<String>, &[String]),
        existing: &Existing<'_>,
        problems: &mut Problems,
    ) -> Option<Name> {
        let name = text.name(entry, name, problems)?;
        if !self.names.insert(name.clone()) {
            problems.at(text.place(entry.offset), format!("the task `{name}` stands twice in the import"));
        }
        let mut known = Vec::new();
        for attribute in attributes {
            match AttributeName::new(attribute) {
                Ok(attribute) if existing.has_attribute(&attribute) => known.push(attribute),
                Ok(attribute) => problems.at(
                    text.place(entry.offset),
                    format!(
                        "the task `{name}` has the attribute `{attribute}`, which the catalogue \
                         doesn't have; define it first"
                    ),
                ),
                Err(error) => problems.at(text.place(entry.offset), error.to_string()),
            }
        }
        let attributes = Some(all_or_these(known));
        let description = description.map(Into::into);
        self.list.push(TaskSpec { name: name.clone(), description, attributes });
        Some(name)
    }

    /// Whether the file is an export, which says all there is to say about grants.
    pub(super) fn is_export(&self) -> bool {
        self.text.is_some_and(|text| !text.is_array())
    }

    pub(super) fn has(&self, name: &Name) -> bool {
        self.names.contains(name)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn into_edits(self) -> Vec<Edit> {
        self.list.into_iter().map(|task| Edit::Put(Spec::Task(task))).collect()
    }
}

/// The list of exactly the built-in attributes means all, including ones defined later (access model,
/// section 9). One that has more was made by hand, and means what it says.
fn all_or_these(names: Vec<AttributeName>) -> AttributesRef {
    let given: HashSet<_> = names.iter().cloned().collect();
    let built_in: HashSet<_> = attribute::built_in().map(|attribute| attribute.name).collect();
    if given == built_in { AttributesRef::All } else { AttributesRef::These(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_built_in_attributes_are_all() {
        let built_in: Vec<_> = attribute::built_in().map(|attribute| attribute.name).collect();
        let reversed: Vec<_> = built_in.iter().rev().cloned().collect();
        let fewer = built_in.iter().skip(1).cloned().collect();
        let more = [built_in.clone(), vec![AttributeName::new("Feeds_Custom").unwrap()]].concat();
        for (names, all) in [(built_in, true), (reversed, true), (fewer, false), (more, false)] {
            let found = all_or_these(names.clone());
            assert_eq!(found, if all { AttributesRef::All } else { AttributesRef::These(names) });
        }
    }
}
