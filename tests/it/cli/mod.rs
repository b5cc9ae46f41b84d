//! The program as people and scripts use it: what it says, and what it exits with.

mod analysis;
mod batch;
mod lost;
mod objects;
mod plaintext;
mod policy;
mod policy_tests;
mod program;
mod questions;
mod terminal;
mod verbs;
mod watch;
mod windows;

use crate::support::{example, server::Server};

/// A server with the policy of `deploy/examples/approval-workflow.yaml`, at revision 1.
fn workflow() -> Server {
    let server = Server::start();
    server.cli(&["apply", "-f", &example()]).ended(0);
    server
}

fn revision(server: &Server) -> String {
    server.cli(&["status", "--output", "json"]).json()["revision"].as_str().unwrap().to_owned()
}
