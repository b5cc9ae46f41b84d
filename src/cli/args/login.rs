//! `login`: is this the password of this user?

use clap::Args;

pub(super) const EXAMPLES: &str = "\
The password is asked for on the terminal, which doesn't show it. One that has
to be changed can be changed there and then. A script gives it on standard
input: one line, and a second one with the new password for the case that it
has to be changed.

Nothing comes of a sign-in but the answer who it is: a feed server that calls
VerifyLogin keeps its own sessions.

Examples:
  feedgate login jdoe
  feedgate login Admin --directory built-in
  feedgate login jdoe --password-stdin < secret

Exit codes: 0 signed in, 1 refused, 2 wrong use, 3 no answer.";

#[derive(Debug, Args)]
pub struct Login {
    /// Who, as they would type it
    pub name: String,
    /// Take the name literally, in this directory
    #[arg(long, value_name = "DIR")]
    pub directory: Option<String>,
    /// Read the password from standard input, in place of asking for it
    #[arg(long)]
    pub password_stdin: bool,
}
