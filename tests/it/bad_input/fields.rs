//! Changes with names that are none, and with fields that are unset or senseless.

use feedgate::grpc::pb::{self, change::Operation, object::Kind, object_ref::Kind as Ref};
use tonic::Code::InvalidArgument;

use super::{empty, grant, refuse, world};
use crate::support::write::{self, create, rename};

#[tokio::test]
async fn names() {
    let server = world().await;
    let long = "x".repeat(257);
    let mut changes = Vec::new();
    for (name, why) in [
        ("", "MISSING_FIELD"),
        (" ", "INVALID_NAME"),
        (" a", "INVALID_NAME"),
        ("a ", "INVALID_NAME"),
        ("a\u{0}b", "INVALID_NAME"),
        ("a\nb", "INVALID_NAME"),
        ("a\u{7f}", "INVALID_NAME"),
        ("a\u{202e}b", "INVALID_NAME"),
        ("a\u{feff}", "INVALID_NAME"),
        (&long, "INVALID_NAME"),
        ("Everyone", "INVALID_NAME"),
        ("AUTHENTICATED", "INVALID_NAME"),
        ("(system)", "INVALID_NAME"),
    ] {
        for kind in [write::user(name), write::group(name), write::feed(name), write::feed_group(name)] {
            changes.push((name, create(kind), InvalidArgument, why));
        }
        changes.push((name, create(write::task(name, &[])), InvalidArgument, why));
        changes.push((name, rename(Ref::Feed("f".into()), name), InvalidArgument, why));
        if !name.is_empty() {
            let also =
                pb::Feed { name: "g".into(), alternate_names: vec![name.into()], ..Default::default() };
            changes.push((name, create(Kind::Feed(also)), InvalidArgument, why));
        }
    }
    let long = "x".repeat(65);
    for name in ["1st", "a b", "ä", "a(b)", &long] {
        changes.push((name, create(write::attribute(name)), InvalidArgument, "INVALID_NAME"));
        changes.push((name, create(write::task("U", &[name])), InvalidArgument, "INVALID_NAME"));
    }
    refuse(&server, changes).await;
}

#[tokio::test]
async fn what_is_unset_or_unknown() {
    let server = world().await;
    let settings = pb::Settings { scope_precedence: 99, ..Default::default() };
    let with_password = |secret| {
        let user = Some(write::name("ann"));
        empty(Some(Operation::SetPassword(pb::SetPassword { user, secret, must_change: false })))
    };
    let long = pb::set_password::Secret::Password("x".repeat(1025));
    let short = pb::set_password::ProGetHash { hash: vec![0; 19], salt: vec![0; 8] };
    let changes = vec![
        ("operation", empty(None), InvalidArgument, "MISSING_FIELD"),
        (
            "object",
            empty(Some(Operation::Create(pb::Object { kind: None }))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        ("put", empty(Some(Operation::Put(pb::PutObject::default()))), InvalidArgument, "MISSING_FIELD"),
        (
            "update",
            empty(Some(Operation::Update(pb::UpdateObject::default()))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "rename",
            empty(Some(Operation::Rename(pb::RenameObject::default()))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "delete",
            empty(Some(Operation::Delete(pb::DeleteObject::default()))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "members",
            empty(Some(Operation::SetMembers(pb::SetMembers::default()))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "groups",
            empty(Some(Operation::SetGroups(pb::SetGroups::default()))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        ("secret", with_password(None), InvalidArgument, "MISSING_FIELD"),
        ("long password", with_password(Some(long)), InvalidArgument, "INVALID_FIELD"),
        (
            "short hash",
            with_password(Some(pb::set_password::Secret::Proget(short))),
            InvalidArgument,
            "INVALID_FIELD",
        ),
        ("effect", grant(|it| it.effect = 0), InvalidArgument, "MISSING_FIELD"),
        ("unknown effect", grant(|it| it.effect = 99), InvalidArgument, "INVALID_FIELD"),
        ("principal", grant(|it| it.principal = None), InvalidArgument, "MISSING_FIELD"),
        (
            "principal's kind",
            grant(|it| it.principal = Some(pb::Principal { kind: None })),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        ("scope", grant(|it| it.scope = None), InvalidArgument, "MISSING_FIELD"),
        (
            "scope's kind",
            grant(|it| it.scope = Some(pb::Scope { kind: None })),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        ("task", grant(|it| it.task.clear()), InvalidArgument, "MISSING_FIELD"),
        ("long comment", grant(|it| it.comment = "x".repeat(4097)), InvalidArgument, "INVALID_FIELD"),
        ("comment", grant(|it| it.comment = "\u{7}".into()), InvalidArgument, "INVALID_FIELD"),
        (
            "unknown setting",
            empty(Some(Operation::Put(pb::PutObject {
                object: Some(pb::Object { kind: Some(Kind::Settings(settings)) }),
                update_mask: None,
            }))),
            InvalidArgument,
            "INVALID_FIELD",
        ),
    ];
    refuse(&server, changes).await;
}
