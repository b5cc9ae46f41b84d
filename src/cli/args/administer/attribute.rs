//! `attribute`: what can be allowed beside what is built in.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    common::{ApiNamed, Common, Writing},
    wish::Wish,
};
use crate::model::edit::{AttributeSpec, Edit, ObjectRef, Spec};

pub(super) const EXAMPLES: &str = "\
There are at most 64 attributes, the 21 that are built in included. Those
can't be changed, and whether one is feed-scopable never changes.

Examples:
  feedgate attribute add Feeds_SignPackage --category Feeds --feed-scopable
  feedgate attribute edit Feeds_SignPackage --label 'Sign Package'
  feedgate attribute delete Feeds_SignPackage --cascade

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum Attribute {
    /// Define an attribute
    Add(AddAttribute),
    /// Change what an attribute is described by
    Edit(EditAttribute),
    #[command(flatten)]
    Common(Common<ApiNamed>),
}

#[derive(Debug, Args)]
pub struct AddAttribute {
    #[command(flatten)]
    attribute: ApiNamed,
    #[command(flatten)]
    described: Described,
    /// Grants on a feed or a feed group can give it, too, not only those on all feeds
    #[arg(long)]
    feed_scopable: bool,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "feedgate attribute edit [OPTIONS] <NAME> \
        <--label <TEXT>|--category <TEXT>|--description <TEXT>>",
    group(
    ArgGroup::new("changes").args(["label", "category", "description"]).required(true).multiple(true)
    )
)]
pub struct EditAttribute {
    #[command(flatten)]
    attribute: ApiNamed,
    #[command(flatten)]
    described: Described,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct Described {
    /// What people call it; in a new one the API name if not given
    #[arg(long, value_name = "TEXT")]
    label: Option<Box<str>>,
    /// Beside which others it stands
    #[arg(long, value_name = "TEXT")]
    category: Option<Box<str>>,
    /// What it allows
    #[arg(long, value_name = "TEXT")]
    description: Option<Box<str>>,
}

impl Described {
    fn spec(self, ApiNamed { name }: ApiNamed, feed_scopable: Option<bool>) -> AttributeSpec {
        let Self { label, category, description } = self;
        AttributeSpec { name, label, category, feed_scopable, description }
    }
}

impl Attribute {
    pub fn wish(self) -> Wish {
        match self {
            Self::Add(AddAttribute { attribute, described, feed_scopable, writing }) => {
                let mut spec = described.spec(attribute, Some(feed_scopable));
                // A whole object says everything, an empty label included.
                spec.label.get_or_insert_with(|| spec.name.as_str().into());
                writing.edits(vec![Edit::Create(Spec::Attribute(spec))])
            }
            Self::Edit(EditAttribute { attribute, described, writing }) => {
                writing.edits(vec![Edit::Update(Spec::Attribute(described.spec(attribute, None)))])
            }
            Self::Common(common) => common.wish(ObjectRef::Attribute),
        }
    }
}
