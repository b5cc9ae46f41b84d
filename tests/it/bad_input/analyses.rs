//! Lint, previews and comparisons that can't be answered.

use feedgate::grpc::pb::{self, Effect, change::Operation, object::Kind, object_ref::Kind as Ref};
use tonic::{
    Code::{Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange},
    Status,
};
use tonic_types::StatusExt as _;

use super::{empty, grant, refused, unchanged, world};
use crate::support::{
    ask,
    server::Server,
    write::{self, create, delete},
};

async fn lint(server: &Server, request: pb::LintRequest) -> Result<Vec<pb::LintResponse>, Status> {
    ask::all(server.analysis().lint(request).await).await
}

async fn preview(server: &Server, request: pb::PreviewRequest) -> Result<Vec<pb::PreviewResponse>, Status> {
    ask::all(server.analysis().preview(request).await).await
}

async fn compare(server: &Server, request: pb::CompareRequest) -> Result<Vec<pb::CompareResponse>, Status> {
    ask::all(server.analysis().compare(request).await).await
}

fn access_page(limit: u32, cursor: &str) -> Option<pb::AccessPage> {
    Some(pb::AccessPage { limit, cursor: cursor.into() })
}

fn suppressing(change: impl FnOnce(&mut pb::Suppression)) -> pb::LintRequest {
    let object = Some(pb::ObjectRef { kind: Some(Ref::User(write::name("ann"))) });
    let mut suppression =
        pb::Suppression { code: pb::FindingCode::EmptyGroup.into(), object, reason: "seen".into() };
    change(&mut suppression);
    pb::LintRequest { suppressions: vec![suppression], ..Default::default() }
}

fn object(kind: Ref) -> Option<pb::ObjectRef> {
    Some(pb::ObjectRef { kind: Some(kind) })
}

#[tokio::test]
async fn lints() {
    let server = world().await;
    let store = server.status().await.store_id;
    let before = unchanged(&server).await;
    let plain = pb::LintRequest::default;
    let many = vec![pb::Suppression::default(); 10_001];
    for (what, request, code, why) in [
        ("limit", pb::LintRequest { limit: 10_001, ..plain() }, InvalidArgument, "INVALID_FIELD"),
        ("code", pb::LintRequest { codes: vec![1, 999], ..plain() }, InvalidArgument, "INVALID_FIELD"),
        ("no code", pb::LintRequest { codes: vec![0], ..plain() }, InvalidArgument, "MISSING_FIELD"),
        ("severity", pb::LintRequest { min_severity: 99, ..plain() }, InvalidArgument, "INVALID_FIELD"),
        (
            "requirement",
            pb::LintRequest { consistency: Some(pb::Consistency::default()), ..plain() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "the future",
            pb::LintRequest { consistency: Some(ask::at_least(store, 9)), ..plain() },
            OutOfRange,
            "REVISION_NOT_REACHED",
        ),
        (
            "another store",
            pb::LintRequest { consistency: Some(ask::at_least(store ^ 1, 1)), ..plain() },
            FailedPrecondition,
            "OTHER_STORE",
        ),
        (
            "cursor",
            pb::LintRequest { cursor: "nonsense".into(), ..plain() },
            InvalidArgument,
            "INVALID_CURSOR",
        ),
        ("accepted code", suppressing(|it| it.code = 0), InvalidArgument, "MISSING_FIELD"),
        ("accepted unknown code", suppressing(|it| it.code = 999), InvalidArgument, "INVALID_FIELD"),
        ("accepted object", suppressing(|it| it.object = None), InvalidArgument, "MISSING_FIELD"),
        ("reason", suppressing(|it| it.reason.clear()), InvalidArgument, "MISSING_FIELD"),
        ("blank reason", suppressing(|it| it.reason = "  ".into()), InvalidArgument, "MISSING_FIELD"),
        (
            "user",
            suppressing(|it| it.object = object(Ref::User(write::name("nobody")))),
            NotFound,
            "NOT_FOUND",
        ),
        ("feed", suppressing(|it| it.object = object(Ref::Feed("nowhere".into()))), NotFound, "NOT_FOUND"),
        ("grant", suppressing(|it| it.object = object(Ref::GrantId(999))), NotFound, "NOT_FOUND"),
        (
            "10,001 suppressions",
            pb::LintRequest { suppressions: many, ..plain() },
            InvalidArgument,
            "TOO_MANY_ITEMS",
        ),
    ] {
        refused(lint(&server, request).await, code, why, what);
    }
    assert!(lint(&server, suppressing(|_| ())).await.is_ok());
    assert_eq!(unchanged(&server).await, before);
}

#[tokio::test]
async fn previews() {
    let server = world().await;
    let before = unchanged(&server).await;
    let good = || create(write::user("not-to-be"));
    let moved = pb::Change { expected_object_revision: Some(9), ..write::update(write::feed("f")) };
    let built_in = delete(Ref::Attribute("Feeds_ViewFeed".into()));
    let in_use = delete(Ref::User(write::name("ann")));
    // What is wrong with the second of two changes.
    for (what, change, code, why) in [
        ("unset", empty(None), InvalidArgument, "MISSING_FIELD"),
        ("name", create(write::user(" a")), InvalidArgument, "INVALID_NAME"),
        ("effect", grant(|it| it.effect = 99), InvalidArgument, "INVALID_FIELD"),
    ] {
        let request = pb::PreviewRequest { changes: vec![good(), change], ..Default::default() };
        refused(preview(&server, request).await, code, why, what);
    }
    for (what, change, code, why) in [
        ("not there", delete(Ref::Feed("nowhere".into())), NotFound, "NOT_FOUND"),
        ("there already", create(write::user("ANN")), AlreadyExists, "ALREADY_EXISTS"),
        ("in use", in_use, FailedPrecondition, "STILL_REFERENCED"),
        ("built in", built_in, FailedPrecondition, "IMMUTABLE"),
        ("an object's revision", moved, Aborted, "REVISION_MISMATCH"),
        ("attribute", create(write::task("U", &["Nope"])), InvalidArgument, "UNKNOWN_ATTRIBUTE"),
    ] {
        let request = pb::PreviewRequest { changes: vec![good(), change], ..Default::default() };
        let status = preview(&server, request).await.unwrap_err();
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.metadata.get("change").map(String::as_str), Some("1"), "{what}: {status:?}");
        refused(Err::<(), _>(status), code, why, what);
    }
    let many: Vec<_> = (0..10_001).map(|number| create(write::user(&format!("u{number}")))).collect();
    for (what, request, why) in [
        ("no change", pb::PreviewRequest::default(), "MISSING_FIELD"),
        ("10,001 changes", pb::PreviewRequest { changes: many, ..Default::default() }, "TOO_MANY_ITEMS"),
        (
            "limit",
            pb::PreviewRequest { changes: vec![good()], page: access_page(1_001, ""), ..Default::default() },
            "INVALID_FIELD",
        ),
        (
            "cursor",
            pb::PreviewRequest {
                changes: vec![good()],
                page: access_page(0, "nonsense"),
                ..Default::default()
            },
            "INVALID_CURSOR",
        ),
        (
            "requirement",
            pb::PreviewRequest {
                changes: vec![good()],
                consistency: Some(pb::Consistency::default()),
                ..Default::default()
            },
            "MISSING_FIELD",
        ),
    ] {
        refused(preview(&server, request).await, InvalidArgument, why, what);
    }
    assert_eq!(unchanged(&server).await, before);
}

