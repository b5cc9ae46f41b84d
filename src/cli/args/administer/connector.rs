//! `connector`: where feeds get packages from.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    common::{Common, Named, Writing, list},
    wish::{Amendment, Difference, What, Wish},
};
use crate::model::{
    Name,
    edit::{ConnectorSpec, Edit, ObjectRef, SourceRef, Spec},
};

pub(super) const EXAMPLES: &str = "\
Examples:
  feedgate connector add npmjs --url https://npm.example.com --feed npm
  feedgate connector add from-dev --source-feed npm-dev --feed npm
  feedgate connector edit npmjs --add-feed npm-dev
  feedgate connector delete npmjs

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum Connector {
    /// Make a connector
    Add(AddConnector),
    /// Change what a connector reads, or for which feeds
    Edit(EditConnector),
    #[command(flatten)]
    Common(Common<Named>),
}

#[derive(Debug, Args)]
#[command(mut_group("source", |group| group.required(true)))]
pub struct AddConnector {
    #[command(flatten)]
    connector: Named,
    #[command(flatten)]
    reads: Reads,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "feedgate connector edit [OPTIONS] <NAME> \
        <--url <URL>|--source-feed <FEED>|--feed <FEED>|--add-feed <FEED>|--remove-feed <FEED>>",
    group(
    ArgGroup::new("changes")
        .args(["url", "source_feed", "feeds", "add_feeds", "remove_feeds"])
        .required(true)
        .multiple(true)
    )
)]
pub struct EditConnector {
    #[command(flatten)]
    connector: Named,
    #[command(flatten)]
    reads: Reads,
    /// One more feed that uses it; may be repeated
    #[arg(long = "add-feed", value_name = "FEED", value_parser = Name::new, conflicts_with = "feeds")]
    add_feeds: Vec<Name>,
    /// A feed that uses it no more; may be repeated
    #[arg(long = "remove-feed", value_name = "FEED", value_parser = Name::new, conflicts_with = "feeds")]
    remove_feeds: Vec<Name>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").args(["url", "source_feed"])))]
struct Reads {
    /// An outside source that it reads
    #[arg(long)]
    url: Option<Box<str>>,
    /// A feed of this policy that it reads
    #[arg(long, value_name = "FEED", value_parser = Name::new)]
    source_feed: Option<Name>,
    /// A feed that uses it; may be repeated, for all that do
    #[arg(long = "feed", value_name = "FEED", value_parser = Name::new)]
    feeds: Vec<Name>,
}

impl Reads {
    fn spec(self, name: Name) -> ConnectorSpec {
        let Self { url, source_feed, feeds } = self;
        let source = url.map(SourceRef::Url).or(source_feed.map(SourceRef::Feed));
        ConnectorSpec { name, source, feeds: list(feeds) }
    }
}

impl Connector {
    pub fn wish(self) -> Wish {
        match self {
            Self::Add(AddConnector { connector, reads, writing }) => {
                writing.edits(vec![Edit::Create(Spec::Connector(reads.spec(connector.name)))])
            }
            Self::Edit(EditConnector { connector, reads, add_feeds, remove_feeds, writing }) => {
                let spec = reads.spec(connector.name);
                writing.write(match Difference::new(add_feeds, remove_feeds) {
                    None => What::Edits(vec![Edit::Update(Spec::Connector(spec))]),
                    Some(difference) => What::Amendment(Amendment::Connector(spec, difference)),
                })
            }
            Self::Common(common) => common.wish(ObjectRef::Connector),
        }
    }
}
