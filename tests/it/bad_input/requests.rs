//! Requests that are wrong as a whole.

use feedgate::grpc::pb::{self, object::Kind};
use tonic::Code::{Aborted, FailedPrecondition, InvalidArgument};

use super::{refuse, refused, world};
use crate::support::write::{self, create, update};

#[tokio::test]
async fn sixty_four_attributes_and_no_more() {
    let server = world().await;
    let custom = |number| create(write::attribute(&format!("Custom_{number}")));
    let changes = (2..=43).map(custom).collect();
    server.policy().write(write::write(changes)).await.unwrap();
    assert_eq!(server.status().await.attributes, 64);
    refuse(&server, vec![("the 65th", custom(44), InvalidArgument, "LIMIT_EXCEEDED")]).await;
}

#[tokio::test]
async fn requests_as_a_whole() {
    let server = world().await;
    let before = server.cli(&["export"]);
    let status = server.status().await;
    let (head, store) = (status.revision, status.store_id);
    let good = || vec![create(write::user("not-to-be"))];
    let expecting = |store, number| pb::WriteOptions {
        expected_revision: Some(pb::Revision { store, number }),
        ..Default::default()
    };
    let keyed = pb::WriteOptions { idempotency_key: "k".repeat(257), ..Default::default() };
    let moved = pb::Change { expected_object_revision: Some(head + 1), ..update(write::feed("f")) };
    let many = (0..10_001).map(|number| create(write::user(&format!("u{number}")))).collect();
    let large = pb::User { display_name: "x".repeat(5 << 20), name: "u".into(), ..Default::default() };
    for (what, changes, options, code, why) in [
        ("no change", vec![], None, InvalidArgument, "MISSING_FIELD"),
        ("10,001 changes", many, None, InvalidArgument, "TOO_MANY_ITEMS"),
        ("5 MiB", vec![create(Kind::User(large))], None, InvalidArgument, "LIMIT_EXCEEDED"),
        ("behind the head", good(), Some(expecting(store, head - 1)), Aborted, "REVISION_MISMATCH"),
        ("ahead of the head", good(), Some(expecting(store, head + 1)), Aborted, "REVISION_MISMATCH"),
        ("another store", good(), Some(expecting(store ^ 1, head)), FailedPrecondition, "OTHER_STORE"),
        ("an object's revision", vec![moved], None, Aborted, "REVISION_MISMATCH"),
        ("a long key", good(), Some(keyed), InvalidArgument, "INVALID_FIELD"),
    ] {
        let request = pb::WriteRequest { changes, options };
        refused(server.policy().write(request).await, code, why, what);
    }
    assert_eq!(server.cli(&["export"]), before);
    assert_eq!(server.status().await.revision, head);
}
