//! `grant`, `user`, `feed`, `task` and the like: a policy made and changed without a file.

use std::thread;

use serde_json::json;

use super::{revision, workflow};
use crate::support::{program::Output, server::Server};

/// The policy of `deploy/examples/approval-workflow.yaml`, in its order. A new store has Admin already.
const WORKFLOW: &[&[&str]] = &[
    &["task", "add", "View Packages", "--description", "View packages.", "--attribute", "Feeds_ViewFeed"],
    &["task", "add", "Download Packages", "--description", "Download packages."],
    &["task", "edit", "Download Packages", "--add-attribute", "Feeds_DownloadPackage"],
    &["task", "add", "Projects", "--attribute", "Projects_UploadSbom", "--attribute", "Projects_View"],
    &["task", "rename", "Projects", "Manage Projects"],
    &[
        "task",
        "edit",
        "manage projects",
        "--description",
        "Issues on projects and releases.",
        "--add-attribute",
        "Projects_Manage",
        "--add-attribute",
        "Projects_ResolveIssue",
    ],
    &["user", "add", "jDoe", "--email", "jdoe@example.com"],
    &["user", "edit", "jDoe", "--display-name", "John Doe"],
    &["user", "add", "mBrown", "--display-name", "Mary Brown"],
    &["user", "add", "cWu", "--display-name", "Catherine Wu", "--disabled"],
    &["user", "enable", "cWu"],
    &["user", "add", "build", "--display-name", "Build server"],
    &["group", "add", "Developers", "--member", "jDoe", "--member", "cWu"],
    &["group", "add", "Senior Developers"],
    &["group", "add-member", "Senior Developers", "mBrown", "cWu"],
    &["feed", "add", "unapproved-nuget", "--type", "nuget"],
    &["feed", "add", "approved-nuget", "--type", "nuget", "--promote-to", "unapproved-nuget"],
    &["feed", "edit", "approved-nuget", "--no-promote-to"],
    &["feed", "edit", "unapproved-nuget", "--promote-to", "approved-nuget"],
    &["feed", "add", "mycompany-nuget", "--type", "nuget"],
    &["connector", "add", "nuget.org", "--url", "https://api.nuget.org/v3/index.json"],
    &["connector", "edit", "nuget.org", "--add-feed", "unapproved-nuget"],
    &["grant", "View Packages", "--everyone", "--all-feeds"],
    &["grant", "View & Download Packages", "--group", "Developers", "--all-feeds"],
    &[
        "restrict",
        "Download Packages",
        "--group",
        "Developers",
        "--feed",
        "unapproved-nuget",
        "--comment",
        "not before approval",
    ],
    &["grant", "View & Download Packages", "--group", "Senior Developers", "--feed", "unapproved-nuget"],
    &["grant", "Promote Packages", "--group", "Senior Developers", "--feed", "approved-nuget"],
    &["grant", "View & Download Packages", "--everyone", "--feed", "mycompany-nuget"],
];

/// The answers to every question that the workflow's names allow, or others for the same things.
fn decisions(server: &Server, users: &[&str], feeds: &[&str], attributes: &[&str]) -> Vec<String> {
    let mut questions = "subject,attribute,target\n".to_owned();
    for user in users.iter().chain(&["(anonymous)"]) {
        for feed in feeds.iter().chain(&["(system)"]) {
            questions.extend(attributes.iter().map(|attribute| format!("{user},{attribute},{feed}\n")));
        }
    }
    let answers = server.cli_with(&["batch", "-"], questions.as_bytes());
    let lines = answers.ended(0).lines().skip(1);
    lines.map(|line| line.split(',').skip(3).take(2).collect::<Vec<_>>().join(",")).collect()
}

const USERS: [&str; 5] = ["Admin", "jDoe", "mBrown", "cWu", "build"];
const FEEDS: [&str; 3] = ["unapproved-nuget", "approved-nuget", "mycompany-nuget"];
const ATTRIBUTES: [&str; 5] = [
    "Feeds_ViewFeed",
    "Feeds_DownloadPackage",
    "Feeds_AddPackage",
    "Feeds_AcceptPackagePromotions",
    "Admin_ConfigureProGet",
];

fn check(server: &Server, question: &[&str]) -> i32 {
    server.cli(&[&["check"], question].concat()).code
}

/// The last line of what a command said.
#[track_caller]
fn sum(output: &Output) -> &str {
    output.ended(0).lines().last().unwrap()
}

