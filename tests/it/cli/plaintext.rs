//! Secrets that would leave the machine in plaintext.

use std::{io::ErrorKind, net::TcpListener};

use crate::support::{
    program::{feedgate, run},
    server::Server,
};

/// Linux takes this address for loopback, so that no other machine is needed: the program doesn't know that.
fn elsewhere(address: &str) -> String {
    address.replace("127.0.0.1", "0.0.0.0")
}

#[test]
fn nothing_is_sent_to_another_machine_with_a_token_or_a_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let server = elsewhere(&listener.local_addr().unwrap().to_string());
    let policy = tempfile::NamedTempFile::new().unwrap();
    let policy = policy.path().to_str().unwrap();
    let table: [(&[&str], Option<&str>); 8] = [
        (&["status"], Some("secret")),
        (&["check", "jDoe", "Feeds_ViewFeed"], Some("secret")),
        (&["watch"], Some("secret")),
        (&["list", "grants"], Some("secret")),
        (&["login", "jDoe", "--password-stdin"], None),
        (&["user", "password", "jDoe"], None),
        (&["apply", "-f", policy], None),
        (&["import", "proget", "--tasks", policy], None),
    ];
    for (words, token) in table {
        let mut command = feedgate();
        command.args(words).args(["--server", &server]).envs(token.map(|token| ("FEEDGATE_TOKEN", token)));
        let refused = run(&mut command, b"password\n");
        refused.failed(2, "is another machine, and there is no TLS");
        assert!(refused.stderr.contains("--plaintext"), "{words:?}: {refused:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{words:?}");
    }
}

#[test]
fn a_question_without_secrets_may_go_to_another_machine() {
    let server = Server::start();
    let there = elsewhere(server.address());
    run(feedgate().args(["check", "Admin", "Admin_ConfigureProGet", "--server", &there]), b"").ended(0);
}

#[test]
fn the_user_can_agree_to_plaintext() {
    let server = Server::start();
    let there = elsewhere(server.address());
    server.cli(&["status", "--server", &there]).failed(2, "nothing was sent");
    server.cli(&["status", "--server", &there, "--plaintext"]).ended(0);
    let mut agreed = server.command(&["status", "--server", &there]);
    run(agreed.env("FEEDGATE_PLAINTEXT", "1"), b"").ended(0);
}
