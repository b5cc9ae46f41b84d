//! Tasks: named sets of attributes, and the five that a new store has.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    attribute,
    id::{AttributeId, TaskId},
    name::{Name, NameError},
};

/// A named, described set of attributes: what grants are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub name: Name,
    pub description: Box<str>,
    pub attributes: TaskAttributes,
    /// The revision that last changed this object.
    pub revision: u64,
}

/// Which attributes a task has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskAttributes {
    /// Every attribute, including ones defined later: the Administer task's.
    All,
    These(BTreeSet<AttributeId>),
}

impl TaskAttributes {
    /// Exactly these. A list never means all, however long it is: an attribute defined later isn't in it.
    pub fn from_ids(ids: impl IntoIterator<Item = AttributeId>) -> Self {
        Self::These(ids.into_iter().collect())
    }

    /// Whether the task names this attribute itself; `All` names none.
    pub fn names(&self, id: AttributeId) -> bool {
        match self {
            Self::All => false,
            Self::These(ids) => ids.contains(&id),
        }
    }
}

/// One of the five tasks of a new store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltInTask {
    Administer,
    ManageFeed,
    PromotePackages,
    PublishPackages,
    ViewAndDownloadPackages,
}

impl BuiltInTask {
    /// All five, in the order of their ids.
    pub const ALL: [Self; 5] = [
        Self::Administer,
        Self::ManageFeed,
        Self::PromotePackages,
        Self::PublishPackages,
        Self::ViewAndDownloadPackages,
    ];

    /// The id that it has in every store.
    pub const fn id(self) -> TaskId {
        TaskId(self as u32 + 1)
    }

    /// Whose id this is.
    pub fn of(id: TaskId) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.id() == id)
    }

    /// Its original name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administer => "Administer",
            Self::ManageFeed => "Manage Feed",
            Self::PromotePackages => "Promote Packages",
            Self::PublishPackages => "Publish Packages",
            Self::ViewAndDownloadPackages => "View & Download Packages",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Administer => "Do everything",
            Self::ManageFeed => "Do everything on a feed, its settings and connectors included",
            Self::PromotePackages => "View, download and publish packages, and accept promotions",
            Self::PublishPackages => "View, download, publish and pull packages",
            Self::ViewAndDownloadPackages => "View and download packages",
        }
    }

    fn attributes(self) -> TaskAttributes {
        let named: &[&str] = match self {
            Self::Administer => return TaskAttributes::All,
            Self::ManageFeed => {
                let scopable = attribute::built_in().filter(|attribute| attribute.feed_scopable);
                return TaskAttributes::These(scopable.map(|attribute| attribute.id).collect());
            }
            Self::PromotePackages => &[
                "Feeds_ViewFeed",
                "Feeds_DownloadPackage",
                "Feeds_AddPackage",
                "Feeds_AcceptPackagePromotions",
            ],
            Self::PublishPackages => {
                &["Feeds_ViewFeed", "Feeds_DownloadPackage", "Feeds_AddPackage", "Feeds_PullPackage"]
            }
            Self::ViewAndDownloadPackages => &["Feeds_ViewFeed", "Feeds_DownloadPackage"],
        };
        TaskAttributes::These(named.iter().filter_map(|name| attribute::built_in_id(name)).collect())
    }

    /// The task as a new store has it.
    pub fn task(self) -> Result<Task, NameError> {
        Ok(Task {
            id: self.id(),
            name: Name::new(self.name())?,
            description: self.description().into(),
            attributes: self.attributes(),
            revision: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_tasks_have_their_attributes() {
        let sizes = BuiltInTask::ALL.map(|task| match task.task().unwrap().attributes {
            TaskAttributes::All => 21,
            TaskAttributes::These(ids) => ids.len(),
        });
        assert_eq!(sizes, [21, 10, 4, 4, 2]);
        assert_eq!(BuiltInTask::ALL.map(|task| BuiltInTask::of(task.id())), BuiltInTask::ALL.map(Some));
    }
}
