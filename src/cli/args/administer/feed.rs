//! `feed`: a feed, its names, and where it belongs.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    common::{Common, Named, Writing, list},
    wish::{Amendment, Difference, What, Wish},
};
use crate::model::{
    Name,
    edit::{Edit, FeedSpec, ObjectRef, Spec},
};

pub(super) const EXAMPLES: &str = "\
Examples:
  feedgate feed add npm-dev --type npm --feed-group dev --promote-to npm
  feedgate feed edit npm --no-feed-group --add-alternate-name npm-live
  feedgate feed rename npm npm-live
  feedgate feed delete npm-dev --cascade --dry-run

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum Feed {
    /// Make a feed
    Add(AddFeed),
    /// Change what a feed is, and where it belongs
    Edit(EditFeed),
    #[command(flatten)]
    Common(Common<Named>),
}

#[derive(Debug, Args)]
pub struct AddFeed {
    #[command(flatten)]
    feed: Named,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "feedgate feed edit [OPTIONS] <NAME> \
        <--type <TYPE>|--feed-group <GROUP>|--no-feed-group|--promote-to <FEED>|--no-promote-to|\
        --alternate-name <NAME>|--add-alternate-name <NAME>|--remove-alternate-name <NAME>>",
    group(
    ArgGroup::new("changes")
        .args([
            "feed_type",
            "feed_group",
            "no_feed_group",
            "promote_to",
            "no_promote_to",
            "alternate_names",
            "add_alternate_names",
            "remove_alternate_names",
        ])
        .required(true)
        .multiple(true)
    )
)]
pub struct EditFeed {
    #[command(flatten)]
    feed: Named,
    #[command(flatten)]
    places: Places,
    /// It is in no feed group any more
    #[arg(long, conflicts_with = "feed_group")]
    no_feed_group: bool,
    /// Its packages may be promoted to any feed
    #[arg(long, conflicts_with = "promote_to")]
    no_promote_to: bool,
    /// One more alternate name; may be repeated
    #[arg(
        long = "add-alternate-name",
        value_name = "NAME",
        value_parser = Name::new,
        conflicts_with = "alternate_names"
    )]
    add_alternate_names: Vec<Name>,
    /// An alternate name that it has no more; may be repeated
    #[arg(
        long = "remove-alternate-name",
        value_name = "NAME",
        value_parser = Name::new,
        conflicts_with = "alternate_names"
    )]
    remove_alternate_names: Vec<Name>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct Places {
    /// What it holds: nuget, npm, pypi, oci, …
    #[arg(long = "type", value_name = "TYPE")]
    feed_type: Option<Box<str>>,
    /// The feed group that it belongs to
    #[arg(long, value_name = "GROUP", value_parser = Name::new)]
    feed_group: Option<Name>,
    /// The feed that its packages are promoted to
    #[arg(long, value_name = "FEED", value_parser = Name::new)]
    promote_to: Option<Name>,
    /// A name that it has, too; may be repeated, for all that it has
    #[arg(long = "alternate-name", value_name = "NAME", value_parser = Name::new)]
    alternate_names: Vec<Name>,
}

impl Places {
    fn spec(self, name: Name) -> FeedSpec {
        let Self { feed_type, feed_group, promote_to, alternate_names } = self;
        FeedSpec {
            name,
            feed_type,
            alternate_names: list(alternate_names),
            group: feed_group.map(Some),
            promote_to: promote_to.map(Some),
        }
    }
}

impl Feed {
    pub fn wish(self) -> Wish {
        match self {
            Self::Add(AddFeed { feed, places, writing }) => {
                writing.edits(vec![Edit::Create(Spec::Feed(places.spec(feed.name)))])
            }
            Self::Edit(edit) => edit.wish(),
            Self::Common(common) => common.wish(ObjectRef::Feed),
        }
    }
}

impl EditFeed {
    fn wish(self) -> Wish {
        let Self {
            feed,
            places,
            no_feed_group,
            no_promote_to,
            add_alternate_names,
            remove_alternate_names,
            writing,
        } = self;
        let mut spec = places.spec(feed.name);
        if no_feed_group {
            spec.group = Some(None);
        }
        if no_promote_to {
            spec.promote_to = Some(None);
        }
        writing.write(match Difference::new(add_alternate_names, remove_alternate_names) {
            None => What::Edits(vec![Edit::Update(Spec::Feed(spec))]),
            Some(difference) => What::Amendment(Amendment::Feed(spec, difference)),
        })
    }
}
