//! What can be typed, one file a family of commands.
//!
//! clap reads it, fills in the environment and answers wrong use with exit code 2 before anything runs. What
//! the rest of the room gets is resolved: a [`question::Question`] has a subject, an attribute and a target,
//! however they were spelled.

/// clap reads what is typed; everybody else sees what it means.
macro_rules! resolved {
    ($resolved:ty, $typed:ty) => {
        impl clap::FromArgMatches for $resolved {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                <$typed>::from_arg_matches(matches)?.try_into()
            }

            fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $resolved {
            fn augment_args(command: clap::Command) -> clap::Command {
                <$typed>::augment_args(command)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                <$typed>::augment_args_for_update(command)
            }
        }
    };
}
use resolved;

pub mod access;
pub mod administer;
pub mod care;
pub mod connect;
pub mod directory;
pub mod effective;
pub mod lint;
pub mod list;
pub mod login;
pub mod lookup;
pub mod policy;
pub mod policy_test;
pub mod question;
pub mod server;
pub mod watch;
pub mod whom;

use std::{ffi::OsString, path::PathBuf};

use clap::{
    CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    error::{ContextKind, ContextValue, Error, ErrorKind},
    parser::ValueSource,
};

use self::{
    access::Compare,
    administer::Administer,
    care::{Backup, Fsck, ResetAdmin, Restore},
    connect::Connect,
    directory::Directory,
    effective::Effective,
    lint::Lint,
    list::List,
    login::Login,
    lookup::{Feeds, Promotion, WhoCan},
    policy::{Apply, Export, Import},
    policy_test::Test,
    question::Question,
    server::{Demo, Serve},
    watch::{History, Watch},
};
use crate::model::similar::similar;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for check and promotion: allowed; for test: all cases passed;
     for lint, fsck: nothing found
  1  check, promotion: denied; login: refused; test: a case failed;
     lint, fsck: problems found
  2  wrong use, or a file with mistakes in it
  3  failed: the server can't be reached, refuses, or can't answer";

const CHECK: &str = "\
Examples:
  feedgate check jdoe Feeds_DownloadPackage --feed approved-nuget
  feedgate check --anonymous Feeds_ViewFeed --feed approved-nuget
  feedgate check jdoe Admin_ConfigureProGet && echo may configure

Exit codes: 0 allowed, 1 denied, 2 wrong use, 3 no answer (which is not a
denial: treat it as one).";

const EXPLAIN: &str = "\
Examples:
  feedgate explain jdoe Feeds_DownloadPackage --feed unapproved-nuget
  feedgate explain --anonymous Feeds_ViewFeed --feed npm --output json

Exit codes: 0 explained, whatever the verdict; 2 wrong use; 3 failed.";

const BATCH: &str = "\
The rows are CSV with a header or JSON lines, told apart by the first
character. CSV:

  subject,attribute,target
  jdoe,Feeds_ViewFeed,npm
  (anonymous),Feeds_ViewFeed,npm
  Admin,Admin_ConfigureProGet,(system)

