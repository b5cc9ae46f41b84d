//! What is refused: with which code and reason, and that nothing of it is stored.

mod analyses;
mod fields;
mod lookups;
mod objects;
mod questions;
mod requests;

use feedgate::grpc::pb::{self, Effect, change::Operation, object::Kind, principal, scope};
use tonic::{Code, Status};

use crate::support::{
    ask,
    program::Output,
    server::Server,
    write::{self, create},
};

/// A small policy in which everything refers to something.
async fn world() -> Server {
    let server = Server::start();
    let member = pb::Principal { kind: Some(principal::Kind::User(write::name("ann"))) };
    let membership = pb::Membership { group: Some(write::name("devs")), member: Some(member) };
    let feed = pb::Feed {
        name: "f".into(),
        alternate_names: vec!["also-f".into()],
        feed_group: "live".into(),
        ..Default::default()
    };
    let changes = vec![
        create(write::user("ann")),
        create(write::group("devs")),
        create(Kind::Membership(membership)),
        create(write::feed_group("live")),
        create(Kind::Feed(feed)),
        create(write::attribute("Custom_1")),
        create(write::task("T", &["Feeds_ViewFeed", "Custom_1"])),
        create(Kind::Grant(write::grant(Effect::Permit, "ann", "T"))),
        create(Kind::Grant(in_scope(scope::Kind::Feed("f".into())))),
    ];
    server.policy().write(write::write(changes)).await.unwrap();
    server
}

fn in_scope(kind: scope::Kind) -> pb::Grant {
    let scope = Some(pb::Scope { kind: Some(kind) });
    let devs = principal::Kind::Group(write::name("devs"));
    let principal = Some(pb::Principal { kind: Some(devs) });
    pb::Grant { scope, principal, ..write::grant(Effect::Restrict, "", "T") }
}

fn grant(change: impl FnOnce(&mut pb::Grant)) -> pb::Change {
    let mut grant = write::grant(Effect::Restrict, "ann", "T");
    change(&mut grant);
    create(Kind::Grant(grant))
}

fn empty(operation: Option<Operation>) -> pb::Change {
    pb::Change { operation, expected_object_revision: None }
}

#[track_caller]
fn refused<T>(answer: Result<T, Status>, code: Code, why: &str, what: &str) {
    let status = answer.err().unwrap_or_else(|| panic!("{what} was taken"));
    assert_eq!(ask::reason(&status), (code, why.to_owned()), "{what}: {status:?}");
    assert!(!status.message().is_empty(), "{what}");
}

/// What must be the same before and after: how the server is, and its policy.
async fn unchanged(server: &Server) -> (pb::GetStatusResponse, Output) {
    let status = pb::GetStatusResponse { uptime_seconds: 0, ..server.status().await };
    (status, server.cli(&["export"]))
}

/// Each change comes behind a good one, of which nothing may remain.
async fn refuse(server: &Server, changes: Vec<(&str, pb::Change, Code, &str)>) {
    let before = unchanged(server).await;
    for (what, change, code, why) in changes {
        let request = write::write(vec![create(write::user("not-to-be")), change]);
        refused(server.policy().write(request).await, code, why, what);
    }
    assert_eq!(unchanged(server).await, before);
}
