//! The program around the rooms: configuration, listeners, start and end.
//!
//! Everybody is known here and nobody knows this. The only place besides `cli` where errors are `anyhow`:
//! whoever reads one is an operator.
//!
//! | File | Holds |
//! |---|---|
//! | `config` | what was configured, complete before a port is bound |
//! | `directories` | how directories outside of the policy are reached |
//! | `token` | the administrator's token and its file |
//! | `one_time` | the administrator's one-time password and its file |
//! | `private_file` | files that only their owner may read |
//! | `reset_admin` | the way back in for those who are locked out |
//! | `listeners` | TCP on loopback, Unix sockets |
//! | `connections` | what comes in there, a limited number at a time |
//! | `workers` | the threads that answer, each with connections of its own |
//! | `server` | limits on each connection |
//! | `room` | room for threads and memory, made sure of before the start |
//! | `running` | a decision point that serves: start, stop |
//! | `rehearsal` | a decision point without listeners, for policies that are tried out |
//! | `care` | stores that nobody has in use: verified, backed up, restored |
//! | `shutdown` | when to end |
//! | `telemetry` | the log |

pub mod care;
pub mod config;
mod connections;
pub mod directories;
mod listeners;
mod one_time;
mod private_file;
mod rehearsal;
pub mod reset_admin;
pub mod room;
mod running;
mod server;
mod shutdown;
mod telemetry;
#[cfg(test)]
mod tests;
pub mod token;
mod workers;

use std::io::{self, IsTerminal as _, Write as _};

use rustix::fs::Mode;
use secrecy::{ExposeSecret as _, SecretString};

pub use self::{
    config::{Config, Flags},
    rehearsal::{Door, Rehearsal},
    running::Running,
    shutdown::Signals,
};

/// From now on, files of this process are its owner's alone, unless they are given another mode: sled makes some with the
/// mode that the umask leaves.
pub fn make_files_private() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Serves until SIGTERM or SIGINT. Prints one line a listener on standard output when everything is ready.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    let mut signals = Signals::listen()?;
    let mut running = tokio::select! {
        started = Running::start(config) => started?,
        // What is being opened isn't waited for: it may be stuck.
        signal = signals.next() => {
            tracing::info!("{signal}: the start is given up");
            return Ok(());
        }
    };
    if let Err(error) = announce(&running) {
        // Standard output may be on the same full disk as the log.
        tracing::warn!(%error, "can't print the addresses on standard output");
    }
    if let Some(password) = running.first_password() {
        show(&password);
    }
    let outcome = tokio::select! {
        signal = signals.next() => {
            tracing::info!("{signal}: shutting down");
            Ok(())
        }
        failed = running.failed() => Err(failed),
    };
    running.stop().await;
    outcome
}

/// What scripts wait for; nothing else is ever written to standard output by a server.
fn announce(running: &Running) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening grpc {}", running.grpc_addr())?;
    if let Some(path) = running.uds() {
        writeln!(stdout, "listening unix {}", path.display())?;
    }
    stdout.flush()
}

/// Shows a new store's administrator their password, if somebody is there to see it: a log would keep it.
fn show(password: &SecretString) {
    if io::stderr().is_terminal() {
        let mut stderr = io::stderr().lock();
        // It is in the file, too.
        let _ = writeln!(stderr, "the one-time password of the user Admin: {}", password.expose_secret());
    }
}
