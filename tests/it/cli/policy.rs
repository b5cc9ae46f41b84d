//! `apply`, `export`, `import`.

use std::fs;

use super::{revision, workflow};
use crate::support::{data, example, server::Server};

#[test]
fn an_export_applied_again_changes_nothing() {
    for file in [example(), data("policy/example.yaml")] {
        let server = Server::start();
        server.cli(&["apply", "-f", &file]).ended(0);
        let exported = server.cli(&["export"]).ended(0).to_owned();
        for flags in [&[][..], &["--prune"], &["--dry-run"]] {
            let again = server.cli_with(&[&["apply", "-f", "-"], flags].concat(), exported.as_bytes());
            let nothing = "nothing to do: the policy is like that already (revision 1)\n";
            assert_eq!(again.ended(0), nothing, "{file} {flags:?}");
        }
        let other = Server::start();
        other.cli_with(&["apply", "-f", "-", "--prune"], exported.as_bytes()).ended(0);
        assert_eq!(other.cli(&["export"]).ended(0), exported, "{file}");
        let to = server.path("exported.yaml");
        server.cli(&["export", "--to", to.to_str().unwrap()]).ended(0);
        assert_eq!(fs::read_to_string(to).unwrap(), exported);
    }
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let server = Server::start();
    let file = example();
    let before = server.cli(&["export"]);
    let output = server.cli(&["apply", "-f", &file, "--dry-run"]);
    let said = output.ended(0);
    for part in ["+ feed unapproved-nuget", "+ user jDoe", "dry run, nothing was changed"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert_eq!((server.cli(&["export"]), revision(&server).as_str()), (before, "0"));
}

#[test]
fn pruning_removes_what_a_file_does_not_name() {
    let server = workflow();
    let file = server.file("only.yaml", "version: 1\ngrants: []\nconnectors: []\n");
    assert!(server.cli(&["apply", "-f", &file]).ended(0).starts_with("nothing to do"));
    let pruned = server.cli(&["apply", "-f", &file, "--prune", "--output", "json"]).json();
    // Six grants and a connector; the seventh grant is the last administrator's.
    assert_eq!(pruned["summary"]["deleted"], 7, "{pruned}");
    let grants = server.cli(&["list", "grants", "--output", "json"]).json();
    assert_eq!(grants["grants"].as_array().unwrap().len(), 1, "{grants}");
    assert_eq!(server.cli(&["check", "Admin", "Admin_ConfigureProGet"]).code, 0);
}

#[test]
fn mistakes_in_files_are_told_with_line_and_column() {
    let server = workflow();
    let before = server.cli(&["export"]);
    let mut tried = 0;
    for entry in fs::read_dir(data("policy")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.to_str().unwrap();
        if !file.contains("/bad-") {
            continue;
        }
        let output = server.cli(&["apply", "-f", file]);
        let lines: Vec<_> = output.failed(2, "nothing was done").lines().collect();
        let (count, mistakes) = lines.split_last().unwrap();
        let plural = if mistakes.len() == 1 { "mistake" } else { "mistakes" };
        assert_eq!(*count, format!("error: {} {plural}; nothing was done", mistakes.len()));
        for mistake in mistakes {
            let place = mistake.strip_prefix(file).unwrap_or_else(|| panic!("{mistake}"));
            let parts: Vec<_> = place.splitn(4, ':').collect();
            let number = |part: &str| part.parse::<u32>().unwrap_or_else(|_| panic!("{mistake}"));
            assert!(number(parts[1]) > 0 && number(parts[2]) > 0 && parts[3].starts_with(' '), "{mistake}");
        }
        tried += 1;
    }
    assert!(tried > 15, "{tried}");
    assert_eq!(server.cli(&["export"]), before);
    server.cli(&["apply", "-f", "/nowhere.yaml"]).failed(2, "/nowhere.yaml");
    let reserved = server
        .file("reserved.yaml", "version: 1\nattributes:\n  - {name: Feeds_ViewFeed, feed_scopable: false}\n");
    server
        .cli(&["apply", "-f", &reserved])
        .failed(2, ":3:12: `Feeds_ViewFeed` is built in and can't be changed");
    assert_eq!(server.cli(&["export"]), before);
}

#[test]
fn mistakes_in_imports_are_told_with_line_and_column() {
    let server = workflow();
    let before = server.cli(&["export"]);
    for (flag, content, why) in [
        ("--tasks", "{\"tasks\": [{\"name\": \"T\", \"atributes\": []}]}", ":1:"),
        (
            "--tasks",
            "{\"tasks\": [{\"name\": \"T\", \"attributes\": [], \"permissions\": [{\"principalName\": \"jDoe\", \"expires\": 1}]}]}",
            "expires",
        ),
        ("--tasks", "{\"tasks\": [{\"name\": 5}]}", ":1:"),
        ("--tasks", "{\"tasks\": [{\"name\": \"T\", \"attributes\": [\"Nope\"]}]}", "Nope"),
        ("--tasks", "{\"tasks\": [", ":1:"),
        (
            "--users",
            "{\"users\": [{\"userName\": \"x\", \"passwordBytes\": \"!\", \"saltBytes\": \"AA==\"}]}",
            ":1:",
        ),
        ("--permissions", "[{\"user\": \"jDoe\", \"task\": \"None\", \"deny\": false}]", "None"),
        ("--permissions", "[{\"group\": \"None\", \"task\": \"Administer\", \"deny\": false}]", "None"),
    ] {
        let file = server.file("import.json", content);
        let output = server.cli(&["import", "proget", flag, &file]);
        assert!(output.failed(2, why).starts_with(&format!("{file}:1:")), "{output:#?}");
    }
    for content in [&b"\xff\xfe[\0]\0"[..], b"[{\"name\": \"\xff\"}]"] {
        let file = server.file("import.json", content);
        let output = server.cli(&["import", "proget", "--groups", &file]);
        assert!(output.failed(2, "nothing was done").starts_with(&format!("{file}:1:")), "{output:#?}");
    }
    server.cli(&["import", "proget"]).failed(2, "--tasks");
    assert_eq!(server.cli(&["export"]), before);
}
