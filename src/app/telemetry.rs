//! The log, on standard error.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;

use super::config::{Log, LogFormat};

/// Starts the log of this process. Once.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let lines = tracing_subscriber::fmt().with_env_filter(log.filter()?).with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!("the log can't be started: {error}"))
}