#[test]
fn a_policy_is_made_without_a_file() {
    let (server, expected) = (Server::start(), workflow());
    for (number, command) in WORKFLOW.iter().enumerate() {
        let output = server.cli(&[command, &["--dry-run"][..]].concat());
        assert!(sum(&output).starts_with("dry run, nothing was changed: it would be "), "{command:?}");
        assert_eq!(revision(&server), number.to_string(), "{command:?}");
        let done = server.cli(command);
        assert!(sum(&done).starts_with(&format!("revision {}: ", number + 1)), "{command:?}: {done:#?}");
        // A dry run says what comes of it.
        let lines =
            |output: &Output| output.stdout.lines().rev().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&output), lines(&done), "{command:?}");
    }
    assert_eq!(server.cli(&["export"]).stdout, expected.cli(&["export"]).stdout);
    let decided = |server| decisions(server, &USERS, &FEEDS, &ATTRIBUTES);
    assert_eq!(decided(&server), decided(&expected));
    assert_eq!(decided(&server).len(), 6 * 4 * 5);
}

#[test]
fn what_changed_is_said_a_line_an_object() {
    let server = workflow();
    let table: [(&[&str], &str); 7] = [
        (
            &["user", "add", "ann", "--group", "Developers"],
            "+ user ann\nrevision 2: 1 created, 0 updated, 0 deleted\n",
        ),
        (
            &["group", "remove-member", "Developers", "ann"],
            "~ user ann: groups (-Developers)\nrevision 3: 0 created, 1 updated, 0 deleted\n",
        ),
        (
            &["group", "add-member", "Developers", "jDoe"],
            "nothing to do: the policy is like that already (revision 3)\n",
        ),
        (
            &["restrict", "Administer", "--user", "ann", "--all-feeds"],
            "+ grant restrict \"Administer\" to user ann on all feeds\nrevision 4: 1 created, 0 updated, 0 deleted\n",
        ),
        (
            &["user", "rename", "ann", "anne"],
            "~ user ann: name is now anne\nrevision 5: 0 created, 1 updated, 0 deleted\n",
        ),
        (
            &["revoke", "administer", "--user", "anne", "--all-feeds", "--restriction"],
            "- grant restrict \"Administer\" to user anne on all feeds\nrevision 6: 0 created, 0 updated, 1 deleted\n",
        ),
        (
            &["revoke", "2"],
            "- grant permit \"View Packages\" to Everyone on all feeds\nrevision 7: 0 created, 0 updated, 1 deleted\n",
        ),
    ];
    for (command, expected) in table {
        assert_eq!(server.cli(command).ended(0), expected, "{command:?}");
    }
    let answer = server.cli(&["feed", "add", "npm", "--output", "json"]).json();
    assert_eq!((&answer["summary"]["created"], &answer["revision"]["number"]), (&json!(1), &json!("8")));
    assert_eq!(answer["changes"][0]["after"]["feed"]["name"], "npm");
}

#[test]
fn what_the_server_refuses() {
    let server = workflow();
    let before = server.cli(&["export"]);
    let table: [(&[&str], &str); 15] = [
        (&["user", "add", "JDOE"], "[ALREADY_EXISTS]"),
        (&["grant", "View Packages", "--everyone", "--all-feeds"], "[ALREADY_EXISTS]"),
        (
            &["grant", "None", "--everyone", "--all-feeds"],
            "error: no task is called `None`; `feedgate list tasks` shows all [NOT_FOUND]",
        ),
        (&["grant", "Administer", "--user", "nobody", "--all-feeds"], "[NOT_FOUND]"),
        (
            &["revoke", "View Packages", "--everyone", "--feed", "approved-nuget"],
            "error: there is no such permission [NOT_FOUND]",
        ),
        (
            &["revoke", "View Packages", "--everyone", "--all-feeds", "--restriction"],
            "error: there is no such restriction; there is a permission: leave out `--restriction` [NOT_FOUND]",
        ),
        (
            &[
                "revoke",
                "Download Packages",
                "--group",
                "Developers",
                "--feed",
                "unapproved-nuget",
                "--preview",
            ],
            "error: there is no such permission; there is a restriction: add `--restriction` [NOT_FOUND]",
        ),
        (
            &["revoke", "None", "--everyone", "--all-feeds"],
            "error: no task is called `None`; `feedgate list tasks` shows all [NOT_FOUND]",
        ),
        (&["revoke", "99"], "error: there is no grant 99 [NOT_FOUND]"),
        (&["revoke", "99", "--preview"], "error: there is no grant 99 [NOT_FOUND]"),
        (&["user", "add", "ann", "--group", "None"], "[NOT_FOUND]"),
        (
            &["feed", "edit", "approved-nuget", "--promote-to", "approved-nuget"],
            "error: promote_to: a feed can't promote to itself [INVALID_FIELD]\n",
        ),
        (
            &["feed", "add", "x", "--type", "NPM"],
            "error: create.feed.type: `NPM` must be lower-case [INVALID_FIELD]\n",
        ),
        (&["attribute", "edit", "Feeds_ViewFeed", "--label", "x"], "[IMMUTABLE]"),
        (
            &["task", "edit", "View Packages", "--remove-attribute", "Feeds_AddPackage"],
            "there is no attribute",
        ),
    ];
    for (command, why) in table {
        let said = server.cli(command);
        assert_eq!(said.failed(3, why).lines().count(), 1, "{said:#?}");
    }
    server
        .cli(&["task", "edit", "Administer", "--add-attribute", "Feeds_ViewFeed"])
        .failed(2, "has all attributes");
    server.cli(&["revoke", "View Packages"]).failed(2, "is no grant's id");
    assert_eq!(server.cli(&["export"]), before);
}

