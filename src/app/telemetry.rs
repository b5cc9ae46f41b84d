//! The log, on standard error.
//!
//! Logging never delays or ends what it reports. A line that standard error doesn't take at once (its reader is gone or
//! stalled, its disk is full) is dropped and counted; `GetStatus` has the count.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, IsTerminal as _, Stderr},
    os::fd::AsFd,
    panic,
    sync::{LazyLock, Mutex, PoisonError},
};

use anyhow::anyhow;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tracing_subscriber::fmt::MakeWriter;

use super::config::{Log, LogFormat};
use crate::service::status::count_dropped_log_line;

/// Number of bytes that a pipe takes without blocking once it is ready for writing: `PIPE_BUF` on Linux.
const PIECE: usize = 4096;

/// Starts the log of this process. Once.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(log.filter()?)
        // It would print them with `eprintln!`, which panics when standard error can't be written.
        .log_internal_errors(false)
        .with_writer(StandardError);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!("can't start the log: {error}"))?;
    log_panics();
    Ok(())
}

/// Reports panics in the log. The standard hook waits for a reader of standard error.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        match backtrace.status() {
            BacktraceStatus::Captured => tracing::error!("{panic}\n{backtrace}"),
            _ => tracing::error!("{panic}"),
        }
    }));
}

/// Writer of log lines to standard error, shared by all threads.
#[derive(Clone, Copy, Debug)]
struct StandardError;

static LINES: LazyLock<Mutex<LineWriter<Stderr>>> =
    LazyLock::new(|| Mutex::new(LineWriter::new(io::stderr())));

impl<'a> MakeWriter<'a> for StandardError {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl io::Write for StandardError {
    /// Takes a whole line, as the subscriber writes it. Never fails.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        if !lines.write(line) {
            count_dropped_log_line();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writer of lines to a file descriptor that never waits.
#[derive(Debug)]
struct LineWriter<F> {
    fd: F,
    /// Whether the last line was written in part.
    torn: bool,
}

impl<F: AsFd> LineWriter<F> {
    fn new(fd: F) -> Self {
        Self { fd, torn: false }
    }

    /// Writes a line. False if it was dropped, or cut off; the next line starts on a line of its own then.
    fn write(&mut self, line: &[u8]) -> bool {
        if self.torn && !self.write_all(b"\n") {
            return false;
        }
        self.torn = false;
        self.write_all(line)
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let (piece, _) = bytes.split_at_checked(PIECE).unwrap_or((bytes, &[]));
            let written = match self.is_ready().then(|| rustix::io::write(&self.fd, piece)) {
                Some(Err(Errno::INTR)) => continue,
                Some(Ok(written)) if written > 0 => written,
                _ => return false,
            };
            bytes = bytes.get(written..).unwrap_or_default();
            self.torn = !bytes.is_empty();
        }
        true
    }

    /// Whether a write would return at once, if only with an error.
    fn is_ready(&self) -> bool {
        let mut polled = [PollFd::new(&self.fd, PollFlags::OUT)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        matches!(poll(&mut polled, Some(&at_once)), Ok(ready) if ready > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{PipeReader, PipeWriter, Read as _, pipe},
    };

    use super::*;

    fn lines() -> (PipeReader, LineWriter<PipeWriter>) {
        let (reader, writer) = pipe().unwrap();
        (reader, LineWriter::new(writer))
    }

    #[test]
    fn lines_are_written_whole() {
        let (mut reader, mut lines) = lines();
        let long = format!("{}\n", "x".repeat(3 * PIECE));
        assert!(lines.write(b"one\n"));
        assert!(lines.write(long.as_bytes()));
        drop(lines);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, format!("one\n{long}"));
    }

    #[test]
    fn lines_that_no_reader_takes_are_dropped() {
        let (reader, mut lines) = lines();
        drop(reader);
        assert!(!lines.write(b"one\n"));
        let mut full = LineWriter::new(File::options().write(true).open("/dev/full").unwrap());
        assert!(!full.write(b"one\n"));
    }

    #[test]
    fn a_line_that_was_cut_off_is_ended() {
        let (mut reader, mut lines) = lines();
        while lines.write(&[b'x'; PIECE - 1]) {}
        assert!(!lines.torn);
        let mut read = vec![0; 2 * PIECE];
        reader.read_exact(&mut read).unwrap();
        // There is room for the first of three pieces at least, and not for all.
        let mut long = vec![b'y'; 64 * PIECE];
        long.push(b'\n');
        assert!(!lines.write(&long));
        assert!(lines.torn);
        // A stalled reader costs no more than a line.
        assert!(!lines.write(b"dropped\n"));
        let mut buffer = vec![0; 1 << 20];
        let read = reader.read(&mut buffer).unwrap();
        assert!(buffer[..read].ends_with(b"y"));
        assert!(lines.write(b"two\n"));
        let read = reader.read(&mut buffer).unwrap();
        assert_eq!(&buffer[..read], b"\ntwo\n");
    }
}
