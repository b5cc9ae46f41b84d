//! `batch`: rows in, the same rows out.

use serde_json::{Value, json};

use super::workflow;

/// More than a call takes.
const ROWS: usize = 10_050;
/// One that can't be answered, in the second call.
const BAD: usize = 10_020;

fn attribute(row: usize) -> &'static str {
    match row {
        BAD => "Feeds_Nope",
        _ if row.is_multiple_of(3) => "Feeds_AddPackage",
        _ => "Feeds_ViewFeed",
    }
}

fn answer(row: usize) -> (Option<bool>, &'static str) {
    match attribute(row) {
        "Feeds_Nope" => (None, "UNKNOWN_ATTRIBUTE"),
        "Feeds_ViewFeed" => (Some(true), "PERMITTED"),
        _ => (Some(false), "NOT_GRANTED"),
    }
}

#[test]
fn csv_of_any_length() {
    let server = workflow();
    let (mut csv, mut expected) = (
        String::from("row,subject,attribute,target\n"),
        String::from("row,subject,attribute,target,allowed,reason,revision\n"),
    );
    for row in 0..ROWS {
        let question = format!("{row},jDoe,{},approved-nuget", attribute(row));
        let (allowed, reason) = answer(row);
        let allowed = allowed.map(|it| it.to_string()).unwrap_or_default();
        csv += &format!("{question}\n");
        expected += &format!("{question},{allowed},{reason},1\n");
    }
    let output = server.cli_with(&["batch", "-"], csv.as_bytes());
    output.failed(3, "1 of 10050 rows couldn't be answered");
    assert!(output.stdout == expected, "{}", output.stdout);

    let good = csv.lines().filter(|line| !line.contains("Nope")).collect::<Vec<_>>().join("\r\n");
    let file = server.file("questions.csv", good);
    assert_eq!(server.cli(&["batch", &file]).ended(0).lines().count(), ROWS);
}

#[test]
fn json_lines_of_any_length() {
    let server = workflow();
    let question =
        |row| json!({"row": row, "subject": "jDoe", "attribute": attribute(row), "target": "approved-nuget"});
    let lines: String = (0..ROWS).map(|row| format!("{}\n", question(row))).collect();
    let output = server.cli_with(&["batch", "-"], lines.as_bytes());
    output.failed(3, "1 of 10050 rows couldn't be answered");
    let answers: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), ROWS);
    for (row, found) in answers.into_iter().enumerate() {
        let (mut expected, (allowed, reason)) = (question(row), answer(row));
        expected["allowed"] = json!(allowed);
        expected["reason"] = json!(reason);
        expected["revision"] = json!(1);
        assert_eq!(found, expected);
    }
}

#[test]
fn words_in_brackets_and_directories() {
    let server = workflow();
    let csv = "attribute,target,directory,subject\n\
               Admin_ConfigureProGet,(system),,Admin\n\
               Feeds_ViewFeed,approved-nuget,,(anonymous)\n\
               Feeds_ViewFeed,approved-nuget,built-in,\"jDoe\"\n\
               Feeds_ViewFeed,approved-nuget,none,jDoe\n\
               Feeds_ViewFeed,nowhere,,jDoe\n";
    let output = server.cli_with(&["batch", "-"], csv.as_bytes());
    let answers: Vec<_> =
        output.ended(3).lines().skip(1).map(|line| line.rsplitn(4, ',').collect::<Vec<_>>()).collect();
    let answers: Vec<_> = answers.iter().map(|it| (it[2], it[1])).collect();
    assert_eq!(
        answers,
        [
            ("true", "PERMITTED"),
            ("true", "PERMITTED"),
            ("true", "PERMITTED"),
            ("", "UNKNOWN_DIRECTORY"),
            ("false", "FEED_UNKNOWN"),
        ]
    );
}

#[test]
fn files_that_are_none() {
    let server = workflow();
    for (content, why) in [
        ("subject,attribute\njDoe,Feeds_ViewFeed\n", "no column `target`"),
        ("subject,attribute,target,allowed\n", "the column `allowed` is what the answer adds"),
        ("subject,attribute,target\njDoe,Feeds_ViewFeed\n", ":2: 2 fields, but the header has 3"),
        ("{\"subject\": \"jDoe\", \"reason\": 1}\n", ":1: the member `reason` is what the answer adds"),
        ("{\"subject\": 5}\n", ":1:13: expected a string, but found a number"),
        ("{\"subject\": \"jDoe\"\n", ":1:18: EOF"),
    ] {
        let file = server.file("questions", content);
        server.cli(&["batch", &file]).failed(2, why);
    }
    let file = server.file("questions.csv", "subject,attribute,target\n");
    let json = server.cli(&["batch", &file, "--output", "json"]);
    json.failed(2, "answers come in the format of the questions");
    assert_eq!(server.cli(&["batch", "-", "--output", "json"]).ended(0), "");
    server.cli(&["batch", "-"]).failed(2, "it is empty");
    server.cli(&["batch", "/nowhere/at/all.csv"]).failed(2, "can't open `/nowhere/at/all.csv`");
}