#[test]
fn an_attribute_of_a_task_counts_at_once() {
    let server = workflow();
    let question = ["jDoe", "Feeds_AddPackage", "--feed", "approved-nuget"];
    let edit = |flag| server.cli(&["task", "edit", "View Packages", flag, "Feeds_AddPackage"]);
    assert_eq!(check(&server, &question), 1);
    assert!(
        edit("--add-attribute")
            .ended(0)
            .starts_with("~ task View Packages: attributes (+Feeds_AddPackage)\n")
    );
    assert_eq!(check(&server, &question), 0);
    edit("--remove-attribute").ended(0);
    assert_eq!(check(&server, &question), 1);
}

#[test]
fn other_names_decide_the_same() {
    let server = workflow();
    let before = decisions(&server, &USERS, &FEEDS, &ATTRIBUTES);
    for (kind, from, to) in [
        ("user", "cWu", "Catherine"),
        ("group", "Senior Developers", "Leads"),
        ("feed", "unapproved-nuget", "incoming"),
        ("task", "View & Download Packages", "Read"),
        ("task", "Download Packages", "Fetch"),
        ("connector", "nuget.org", "outside"),
    ] {
        server.cli(&[kind, "rename", from, to]).ended(0);
        server.cli(&[kind, "show", from]).failed(3, "[NOT_FOUND]");
        server.cli(&[kind, "show", to]).ended(0);
    }
    let users = ["Admin", "jDoe", "mBrown", "Catherine", "build"];
    let feeds = ["incoming", "approved-nuget", "mycompany-nuget"];
    assert_eq!(decisions(&server, &users, &feeds, &ATTRIBUTES), before);
}

#[test]
fn built_in_tasks_come_back() {
    let server = workflow();
    let before = decisions(&server, &USERS, &FEEDS, &ATTRIBUTES);
    server.cli(&["task", "edit", "View & Download Packages", "--attribute", "Feeds_AddPackage"]).ended(0);
    assert_ne!(decisions(&server, &USERS, &FEEDS, &ATTRIBUTES), before);
    server.cli(&["task", "restore", "View & Download Packages"]).ended(0);
    assert_eq!(decisions(&server, &USERS, &FEEDS, &ATTRIBUTES), before);
    server.cli(&["task", "delete", "Manage Feed"]).ended(0);
    assert!(server.cli(&["task", "restore", "manage feed"]).ended(0).starts_with("+ task Manage Feed\n"));
    server.cli(&["task", "restore", "View Packages"]).failed(3, "[NOT_FOUND]");
}

#[test]
fn there_are_64_attributes_and_no_more() {
    let server = Server::start();
    let entries: String = (22..64).map(|number| format!("  - {{name: Own_{number}}}\n")).collect();
    server.cli_with(&["apply", "-f", "-"], format!("version: 1\nattributes:\n{entries}").as_bytes()).ended(0);
    server.cli(&["attribute", "add", "Own_64", "--category", "Own", "--feed-scopable"]).ended(0);
    server.cli(&["attribute", "add", "Own_65"]).failed(3, "[LIMIT_EXCEEDED]");
    let shown = server.cli(&["attribute", "show", "Own_64", "--output", "json"]).json();
    let expected = json!({
        "name": "Own_64",
        "label": "Own_64",
        "category": "Own",
        "feed_scopable": true,
        "description": "",
        "built_in": false,
        "id": "64",
        "revision": "2",
    });
    assert_eq!(shown["attribute"], expected);
    server.cli(&["attribute", "delete", "Own_64"]).ended(0);
    server.cli(&["attribute", "add", "Own_65"]).ended(0);
}

