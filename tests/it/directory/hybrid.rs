//! An import of what a hybrid directory had: by the program, over members that are asked.

use std::fs;

use serde_json::{Value, json};

use super::provider::Example;
use crate::support::server::Server;

/// `ann` is in both; each has somebody of its own.
fn members() -> [Example; 2] {
    let people = |own: &str, group: &str| {
        json!({
            "users": [{"id": "u-1", "name": "Ann", "groups": []}, {"id": "u-2", "name": own, "groups": ["g-1"]}],
            "groups": [{"id": "g-1", "name": group}],
        })
    };
    [Example::start(people("bob", "devs")), Example::start(people("annika", "testers"))]
}

/// A server that is configured to ask them as `corp` and `lab`, of which the policy has `lab` disabled.
fn server(members: &[Example; 2]) -> Server {
    let [corp, lab] = members;
    let mut text = String::new();
    for (name, example) in [("corp", corp), ("lab", lab)] {
        let socket = example.path("sock");
        text += &format!(
            "[[directory]]\nname = '{name}'\n[directory.provider]\naddress = 'unix:{}'\ntimeout_ms = 1500\n",
            socket.display()
        );
    }
    let config = corp.path("feedgate.toml");
    fs::write(&config, text).unwrap();
    let server = Server::start_with(&["--config", config.to_str().unwrap()]);
    let policy = "version: 1\ndirectories: [{name: corp}, {name: lab, enabled: false}]\nfeeds: [{name: npm, type: npm}]\n";
    server.cli(&["apply", "-f", &server.file("policy.yaml", policy)]).ended(0);
    server
}

const PERMISSIONS: &str = r#"[
    {"user": "ann", "task": "View & Download Packages", "feed": "npm", "deny": false},
    {"user": "ann", "task": "Publish Packages", "deny": true},
    {"group": "testers", "task": "View & Download Packages", "feed": "npm", "deny": false},
    {"user": "gone", "task": "View & Download Packages", "deny": false},
    {"group": "Administrators", "task": "Administer", "deny": false}]"#;

#[tokio::test]
async fn what_a_hybrid_directory_had_goes_to_its_members() {
    let mut members = members();
    let server = server(&members);
    let file = server.file("permissions.json", PERMISSIONS);
    let import = |flags: &[&str]| {
        let mut words = vec!["import", "proget", "--permissions", &file];
        words.extend(flags);
        server.cli(&words)
    };
    import(&["--hybrid", "lab,corp,lab"]).failed(2, "the directory `lab` stands twice");
    import(&["--hybrid", "lab,"]).failed(2, "a name must not be empty");
    import(&["--hybrid", "lab,elsewhere"]).failed(3, "elsewhere");
    import(&["--hybrid", "lab", "--directory", "corp"]).failed(2, "cannot be used with");

    let before = server.status().await.revision;
    let lines = [
        "enables the directory `lab`: bare names are looked for there, too",
        "puts the directories into the order `built-in`, `lab`, `corp`",
        "permit `View & Download Packages` on the feed `npm` to the user `ann`: hybrid → `lab`",
        "restrict `Publish Packages` on all feeds to the user `ann`: hybrid → `lab`, `corp`",
        "permit `View & Download Packages` on the feed `npm` to the group `testers`: hybrid → `lab`",
        "permit `View & Download Packages` on all feeds to the user `gone`: left out, no member has a user of this name",
    ];
    let refused = import(&["--hybrid", "lab,corp"]);
    let tried = import(&["--hybrid", "lab,corp", "--dry-run"]);
    for line in lines {
        assert!(refused.stderr.contains(line) && tried.stderr.contains(line), "{line}\n{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("Administrators"), "{}", refused.stderr);
    refused.failed(2, "agree with `--confirm-rebinding`");
    assert!(tried.ended(0).contains("dry run, nothing was changed"));
    assert_eq!(server.status().await.revision, before);

    import(&["--hybrid", "lab,corp", "--confirm-rebinding"]).ended(0);
    let check = |user: &str, directory: &str, attribute: &str, expected: i32| {
        let words = ["check", user, attribute, "--feed", "npm", "--directory", directory];
        server.cli(&words).ended(expected);
    };
    // Publish Packages has it, and is restricted everywhere; the permission in the first member is narrower.
    check("ann", "lab", "Feeds_DownloadPackage", 0);
    check("ann", "corp", "Feeds_DownloadPackage", 1);
    check("annika", "lab", "Feeds_DownloadPackage", 0);
    check("bob", "corp", "Feeds_DownloadPackage", 1);
    let exported = server.cli(&["export"]).stdout;
    for directory in ["lab", "corp"] {
        let grant =
            format!("{{restrict: Publish Packages, to: {{user: ann, directory: {directory}}}, scope: all}}");
        assert!(exported.contains(&grant), "{exported}");
    }
    // Nothing is new, so there is nothing to agree to.
    let again = import(&["--hybrid", "lab,corp"]);
    assert!(again.ended(0).contains("nothing to do"));

    // Whom a member has that can't be asked, nobody knows.
    members[1].kill();
    import(&["--hybrid", "lab,corp", "--confirm-rebinding"])
        .failed(3, "the directory `lab` can't be asked about the user `ann`");
    let listed: Value = server.cli(&["list", "grants", "--output", "json"]).json();
    assert_eq!(listed["grants"].as_array().unwrap().len(), 5, "{listed}");
}
