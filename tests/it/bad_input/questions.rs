//! Questions and lists that can't be answered.

use feedgate::grpc::pb;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, OutOfRange};

use super::{refused, world};
use crate::support::ask;

#[tokio::test]
async fn questions() {
    let server = world().await;
    let store = server.status().await.store_id;
    let good = || ask::check(ask::user("ann"), "Feeds_ViewFeed", ask::feed("f"));
    let with = |change: &dyn Fn(&mut pb::CheckRequest)| {
        let mut request = good();
        change(&mut request);
        request
    };
    let in_directory = |directory: &str, identity| {
        let user = pb::subject::User { directory: directory.into(), identity: Some(identity) };
        Some(pb::Subject { kind: Some(pb::subject::Kind::User(user)) })
    };
    use pb::subject::user::Identity;
    let by_name = || Identity::Name("ann".into());
    let nobody = pb::Subject { kind: Some(pb::subject::Kind::User(pb::subject::User::default())) };
    let long = "x".repeat(257);
    for (what, request, code, why) in [
        ("subject", with(&|it| it.subject = None), InvalidArgument, "MISSING_FIELD"),
        (
            "subject's kind",
            with(&|it| it.subject = Some(pb::Subject { kind: None })),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        ("identity", with(&|it| it.subject = Some(nobody.clone())), InvalidArgument, "MISSING_FIELD"),
        ("attribute", with(&|it| it.attribute.clear()), InvalidArgument, "MISSING_FIELD"),
        ("target", with(&|it| it.target = None), InvalidArgument, "MISSING_FIELD"),
        (
            "target's kind",
            with(&|it| it.target = Some(pb::Target { kind: None })),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        ("empty name", with(&|it| it.subject = Some(ask::user(""))), InvalidArgument, "INVALID_NAME"),
        (
            "reserved name",
            with(&|it| it.subject = Some(ask::user("Anonymous"))),
            InvalidArgument,
            "INVALID_NAME",
        ),
        ("long name", with(&|it| it.subject = Some(ask::user(&long))), InvalidArgument, "INVALID_NAME"),
        ("empty feed", with(&|it| it.target = Some(ask::feed(""))), InvalidArgument, "INVALID_NAME"),
        ("feed with a tab", with(&|it| it.target = Some(ask::feed("a\tb"))), InvalidArgument, "INVALID_NAME"),
        ("unknown attribute", with(&|it| it.attribute = "Nope".into()), InvalidArgument, "UNKNOWN_ATTRIBUTE"),
        (
            "attribute in another case",
            with(&|it| it.attribute = "feeds_viewfeed".into()),
            InvalidArgument,
            "UNKNOWN_ATTRIBUTE",
        ),
        (
            "unknown directory",
            with(&|it| it.subject = in_directory("none", by_name())),
            InvalidArgument,
            "UNKNOWN_DIRECTORY",
        ),
        (
            "id alone",
            with(&|it| it.subject = in_directory("", Identity::Id("1".into()))),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "no id",
            with(&|it| it.subject = in_directory("built-in", Identity::Id("ann".into()))),
            InvalidArgument,
            "INVALID_FIELD",
        ),
        (
            "requirement",
            with(&|it| it.consistency = Some(pb::Consistency::default())),
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "another store",
            with(&|it| it.consistency = Some(ask::at_least(store ^ 1, 1))),
            FailedPrecondition,
            "OTHER_STORE",
        ),
        (
            "the future",
            with(&|it| it.consistency = Some(ask::at_least(store, 2))),
            OutOfRange,
            "REVISION_NOT_REACHED",
        ),
    ] {
        let pb::CheckRequest { subject, attribute, target, consistency } = request.clone();
        refused(server.decisions().check(request).await, code, why, what);
        let explain = pb::ExplainRequest { subject, attribute, target, consistency };
        refused(server.decisions().explain(explain).await, code, why, what);
    }
    let now = with(&|it| it.consistency = Some(ask::at_least(store, 1)));
    assert!(server.decisions().check(now).await.unwrap().get_ref().allowed);
}

#[tokio::test]
async fn lists() {
    let server = world().await;
    let page = |size, token: &str| Some(pb::Page { size, token: token.into() });
    let unknown = pb::ListGrantsRequest { effect: 99, ..Default::default() };
    refused(server.policy().list_grants(unknown).await, InvalidArgument, "INVALID_FIELD", "effect");
    for (what, page) in [("size", page(1_001, "")), ("token", page(1, "nonsense"))] {
        let request = pb::ListFeedsRequest { page, ..Default::default() };
        refused(server.policy().list_feeds(request).await, InvalidArgument, "INVALID_FIELD", what);
    }
    let none = pb::GetFeedRequest { name: "none".into() };
    refused(server.policy().get_feed(none).await, NotFound, "NOT_FOUND", "feed");
    let empty = pb::GetUserRequest { user: None };
    refused(server.policy().get_user(empty).await, InvalidArgument, "MISSING_FIELD", "user");
}
