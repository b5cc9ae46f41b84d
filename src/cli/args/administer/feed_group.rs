//! `feed-group`: a set of feeds. Which feeds are in it, they say themselves.

use clap::{Args, Subcommand};

use super::{
    common::{Common, Named, Writing},
    wish::Wish,
};
use crate::model::edit::{Edit, FeedGroupSpec, ObjectRef, Spec};

pub(super) const EXAMPLES: &str = "\
A feed is put into a group with `feedgate feed edit FEED --feed-group GROUP`.

Examples:
  feedgate feed-group add live --description 'what production uses'
  feedgate feed-group show live
  feedgate feed-group delete live --cascade --dry-run

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum FeedGroup {
    /// Make a feed group
    Add(AddFeedGroup),
    /// Change what a feed group is described by
    Edit(EditFeedGroup),
    #[command(flatten)]
    Common(Common<Named>),
}

#[derive(Debug, Args)]
pub struct AddFeedGroup {
    #[command(flatten)]
    group: Named,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<Box<str>>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct EditFeedGroup {
    #[command(flatten)]
    group: Named,
    /// What it is for
    #[arg(long, value_name = "TEXT", required = true)]
    description: Option<Box<str>>,
    #[command(flatten)]
    writing: Writing,
}

impl FeedGroup {
    pub fn wish(self) -> Wish {
        let spec =
            |group: Named, description| Spec::FeedGroup(FeedGroupSpec { name: group.name, description });
        match self {
            Self::Add(AddFeedGroup { group, description, writing }) => {
                writing.edits(vec![Edit::Create(spec(group, description))])
            }
            Self::Edit(EditFeedGroup { group, description, writing }) => {
                writing.edits(vec![Edit::Update(spec(group, description))])
            }
            Self::Common(common) => common.wish(ObjectRef::FeedGroup),
        }
    }
}
