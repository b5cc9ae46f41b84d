//! The example of a provider in Python, seen from the wire: real processes on both sides, and faults between them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use feedgate::grpc::pb;
use serde_json::{Value, json};
use tonic::Code;

use crate::{
    python,
    support::{
        ask::{batch, check, feed, item},
        server::Server,
    },
};

/// The example, on a Unix socket, over people in a file. It is killed when it is dropped.
pub(super) struct Example {
    folder: tempfile::TempDir,
    people: Value,
    running: Option<Child>,
}

impl Example {
    pub(super) fn start(people: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        python::generate(folder.path());
        let mut example = Self { folder, people, running: None };
        example.write();
        example.serve();
        example
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self) {
        fs::write(self.path("people.json"), self.people.to_string()).unwrap();
    }

    /// Changes the people.
    fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.people);
        self.write();
    }

    fn serve(&mut self) {
        let socket = format!("unix:{}", self.path("sock").display());
        let mut command = Command::new(python::interpreter());
        command.arg("tests/python/provider.py").arg(self.path("people.json")).arg(socket);
        command.env("PYTHONPATH", self.folder.path()).current_dir(env!("CARGO_MANIFEST_DIR"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening unix:"), "{line}");
        self.running = Some(child);
    }

    fn signal(&self, signal: &str) {
        let pid = self.running.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What `--hash` of the example says.
fn hashed(password: &str) -> String {
    let modules = tempfile::tempdir().unwrap();
    python::generate(modules.path());
    python::python(&["tests/python/provider.py", "--hash", password], modules.path()).stdout.trim().to_owned()
}

fn people() -> Value {
    json!({
        "domains": ["people.example"],
        "netbios": ["PEOPLE"],
        "users": [
            {"id": "u-1", "name": "jdoe", "display_name": "John Doe", "groups": ["g-1"], "password": hashed("Secret-123")},
            {"id": "u-2", "name": "asmith", "groups": ["g-3"], "password": "pbkdf2::", "account": "disabled"},
            {"id": "u-3", "name": "müller, (j*)", "groups": ["g-2"], "password": "pbkdf2::"},
        ],
        "groups": [
            {"id": "g-1", "name": "developers", "groups": ["g-2"]},
            {"id": "g-2", "name": "staff", "groups": ["g-1"]},
            {"id": "g-3", "name": "guests", "groups": []},
        ],
    })
}

const POLICY: &str = "
version: 1
directories:
  - {name: people}
feeds:
  - {name: npm, type: npm}
  - {name: live, type: npm}
grants:
  - {permit: View & Download Packages, to: {group: staff, directory: people}, scope: all}
  - {restrict: View & Download Packages, to: {group: developers, directory: people}, scope: {feed: live}}
";

/// A server that is configured to ask the example.
fn server(example: &Example) -> Server {
    let socket = example.path("sock");
    let config = example.path("feedgate.toml");
    let text = format!(
        "[[directory]]\nname = 'people'\nrefresh_seconds = 1\nusable_seconds = 3\n[directory.provider]\n\
         address = 'unix:{}'\ntimeout_ms = 1500\n",
        socket.display()
    );
    fs::write(&config, text).unwrap();
    Server::start_with(&["--config", config.to_str().unwrap()])
}

fn in_people(name: &str) -> pb::Subject {
    let identity = Some(pb::subject::user::Identity::Name(name.into()));
    let user = pb::subject::User { directory: "people".into(), identity };
    pb::Subject { kind: Some(pb::subject::Kind::User(user)) }
}

async fn asked(server: &Server, name: &str, on: &str) -> Result<pb::CheckResponse, tonic::Status> {
    let question = check(in_people(name), "Feeds_ViewFeed", feed(on));
    Ok(server.decisions().check(question).await?.into_inner())
}

async fn reason(server: &Server, name: &str, on: &str) -> String {
    match asked(server, name, on).await {
        Ok(answer) => answer.reason().as_str_name().trim_start_matches("REASON_").to_owned(),
        Err(status) => format!("{:?}: {}", status.code(), status.message()),
    }
}

/// Asks until the answer is another one.
async fn becomes(server: &Server, name: &str, on: &str, expected: &str) {
    let mut last = String::new();
    for _ in 0..1200 {
        last = reason(server, name, on).await;
        if last.contains(expected) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name} on {on}: {last}, and not {expected}");
}

#[tokio::test]
async fn a_directory_of_ones_own() {
    let mut example = Example::start(people());
    let server = server(&example);
    server.cli(&["apply", "-f", &server.file("policy.yaml", POLICY)]).ended(0);

    let answer = asked(&server, "JDOE", "npm").await.unwrap();
    assert!(answer.allowed && answer.knowledge.is_some());
    let subject = answer.subject.unwrap();
    assert_eq!((&*subject.directory, &*subject.id, &*subject.name), ("people", "u-1", "jdoe"));
    assert_eq!(reason(&server, "jdoe", "live").await, "RESTRICTED");
    assert_eq!(reason(&server, "asmith", "npm").await, "SUBJECT_DISABLED");
    assert_eq!(reason(&server, "müller, (j*)", "npm").await, "PERMITTED");
    assert!(asked(&server, "nobody", "npm").await.unwrap().subject_unknown);
    server.cli(&["check", "jdoe@people.example", "Feeds_ViewFeed", "--feed", "npm"]).ended(0);
    server.cli(&["check", "PEOPLE\\jdoe", "Feeds_ViewFeed", "--feed", "live"]).ended(1);

    // Bound to ids by what the directory said.
    let groups: Value = server.cli(&["list", "groups", "--output", "json"]).json();
    let bound: Vec<_> =
        groups["groups"].as_array().unwrap().iter().map(|it| it["external_id"].clone()).collect();
    assert!(bound.contains(&json!("g-1")) && bound.contains(&json!("g-2")), "{bound:?}");

    // For people.
    let tested =
        server.cli(&["directory", "test", "people", "--user", "jdoe", "--group", "staff", "--search", "j"]);
    for expected in ["ok       connect", "it is people in a JSON file", "`jdoe`, id u-1, Enabled, `John Doe`"]
    {
        assert!(tested.stdout.contains(expected), "{}", tested.stdout);
    }
    tested.ended(0);
    server.cli(&["directory", "test", "people", "--user", "nobody"]).ended(1);
    server.cli(&["directory", "test", "elsewhere"]).ended(3);
    let found = server.cli(&["directory", "search", "j"]);
    assert!(found.stdout.contains("user  people     jdoe  John Doe      u-1"), "{}", found.stdout);
    let listed = server.cli(&["directory", "list"]);
    assert!(listed.stdout.contains("people    provider  yes      reachable"), "{}", listed.stdout);

    // A change shows within the age, and at once if somebody asks for it.
    example.edit(|people| people["users"][0]["groups"] = json!(["g-3"]));
    let refreshed = server.cli(&["directory", "refresh", "--user", "jdoe", "--directory", "people"]);
    assert!(refreshed.stdout.contains("jdoe of people, id u-1"), "{}", refreshed.stdout);
    assert_eq!(reason(&server, "jdoe", "npm").await, "NOT_GRANTED");
    example.edit(|people| people["users"][0]["groups"] = json!(["g-2"]));
    becomes(&server, "jdoe", "npm", "PERMITTED").await;
}

#[tokio::test]
async fn faults_allow_nobody_anything() {
    let mut example = Example::start(people());
    let server = server(&example);
    server.cli(&["apply", "-f", &server.file("policy.yaml", POLICY)]).ended(0);
    assert_eq!(reason(&server, "jdoe", "live").await, "RESTRICTED");

    for fault in ["killed", "hung"] {
        match fault {
            "killed" => example.kill(),
            _ => example.signal("-STOP"),
        }
        // Somebody who isn't remembered, and before long nobody is.
        let status = asked(&server, "somebody else", "npm").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{fault}: {status}");
        becomes(&server, "jdoe", "live", "Unavailable").await;
        // The others go on, and the server stays ready.
        let items = vec![
            item(in_people("jdoe"), "Feeds_ViewFeed", feed("npm")),
            item(crate::support::ask::anonymous(), "Feeds_ViewFeed", feed("npm")),
        ];
        let answers = server.decisions().batch_check(batch(items)).await.unwrap().into_inner().results;
        use pb::batch_check_result::Outcome;
        assert!(
            matches!(&answers[0].outcome, Some(Outcome::Error(error)) if error.code == Code::Unavailable as i32)
        );
        assert!(matches!(&answers[1].outcome, Some(Outcome::Decision(decision)) if !decision.allowed));
        let status = server.status().await;
        assert!(status.ready && status.writable);
        let people = status.directory_status.iter().find(|it| it.name == "people").unwrap();
        assert!(!people.reachable && !people.detail.is_empty(), "{people:?}");
        match fault {
            "killed" => example.serve(),
            _ => example.signal("-CONT"),
        }
        becomes(&server, "jdoe", "npm", "PERMITTED").await;
        assert_eq!(reason(&server, "jdoe", "live").await, "RESTRICTED");
    }

    // What can't be made sense of is no answer, either: two of one name, people who can't be read.
    example.edit(|people| people["users"][1]["name"] = json!("jdoe"));
    becomes(&server, "jdoe", "npm", "InvalidArgument").await;
    fs::write(example.path("people.json"), "{").unwrap();
    let status = asked(&server, "somebody new", "npm").await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}
