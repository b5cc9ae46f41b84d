//! `task`: a named set of attributes.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    common::{Common, Named, Writing, list},
    wish::{Amendment, Difference, What, Wish},
};
use crate::model::{
    AttributeName, Name,
    edit::{AttributesRef, Edit, ObjectRef, Spec, TaskSpec},
};

pub(super) const EXAMPLES: &str = "\
A change holds at once for every grant of the task.

Examples:
  feedgate task add Download --attribute Feeds_DownloadPackage
  feedgate task edit Download --add-attribute Feeds_ViewFeed
  feedgate task edit Download --attribute A --attribute B   # these alone
  feedgate task delete Download --cascade --dry-run
  feedgate task restore 'Manage Feed'

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Make a task
    Add(AddTask),
    /// Change a task, for all its grants at once
    Edit(EditTask),
    #[command(flatten)]
    Common(Common<Named>),
    /// Give a built-in task its original attributes and description, also after it was deleted
    Restore(Restore),
}

#[derive(Debug, Args)]
pub struct AddTask {
    #[command(flatten)]
    task: Named,
    #[command(flatten)]
    consists: Consists,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "feedgate task edit [OPTIONS] <NAME> \
        <--description <TEXT>|--attribute <ATTRIBUTE>|--all-attributes|--add-attribute <ATTRIBUTE>|\
        --remove-attribute <ATTRIBUTE>>",
    group(
    ArgGroup::new("changes")
        .args(["description", "attributes", "all_attributes", "add_attributes", "remove_attributes"])
        .required(true)
        .multiple(true)
    )
)]
pub struct EditTask {
    #[command(flatten)]
    task: Named,
    #[command(flatten)]
    consists: Consists,
    /// One more attribute; may be repeated
    #[arg(
        long = "add-attribute",
        value_name = "ATTRIBUTE",
        value_parser = AttributeName::new,
        conflicts_with_all = ["attributes", "all_attributes"]
    )]
    add_attributes: Vec<AttributeName>,
    /// An attribute that it has no more; may be repeated
    #[arg(
        long = "remove-attribute",
        value_name = "ATTRIBUTE",
        value_parser = AttributeName::new,
        conflicts_with_all = ["attributes", "all_attributes"]
    )]
    remove_attributes: Vec<AttributeName>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct Consists {
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<Box<str>>,
    /// An attribute of it; may be repeated, for all that it has
    #[arg(
        long = "attribute",
        value_name = "ATTRIBUTE",
        value_parser = AttributeName::new,
        conflicts_with = "all_attributes"
    )]
    attributes: Vec<AttributeName>,
    /// It has every attribute, including ones defined later
    #[arg(long)]
    all_attributes: bool,
}

impl Consists {
    fn spec(self, name: Name) -> TaskSpec {
        let Self { description, attributes, all_attributes } = self;
        let these = list(attributes).map(AttributesRef::These);
        let attributes = if all_attributes { Some(AttributesRef::All) } else { these };
        TaskSpec { name, description, attributes }
    }
}

#[derive(Debug, Args)]
pub struct Restore {
    /// Its original name
    #[arg(value_parser = Name::new)]
    name: Name,
    #[command(flatten)]
    writing: Writing,
}

impl Task {
    pub fn wish(self) -> Wish {
        match self {
            Self::Add(AddTask { task, consists, writing }) => {
                writing.edits(vec![Edit::Create(Spec::Task(consists.spec(task.name)))])
            }
            Self::Edit(EditTask { task, consists, add_attributes, remove_attributes, writing }) => {
                let spec = consists.spec(task.name);
                writing.write(match Difference::new(add_attributes, remove_attributes) {
                    None => What::Edits(vec![Edit::Update(Spec::Task(spec))]),
                    Some(difference) => What::Amendment(Amendment::Task(spec, difference)),
                })
            }
            Self::Common(common) => common.wish(ObjectRef::Task),
            Self::Restore(Restore { name, writing }) => writing.edits(vec![Edit::RestoreTask(name)]),
        }
    }
}
