//! `watch` and `history`: what changes and what has changed, with a server that dies in between.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::support::{program::Output, server::Server};

/// Nothing here takes so long, save on a machine with other things to do.
const LONG: Duration = Duration::from_secs(60);

/// The program, following a server.
struct Watcher {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (lines, received) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
    });
    received
}

impl Watcher {
    fn start(server: &Server, words: &[&str]) -> Self {
        let mut command = server.command(&[&["watch"], words].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Self { child, out, err }
    }

    /// The next lines, up to the first that this is true of.
    #[track_caller]
    fn until(&self, mut reached: impl FnMut(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.out.recv_timeout(LONG).unwrap_or_else(|why| panic!("{why} behind {lines:#?}"));
            lines.push(line);
            if lines.last().is_some_and(|line| reached(line)) {
                return lines;
            }
        }
    }

    /// What it has told of up to a change set.
    #[track_caller]
    fn change_sets_until(&self, last: u64) -> Vec<u64> {
        let lines = self.until(|line| change_set(line) == Some(last));
        lines.iter().filter_map(|line| change_set(line)).collect()
    }

    #[track_caller]
    fn complaint(&self) -> String {
        self.err.recv_timeout(LONG).unwrap()
    }

    /// Sends a signal, and gives the exit code, what was still written, and what it said.
    fn signal(mut self, signal: &str) -> Output {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.end()
    }

    fn end(&mut self) -> Output {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        // The pipes are closed now, and so are the channels when they are empty.
        let [stdout, stderr] =
            [&self.out, &self.err].map(|lines| lines.iter().map(|line| line + "\n").collect());
        Output { code, stdout, stderr }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // It may have ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The number of the change set that a line of JSON is of.
fn change_set(line: &str) -> Option<u64> {
    let line: Value = serde_json::from_str(line).unwrap();
    let set = line.get("change_set")?;
    assert_eq!(set["last"], true, "{line}");
    Some(set["revision"]["number"].as_str().unwrap().parse().unwrap())
}

fn add_feeds(server: &Server, names: &[&str]) {
    for name in names {
        server.cli(&["feed", "add", name]).ended(0);
    }
}

/// The headings of what was printed for people.
fn headings(text: &str) -> Vec<&str> {
    let headings = text.lines().filter(|line| !line.starts_with(' '));
    headings.map(|line| line.split("  ").next().unwrap()).collect()
}

/// A server that keeps no more than two change sets.
fn forgetful(folder: &tempfile::TempDir) -> Server {
    let config = folder.path().join("feedgate.toml");
    fs::write(&config, "[history]\nchange_sets = 2\nhours = 0\n").unwrap();
    Server::start_with(&["--config", config.to_str().unwrap()])
}

#[test]
fn every_change_set_comes_once_although_the_server_dies() {
    let mut server = Server::start();
    add_feeds(&server, &["a"]);
    let watcher = Watcher::start(&server, &["--after", "0", "--output", "json"]);
    add_feeds(&server, &["b", "c"]);
    assert_eq!(watcher.change_sets_until(3), [1, 2, 3]);

    let address = server.address().to_owned();
    for (names, expected) in [(["d", "e"], [4, 5]), (["f", "g"], [6, 7])] {
        server.kill9();
        let complaint = watcher.complaint();
        assert!(complaint.starts_with(&format!("lost {address}: ")), "{complaint}");
        server.restart_at(&address);
        add_feeds(&server, &names);
        assert_eq!(watcher.change_sets_until(expected[1]), expected);
        assert_eq!(watcher.complaint(), format!("found {address} again"));
    }

    let ended = watcher.signal("-INT");
    let on = ended.failed(0, "stopped behind revision 7: `--after ").split('`').nth(1).unwrap().to_owned();
    let (_, after) = on.split_once(' ').unwrap();
    assert!(after.len() == 18 && after.ends_with(":7"), "{after}");
    add_feeds(&server, &["h"]);
    let rest = server.cli(&["watch", "--after", after, "--until-current"]);
    assert_eq!(headings(rest.ended(0)), ["revision 8"]);
}

#[test]
fn people_see_what_changed_and_what_it_affects() {
    let server = Server::start();
    let watcher = Watcher::start(&server, &["--show-checkpoints"]);
    // From now on is from when it is there.
    assert!(watcher.until(|line| line.starts_with("checkpoint at revision ")).len() == 1);
    server.cli(&["user", "add", "ann"]).ended(0);
    let lines = watcher.until(|line| line.starts_with("  affects "));
    assert!(lines[0].starts_with("revision 1  20") && lines[0].ends_with("Z  admin-token"), "{lines:#?}");
    assert_eq!(lines[1..], ["  + user ann", "  affects user ann on all feeds"]);
    let ended = watcher.signal("-TERM");
    ended.failed(0, "stopped behind revision 1: ");
}

#[test]
fn where_it_begins_and_what_it_leaves_out() {
    let server = Server::start();
    add_feeds(&server, &["a"]);
    server.cli(&["user", "add", "ann"]).ended(0);
    let seen = |words: &[&str]| {
        let output = server.cli(&[&["watch", "--until-current"], words].concat());
        output.ended(0).to_owned()
    };
    assert_eq!(headings(&seen(&["--after", "0"])), ["revision 1", "revision 2"]);
    assert_eq!(headings(&seen(&["--after", "1"])), ["revision 2"]);
    assert_eq!(headings(&seen(&["--after", "0", "--kind", "feeds"])), ["revision 1"]);
    assert_eq!(seen(&[]), "");
    let snapshot = seen(&["--snapshot", "--kind", "feeds", "--kind", "users"]);
    assert_eq!(headings(&snapshot), ["snapshot at revision 2"]);
    for line in ["  feed a", "  user ann", "  user Admin"] {
        assert!(snapshot.lines().any(|shown| shown == line), "{snapshot}");
    }
    let json = seen(&["--snapshot", "--output", "json"]);
    let first: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["snapshot"]["revision"]["number"], &first["snapshot"]["last"]),
        (&"2".into(), &true.into())
    );
}

#[test]
fn what_no_retry_mends_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, other) = (forgetful(&folder), Server::start());
    add_feeds(&server, &["a", "b", "c", "d"]);
    let said = server.cli(&["watch", "--after", "1"]);
    said.failed(
        3,
        "error: the history doesn't go back to revision 1 any more: the oldest is 2 [REVISION_NOT_RETAINED]",
    );
    said.failed(3, "a watch begins anew with `--snapshot`");
    server.cli(&["watch", "--after", "99"]).failed(3, "[REVISION_NOT_REACHED]");
    let said = server.cli(&["watch", "--after", "000000000000feed:3"]);
    said.failed(3, "[OTHER_STORE]");
    said.failed(3, "a watch begins anew with `--snapshot`");
    let mut stranger = server.command(&["watch"]);
    stranger.env("FEEDGATE_TOKEN_FILE", other.data().join("admin-token"));
    crate::support::program::run(&mut stranger, b"").failed(3, "[TOKEN_INVALID]");

    let mut watcher = Watcher::start(&server, &["--no-resume", "--output", "json"]);
    watcher.until(|line| line.contains("checkpoint"));
    let address = server.address().to_owned();
    server.kill9();
    let ended = watcher.end();
    ended.failed(3, "stopped behind revision 4: ");
    assert!(!ended.stderr.contains("lost"), "{ended:#?}");
    // A server that isn't there at the start may be one that was misspelled.
    let mut nobody = crate::support::program::feedgate();
    nobody.args(["watch", "--server", &address]);
    crate::support::program::run(&mut nobody, b"").failed(3, "can't reach");
}

