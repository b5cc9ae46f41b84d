//! A password that everybody knows, imported from ProGet.

use serde_json::json;

use crate::support::{data, server::Server};

#[test]
fn the_first_administrators_password() {
    let server = Server::start();
    let known = || {
        let lint = ["lint", "--code", "KNOWN_PASSWORD", "--fail-on", "never", "--output", "json"];
        server.cli(&lint).json()["findings"].clone()
    };
    assert_eq!(known(), json!([]));
    server
        .cli(&["import", "proget", "--users", &data("proget/approval-workflow.users-export.json")])
        .ended(0);
    let findings = known();
    assert_eq!(findings.as_array().map(Vec::len), Some(1), "{findings}");
    assert_eq!(findings[0]["message"], "Admin has a password that everybody knows");
    assert_eq!(findings[0]["advice"], "have another password set now");
    server.cli_with(&["user", "password", "Admin"], b"something else entirely").ended(0);
    assert_eq!(known(), json!([]));
}