JSON lines:

  {\"subject\":\"jdoe\",\"attribute\":\"Feeds_ViewFeed\",\"target\":\"npm\"}
  {\"subject\":\"(anonymous)\",\"attribute\":\"Feeds_ViewFeed\",\"target\":\"npm\"}

A further column `directory` says where to look the user up; other columns
are kept. The answer is the same rows in the same format with `allowed`,
`reason` and `revision`. A row that can't be answered has an empty `allowed`
(null in JSON) and its error in `reason`.

Examples:
  feedgate batch questions.csv > answers.csv
  generate-questions | feedgate batch - | grep ,false,

Exit codes: 0 every row was answered, 2 wrong use or a malformed file,
3 some row was not answered.";

const STATUS: &str = "\
Examples:
  feedgate status
  feedgate status --output json | jq .revision

Exit codes: 0 the server answered, 2 wrong use, 3 failed.";

const COMPLETIONS: &str = "\
Example:
  feedgate completions bash > /etc/bash_completion.d/feedgate";

/// The decision point beside a package registry: who may do what on which feed.
///
/// One program is both server and client. Try `feedgate demo` first: it starts a server of its own, shows it a
/// policy and asks it questions.
#[derive(Debug, Parser)]
#[command(name = "feedgate", version, after_long_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the decision point
    Serve(Serve),
    /// Show what feedgate does, on a server of its own in a temporary folder
    Demo(Demo),
    /// May somebody do something? Exits with 0 for yes and 1 for no
    #[command(after_long_help = CHECK, override_usage = question::usage("check"))]
    Check(Question),
    /// Why somebody may do something, or not: every grant that bears on it
    #[command(after_long_help = EXPLAIN, override_usage = question::usage("explain"))]
    Explain(Question),
    /// Everything that somebody may do on a feed or on the system
    #[command(after_long_help = effective::EXAMPLES, override_usage = effective::usage())]
    Effective(Effective),
    /// Who may do something
    #[command(after_long_help = lookup::WHO_CAN)]
    WhoCan(WhoCan),
    /// The feeds on which somebody may do something
    #[command(after_long_help = lookup::FEEDS, override_usage = question::usage("feeds"))]
    Feeds(Feeds),
    /// May somebody promote packages from one feed to another? Exits with 0 for yes and 1 for no
    #[command(after_long_help = lookup::PROMOTION, override_usage = lookup::usage_of_promotion())]
    Promotion(Promotion),
    /// What is odd or dangerous in the policy. Exits with 1 if there is anything
    #[command(after_long_help = lint::EXAMPLES)]
    Lint(Lint),
    /// Whose access changed between two revisions, and how
    #[command(after_long_help = access::COMPARE)]
    Compare(Compare),
    /// Follow the policy: every change set, as it comes
    #[command(after_long_help = watch::WATCH)]
    Watch(Watch),
    /// What was changed, when and by whom
    #[command(after_long_help = watch::HISTORY)]
    History(History),
    /// Answer a file of questions
    #[command(after_long_help = BATCH)]
    Batch(Batch),
    /// Make the policy agree with a policy file, in one revision
    #[command(after_long_help = policy::APPLY)]
    Apply(Apply),
    /// Write the policy as a policy file
    #[command(after_long_help = policy::EXPORT)]
    Export(Export),
    /// Check that policies decide what they are meant to, without a server
    Test(Test),
    /// Take over the policy of another product
    #[command(subcommand)]
    Import(Import),
    /// Copy all of a server's store into a file
    Backup(Backup),
    /// Make a new store of a backup
    Restore(Restore),
    /// Verify the store in a folder that no server uses
    Fsck(Fsck),
    /// Let the user Admin in again, in the store of a folder that no server uses
    ResetAdmin(ResetAdmin),
    /// Is this somebody's password? Exits with 0 for yes and 1 for no
    #[command(after_long_help = login::EXAMPLES)]
    Login(Login),
    /// What the server is, what it holds, and whether it is well
    #[command(after_long_help = STATUS)]
    Status,
    /// Directories outside of the policy: how they answer, and who is in them
    #[command(subcommand, after_long_help = directory::EXAMPLES)]
    Directory(Directory),
    /// List the objects of the policy
    #[command(subcommand, after_long_help = list::EXAMPLES)]
    List(List),
    #[command(flatten)]
    Administer(Administer),
    /// Print a completion script for a shell
    #[command(after_long_help = COMPLETIONS)]
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, clap::Args)]
pub struct Batch {
    /// CSV with the header subject,attribute,target, or JSON lines; `-` for standard input
    pub file: PathBuf,
}

/// The commands that ask no server, and the flags of clients that they have a use for all the same.
const SERVERLESS: [(&str, &[&str]); 7] = [
    ("serve", &[]),
    ("demo", &[]),
    ("completions", &[]),
    ("test", &["output"]),
    ("restore", &["output"]),
    ("fsck", &["output"]),
    ("reset-admin", &["output"]),
];

impl Cli {
    /// Reads the command line; answers wrong use, `--help` and `--version` by itself and ends the program.
    pub fn from_env() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// What can be typed. Commands that ask no server don't show the flags of clients, although clap takes
    /// them there, too, in order to take them before every command.
    pub fn definition() -> clap::Command {
        let command = Self::command();
        let global = command.get_arguments().filter(|flag| flag.is_global_set());
        let hidden: Vec<_> = global.map(|flag| flag.clone().hide(true)).collect();
        SERVERLESS.into_iter().fold(command, |command, (name, of_use)| {
            let hidden = hidden.iter().filter(|flag| !of_use.contains(&flag.get_id().as_str()));
            command.mut_subcommand(name, |command| command.args(hidden))
        })
    }

    /// Reads a command line.
    pub fn read(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, Error> {
        let matches = Self::definition().try_get_matches_from(words).map_err(without_far_suggestion)?;
        let cli = Self::from_arg_matches(&matches).map_err(|error| {
            // With the usage of the command that was typed.
            let mut whole = Self::definition();
            whole.build();
            match matches.subcommand_name().and_then(|name| whole.find_subcommand_mut(name)) {
                Some(command) => error.format(command),
                None => error.format(&mut whole),
            }
        })?;
        let name = matches.subcommand_name();
        if let Some((_, of_use)) = SERVERLESS.iter().find(|(command, _)| name == Some(command)) {
            // A flag without effect is a misunderstanding: `serve --server ADDR` means `--listen`.
            for (id, flag) in connect::FLAGS.iter().filter(|(id, _)| !of_use.contains(id)) {
                if matches.value_source(id) == Some(ValueSource::CommandLine)
                    || matches
                        .subcommand()
                        .is_some_and(|(_, sub)| sub.value_source(id) == Some(ValueSource::CommandLine))
                {
                    let message = format!("`{flag}` is for commands that ask a server; this one doesn't");
                    return Err(Self::definition().error(ErrorKind::ArgumentConflict, message));
                }
            }
        }
        Ok(cli)
    }
}

/// Leaves out the suggestion of an argument that isn't similar: it would only mislead.
fn without_far_suggestion(mut error: Error) -> Error {
    if let (Some(ContextValue::String(typed)), Some(ContextValue::String(suggested))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::SuggestedArg))
        && similar(typed, [suggested.as_str()]).is_empty()
    {
        error.remove(ContextKind::SuggestedArg);
    }
    error
}

#[cfg(test)]
mod tests;