/// A password changes nobody's access, and is no reason to refuse a preview of all else.
#[tokio::test]
async fn passwords_play_no_part_in_previews() {
    let server = world().await;
    let before = unchanged(&server).await;
    let password = |user: &str| {
        let secret = Some(pb::set_password::Secret::Password("hunter2".into()));
        let user = Some(write::name(user));
        empty(Some(Operation::SetPassword(pb::SetPassword { user, secret, must_change: false })))
    };
    let changes = vec![create(write::user("new")), password("new"), password("ann")];
    let answer = preview(&server, pb::PreviewRequest { changes, ..Default::default() }).await.unwrap();
    let summary = answer.iter().find_map(|it| match &it.part {
        Some(pb::preview_response::Part::Summary(summary)) => Some(summary),
        _ => None,
    });
    assert_eq!(summary.unwrap().changed_objects, 1);
    let changes = vec![password("nobody")];
    let answer = preview(&server, pb::PreviewRequest { changes, ..Default::default() }).await;
    refused(answer, NotFound, "NOT_FOUND", "a password of nobody");
    assert_eq!(unchanged(&server).await, before);
}

#[tokio::test]
async fn comparisons() {
    let server = world().await;
    let store = server.status().await.store_id;
    let before = unchanged(&server).await;
    let at = |number| Some(pb::Revision { store, number });
    let elsewhere = |number| Some(pb::Revision { store: store ^ 1, number });
    let unset = |number| Some(pb::Revision { store: 0, number });
    for (what, from, to, code, why) in [
        ("from", None, None, InvalidArgument, "MISSING_FIELD"),
        ("from's store", unset(0), None, InvalidArgument, "MISSING_FIELD"),
        ("to's store", at(0), unset(1), InvalidArgument, "MISSING_FIELD"),
        ("from the future", at(2), None, OutOfRange, "REVISION_NOT_REACHED"),
        ("to the future", at(0), at(2), OutOfRange, "REVISION_NOT_REACHED"),
        ("within the future", at(3), at(2), OutOfRange, "REVISION_NOT_REACHED"),
        ("the end", at(u64::MAX), at(u64::MAX), OutOfRange, "REVISION_NOT_REACHED"),
        ("from another store", elsewhere(0), None, FailedPrecondition, "OTHER_STORE"),
        ("to another store", at(0), elsewhere(1), FailedPrecondition, "OTHER_STORE"),
        ("back from another store", elsewhere(1), at(0), FailedPrecondition, "OTHER_STORE"),
        ("another store's future", elsewhere(9), at(0), FailedPrecondition, "OTHER_STORE"),
    ] {
        refused(compare(&server, pb::CompareRequest { from, to, page: None }).await, code, why, what);
    }
    for (what, page, why) in [
        ("limit", access_page(1_001, ""), "INVALID_FIELD"),
        ("cursor", access_page(0, "nonsense"), "INVALID_CURSOR"),
    ] {
        let request = pb::CompareRequest { from: at(0), to: None, page };
        refused(compare(&server, request).await, InvalidArgument, why, what);
    }
    assert_eq!(unchanged(&server).await, before);
}

