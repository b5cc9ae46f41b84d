//! Files and streams as Windows tools write them: with a byte-order mark, and lines that end with CR and LF.

use std::fs;

use crate::support::{
    program::{feedgate, run},
    server::{Server, serve},
};

fn marked(text: &str) -> Vec<u8> {
    format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes()
}

#[test]
fn a_byte_order_mark_is_skipped_wherever_something_is_read() {
    let mut server = Server::start();
    let policy =
        server.file("policy.yaml", marked("version: 1\nusers:\n  - {name: ann}\nfeeds:\n  - {name: npm}\n"));
    server.cli(&["apply", "-f", &policy]).ended(0);
    let stdin = marked("version: 1\nusers:\n  - {name: bob}\n");
    server.cli_with(&["apply", "-f", "-"], &stdin).ended(0);
    let test = server.file(
        "policy.test.yaml",
        marked("version: 1\npolicy: policy.yaml\ncases:\n  - {name: a, user: ann, feed: npm, denied: [Feeds_ViewFeed]}\n"),
    );
    run(feedgate().args(["test", &test]), b"").ended(0);
    let feeds = server.file("feeds.json", marked("[{\"name\": \"nuget\"}]\n"));
    server.cli(&["import", "proget", "--feeds", &feeds]).ended(0);
    let suppressions = server.file("lint.yaml", marked("version: 1\nsuppressions: []\n"));
    assert_ne!(server.cli(&["lint", "--suppressions", &suppressions]).code, 2);
    for questions in [
        "subject,attribute,target\nann,Feeds_ViewFeed,npm\n",
        "{\"subject\": \"ann\", \"attribute\": \"Feeds_ViewFeed\", \"target\": \"npm\"}\n",
    ] {
        let answers = server.cli_with(&["batch", "-"], &marked(questions));
        assert!(answers.ended(0).contains("NOT_GRANTED"), "{answers:?}");
        let utf16: Vec<u8> =
            format!("\u{feff}{questions}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        server.cli_with(&["batch", "-"], &utf16).failed(2, "expected UTF-8, but found UTF-16");
    }
    server.cli_with(&["user", "password", "ann"], &marked("geheim-123\n")).ended(0);
    server.cli_with(&["login", "ann", "--password-stdin"], &marked("geheim-123\n")).ended(0);
    server.cli_with(&["login", "ann", "--password-stdin"], b"geheim-123").ended(0);
    let token = server.file("token", marked(&format!("{}\n", server.token())));
    server.cli(&["status", "--token-file", &token]).ended(0);
    // The server reads its own token so, too, and its configuration.
    let whole = marked(&format!("{}\n", server.token()));
    server.kill9();
    fs::write(server.data().join("admin-token"), whole).unwrap();
    server.restart();
    server.cli(&["status"]).ended(0);
    let config = server.file("feedgate.toml", marked("[history]\nhours = 1\nwhat = 2\n"));
    run(serve(&server.data()).args(["--config", &config]), b"").failed(2, "`what`");
}
