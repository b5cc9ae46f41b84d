//! Lookups and promotions that can't be answered, and those that only look so.

use feedgate::grpc::pb::{self, PromotionRequirementKind, object::Kind};
use tonic::Code::{FailedPrecondition, InvalidArgument, OutOfRange};

use super::{refused, unchanged, world};
use crate::support::{
    ask,
    server::Server,
    write::{self, create},
};

fn feeds() -> pb::LookupFeedsRequest {
    pb::LookupFeedsRequest {
        subject: Some(ask::user("ann")),
        attribute: "Feeds_ViewFeed".into(),
        ..Default::default()
    }
}

fn principals() -> pb::LookupPrincipalsRequest {
    pb::LookupPrincipalsRequest {
        attribute: "Feeds_ViewFeed".into(),
        target: Some(ask::feed("f")),
        ..Default::default()
    }
}

async fn look_for_feeds(
    server: &Server,
    request: pb::LookupFeedsRequest,
) -> Result<Vec<pb::LookupFeedsResponse>, tonic::Status> {
    ask::all(server.decisions().lookup_feeds(request).await).await
}

async fn look_for_principals(
    server: &Server,
    request: pb::LookupPrincipalsRequest,
) -> Result<Vec<pb::LookupPrincipalsResponse>, tonic::Status> {
    ask::all(server.decisions().lookup_principals(request).await).await
}

