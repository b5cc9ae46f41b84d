//! `list`: which objects, and which of them.

use clap::{Args, Subcommand, ValueEnum};

use super::whom::{Principal, Scope};

pub(super) const EXAMPLES: &str = "\
Examples:
  feedgate list feeds --feed-group live
  feedgate list grants --group Developers
  feedgate list grants --feed unapproved-nuget --effect restrict
  feedgate list users --prefix j --output json

Exit codes: 0 listed, even when there is nothing; 2 wrong use; 3 failed.";

#[derive(Debug, Subcommand)]
pub enum List {
    /// What can be allowed
    Attributes,
    /// Sets of attributes, what grants are made of
    Tasks,
    /// Where users and groups live, in their order
    Directories,
    /// Users of the policy
    Users(Names),
    /// Groups of the policy
    Groups(Names),
    /// The users and groups directly in a group
    Members {
        group: String,
        /// The group's directory, if not the built-in one
        #[arg(long, value_name = "DIR")]
        directory: Option<String>,
    },
    /// Sets of feeds
    FeedGroups {
        /// Only those whose name begins so
        #[arg(long)]
        prefix: Option<String>,
    },
    /// Feeds
    Feeds(Feeds),
    /// Where feeds get packages from that they don't hold
    Connectors,
    /// Permissions and restrictions
    Grants(Grants),
}

#[derive(Debug, Args)]
pub struct Names {
    /// Only those whose name begins so
    #[arg(long)]
    pub prefix: Option<String>,
    /// Only those of this directory
    #[arg(long, value_name = "DIR")]
    pub directory: Option<String>,
}

#[derive(Debug, Args)]
pub struct Feeds {
    /// Only those whose name begins so
    #[arg(long)]
    pub prefix: Option<String>,
    /// Only those in this feed group
    #[arg(long, value_name = "GROUP")]
    pub feed_group: Option<String>,
    /// Only those of this type, such as nuget
    #[arg(long = "type", value_name = "TYPE")]
    pub feed_type: Option<String>,
}

#[derive(Debug, Args)]
pub struct Grants {
    #[command(flatten)]
    pub principal: Principal,
    #[command(flatten)]
    pub scope: Scope,
    /// Only grants of this task
    #[arg(long)]
    pub task: Option<String>,
    /// Only permissions, or only restrictions
    #[arg(long, value_enum)]
    pub effect: Option<OnlyEffect>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnlyEffect {
    Permit,
    Restrict,
}
