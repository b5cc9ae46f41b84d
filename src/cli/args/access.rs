//! `compare`, and what `apply --preview` shares with it: what to show of whose access changes.

use clap::{Args, value_parser};

pub(super) const COMPARE: &str = "\
Revisions are counted from 0, which is a new store; `feedgate status` says
which is the newest.

Examples:
  feedgate compare 7
  feedgate compare 0 8 --groups 100
  feedgate compare 7 8 --output json

Exit codes: 0 compared, whatever the difference; 2 wrong use; 3 failed.";

#[derive(Debug, Args)]
pub struct Compare {
    /// The number of the revision to begin with
    pub from: u64,
    /// The number of the revision to end with [default: the newest]
    pub to: Option<u64>,
    /// How many groups of changes to show; with --members, how many of those
    #[arg(long, value_name = "N", default_value_t = GROUPS, value_parser = value_parser!(u32).range(1..=1_000))]
    pub groups: u32,
    /// Go on at a cursor of an earlier answer: with the members of a group, or with further groups
    #[arg(long, value_name = "CURSOR")]
    pub members: Option<String>,
}

/// So many groups are shown.
pub(super) const GROUPS: u32 = 20;

/// What to show of whose access changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    pub groups: u32,
    pub cursor: Option<String>,
}