#[tokio::test]
async fn lookups() {
    let server = world().await;
    let store = server.status().await.store_id;
    let before = unchanged(&server).await;
    let consistency = |number| match number {
        None => Some(pb::Consistency::default()),
        Some(number) => Some(ask::at_least(store, number)),
    };
    let elsewhere = || Some(ask::at_least(store ^ 1, 1));
    for (what, request, code, why) in [
        ("subject", pb::LookupFeedsRequest { subject: None, ..feeds() }, InvalidArgument, "MISSING_FIELD"),
        (
            "subject's name",
            pb::LookupFeedsRequest { subject: Some(ask::user(" ann")), ..feeds() },
            InvalidArgument,
            "INVALID_NAME",
        ),
        (
            "attribute",
            pb::LookupFeedsRequest { attribute: String::new(), ..feeds() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "unknown attribute",
            pb::LookupFeedsRequest { attribute: "Nope".into(), ..feeds() },
            InvalidArgument,
            "UNKNOWN_ATTRIBUTE",
        ),
        (
            "requirement",
            pb::LookupFeedsRequest { consistency: consistency(None), ..feeds() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "the future",
            pb::LookupFeedsRequest { consistency: consistency(Some(9)), ..feeds() },
            OutOfRange,
            "REVISION_NOT_REACHED",
        ),
        (
            "another store",
            pb::LookupFeedsRequest { consistency: elsewhere(), ..feeds() },
            FailedPrecondition,
            "OTHER_STORE",
        ),
        (
            "cursor",
            pb::LookupFeedsRequest { cursor: "nonsense".into(), ..feeds() },
            InvalidArgument,
            "INVALID_CURSOR",
        ),
    ] {
        refused(look_for_feeds(&server, request).await, code, why, what);
    }
    for (what, request, code, why) in [
        (
            "attribute",
            pb::LookupPrincipalsRequest { attribute: String::new(), ..principals() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "unknown attribute",
            pb::LookupPrincipalsRequest { attribute: "Nope".into(), ..principals() },
            InvalidArgument,
            "UNKNOWN_ATTRIBUTE",
        ),
        (
            "target",
            pb::LookupPrincipalsRequest { target: None, ..principals() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "target's kind",
            pb::LookupPrincipalsRequest { target: Some(pb::Target { kind: None }), ..principals() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "target's name",
            pb::LookupPrincipalsRequest { target: Some(ask::feed("a\tb")), ..principals() },
            InvalidArgument,
            "INVALID_NAME",
        ),
        (
            "the future",
            pb::LookupPrincipalsRequest { consistency: consistency(Some(9)), ..principals() },
            OutOfRange,
            "REVISION_NOT_REACHED",
        ),
        (
            "cursor",
            pb::LookupPrincipalsRequest { cursor: "nonsense".into(), ..principals() },
            InvalidArgument,
            "INVALID_CURSOR",
        ),
    ] {
        refused(look_for_principals(&server, request).await, code, why, what);
    }
    // A feed that isn't registered is an answer.
    let nowhere = pb::LookupPrincipalsRequest { target: Some(ask::feed("nowhere")), ..principals() };
    let answer = look_for_principals(&server, nowhere).await.unwrap();
    assert!(answer.len() == 1 && answer[0].feed_unknown && answer[0].principals.is_empty(), "{answer:?}");
    assert_eq!(unchanged(&server).await, before);
}

/// A cursor is good for the request that it came from.
#[tokio::test]
async fn cursors_of_lookups() {
    let server = world().await;
    let more = ["g", "h"].map(|feed| create(write::feed(feed)));
    server.policy().write(write::write(more.into())).await.unwrap();
    let of_feeds = look_for_feeds(&server, pb::LookupFeedsRequest { limit: 1, ..feeds() }).await.unwrap();
    let of_feeds = of_feeds[0].next_cursor.clone();
    let first = pb::LookupPrincipalsRequest { limit: 1, ..principals() };
    let of_principals = look_for_principals(&server, first).await.unwrap()[0].next_cursor.clone();
    assert!(!of_feeds.is_empty() && !of_principals.is_empty());

    let on = |cursor: &str| pb::LookupFeedsRequest { cursor: cursor.into(), ..feeds() };
    let shorter = &of_feeds[1..];
    let mangled: String = of_feeds.chars().map(|it| if it == 'A' { 'B' } else { it }).collect();
    for (what, request) in [
        ("another method's", on(&of_principals)),
        ("a shorter one", on(shorter)),
        ("a mangled one", on(&mangled)),
        ("with spaces", on(&format!(" {of_feeds}"))),
        ("another subject's", pb::LookupFeedsRequest { subject: Some(ask::anonymous()), ..on(&of_feeds) }),
        (
            "another attribute's",
            pb::LookupFeedsRequest { attribute: "Feeds_AddPackage".into(), ..on(&of_feeds) },
        ),
    ] {
        refused(look_for_feeds(&server, request).await, InvalidArgument, "INVALID_CURSOR", what);
    }
    let on_principals = |cursor: &str| pb::LookupPrincipalsRequest { cursor: cursor.into(), ..principals() };
    for (what, request) in [
        ("another method's", on_principals(&of_feeds)),
        (
            "another target's",
            pb::LookupPrincipalsRequest { target: Some(ask::feed("g")), ..on_principals(&of_principals) },
        ),
    ] {
        refused(look_for_principals(&server, request).await, InvalidArgument, "INVALID_CURSOR", what);
    }
    // How much is wanted may differ.
    let rest = look_for_feeds(&server, pb::LookupFeedsRequest { limit: 9, ..on(&of_feeds) }).await.unwrap();
    assert_eq!(rest[0].feeds.len(), 2, "{rest:?}");

    // Another server knows nothing of them; one that kept the token but not the store says so.
    let mut other = Server::start();
    for (code, why) in [(InvalidArgument, "INVALID_CURSOR"), (FailedPrecondition, "OTHER_STORE")] {
        refused(look_for_feeds(&other, on(&of_feeds)).await, code, why, "another server's");
        let request = on_principals(&of_principals);
        refused(look_for_principals(&other, request).await, code, why, "another server's");
        other.restart_with_the_token_of(&server);
    }
}

#[tokio::test]
async fn promotions() {
    let server = world().await;
    let typed = pb::Feed { name: "typed".into(), r#type: "npm".into(), ..Default::default() };
    server.policy().write(write::write(vec![create(Kind::Feed(typed))])).await.unwrap();
    let before = unchanged(&server).await;
    let good = || pb::CheckPromotionRequest {
        subject: Some(ask::user("ann")),
        source_feed: "f".into(),
        target_feed: "typed".into(),
        consistency: None,
    };
    for (what, request, code, why) in [
        ("subject", pb::CheckPromotionRequest { subject: None, ..good() }, InvalidArgument, "MISSING_FIELD"),
        (
            "source",
            pb::CheckPromotionRequest { source_feed: String::new(), ..good() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "target",
            pb::CheckPromotionRequest { target_feed: String::new(), ..good() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
        (
            "source's name",
            pb::CheckPromotionRequest { source_feed: "a\tb".into(), ..good() },
            InvalidArgument,
            "INVALID_NAME",
        ),
        (
            "target's name",
            pb::CheckPromotionRequest { target_feed: " typed".into(), ..good() },
            InvalidArgument,
            "INVALID_NAME",
        ),
        (
            "requirement",
            pb::CheckPromotionRequest { consistency: Some(pb::Consistency::default()), ..good() },
            InvalidArgument,
            "MISSING_FIELD",
        ),
    ] {
        refused(server.decisions().check_promotion(request).await, code, why, what);
    }

    use PromotionRequirementKind as Needs;
    for (source, target, unmet) in [
        ("typed", "typed", &[Needs::DownloadSource, Needs::AcceptOnTarget][..]),
        // A feed whose type nobody said could be of any.
        ("f", "typed", &[Needs::SameType, Needs::DownloadSource, Needs::AcceptOnTarget]),
        (
            "nowhere",
            "typed",
            &[
                Needs::SourceRegistered,
                Needs::SameType,
                Needs::PromoteTo,
                Needs::ViewSource,
                Needs::DownloadSource,
                Needs::AcceptOnTarget,
            ],
        ),
        (
            "typed",
            "nowhere",
            &[
                Needs::TargetRegistered,
                Needs::SameType,
                Needs::PromoteTo,
                Needs::DownloadSource,
                Needs::AcceptOnTarget,
            ],
        ),
    ] {
        let request =
            pb::CheckPromotionRequest { source_feed: source.into(), target_feed: target.into(), ..good() };
        let answer = server.decisions().check_promotion(request).await.unwrap().into_inner();
        let kinds: Vec<_> = answer.requirements.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, (1..=7).collect::<Vec<_>>());
        let found = answer.requirements.iter().filter(|it| !it.met).map(pb::PromotionRequirement::kind);
        assert_eq!(found.collect::<Vec<_>>(), unmet, "{source} to {target}");
        assert!(!answer.allowed);
    }
    assert_eq!(unchanged(&server).await, before);
}

/// Three feeds that read each other in a circle.
#[tokio::test]
async fn connectors_in_a_circle() {
    let server = Server::start();
    let connector = |name: &str, source: &str, feed: &str| {
        create(Kind::Connector(pb::Connector {
            name: name.into(),
            source: Some(pb::connector::Source::SourceFeed(source.into())),
            feeds: vec![feed.into()],
            ..Default::default()
        }))
    };
    let on_a = pb::Scope { kind: Some(pb::scope::Kind::Feed("a".into())) };
    let grant = write::grant(pb::Effect::Permit, "ann", "View & Download Packages");
    let mut changes = vec![create(write::user("ann"))];
    changes.extend(["a", "b", "c"].map(|feed| create(write::feed(feed))));
    changes.extend([connector("ab", "b", "a"), connector("bc", "c", "b"), connector("ca", "a", "c")]);
    changes.push(create(Kind::Grant(pb::Grant { scope: Some(on_a), ..grant })));
    server.policy().write(write::write(changes)).await.unwrap();

    for (feed, way) in [("b", vec!["ab"]), ("c", vec!["ab", "bc"])] {
        let pb::CheckRequest { subject, attribute, target, consistency } =
            ask::check(ask::user("ann"), "Feeds_ViewFeed", ask::feed(feed));
        let request = pb::ExplainRequest { subject, attribute, target, consistency };
        let answer = server.decisions().explain(request).await.unwrap().into_inner();
        assert!(!answer.allowed);
        let [proxy] = answer.proxies.as_slice() else { panic!("{answer:?}") };
        assert_eq!(proxy.kind(), pb::ProxyKind::ConnectedFeed);
        assert_eq!((proxy.target.as_ref(), &proxy.connectors), (Some(&ask::feed("a")), &names(&way)));
    }
    let found = look_for_feeds(&server, feeds()).await.unwrap();
    assert_eq!(found[0].feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>(), ["a"]);
    let on_c = pb::LookupPrincipalsRequest { target: Some(ask::feed("c")), ..principals() };
    let found = look_for_principals(&server, on_c).await.unwrap();
    assert_eq!(found[0].principals.len(), 2, "administrators only: {found:?}");

    let codes = vec![pb::FindingCode::TransitiveRead.into()];
    let request = pb::LintRequest { codes, ..Default::default() };
    let answer = ask::all(server.analysis().lint(request).await).await.unwrap();
    let findings: Vec<_> = answer
        .iter()
        .filter_map(|it| match &it.part {
            Some(pb::lint_response::Part::Findings(findings)) => Some(&findings.findings),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(!findings.is_empty());
    let ann =
        |it: &pb::ObjectRef| matches!(&it.kind, Some(pb::object_ref::Kind::User(user)) if user.name == "ann");
    assert!(findings.iter().all(|finding| finding.objects.iter().any(ann)), "{findings:#?}");
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}
