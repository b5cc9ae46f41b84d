//! The commands about directories outside of the policy.

use clap::{Args, Subcommand, value_parser};

pub(super) const EXAMPLES: &str = "\
The directories themselves (name, domains, order) are objects of the policy:
`feedgate apply` changes them. How a server reaches them stands in its
configuration.

Examples:
  feedgate directory list
  feedgate directory test mycompany.corp --user jdoe --group developers
  feedgate directory search jd
  feedgate directory refresh --user jdoe

Exit codes: 0 done; 1 test: a step failed or found nothing; search: somewhere
nobody could be asked; 2 wrong use; 3 failed.";

/// What about them.
#[derive(Debug, Subcommand)]
pub enum Directory {
    /// The directories in their order, and how well they answer
    List,
    /// Go through all that is asked of one: connect, bind, find, memberships
    Test(Test),
    /// Users and groups of all directories whose names begin with a text
    Search(Search),
    /// Ask now, in place of waiting until what is remembered is old enough
    Refresh(Refresh),
}

#[derive(Args, Debug)]
pub struct Test {
    /// The directory's name
    pub directory: String,
    /// Look for this user, and the groups that contain it
    #[arg(long)]
    pub user: Option<String>,
    /// Look for this group
    #[arg(long)]
    pub group: Option<String>,
    /// Search for what begins with this
    #[arg(long, value_name = "PREFIX")]
    pub search: Option<String>,
}

#[derive(Args, Debug)]
pub struct Search {
    /// What names begin with
    pub prefix: String,
    /// Only in this one
    #[arg(long)]
    pub directory: Option<String>,
    /// How many of each directory at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

#[derive(Args, Debug)]
pub struct Refresh {
    /// Only about this user, instead of everybody who is remembered
    #[arg(long)]
    pub user: Option<String>,
    /// Only this one, in place of all that are enabled
    #[arg(long)]
    pub directory: Option<String>,
}
