//! `test`: policy tests.

use std::path::PathBuf;

use clap::Args;

const TEST: &str = "\
A policy test stands beside a policy file. Nothing is asked of a server: the
policy is tried out in this process, on top of what a new store has.

  version: 1
  policy: policy.yaml          # relative to this file
  cases:
    - name: developers wait for approval
      user: jdoe               # or `anonymous: true`
      feed: unapproved-nuget   # or `feed_group: NAME`; neither: the system
      allowed: [Feeds_ViewFeed]
      denied: [Feeds_DownloadPackage]

A name that the policy doesn't have is a mistake, since a misspelled one is
denied nearly everything: a case about one says `unknown: true`.

Examples:
  feedgate test deploy/examples/approval-workflow.test.yaml
  feedgate test policies/*.test.yaml --junit target/policy-tests.xml

Exit codes: 0 all cases passed, 1 some failed, 2 wrong use or mistakes in a
file (no case counts then), 3 failed.";

#[derive(Debug, Args)]
#[command(after_long_help = TEST)]
pub struct Test {
    /// Policy tests; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the results as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}
