//! Texts from outside that a terminal would act on.

use feedgate::{grpc::pb, model::unprintable::is_unprintable};

use crate::support::{server::Server, write};

const EVIL: &str = "x\u{202e}nimda\u{2066}";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_terminal_acts_on_never_reaches_standard_output() {
    let server = Server::start();
    let user = pb::User { name: "ann".into(), display_name: EVIL.into(), ..Default::default() };
    let task = pb::Task { name: "t".into(), description: EVIL.into(), ..Default::default() };
    let changes = [pb::object::Kind::User(user), pb::object::Kind::Task(task)];
    server.policy().write(write::write(changes.into_iter().map(write::create).collect())).await.unwrap();
    let table: [&[&str]; 6] = [
        &["list", "users"],
        &["list", "tasks"],
        &["user", "show", "ann"],
        &["task", "show", "t"],
        &["history"],
        &["export"],
    ];
    for words in table {
        for format in ["table", "json"] {
            let output = server.cli(&[words, &["--output", format]].concat());
            let said = output.ended(0);
            let found = said.chars().find(|c| *c != '\n' && is_unprintable(*c));
            assert_eq!(found, None, "{words:?} {format}: {said}");
            if format == "json" && words != ["history"] {
                assert!(output.json().to_string().contains(EVIL), "{words:?}: {said}");
            }
        }
    }
    // What was exported is what is there.
    let exported = server.cli(&["export"]).ended(0).to_owned();
    assert!(exported.contains("\\u202e"), "{exported}");
    let file = server.file("policy.yaml", exported);
    assert!(server.cli(&["apply", "-f", &file]).ended(0).contains("nothing"));
}
