//! What can be said of the demonstration without a server.

use super::*;
use crate::cli::args::{Cli, Command};

#[test]
fn the_policy_is_well_formed() {
    PolicyFile::parse("approval-workflow.yaml", POLICY.as_bytes()).unwrap();
}

/// What is shown can be typed, and asks the same.
#[test]
fn commands_ask_what_they_show() {
    for asked in &QUESTIONS {
        match Cli::read(asked.command().split_whitespace()).unwrap().command {
            Command::Explain(question) => assert_eq!(question, asked.question()),
            other => panic!("{other:?}"),
        }
    }
}
