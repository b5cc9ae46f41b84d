//! What the README shows does what the README says.

use std::{ffi::OsString, fs, path::Path, process::Command};

use crate::{
    python::{generate, python},
    support::{
        program::{Output, feedgate, run},
        server::Server,
    },
};

const README: &str = include_str!("../../README.md");
const EXAMPLE: &str = include_str!("../../examples/check.py");
/// Where a server listens that isn't told otherwise.
const USUAL: &str = "127.0.0.1:7420";

/// The one block in this language that begins so.
fn block(language: &str, beginning: &str) -> &'static str {
    let mut blocks = README.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let found = blocks.find(|(of, text)| *of == language && text.starts_with(beginning));
    found.unwrap_or_else(|| panic!("the README has no {language} block that begins with {beginning:?}")).1
}

/// Where the programs are that the README uses.
fn path() -> OsString {
    let mut folders = vec![Path::new(feedgate().get_program()).parent().unwrap().to_owned()];
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.venv/bin"));
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    std::env::join_paths(folders).unwrap()
}

/// Runs a block beside the server's data, as somebody would who pastes it.
fn paste(server: &Server, script: &str) -> Output {
    let mut bash = Command::new("bash");
    bash.args(["-c", &script.replace(USUAL, server.address())]).current_dir(server.data().parent().unwrap());
    bash.env("PATH", path()).env("FEEDGATE_SERVER", server.address());
    run(&mut bash, b"")
}

/// The README's first policy, on a server of its own.
fn first_policy() -> (Server, Output) {
    let server = Server::start();
    server.file("policy.yaml", block("yaml", "version: 1"));
    let output = paste(&server, block("sh", "export FEEDGATE_TOKEN_FILE"));
    (server, output)
}

#[test]
fn the_first_policy() {
    let (_server, output) = first_policy();
    let said = output.ended(0);
    assert!(said.contains("dry run, nothing was changed") && said.contains("\nrevision 1: "), "{said}");
    let codes: Vec<_> = said.lines().filter(|line| line.parse::<i32>().is_ok()).collect();
    assert_eq!(codes, ["0", "1"], "{said}");
    assert!(said.contains("comment on grant 3: not before approval"), "{said}");
}

#[test]
fn the_policy_tests() {
    let mut bash = Command::new("bash");
    bash.args(["-c", block("sh", "feedgate test")]).current_dir(env!("CARGO_MANIFEST_DIR"));
    bash.env("PATH", path());
    assert!(run(&mut bash, b"").ended(0).ends_with(" passed, 0 failed\n"));
}

#[test]
fn why_who_and_what_if() {
    let (server, _) = first_policy();
    let token = "export FEEDGATE_TOKEN_FILE=./data/admin-token\n".to_owned();
    let output = paste(&server, &(token + block("sh", "feedgate who-can")));
    let said = output.ended(0);
    for part in ["Administrators", "approved-nuget", "from revision 0 to 1: ", "nothing found"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(output.stderr.is_empty(), "{}", output.stderr);
}

#[test]
fn the_example_in_python() {
    let (server, _) = first_policy();
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path());
    let example = folder.path().join("check.py");
    fs::write(&example, EXAMPLE.replace(USUAL, server.address())).unwrap();
    let words = [example.to_str().unwrap(), "jdoe", "Feeds_DownloadPackage", "unapproved-nuget"];
    assert_eq!(python(&words, folder.path()).ended(0), "denied REASON_RESTRICTED grant 3\n");
}

/// There is a packaged grpcurl for this platform only.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn a_check_by_grpcurl() {
    let (server, _) = first_policy();
    let answer = paste(&server, block("sh", "grpcurl")).json();
    assert_eq!((&answer["reason"], &answer["grantId"]), (&"REASON_RESTRICTED".into(), &"3".into()));
}