/// Each cursor is good for the request that it came from.
#[tokio::test]
async fn cursors_of_analyses() {
    let server = world().await;
    let empty_groups = ["e", "f"].into_iter().flat_map(|group| {
        let principal = pb::principal::Kind::Group(write::name(group));
        let grant = pb::Grant {
            principal: Some(pb::Principal { kind: Some(principal) }),
            ..write::grant(Effect::Permit, "", "T")
        };
        [create(write::group(group)), create(Kind::Grant(grant))]
    });
    server.policy().write(write::write(empty_groups.collect())).await.unwrap();
    let store = server.status().await.store_id;
    let before = unchanged(&server).await;

    let linting = pb::LintRequest::default;
    let changing =
        || pb::PreviewRequest { changes: vec![create(Kind::Grant(to_everyone()))], ..Default::default() };
    let comparing =
        || pb::CompareRequest { from: Some(pb::Revision { store, number: 0 }), ..Default::default() };
    let of_lint = lint(&server, pb::LintRequest { limit: 1, ..linting() }).await.unwrap();
    let of_lint = match &of_lint.last().unwrap().part {
        Some(pb::lint_response::Part::Summary(summary)) => summary.next_cursor.clone(),
        other => panic!("{other:?}"),
    };
    let of_preview = preview(&server, changing()).await.unwrap();
    let of_preview = match &of_preview.last().unwrap().part {
        Some(pb::preview_response::Part::Groups(groups)) => groups.groups[0].principals_cursor.clone(),
        other => panic!("{other:?}"),
    };
    let of_compare = compare(&server, comparing()).await.unwrap();
    let of_compare = match &of_compare.last().unwrap().part {
        Some(pb::compare_response::Part::Groups(groups)) => groups.groups[0].targets_cursor.clone(),
        other => panic!("{other:?}"),
    };
    assert!(!of_lint.is_empty() && !of_preview.is_empty() && !of_compare.is_empty());

    let lint_on = |cursor: &str| pb::LintRequest { cursor: cursor.into(), ..linting() };
    let preview_on = |cursor: &str| pb::PreviewRequest { page: access_page(0, cursor), ..changing() };
    let compare_on = |cursor: &str| pb::CompareRequest { page: access_page(0, cursor), ..comparing() };
    let other_code = pb::LintRequest { codes: vec![1], ..lint_on(&of_lint) };
    let other_change =
        pb::PreviewRequest { changes: vec![create(write::user("u"))], ..preview_on(&of_preview) };
    let other_revision =
        pb::CompareRequest { from: Some(pb::Revision { store, number: 1 }), ..compare_on(&of_compare) };
    let why = (InvalidArgument, "INVALID_CURSOR");
    for request in [lint_on(&of_preview), lint_on(&of_lint[1..]), other_code] {
        refused(lint(&server, request).await, why.0, why.1, "lint");
    }
    for request in [preview_on(&of_compare), preview_on(&of_preview[1..]), other_change] {
        refused(preview(&server, request).await, why.0, why.1, "preview");
    }
    for request in [compare_on(&of_lint), compare_on(&of_compare[1..]), other_revision] {
        refused(compare(&server, request).await, why.0, why.1, "compare");
    }
    lint(&server, lint_on(&of_lint)).await.unwrap();
    preview(&server, preview_on(&of_preview)).await.unwrap();
    compare(&server, compare_on(&of_compare)).await.unwrap();
    assert_eq!(unchanged(&server).await, before);

    // Another server knows nothing of them; one that kept the token but not the store says so.
    let mut other = Server::start();
    for (code, why) in [(InvalidArgument, "INVALID_CURSOR"), (FailedPrecondition, "OTHER_STORE")] {
        refused(lint(&other, lint_on(&of_lint)).await, code, why, "lint elsewhere");
        refused(preview(&other, preview_on(&of_preview)).await, code, why, "preview elsewhere");
        refused(compare(&other, compare_on(&of_compare)).await, code, why, "compare elsewhere");
        other.restart_with_the_token_of(&server);
    }
}

fn to_everyone() -> pb::Grant {
    let everyone = pb::principal::Kind::Everyone(pb::principal::Everyone {});
    pb::Grant {
        principal: Some(pb::Principal { kind: Some(everyone) }),
        ..write::grant(Effect::Permit, "", "View & Download Packages")
    }
}