#[test]
fn history_is_what_has_been() {
    let server = Server::start();
    add_feeds(&server, &["a", "b"]);
    server.cli(&["user", "add", "ann"]).ended(0);
    add_feeds(&server, &["c"]);
    let table: [(&[&str], &[&str]); 9] = [
        (&[], &["revision 1", "revision 2", "revision 3", "revision 4"]),
        (&["--limit", "2"], &["revision 3", "revision 4"]),
        (&["--limit", "4"], &["revision 1", "revision 2", "revision 3", "revision 4"]),
        (&["--after", "3"], &["revision 4"]),
        (&["--after", "4"], &[]),
        (&["--kind", "users"], &["revision 3"]),
        (&["--kind", "feeds", "--limit", "2"], &["revision 2", "revision 4"]),
        (&["--actor", "admin-token", "--limit", "1"], &["revision 4"]),
        (&["--actor", "nobody"], &[]),
    ];
    for (words, expected) in table {
        let shown = server.cli(&[&["history"], words].concat());
        assert_eq!(headings(shown.ended(0)), expected, "{words:?}");
        assert_eq!(shown.stderr.contains("no such change set"), expected.is_empty(), "{shown:#?}");
        assert!(!shown.stderr.contains("no further back"), "{shown:#?}");
    }
    let json = server.cli(&["history", "--limit", "3", "--output", "json"]);
    let numbers: Vec<_> = json.ended(0).lines().map(|line| change_set(line).unwrap()).collect();
    assert_eq!(numbers, [2, 3, 4]);
    server.cli(&["history", "--after", "9"]).failed(3, "[REVISION_NOT_REACHED]");
    server.cli(&["history", "--after", "000000000000feed:1"]).failed(3, "[OTHER_STORE]");
}

#[test]
fn a_history_that_was_cut_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = forgetful(&folder);
    add_feeds(&server, &["a", "b", "c", "d"]);
    for words in [&["history"][..], &["history", "--kind", "feeds"], &["history", "--after", "1"]] {
        let shown = server.cli(words);
        shown.failed(0, "note: the history goes no further back than revision 2");
        assert_eq!(headings(&shown.stdout), ["revision 3", "revision 4"]);
    }
    let enough = server.cli(&["history", "--limit", "2"]);
    assert_eq!((headings(enough.ended(0)).len(), enough.stderr.as_str()), (2, ""));
    let status = server.cli(&["status"]);
    assert!(status.ended(0).contains("history      back to revision 2\n"), "{status:#?}");
}
