//! The command line: commands, and how results look. A client of the gRPC API, save for `serve`, `demo`, `test`,
//! `restore`, `fsck` and `reset-admin`.
//!
//! A command is a function that takes what was typed and ends in an [`Exit`] or a [`Failure`]; nothing else in
//! the program prints or chooses an exit code. Rendering is apart from asking, so that whole answers can be
//! asserted without a server.
//!
//! | File | Holds |
//! |---|---|
//! | `args` | what can be typed |
//! | `address`, `token`, `client` | which server, as whom |
//! | `failure`, `output`, `file` | exit codes and error messages; where results go, and files that are read |
//! | `words`, `demand`, `table`, `json` | how things are said, for people and for programs |
//! | `paging`, `progress` | answers in parts, and how far they are |
//! | `check`, `explain`, `effective`, `batch` | questions |
//! | `lookup`, `access`, `lint` | who and where, whose access changes, what is odd |
//! | `watch` | the policy as it changes, and as it has changed |
//! | `policy`, `changes` | policies as files, and what a change set changed |
//! | `administer` | one thing changed or shown, without a file |
//! | `policy_test` | what policies are expected to decide |
//! | `list`, `status` | what a server holds |
//! | `directory` | how directories answer, and who is in them |
//! | `care`, `reset_admin` | stores backed up, restored and verified; the administrator let in again |
//! | `login` | whose name and password these are |
//! | `demo`, `serve` | the commands that are a server |

mod access;
pub mod address;
mod administer;
pub mod args;
mod batch;
mod care;
mod changes;
mod check;
mod client;
mod demand;
mod demo;
mod directory;
mod effective;
mod explain;
mod failure;
mod file;
mod json;
mod lint;
mod list;
mod login;
mod lookup;
mod output;
mod paging;
mod policy;
mod policy_test;
mod progress;
mod reset_admin;
mod serve;
mod status;
mod table;
mod token;
mod unbound;
mod watch;
mod words;

use std::{
    panic::{self, AssertUnwindSafe},
    time::Duration,
};

use tokio::runtime::Runtime;

pub use self::{
    args::Cli as Args,
    failure::{Exit, Failure},
};
use self::{
    args::{Cli, Command, policy::Import},
    client::Client,
    lookup::{feeds, principals, promotion},
    policy::{apply, export, import},
};
use crate::app::{self, room};

/// Time that work has to end by itself once the command has ended. What is stuck then isn't waited for.
const LET_GO: Duration = Duration::from_secs(1);

/// Does what was typed on a runtime of its own, says what went wrong, and gives the exit code.
pub fn start(cli: Cli) -> Exit {
    room::save_address_space();
    if let Err(error) = room::for_commands() {
        let failure = Failure::Failed(error.into());
        output::complain(&failure);
        return failure.exit();
    }
    // A panic was reported when it happened. The runtime panics, too, if it can't start its threads.
    let done = panic::catch_unwind(AssertUnwindSafe(|| match Runtime::new() {
        Ok(runtime) => {
            let exit = runtime.block_on(run(cli));
            runtime.shutdown_timeout(LET_GO);
            exit
        }
        Err(error) => {
            let failure = Failure::Failed(anyhow::Error::new(error).context("can't start the runtime"));
            output::complain(&failure);
            failure.exit()
        }
    }));
    done.unwrap_or(Exit::Failed)
}

/// Does what was typed, says what went wrong, and gives the exit code.
pub async fn run(cli: Cli) -> Exit {
    // Apart, because it has room for the largest of the commands.
    match Box::pin(dispatch(cli)).await {
        Ok(exit) => exit,
        Err(failure) => {
            output::complain(&failure);
            failure.exit()
        }
    }
}

async fn dispatch(Cli { command, connect }: Cli) -> Result<Exit, Failure> {
    if let Command::Serve(_)
    | Command::Demo(_)
    | Command::Backup(_)
    | Command::Restore(_)
    | Command::Fsck(_)
    | Command::ResetAdmin(_) = command
    {
        app::make_files_private();
    }
    let format = connect.format();
    let client = || Client::connect(&connect);
    let client_for_passwords = || Client::connect_for_passwords(&connect);
    match command {
        Command::Check(question) => check::run(&mut client().await?, &question, format).await,
        Command::Explain(question) => explain::run(&mut client().await?, &question, format).await,
        Command::Effective(question) => effective::run(&mut client().await?, &question, format).await,
        Command::WhoCan(question) => principals::run(&mut client().await?, &question, format).await,
        Command::Feeds(question) => feeds::run(&mut client().await?, &question, format).await,
        Command::Promotion(question) => promotion::run(&mut client().await?, &question, format).await,
        Command::Lint(typed) => lint::run(&mut client().await?, typed, format).await,
        Command::Compare(typed) => access::compare(&mut client().await?, typed, format).await,
        Command::Watch(typed) => watch::run(&connect, typed, format).await,
        Command::History(typed) => watch::history::run(&connect, typed, format).await,
        Command::Batch(batch) => batch::run(&mut client().await?, &batch.file, connect.output).await,
        Command::Apply(typed) => apply::run(&mut client_for_passwords().await?, typed, format).await,
        Command::Export(typed) => export::run(&mut client().await?, typed, format).await,
        Command::Test(typed) => policy_test::run(typed, format).await,
        Command::Import(Import::Proget(typed)) => {
            import::run(&mut client_for_passwords().await?, typed, format).await
        }
        Command::Backup(typed) => care::backup(async || client().await, typed, format).await,
        Command::Restore(typed) => care::restore(typed, format).await,
        Command::Fsck(typed) => care::fsck(typed, format).await,
        Command::ResetAdmin(typed) => reset_admin::run(typed, format).await,
        Command::Login(typed) => login::run(&mut client_for_passwords().await?, typed, format).await,
        Command::Status => status::run(&mut client().await?, format).await,
        Command::Directory(typed) => directory::run(&mut client().await?, typed, format).await,
        Command::List(list) => list::run(&mut client().await?, list, format).await,
        Command::Administer(typed) => {
            let wish = typed.wish()?;
            administer::run(&mut client_for_passwords().await?, wish, format).await
        }
        Command::Completions { shell } => completions(shell),
        Command::Serve(typed) => serve::run(typed).await,
        Command::Demo(typed) => demo::run(typed).await,
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::definition(), "feedgate", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}
