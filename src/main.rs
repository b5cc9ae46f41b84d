//! feedgate: server and client in one program.

use std::process::ExitCode;

use feedgate::cli::{self, Args};

fn main() -> ExitCode {
    cli::start(Args::from_env()).into()
}
