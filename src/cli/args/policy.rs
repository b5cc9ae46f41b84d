//! The commands that read or write a whole policy: `apply`, `export`, `import`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::access::Preview;

pub(super) const APPLY: &str = "\
What a file doesn't name stays as it is, unless --prune is given. With --prune
the file is authoritative for the kinds of objects that it contains: other
objects are removed, and a key that an object lacks has its default. A user's
`disabled`, a directory's `enabled` and `external_id` stay as they are unless
the file sets them. Mistakes in a file are told with line and column, all at
once; nothing is written then.

Examples:
  feedgate apply -f policy.yaml --dry-run
  feedgate apply -f policy.yaml --preview
  feedgate apply -f policy.yaml --prune --token-file data/admin-token

Exit codes: 0 applied or nothing to do, 2 wrong use or mistakes in the file,
3 failed.";

pub(super) const EXPORT: &str = "\
The file is one that `feedgate apply` takes back without a change. On another
server, `feedgate apply --prune` makes the same policy of it. It has no
passwords.

Examples:
  feedgate export --to policy.yaml
  feedgate export --output json | jq '.objects[].grant | select(.)'

Exit codes: 0 written, 2 wrong use, 3 failed.";

const PROGET: &str = "\
Each file is an export of ProGet or an array of its API's objects; which of
the two, its shape says. Without --feeds, the feeds and feed groups that
grants name are made, and listed. Imported users keep their passwords.

A hybrid directory becomes the list of its members, enabled and in that order.
The server asks each of them who is there: a permission is bound to the first
one that has the name, a restriction to every one. Each re-binding is told. If
grants would come alive by it, nothing is written without --confirm-rebinding.

Examples:
  feedgate import proget --tasks tasks.json --users users.json --dry-run
  feedgate import proget --permissions permissions.json --directory corp
  feedgate import proget --tasks tasks.json --hybrid corp,ldap,built-in

Exit codes: 0 imported or nothing to do, 2 wrong use, mistakes in a file or
re-bindings to be confirmed, 3 failed.";

#[derive(Debug, Args)]
pub struct Apply {
    /// The policy file, YAML or JSON; `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Make the file authoritative for the kinds in it: remove other objects, reset absent keys. Built-in tasks
    /// and the last administrator are never removed
    #[arg(long)]
    pub prune: bool,
    #[command(flatten)]
    pub preview: Preview,
}

#[derive(Debug, Args)]
pub struct Export {
    /// Where to write it, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Tasks, permissions, users, groups and feeds of ProGet
    Proget(Proget),
}

#[derive(Debug, Args)]
#[command(
    after_long_help = PROGET,
    group(ArgGroup::new("files").args(["tasks", "users", "groups", "permissions", "feeds"]).required(true).multiple(true))
)]
pub struct Proget {
    /// Tasks, with the permissions in them
    #[arg(long, value_name = "FILE")]
    pub tasks: Option<PathBuf>,
    /// Users, with the groups in the same file
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Groups
    #[arg(long, value_name = "FILE")]
    pub groups: Option<PathBuf>,
    /// Permissions and restrictions
    #[arg(long, value_name = "FILE")]
    pub permissions: Option<PathBuf>,
    /// Feeds
    #[arg(long, value_name = "FILE")]
    pub feeds: Option<PathBuf>,
    /// The directory of names that aren't built in
    #[arg(long, value_name = "DIR")]
    pub directory: Option<String>,
    /// The members of the hybrid directory of names that aren't built in, in its order
    #[arg(long, value_name = "DIR,DIR…", value_delimiter = ',', conflicts_with = "directory")]
    pub hybrid: Option<Vec<String>>,
    /// Agree to what --hybrid re-binds and brings alive
    #[arg(long, requires = "hybrid")]
    pub confirm_rebinding: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Remove the permissions and restrictions that the files don't name; never the last administrator's
    #[arg(long)]
    pub prune: bool,
}
