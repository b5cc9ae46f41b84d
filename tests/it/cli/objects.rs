//! `status` and `list`.

use serde_json::Value;

use super::workflow;

#[test]
fn status_has_what_scripts_look_for() {
    let server = workflow();
    let status = server.cli(&["status", "--output", "json"]).json();
    for (key, value) in [
        ("revision", Value::from("1")),
        ("ready", true.into()),
        ("writable", true.into()),
        ("grants", 7.into()),
        ("users", 5.into()),
        ("groups", 3.into()),
        ("feeds", 3.into()),
        ("connectors", 1.into()),
        ("attributes", 21.into()),
        ("tasks", 8.into()),
    ] {
        assert_eq!(status[key], value, "{key} of {status}");
    }
    assert_ne!(status["store_id"].as_str().unwrap().parse::<u64>().unwrap(), 0);
    let table = server.cli(&["status"]);
    assert!(table.ended(0).contains("\nready        yes\n"), "{table:#?}");
}

#[test]
fn lists() {
    let server = workflow();
    let table: [(&[&str], &[&str]); 14] = [
        (&["directories"], &["built-in"]),
        (&["users"], &["Admin", "jDoe", "mBrown", "cWu", "build"]),
        (&["users", "--prefix", "JD"], &["jDoe"]),
        (&["users", "--directory", "built-in", "--prefix", "b"], &["build"]),
        (&["groups"], &["Administrators", "Developers", "Senior Developers"]),
        (&["members", "Developers"], &["jDoe", "cWu"]),
        (&["feed-groups"], &[]),
        (&["feeds"], &["unapproved-nuget", "approved-nuget", "mycompany-nuget"]),
        (&["feeds", "--type", "npm"], &[]),
        (&["connectors"], &["nuget.org"]),
        (&["grants", "--effect", "restrict"], &["Download Packages"]),
        (&["grants", "--user", "jDoe"], &[]),
        (&["grants", "--everyone", "--all-feeds"], &["View Packages"]),
        (&["grants", "--group", "developers"], &["View & Download Packages", "Download Packages"]),
    ];
    for (words, expected) in table {
        let answer = server.cli(&[&["list"], words, &["--output", "json"]].concat()).json();
        let (_, objects) = answer.as_object().unwrap().iter().find(|(_, it)| it.is_array()).unwrap();
        let names: Vec<_> = objects.as_array().unwrap().iter().map(name).collect();
        assert_eq!(names, expected, "{words:?}");
        let table = server.cli(&[&["list"], words].concat());
        let table = table.ended(0);
        assert!(expected.iter().all(|name| table.contains(name)), "{words:?}: {table}");
    }
    for (kind, count) in [("attributes", 21), ("tasks", 8)] {
        let answer = server.cli(&["list", kind, "--output", "json"]).json();
        assert_eq!(answer[kind].as_array().unwrap().len(), count, "{kind}");
    }
    server.cli(&["list", "members", "Nobodies"]).failed(3, "[NOT_FOUND]");
    server.cli(&["list", "grants", "--user", "a", "--group", "b"]).failed(2, "cannot be used with");
}

fn name(object: &Value) -> &str {
    let object = if object["user"].is_object() { &object["user"] } else { object };
    let name = if object["task"].is_string() { &object["task"] } else { &object["name"] };
    name.as_str().unwrap_or_else(|| panic!("{object}"))
}

/// More than a page.
#[test]
fn long_lists_are_whole() {
    let server = workflow();
    let feeds: String = (0..1_234).map(|number| format!("  - {{name: feed-{number}}}\n")).collect();
    server.cli_with(&["apply", "-f", "-"], format!("version: 1\nfeeds:\n{feeds}").as_bytes()).ended(0);
    let listed = server.cli(&["list", "feeds", "--prefix", "feed-"]);
    let mut names: Vec<_> = listed.ended(0).lines().skip(1).map(|line| line.trim_end().to_owned()).collect();
    let mut expected: Vec<_> = (0..1_234).map(|number| format!("feed-{number}")).collect();
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
}
