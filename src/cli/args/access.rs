//! `compare`, and `--preview` of `apply`, `grant` and the like: what to show of whose access changes.

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
    #[arg(value_parser = revision)]
    pub from: u64,
    /// The number of the revision to end with [default: the newest]
    #[arg(value_parser = revision)]
    pub to: Option<u64>,
    /// How many groups of changes to show; with --members, how many of those
    #[arg(long, value_name = "N", default_value_t = GROUPS, value_parser = value_parser!(u32).range(1..=1_000))]
    pub groups: u32,
    /// Go on at a cursor of an earlier answer: with the members of a group, or with further groups
    #[arg(long, value_name = "CURSOR")]
    pub members: Option<String>,
}

fn revision(typed: &str) -> Result<u64, &'static str> {
    typed.parse().map_err(|_| "a revision is a number: `feedgate status` says which is the newest")
}

/// So many groups are shown.
const GROUPS: u32 = 20;

/// What to show of whose access changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    pub groups: u32,
    pub cursor: Option<String>,
}

/// A preview instead of a change.
#[derive(Debug, Args)]
pub struct Preview {
    /// Say whose access would change and how, and change nothing
    #[arg(long, conflicts_with = "dry_run")]
    preview: bool,
    /// How many groups of changes a preview shows; with --members, how many of those [default: 20]
    // Ids of their own: commands that write have other arguments called so.
    #[arg(
        id = "preview_groups",
        long = "groups",
        value_name = "N",
        requires = "preview",
        value_parser = value_parser!(u32).range(1..=1_000)
    )]
    groups: Option<u32>,
    /// Go on at a cursor of an earlier preview: with the members of a group, or with further groups
    #[arg(id = "preview_members", long = "members", value_name = "CURSOR", requires = "preview")]
    members: Option<String>,
}

impl Preview {
    /// What to show, if a preview is wanted.
    pub fn show(self) -> Option<Show> {
        let Self { preview, groups, members } = self;
        preview.then(|| Show { groups: groups.unwrap_or(GROUPS), cursor: members })
    }
}
