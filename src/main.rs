//! feedgate: server and client in one program.

use std::process::ExitCode;

use feedgate::cli::{self, Args};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Args::from_env()).await.into()
}
