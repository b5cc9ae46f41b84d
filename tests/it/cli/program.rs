//! The program itself: help, completions, the demonstration, and a reader that goes away.

use std::process::Stdio;

use super::workflow;
use crate::support::{
    data,
    program::{feedgate, run},
};

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(feedgate().args(["completions", shell]), b"");
        assert!(script.ended(0).contains("effective"), "{shell}: {script:#?}");
    }
    run(feedgate().args(["completions", "tcsh"]), b"").failed(2, "possible values");
}

#[test]
fn help_and_wrong_use() {
    let help = run(feedgate().arg("--help"), b"");
    for part in ["Exit codes:", "serve", "demo", "check", "batch", "FEEDGATE_SERVER"] {
        assert!(help.ended(0).contains(part), "no {part:?} in {help:#?}");
    }
    let version = run(feedgate().arg("--version"), b"");
    assert_eq!(version.ended(0), concat!("feedgate ", env!("CARGO_PKG_VERSION"), "\n"));
    let none: &[&str] = &[];
    for words in [none, &["chek"], &["serve", "--server", "x:1"], &["check", "--output", "xml", "a", "b"]] {
        let output = run(feedgate().args(words), b"");
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{words:?}: {output:#?}");
    }
}

#[test]
fn a_server_without_a_folder_is_wrong_use() {
    run(feedgate().args(["serve", "--listen", "127.0.0.1:0"]), b"").failed(2, "--data");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("feedgate.toml");
    std::fs::write(&file, "data = '/nowhere'\nlissen = 'x'\n").unwrap();
    run(feedgate().arg("serve").arg("--config").arg(&file), b"").failed(2, "`lissen`");
}

#[test]
fn the_demonstration_tells_its_story_and_cleans_up() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(feedgate().args(["demo", "--once"]).env("TMPDIR", dir.path()), b"");
    let story = output.ended(0);
    for part in [
        "feedgate decides who may do what on which feed.",
        "$ feedgate explain jDoe Feeds_DownloadPackage --feed unapproved-nuget\n  denied: jDoe may not",
        "$ feedgate explain mBrown Feeds_DownloadPackage --feed unapproved-nuget\n  allowed: mBrown may",
        "a restriction wins over",
        "nothing permits it",
        "no feed unaproved-nuget is registered",
    ] {
        assert!(story.contains(part), "no {part:?} in {story}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

/// `feedgate … | head`, when head has read enough.
#[test]
fn a_reader_that_goes_away_is_no_failure_worth_a_word() {
    let server = workflow();
    let questions = server.file("questions.csv", "subject,attribute,target\njDoe,Feeds_ViewFeed,x\n");
    let tests = data("policy-tests/good.yaml");
    let table: [(&[&str], i32); 9] = [
        // The exit code of a check is its answer.
        (&["check", "Admin", "Admin_ConfigureProGet"], 0),
        (&["check", "jDoe", "Admin_ConfigureProGet"], 1),
        (&["list", "grants"], 3),
        (&["export"], 3),
        (&["history"], 3),
        // Whether or not there is anything to write.
        (&["watch"], 3),
        (&["batch", &questions], 3),
        (&["demo", "--once"], 0),
        // So is the one of policy tests.
        (&["test", &tests], 0),
    ];
    for (words, code) in table {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = if ["demo", "test"].contains(&words[0]) { feedgate() } else { server.command(&[]) };
        let child = command.args(words).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(code), ""), "{words:?}");
    }
}