#[test]
fn deleting_says_what_is_in_the_way() {
    let server = workflow();
    for (kind, name, referring) in [
        (
            "feed",
            "unapproved-nuget",
            &["connector nuget.org", "grant 4 (restrict Download Packages to group"][..],
        ),
        ("group", "Developers", &["user jDoe", "user cWu", "grant 3"]),
        ("task", "Promote Packages", &["grant 6 (permit Promote Packages to group Senior Developers"]),
    ] {
        let refused = server.cli(&[kind, "delete", name]);
        for part in referring {
            refused.failed(3, part);
        }
        refused.failed(3, "[STILL_REFERENCED]");
        let tried = server.cli(&[kind, "delete", name, "--cascade", "--dry-run"]);
        assert!(tried.ended(0).contains("dry run"), "{tried:#?}");
        let done = server.cli(&[kind, "delete", name, "--cascade"]);
        assert!(done.ended(0).contains(&format!("- {kind} {name}\n")), "{done:#?}");
        server.cli(&[kind, "show", name]).failed(3, "[NOT_FOUND]");
    }
    assert_eq!(check(&server, &["Admin", "Admin_ConfigureProGet"]), 0);
}

#[test]
fn objects_are_shown_with_what_belongs_to_them() {
    let server = workflow();
    server.cli(&["feed-group", "add", "live", "--description", "what production uses"]).ended(0);
    server.cli(&["feed", "edit", "approved-nuget", "--feed-group", "live"]).ended(0);
    server.cli(&["grant", "Manage Feed", "--user", "cWu", "--feed-group", "live"]).ended(0);
    let table: [(&[&str], &[&str]); 7] = [
        (
            &["user", "show", "cwu"],
            &["user cWu\n", "Catherine Wu", "Developers, Senior Developers", "Manage Feed"],
        ),
        (&["user", "show", "build"], &["user build\n", "\n\nno grants to it itself\n"]),
        (
            &["group", "show", "Developers"],
            &["group Developers\n", "user jDoe", "user cWu", "not before approval"],
        ),
        (&["feed", "show", "unapproved-nuget"], &["  promote_to  approved-nuget\n", "restrict"]),
        (&["feed-group", "show", "live"], &["what production uses", "approved-nuget", "user cWu"]),
        (&["task", "show", "Administer"], &["  all_attributes  yes\n", "group Administrators"]),
        (&["connector", "show", "nuget.org"], &["  url       https://api.nuget.org/v3/index.json\n"]),
    ];
    for (command, parts) in table {
        let output = server.cli(command);
        for part in parts {
            assert!(output.ended(0).contains(part), "no {part:?} in {output:#?}");
        }
    }
    let user = server.cli(&["user", "show", "cWu", "--output", "json"]).json();
    assert_eq!(user["user"]["groups"][1]["name"], "Senior Developers", "{user}");
}

#[test]
fn a_password_is_read_from_standard_input() {
    let server = workflow();
    let set = |flags: &[&str], stdin: &str| {
        server.cli_with(&[&["user", "password", "jDoe"], flags].concat(), stdin.as_bytes())
    };
    let tried = set(&["--dry-run"], "geheim\n");
    assert!(sum(&tried).contains("1 password set (now at revision 1)"), "{tried:#?}");
    let done = set(&["--must-change"], "geheim\n");
    assert!(sum(&done).ends_with(", 1 password set"), "{done:#?}");
    for stdin in ["", "\n", "two\nlines\n"] {
        let refused = set(&[], stdin);
        refused.failed(2, "standard input");
        assert!(!refused.stderr.contains("two"), "{refused:#?}");
    }
    server.cli_with(&["user", "password", "nobody"], b"geheim").failed(3, "[NOT_FOUND]");
    for said in [tried.stdout, done.stdout, server.cli(&["export"]).stdout, server.log()] {
        assert!(!said.contains("geheim"), "{said}");
    }
}

/// Each of three must wait for the two others at most.
#[test]
fn nobodys_change_to_a_list_is_lost() {
    let server = workflow();
    for round in 0..5 {
        thread::scope(|scope| {
            for writer in 0..3 {
                let server = &server;
                scope.spawn(move || {
                    let name = format!("also-{round}-{writer}");
                    server.cli(&["feed", "edit", "approved-nuget", "--add-alternate-name", &name]).ended(0);
                });
            }
        });
    }
    let feed = server.cli(&["feed", "show", "also-0-0", "--output", "json"]).json();
    assert_eq!(feed["feed"]["alternate_names"].as_array().unwrap().len(), 15, "{feed}");
    server
        .cli(&["feed", "edit", "also-0-0", "--remove-alternate-name", "also-4-2", "--type", "npm"])
        .ended(0);
    let feed = server.cli(&["feed", "show", "approved-nuget", "--output", "json"]).json();
    assert_eq!(feed["feed"]["alternate_names"].as_array().unwrap().len(), 14, "{feed}");
    assert_eq!(feed["feed"]["type"], "npm");
}
