//! What can be said of the demonstration without a server.

use super::*;
use crate::interchange::Existing;

/// The policy is fit for a new store. (Everything it refers to beyond itself is built in.)
#[test]
fn the_policy_is_sound() {
    let policy = PolicyFile::parse("approval-workflow.yaml", POLICY.as_bytes()).unwrap();
    let store = crate::model::Policy::initial().unwrap();
    assert!(store.tasks.iter().any(|task| task.name.as_str() == "Administer"));
    let _ = (policy, Existing::default());
}

/// What is shown can be typed, and asks the same.
#[test]
fn commands_ask_what_they_show() {
    for asked in &QUESTIONS {
        let cli = crate::cli::Args::read(asked.command().split_whitespace()).unwrap();
        let crate::cli::args::Command::Explain(question) = cli.command else { panic!("{}", asked.command()) };
        assert_eq!(question, asked.question());
    }
}
