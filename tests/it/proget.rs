//! The approval workflow, as ProGet hands it out: imported by the program, and every row of what it must
//! answer asked over the wire.

use feedgate::grpc::pb::{self, batch_check_result::Outcome};

use crate::support::{ask, data, server::Server, write};

/// What must be answered: `subject,attribute,target,allowed`.
const EXPECTED: &str = include_str!("../data/proget/approval-workflow.expected.csv");

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    subject: String,
    attribute: String,
    target: String,
    allowed: String,
}

fn rows(csv: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|it| it == name).unwrap();
    let columns = ["subject", "attribute", "target", "allowed"].map(column);
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let [subject, attribute, target, allowed] = columns.map(|column| record[column].to_owned());
            Row { subject, attribute, target, allowed }
        })
        .collect()
}

fn expected() -> Vec<Row> {
    let rows = rows(EXPECTED);
    assert_eq!(rows.len(), 588);
    rows
}

/// The rows without what must be answered.
fn questions(rows: &[Row]) -> String {
    let mut csv = String::from("subject,attribute,target\n");
    for Row { subject, attribute, target, .. } in rows {
        csv += &format!("{subject},{attribute},{target}\n");
    }
    csv
}

/// Imports files of `tests/data/proget`, given as flags and names.
fn import(server: &Server, files: &[(&str, &str)], flags: &[&str]) -> serde_json::Value {
    let files: Vec<_> = files.iter().map(|(flag, file)| (*flag, data(&format!("proget/{file}")))).collect();
    let mut words = vec!["import", "proget", "--output", "json"];
    files.iter().for_each(|(flag, file)| words.extend([*flag, file]));
    words.extend(flags);
    server.cli(&words).json()
}

const EXPORTS: [(&str, &str); 2] =
    [("--tasks", "approval-workflow.tasks-export.json"), ("--users", "approval-workflow.users-export.json")];

const API_OBJECTS: [(&str, &str); 3] =
    [("--tasks", "tasks.json"), ("--groups", "groups.json"), ("--permissions", "permissions.json")];

fn imported() -> Server {
    let server = Server::start();
    import(&server, &EXPORTS, &[]);
    server
}

fn batch(server: &Server, rows: &[Row]) -> Vec<Row> {
    let output = server.cli_with(&["batch", "-"], questions(rows).as_bytes());
    self::rows(output.ended(0))
}

#[test]
fn the_exports_answer_every_row_to_the_command_line() {
    assert_eq!(batch(&imported(), &expected()), expected());
}

#[tokio::test]
async fn the_exports_answer_every_row_to_a_client() {
    let server = imported();
    let items = expected()
        .iter()
        .map(|row| {
            let subject = match row.subject.as_str() {
                "(anonymous)" => ask::anonymous(),
                name => ask::user(name),
            };
            let target = match row.target.as_str() {
                "(system)" => ask::system(),
                name => ask::feed(name),
            };
            ask::item(subject, &row.attribute, target)
        })
        .collect();
    let answer = server.decisions().batch_check(ask::batch(items)).await.unwrap().into_inner();
    let answered = expected().into_iter().zip(answer.results).map(|(row, result)| match result.outcome {
        Some(Outcome::Decision(pb::Decision { allowed, .. })) => Row { allowed: allowed.to_string(), ..row },
        other => panic!("{row:?}: {other:?}"),
    });
    assert_eq!(answered.collect::<Vec<_>>(), expected());
}

/// The permissions as API objects have one that the exports haven't: `build` may publish to a feed.
#[test]
fn the_api_objects_answer_the_same_but_for_one_grant() {
    let server = Server::start();
    // Which names are built-in users, only a file of users can say.
    let users = r#"[{"name": "jDoe"}, {"name": "mBrown"}, {"name": "cWu"}, {"name": "build"}]"#;
    import(&server, &API_OBJECTS, &["--users", &server.file("users.json", users)]);
    let publish = ["Feeds_ViewFeed", "Feeds_DownloadPackage", "Feeds_AddPackage", "Feeds_PullPackage"];
    let expected: Vec<_> = expected()
        .into_iter()
        .map(|row| {
            let build = row.subject == "build" && row.target == "mycompany-nuget";
            let granted = build && publish.contains(&row.attribute.as_str());
            Row { allowed: if granted { "true".into() } else { row.allowed }, ..row }
        })
        .collect();
    assert_ne!(expected, self::expected());
    assert_eq!(batch(&server, &expected), expected);
}

#[tokio::test]
async fn a_second_import_and_a_dry_run_change_nothing() {
    let server = Server::start();
    let tried = import(&server, &EXPORTS, &["--dry-run"]);
    assert_eq!(tried["summary"]["dry_run"], true, "{tried}");
    assert_eq!(server.status().await.revision, 0);

    let done = import(&server, &EXPORTS, &[]);
    assert_eq!(done["revision"]["number"], "1", "{done}");
    assert_eq!(done["summary"]["created"], tried["summary"]["created"]);
    let before = server.cli(&["export"]);
    let again = import(&server, &EXPORTS, &[]);
    assert_eq!(again["revision"]["number"], "1", "{again}");
    assert_eq!(server.cli(&["export"]), before);
}

#[tokio::test]
async fn pruning_deletes_grants_that_the_import_does_not_have() {
    let server = imported();
    let grants = server.status().await.grants;
    let extra = pb::object::Kind::Grant(write::grant(pb::Effect::Permit, "jDoe", "Administer"));
    server.policy().write(write::write(vec![write::create(extra)])).await.unwrap();
    let rows = || {
        let row = |attribute: &str| Row {
            subject: "jDoe".into(),
            attribute: attribute.into(),
            target: "(system)".into(),
            allowed: String::new(),
        };
        batch(&server, &[row("Admin_ConfigureProGet")])
    };
    assert_eq!(rows()[0].allowed, "true");

    import(&server, &EXPORTS, &[]);
    assert_eq!(rows()[0].allowed, "true", "without --prune it stays");
    let pruned = import(&server, &EXPORTS, &["--prune"]);
    assert_eq!(pruned["summary"]["deleted"], 1, "{pruned}");
    assert_eq!((rows()[0].allowed.as_str(), server.status().await.grants), ("false", grants));
    assert_eq!(batch(&server, &expected()), expected());
}
