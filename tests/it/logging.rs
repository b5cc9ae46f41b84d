//! Standard error that takes no more lines: it costs lines of the log, which are counted, and nothing else.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, pipe},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{
    disk::{
        full::{fill_up_to, free_all},
        namespace,
    },
    support::{
        program::{self, Output, feedgate},
        server::serve,
    },
};

/// A server that logs everything to a file of the test's choice.
struct Logging {
    child: Child,
    address: String,
    token: std::path::PathBuf,
    _stdout: BufReader<ChildStdout>,
}

impl Logging {
    fn to(stderr: impl Into<Stdio>, data: &Path, filter: &str) -> Self {
        let mut command = serve(data);
        command.env("FEEDGATE_LOG_FILTER", filter).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening grpc ").expect("it ended").trim().to_owned();
        Self { child, address, token: data.join("admin-token"), _stdout: stdout }
    }

    fn cli(&self, words: &[&str], stdin: &str) -> Output {
        let mut command = feedgate();
        command.args(words).args(["--server", &self.address]).arg("--token-file").arg(&self.token);
        program::run(&mut command, stdin.as_bytes())
    }

    fn status(&self) -> serde_json::Value {
        self.cli(&["status", "--output", "json"], "").json()
    }

    /// As an operator does. Gives the exit code.
    fn stop(mut self) -> Option<i32> {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn log_lines_that_cannot_be_written_are_counted_and_have_no_other_effect() {
    let (stalled, not_read) = pipe().unwrap();
    let (gone, closed) = pipe().unwrap();
    drop(gone);
    for (name, stderr) in [
        ("closed", Stdio::from(closed)),
        ("full", File::options().write(true).open("/dev/full").unwrap().into()),
        ("not read", not_read.into()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = Logging::to(stderr, &folder.path().join("data"), "trace");
        for _ in 0..5 {
            let refused = server.cli(&["login", "Admin", "--password-stdin"], "wrong\n");
            assert!(refused.ended(1).contains("the password is wrong"), "{name}: {refused:?}");
        }
        server.cli(&["feed", "add", "npm"], "").ended(0);
        let status = server.status();
        assert_eq!((&status["feeds"], &status["writable"]), (&1.into(), &true.into()), "{name}");
        let dropped: u64 = status["log_lines_dropped"].as_str().unwrap().parse().unwrap();
        assert!(dropped > 0, "{name}");
        assert!(server.cli(&["status"], "").ended(0).contains("dropped: standard error"), "{name}");
        assert_eq!(server.stop(), Some(0), "{name}");
    }
    drop(stalled);
}

#[test]
fn log_lines_that_are_written_are_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let server = Logging::to(File::create(&log).unwrap(), &folder.path().join("data"), "info");
    assert_eq!(server.status()["log_lines_dropped"], "0");
    assert!(!server.cli(&["status"], "").ended(0).contains("dropped"));
    assert_eq!(server.stop(), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("serving") && log.ends_with("stopped\n"), "{log}");
}

#[test]
fn a_disk_that_is_full_of_log_and_data_takes_changes_again_once_it_has_room() {
    let name = "logging::a_disk_that_is_full_of_log_and_data_takes_changes_again_once_it_has_room";
    namespace::within(name, || {
        let disk = tempfile::tempdir().unwrap();
        namespace::mount(disk.path(), 100);
        let log = File::create(disk.path().join("log")).unwrap();
        let server = Logging::to(log, &disk.path().join("data"), "trace");
        fill_up_to(disk.path(), 0);
        for _ in 0..3 {
            let refused = server.cli(&["feed", "add", "npm"], "");
            assert!(refused.failed(3, "MiB free").contains("STORE_UNAVAILABLE"), "{refused:?}");
        }
        let status = server.status();
        assert_eq!(status["writable"], false);
        assert!(status["detail"].as_str().unwrap().contains("store.spare_mib"), "{status}");
        free_all(disk.path());
        assert_eq!(server.status()["writable"], true);
        server.cli(&["feed", "add", "npm"], "").ended(0);
        assert_eq!(server.stop(), Some(0));
    });
}
