//! The commands that are a server: `serve` and `demo`.

use std::path::PathBuf;

use clap::Args;

use crate::app::config::Listen;

const SERVE: &str = "\
When it is ready it prints `listening grpc HOST:PORT`, and `listening unix
PATH` for a socket. The first start makes a new store, whose administrator's
token is then in DIR/admin-token, and the one-time password of its user Admin
in DIR/admin-password, until it is changed. It ends on SIGTERM or Ctrl-C,
after the calls under way.

DIR and all that is in it must belong to the user that the server runs as, and
others must not be able to write there. In a folder that belongs to root, as
volumes of Kubernetes do, the store, the token and the password are in
DIR/feedgate, which is made with mode 0700.

Log lines that standard error doesn't take at once are dropped; `feedgate
status` says how many.

Clients made with gRPC's C core (Python, Ruby, PHP, C++) reach the Unix socket
if their channel has the option `grpc.default_authority` set to `localhost`.

Examples:
  feedgate serve --data /var/lib/feedgate
  feedgate serve --data data --listen 127.0.0.1:0 --uds /run/fg/grpc.sock

Exit codes: 0 stopped as told, 2 wrong use, 3 failed.";

const DEMO: &str = "\
Examples:
  feedgate demo
  feedgate demo --once

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Args)]
#[command(
    after_long_help = SERVE,
    override_usage = "feedgate serve [OPTIONS] <--data <DIR>|--config <FILE>>"
)]
pub struct Serve {
    /// The folder of the store; made when it isn't there
    #[arg(long, value_name = "DIR", env = "FEEDGATE_DATA", required_unless_present = "config")]
    pub data: Option<PathBuf>,
    /// Where to listen for gRPC; port 0 picks a free one [default: 127.0.0.1:7420]
    #[arg(long, value_name = "HOST:PORT", env = "FEEDGATE_LISTEN")]
    pub listen: Option<String>,
    /// A Unix socket to listen on, too
    #[arg(long, value_name = "PATH", env = "FEEDGATE_UDS")]
    pub uds: Option<PathBuf>,
    /// A configuration file in TOML; the environment and flags win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_long_help = DEMO)]
pub struct Demo {
    /// End after the questions instead of serving until Ctrl-C
    #[arg(long)]
    pub once: bool,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub listen: Listen,
}
