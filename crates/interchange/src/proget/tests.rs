//! Whole imports: the samples, and entries that must not be guessed at; in `hybrid`, names of hybrid directories.

mod hybrid;

use std::fs;

use super::*;
use crate::testing::{applied, initial, name, strings};
use feedgate_model::edit::{ObjectRef, Spec};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../../tests/data/proget/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Imports `[tasks, users, groups, permissions, feeds]`; an empty text is no file.
fn run(files: [&str; 5], policy: &[Spec], options: &ImportOptions) -> Result<Import, Vec<String>> {
    let source = |index: usize| {
        let file = ["t", "u", "g", "p", "f"][index];
        (!files[index].is_empty()).then_some(Source { file, bytes: files[index].as_bytes() })
    };
    let sources = Sources {
        tasks: source(0),
        users: source(1),
        groups: source(2),
        permissions: source(3),
        feeds: source(4),
    };
    import(&sources, &Existing::new(policy), options).map_err(|problems| strings(&problems))
}

fn good(files: [&str; 5], policy: &[Spec], options: &ImportOptions) -> Import {
    run(files, policy, options).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn exports() -> [String; 2] {
    ["approval-workflow.tasks-export.json", "approval-workflow.users-export.json"]
        .map(|name| String::from_utf8(fixture(name)).unwrap())
}

fn notes(import: &Import) -> Vec<&str> {
    import.notes.iter().map(|note| note.0.as_str()).collect()
}

fn grants(policy: &[Spec]) -> Vec<String> {
    let mut grants: Vec<_> = policy
        .iter()
        .filter(|spec| matches!(spec, Spec::Grant(_)))
        .map(|spec| crate::policy_file::render(std::slice::from_ref(spec)))
        .map(|text| text.lines().last().unwrap().trim().to_owned())
        .collect();
    grants.sort();
    grants
}

#[test]
fn the_exports_become_the_workflow() {
    let [tasks, users] = exports();
    let import = good([&tasks, &users, "", "", ""], &initial(), &ImportOptions::default());
    let counts = Counts { tasks: 8, users: 5, groups: 3, feeds: 0, grants: 7 };
    assert_eq!(import.counts, counts);
    assert_eq!(
        notes(&import),
        [
            "creates the feed `approved-nuget`, which permissions name",
            "creates the feed `mycompany-nuget`, which permissions name",
            "creates the feed `unapproved-nuget`, which permissions name",
            "the user `Admin` has the default password, which everybody knows; it must be changed at the next sign-in",
        ]
    );
    let policy = applied(initial(), &import.edits);
    assert_eq!(
        grants(&policy),
        [
            "- {permit: Administer, to: {group: Administrators}, scope: all}",
            "- {permit: Promote Packages, to: {group: Senior Developers}, scope: {feed: approved-nuget}}",
            "- {permit: View & Download Packages, to: everyone, scope: {feed: mycompany-nuget}}",
            "- {permit: View & Download Packages, to: {group: Developers}, scope: all}",
            "- {permit: View & Download Packages, to: {group: Senior Developers}, scope: {feed: unapproved-nuget}}",
            "- {permit: View Packages, to: everyone, scope: all}",
            "- {restrict: Download Packages, to: {group: Developers}, scope: {feed: unapproved-nuget}}",
        ]
    );
    let passwords = import.edits.iter().filter(|edit| matches!(edit, Edit::SetPassword(_))).count();
    assert_eq!(passwords, 5);
    // Again, it changes nothing, and creates no feeds.
    let again = good([&tasks, &users, "", "", ""], &policy, &ImportOptions::default());
    assert_eq!(applied(policy.clone(), &again.edits), policy);
    assert_eq!(again.notes.len(), 1);
}

#[test]
fn api_objects_become_the_same() {
    let [tasks, users] = exports();
    let exported = good([&tasks, &users, "", "", ""], &initial(), &ImportOptions::default());
    let exported = applied(initial(), &exported.edits);
    let [tasks, groups, permissions] = ["tasks.json", "groups.json", "permissions.json"]
        .map(|name| String::from_utf8(fixture(name)).unwrap());
    let import = good([&tasks, &users, &groups, &permissions, ""], &initial(), &ImportOptions::default());
    let policy = applied(initial(), &import.edits);
    let extra = "- {permit: Publish Packages, to: {user: build}, scope: {feed: mycompany-nuget}}";
    let without: Vec<_> = grants(&policy).into_iter().filter(|grant| grant != extra).collect();
    assert_eq!(without, grants(&exported));
    assert_eq!(without.len() + 1, grants(&policy).len());
}

#[test]
fn the_policy_file_says_the_same_as_the_exports() {
    let path = format!("{}/../../deploy/examples/approval-workflow.yaml", env!("CARGO_MANIFEST_DIR"));
    let file = crate::PolicyFile::parse("f", &fs::read(path).unwrap()).unwrap();
    let written = file.edits(&Existing::new(&initial()), false).unwrap();
    let [tasks, users] = exports();
    let import = good([&tasks, &users, "", "", ""], &initial(), &ImportOptions::default());
    let comment = ", comment: not before approval";
    let written: Vec<_> =
        grants(&applied(initial(), &written.edits)).iter().map(|grant| grant.replace(comment, "")).collect();
    assert_eq!(written, grants(&applied(initial(), &import.edits)));
}

const TASK: &str = r#"[{"name": "T", "feedScoped": true, "attributes": ["Feeds_ViewFeed"]}]"#;

#[test]
fn what_stands_twice_in_an_object_is_refused() {
    let twice = |key: &str| format!("the key `{key}` stands twice in an object");
    let same =
        |one: &str, other: &str| format!("`{one}` and `{other}` mean the same: give one of them, once");
    let files: [([&str; 5], String); 12] = [
        (["", "", "", "", r#"[{"name": "a", "name": "b"}]"#], twice("name")),
        (["", "", "", "", r#"[{"name": "a", "group": "x", "group": "y"}]"#], twice("group")),
        (["", "", "", "", r#"[{"name": "a", "feedGroup": "x", "group": "y"}]"#], same("feedGroup", "group")),
        (["", "", "", "", r#"[{"name": "a", "group": null, "feedGroup": "y"}]"#], same("feedGroup", "group")),
        (["", "", "", "", r#"[{"name": "a", "type": "x", "feedType": "x"}]"#], same("feedType", "type")),
        (["", "", "", "", r#"[{"name": "a", "description": 1, "description": 2}]"#], twice("description")),
        (["", "", "", "", r#"[{"name": "a", "variables": {"x": 1, "x": 2}}]"#], twice("x")),
        (["", "", r#"[{"name": "a", "users": [], "users": ["b"]}]"#, "", ""], twice("users")),
        (["", r#"[{"name": "a", "n\u0061me": "b"}]"#, "", "", ""], twice("name")),
        (["", r#"{"users": [], "users": []}"#, "", "", ""], twice("users")),
        ([r#"{"tasks": [], "tasks": []}"#, "", "", "", ""], twice("tasks")),
        (
            [TASK, "", "", r#"[{"user": "Everyone", "task": "T", "deny": true, "deny": false}]"#, ""],
            twice("deny"),
        ),
    ];
    for (files, expected) in files {
        let found = run(files, &initial(), &ImportOptions::default()).unwrap_err();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].ends_with(&expected), "{found:#?} isn't {expected}");
    }
}

#[test]
fn byte_order_marks_are_skipped() {
    let [tasks, users] = exports().map(|text| format!("\u{feff}{text}"));
    let import =
        good([&tasks, &users, "\u{feff}[]", "\u{feff}[]", ""], &initial(), &ImportOptions::default());
    assert_eq!((import.counts.tasks, import.counts.users), (8, 5));
    let feeds = "\u{feff}[\"a\"]";
    assert_eq!(good(["", "", "", "", feeds], &initial(), &ImportOptions::default()).counts.feeds, 1);
}

#[test]
fn what_is_not_understood_is_refused() {
    let export = |grant: &str| {
        format!(r#"{{"tasks": [{{"name": "T", "attributes": [], "permissions": [{grant}]}}]}}"#)
    };
    let grants = [
        (r#"{"principalName": "Everyone", "scope": "x"}"#, "t:1:96: unknown key `scope`, expected one of"),
        (r#"{"principalName": "Everyone", "feed": "a", "feedGroup": "b"}"#, "t:1:60: at most one of `feed`"),
        (r#"{"principalType": "user"}"#, "t:1:84: missing key `principalName`"),
        (r#"{"principalName": "Nobody"}"#, "t:1:60: there is no user or group `Nobody`, and without"),
        (
            r#"{"principalName": "ann", "principalType": "user"}"#,
            "t:1:60: the user `ann` isn't built in; give",
        ),
        (r#"{"principalName": "Everyone", "feed": " x"}"#, "t:1:60: the name ` x` begins or ends with white"),
    ];
    for (grant, expected) in grants {
        let found = run([&export(grant), "", "", "", ""], &initial(), &ImportOptions::default()).unwrap_err();
        assert!(found[0].starts_with(expected), "{found:#?}");
    }
    let files: [([&str; 5], &str); 16] = [
        (
            ["", r#"[{"name": "u", "password": 1234}]"#, "", "", ""],
            "u:1:31: expected a string, but found a number",
        ),
        (["\u{feff}[", "", "", "", ""], "t:1:1: EOF while parsing a list"),
        (["", "[[\"u\", null]]", "", "", ""], "u:1:2: expected an object, but found an array"),
        (["[]", "[]", "{}", "", ""], "g:1:1: expected an array, but found an object"),
        (["{}", "", "", "", ""], "t:1:2: missing key `tasks`"),
        (
            [r#"[{"name": "T", "attributes": ["A_B"]}]"#, "", "", "", ""],
            "t:1:2: the task `T` has the attribute `A_B`",
        ),
        (
            [r#"[{"name": "T", "attributes": [], "permissions": []}]"#, "", "", "", ""],
            "t:1:46: unknown key `permissions`",
        ),
        ([TASK, "", "", r#"[{"user": "Everyone", "task": "T"}]"#, ""], "p:1:34: missing key `deny`"),
        ([TASK, "", "", r#"[{"task": "T", "deny": true}]"#, ""], "p:1:2: exactly one of `user` and `group`"),
        (
            [TASK, "", "", r#"[{"user": "Everyone", "task": "X", "deny": true}]"#, ""],
            "p:1:2: there is no task `X`",
        ),
        (
            [
                TASK,
                "",
                "",
                "[\n{\"user\": \"Everyone\", \"task\": \"T\", \"feed\": \"x\", \"deny\": true}]",
                r#"["a"]"#,
            ],
            "p:2:1: there is no feed `x`, neither in the file of feeds nor in the store",
        ),
        (["", "", "", "", r#"[{"name": "a", "access": "b"}]"#], "f:1:23: unknown key `access`"),
        (
            ["", "", "", "", r#"["a", {"name": "b", "alternateNames": ["A"]}]"#],
            "f:1:7: the name `A` stands for two",
        ),
        (
            ["", "", r#"[{"name": "g", "users": ["ann"]}]"#, "", ""],
            "g:1:2: the group `g` has the user `ann`, who isn't",
        ),
        (
            ["", r#"[{"name": "u", "groups": ["g"]}]"#, r#"[{"name": "g", "users": []}]"#, "", ""],
            "u:1:2: the files disagree on whether `u` is in `g`",
        ),
        (["", r#"[{"name": "u"}, {"name": "U"}]"#, "", "", ""], "u:1:17: the user `U` stands twice"),
    ];
    for (files, expected) in files {
        let found = run(files, &initial(), &ImportOptions::default()).unwrap_err();
        assert!(found[0].starts_with(expected), "{found:#?}");
    }
}

#[test]
fn without_a_type_a_name_is_the_only_principal_of_that_name() {
    let both = r#"[{"name": "both"}, {"name": "one"}]"#;
    let export = |who: &str| {
        format!(
            r#"{{"tasks": [{{"name": "T", "attributes": [], "restrictions": [{{"principalName": "{who}"}}]}}]}}"#
        )
    };
    for (who, expected) in [
        ("ONE", "- {restrict: T, to: {user: ONE}, scope: all}"),
        ("anonymous", "- {restrict: T, to: anonymous, scope: all}"),
        ("Authenticated", "- {restrict: T, to: authenticated, scope: all}"),
    ] {
        let import = good([&export(who), both, r#"["both"]"#, "", ""], &initial(), &ImportOptions::default());
        assert!(grants(&applied(initial(), &import.edits)).contains(&expected.to_owned()), "{who}");
    }
    let found = run([&export("both"), both, r#"["both"]"#, "", ""], &initial(), &ImportOptions::default());
    assert!(found.unwrap_err()[0].contains("`both` is the name of more than one user or group"));
}

#[test]
fn names_that_are_not_built_in_live_in_the_directory_given() {
    let permissions = r#"[{"user": "ann", "task": "T", "deny": false},
        {"group": "staff", "task": "T", "feedGroup": "live", "deny": true},
        {"group": "Everyone", "task": "T", "deny": false}]"#;
    let groups = r#"[{"name": "devs", "users": ["Admin", "bob"]}]"#;
    let options = ImportOptions { outsiders: Outsiders::In(name("corp")), prune: false };
    let found = run([TASK, "", groups, permissions, ""], &initial(), &options).unwrap_err();
    assert_eq!(found[0], "import: there is no directory `corp` in the store; create it first");
    let corp = crate::PolicyFile::parse("f", b"version: 1\ndirectories: [{name: corp}]").unwrap();
    let policy = applied(initial(), &corp.edits(&Existing::new(&initial()), false).unwrap().edits);
    let import = good([TASK, "", groups, permissions, ""], &policy, &options);
    let policy = applied(policy, &import.edits);
    assert_eq!(
        grants(&policy),
        [
            "- {permit: Administer, to: {group: Administrators}, scope: all}",
            "- {permit: T, to: everyone, scope: all}",
            "- {permit: T, to: {user: ann, directory: corp}, scope: all}",
            "- {restrict: T, to: {group: staff, directory: corp}, scope: {feed_group: live}}",
        ]
    );
    assert_eq!(notes(&import), ["creates the feed group `live`, which permissions name"]);
    assert_eq!(Existing::new(&policy).users.iter().count(), 3);
}

#[test]
fn feeds_bring_their_groups_and_other_names() {
    let feeds = r#"["plain", {"name": "nuget-1", "feedType": "nuget", "alternateNames": ["one"], "feedGroup": "live",
        "active": true, "connectors": ["nuget.org"], "retentionRules": [{"x": 1}]}]"#;
    let permissions = r#"[{"user": "Everyone", "task": "T", "feed": "ONE", "deny": false},
        {"user": "Everyone", "task": "T", "feed": "nuget-1", "deny": false},
        {"user": "Everyone", "task": "T", "feedGroup": "live", "deny": false}]"#;
    let import = good([TASK, "", "", permissions, feeds], &initial(), &ImportOptions::default());
    assert_eq!(notes(&import), ["left out 1 permissions that stand in the import twice"]);
    let policy = applied(initial(), &import.edits);
    assert_eq!(grants(&policy).len(), 3);
    assert_eq!(Existing::new(&policy).feed(&name("one")).unwrap().name, name("nuget-1"));
}

#[test]
fn groups_that_only_users_name_are_created() {
    let users = r#"[{"name": "ann", "email": "a@example.com", "groups": ["new"]}]"#;
    let import = good(["", users, "", "", ""], &initial(), &ImportOptions::default());
    assert_eq!(notes(&import), ["creates the group `new`, which users are in but no list of groups has"]);
    applied(initial(), &import.edits);
}

#[test]
fn pruning_takes_grants_only() {
    let [tasks, users] = exports();
    let policy =
        applied(initial(), &good([&tasks, &users, "", "", ""], &initial(), &ImportOptions::default()).edits);
    let prune = ImportOptions { outsiders: Outsiders::Nowhere, prune: true };
    let permissions = r#"[{"user": "Everyone", "task": "View Packages", "deny": false}]"#;
    let import = good(["", "", "", permissions, ""], &policy, &prune);
    let deleted = |edit: &&Edit| matches!(edit, Edit::Delete { object: ObjectRef::Grant(_), .. });
    assert_eq!((import.edits.len(), import.edits.iter().filter(deleted).count()), (6, 5));
    assert!(notes(&import)[0].starts_with("kept the user `Admin`, the group `Administrators` and the grant"));
    // A file without grants says nothing about them.
    assert!(!good([TASK, "", "", "", ""], &policy, &prune).edits.iter().any(|edit| deleted(&edit)));
}
