//! The commands that care for a store: `backup`, `restore`, `fsck`, `reset-admin`.

use std::path::PathBuf;

use clap::Args;

const BACKUP: &str = "\
The file has all of the store: the policy, its history, the idempotency keys,
and password hashes, so only its owner can read it. A server goes on
meanwhile; the backup is its policy at one moment. The file appears when it is
whole and on disk, or not at all.

Examples:
  feedgate backup /backups/feedgate-$(date +%F)
  feedgate backup --data /var/lib/feedgate feedgate.bak  # of a stopped server

Exit codes: 0 done, 2 wrong use or FILE is there already, 3 failed.";

const RESTORE: &str = "\
The whole file is verified before anything is touched, and DIR must be empty
or not there yet. Everything is as it was when the backup was taken, the
number of the revision too; but it is another store with an id of its own, so
that nobody takes its revisions for those of the old one. A new token is made
by the first start.

Examples:
  feedgate restore --data /var/lib/feedgate-new feedgate.bak
  feedgate restore --check feedgate.bak

Exit codes: 0 done; with --check: the backup is whole; 1 with --check: it
isn't; 2 wrong use; 3 failed.";

const FSCK: &str = "\
Looks at everything in the folder of a server that isn't running: the records,
their counts and checksums, the history, undone change by change, the policy,
passwords, who can get at the files, and what was left behind by a crash. It
changes nothing, and so it needs room for a copy of the store; that has
password hashes in it like the store, and is removed afterwards. What a crash
leaves behind and the next start clears away is named as left over, and is no
problem.

--repair does only what is safe without a doubt: it removes what was never
finished, takes away others' access, and writes the file `anchor` anew where
the store is known to be whole. If anything else is wrong it does nothing:
keep a copy of the folder, then restore a backup.

Examples:
  feedgate fsck --data /var/lib/feedgate
  feedgate fsck --data /mnt/snapshot/feedgate --scratch /var/tmp

Exit codes: 0 all is well, 1 there are problems, 2 wrong use, 3 it can't be
looked at.";

const RESET_ADMIN: &str = "\
For those who have locked themselves out, on the folder of a server that isn't
running. Makes sure that the built-in directory is enabled, that it has the
user Admin, enabled and in the group Administrators, and that this group may
do everything on all feeds. Restrictions of Admin's own and of Administrators'
own are removed; if others' restrictions are still in the way, Admin gets the
permission as a user, which defeats them. Then Admin gets a new one-time
password, in DIR/admin-password, which only its owner can read. Everything is
one revision.

Examples:
  feedgate reset-admin --data /var/lib/feedgate --dry-run
  feedgate reset-admin --data /var/lib/feedgate

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Args)]
#[command(after_long_help = BACKUP)]
pub struct Backup {
    /// Where to write it
    pub file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
    /// The folder of a stopped server, instead of a server
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "token_file"])]
    pub data: Option<PathBuf>,
    /// Where to make the copy of the store that is looked at [default: where temporary files go]
    #[arg(long, value_name = "DIR", requires = "data")]
    pub scratch: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_long_help = RESTORE,
    override_usage = "feedgate restore [OPTIONS] <FILE> <--data <DIR>|--check>"
)]
pub struct Restore {
    /// The backup
    pub file: PathBuf,
    /// The folder of the new store
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    pub data: Option<PathBuf>,
    /// Only verify the backup
    #[arg(long, conflicts_with = "data")]
    pub check: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = FSCK)]
pub struct Fsck {
    /// The folder that `feedgate serve` was given
    #[arg(long, value_name = "DIR", env = "FEEDGATE_DATA")]
    pub data: PathBuf,
    /// Put right what can be put right without a doubt
    #[arg(long)]
    pub repair: bool,
    /// Where to make the copy of the store that is looked at [default: where temporary files go]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_long_help = RESET_ADMIN)]
pub struct ResetAdmin {
    /// The folder that `feedgate serve` was given
    #[arg(long, value_name = "DIR", env = "FEEDGATE_DATA")]
    pub data: PathBuf,
    /// Only say what it would take
    #[arg(long)]
    pub dry_run: bool,
}
