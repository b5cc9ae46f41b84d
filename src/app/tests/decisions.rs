//! Questions over the wire.

use super::*;

#[tokio::test]
async fn checks_are_open_and_answered() {
    let server = Server::start(true).await;
    let check = |name: &str, target| pb::CheckRequest {
        subject: user(name),
        attribute: "Admin_ConfigureProGet".into(),
        target,
        consistency: None,
    };
    let answer = server.decisions().check(check("ADMIN", on_system())).await.unwrap().into_inner();
    assert!(answer.allowed);
    assert_eq!((answer.reason(), answer.grant_id), (pb::Reason::Permitted, 1));
    assert_eq!(answer.subject.unwrap().name, "Admin");
    let denied = server.decisions().check(check("nobody", on_feed("none"))).await.unwrap().into_inner();
    assert_eq!((denied.allowed, denied.subject_unknown, denied.feed_unknown), (false, true, true));

    for (request, why) in [
        (check("Admin", None), "MISSING_FIELD"),
        (check(" Admin", on_system()), "INVALID_NAME"),
        (pb::CheckRequest { attribute: "Nope".into(), ..check("Admin", on_system()) }, "UNKNOWN_ATTRIBUTE"),
        (pb::CheckRequest { subject: None, ..check("Admin", on_system()) }, "MISSING_FIELD"),
    ] {
        assert_refused(server.decisions().check(request).await, Code::InvalidArgument, why);
    }
    let unreached = pb::Revision { store: answer.revision.unwrap().store, number: 99 };
    let at = |revision| {
        let requirement = Some(pb::consistency::Requirement::AtLeast(revision));
        let consistency = Some(pb::Consistency { requirement });
        pb::CheckRequest { consistency, ..check("Admin", on_system()) }
    };
    assert_refused(server.decisions().check(at(unreached)).await, Code::OutOfRange, "REVISION_NOT_REACHED");
    let elsewhere = pb::Revision { store: 1, number: 0 };
    assert_refused(server.decisions().check(at(elsewhere)).await, Code::FailedPrecondition, "OTHER_STORE");
    server.running.stop().await;
}

#[tokio::test]
async fn a_bad_item_spoils_no_other() {
    use pb::batch_check_result::Outcome;
    let server = Server::start(true).await;
    let item = |target, correlation_id: &str| pb::BatchCheckItem {
        target,
        correlation_id: correlation_id.into(),
        ..pb::BatchCheckItem::default()
    };
    let batch = |items| pb::BatchCheckRequest {
        default_subject: user("Admin"),
        default_attribute: "Feeds_ViewFeed".into(),
        default_target: on_system(),
        items,
        consistency: None,
    };
    let items = vec![
        item(None, "a"),
        item(on_feed("(system)"), "b"),
        pb::BatchCheckItem { attribute: "Nope".into(), ..item(None, "c") },
        item(Some(pb::Target { kind: None }), "d"),
        item(None, &"e".repeat(257)),
        item(None, "f"),
    ];
    let answer = server.decisions().batch_check(batch(items)).await.unwrap().into_inner();
    let outcomes: Vec<_> = answer
        .results
        .iter()
        .map(|result| match result.outcome.as_ref().unwrap() {
            Outcome::Decision(decision) => format!("{} {}", decision.allowed, decision.subject_number),
            Outcome::Error(status) => {
                use tonic_types::RpcStatusExt as _;
                status.get_details_error_info().unwrap().reason
            }
        })
        .collect();
    assert_eq!(
        outcomes,
        ["true 1", "INVALID_NAME", "UNKNOWN_ATTRIBUTE", "MISSING_FIELD", "INVALID_FIELD", "true 1"]
    );
    assert_eq!(answer.results[5].correlation_id, "f");
    assert_eq!(answer.subjects.len(), 1);

    let only_bad = server.decisions().batch_check(batch(vec![item(on_feed(" "), "x")])).await.unwrap();
    assert!(only_bad.get_ref().revision.is_some());
    let many = vec![item(None, ""); 10_000];
    assert_eq!(server.decisions().batch_check(batch(many)).await.unwrap().get_ref().results.len(), 10_000);
    for (items, why) in [(vec![item(None, ""); 10_001], "TOO_MANY_ITEMS"), (vec![], "MISSING_FIELD")] {
        assert_refused(server.decisions().batch_check(batch(items)).await, Code::InvalidArgument, why);
    }
    server.running.stop().await;
}

#[tokio::test]
async fn ten_thousand_bad_items_fit_into_an_answer() {
    use pb::batch_check_result::Outcome;
    let server = Server::start(false).await;
    // As long as names get, and malformed only at its end.
    let mut items = vec![pb::BatchCheckItem::default(); 10_000];
    items[9_999].subject = user("Admin");
    let request = pb::BatchCheckRequest {
        default_subject: user(&format!("{} ", "\u{1f600}".repeat(250))),
        default_attribute: "Feeds_ViewFeed".into(),
        default_target: on_system(),
        items,
        consistency: None,
    };
    let mut decisions = server.decisions().max_decoding_message_size(16 << 20);
    let answer = decisions.batch_check(request).await.unwrap().into_inner();
    assert!(prost::Message::encoded_len(&answer) < 8 << 20);
    let outcomes: Vec<_> = answer.results.into_iter().map(|result| result.outcome.unwrap()).collect();
    let bad = |outcome: &&Outcome| matches!(outcome, Outcome::Error(status) if status.details.len() == 1);
    assert_eq!(outcomes.iter().filter(bad).count(), 9_999);
    assert!(matches!(&outcomes[9_999], Outcome::Decision(decision) if decision.allowed));
    server.running.stop().await;
}

#[tokio::test]
async fn an_explanation_says_why_and_effective_attributes_say_all() {
    let server = Server::start(true).await;
    let token = Token(Some(server.running.token().expose_secret().into()));
    let mut decisions = DecisionServiceClient::with_interceptor(server.channel.clone(), token);
    let request = pb::ExplainRequest {
        subject: user("Admin"),
        attribute: "Feeds_ViewFeed".into(),
        target: on_system(),
        consistency: None,
    };
    let explained = decisions.explain(request).await.unwrap().into_inner();
    assert_eq!(explained.scope_precedence(), pb::ScopePrecedence::FeedOverGroup);
    let [candidate] = explained.candidates.as_slice() else { panic!("{explained:?}") };
    assert_eq!(candidate.principal_rank(), pb::PrincipalRank::Group);
    assert_eq!(candidate.scope_rank(), pb::ScopeRank::AllFeeds);
    assert!(explained.allowed && candidate.counts && candidate.decides);
    assert_eq!(candidate.path[0].name, "Administrators");
    let grant = candidate.grant.as_ref().unwrap();
    assert_eq!((grant.id, grant.effect(), grant.task.as_str()), (1, pb::Effect::Permit, "Administer"));

    let request =
        pb::ListEffectiveAttributesRequest { subject: user("Admin"), target: on_system(), consistency: None };
    let effective = server.decisions().list_effective_attributes(request).await.unwrap().into_inner();
    assert_eq!(effective.attributes.len(), 21);
    assert!(effective.attributes.iter().all(|attribute| attribute.allowed && attribute.grant_id == 1));
    server.running.stop().await;
}
