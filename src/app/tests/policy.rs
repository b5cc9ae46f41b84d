//! Administration over the wire.

use super::*;

#[tokio::test]
async fn the_policy_is_shown_and_changed_only_with_the_token() {
    let server = Server::start(true).await;
    for (token, why) in [(None, "TOKEN_MISSING"), (Some("guess".into()), "TOKEN_INVALID")] {
        let mut policy = server.policy_with(token);
        let write = policy.write(write(vec![feed("f", "")])).await;
        assert_refused(write, Code::Unauthenticated, why);
        assert_refused(policy.get_status(pb::GetStatusRequest {}).await, Code::Unauthenticated, why);
        let export = policy.export(pb::ExportRequest {}).await.map(|_| ());
        assert_refused(export, Code::Unauthenticated, why);
    }
    let explain = server.decisions().explain(pb::ExplainRequest::default()).await;
    assert_refused(explain, Code::Unauthenticated, "TOKEN_MISSING");
    let status = server.policy().get_status(pb::GetStatusRequest {}).await.unwrap().into_inner();
    assert_eq!((status.revision, status.users, status.grants, status.feeds), (0, 1, 1, 0));
    assert!(status.ready && status.writable);
    server.running.stop().await;
}

#[tokio::test]
async fn writes_are_whole_and_known_again() {
    let server = Server::start(true).await;
    let mut policy = server.policy();
    let options = |key: &str, dry_run| {
        Some(pb::WriteOptions { idempotency_key: key.into(), dry_run, expected_revision: None })
    };
    let tried = pb::WriteRequest { changes: vec![feed("prod", "")], options: options("", true) };
    let tried = policy.write(tried).await.unwrap().into_inner();
    assert_eq!((tried.revision.unwrap().number, tried.summary.unwrap().created), (0, 1));

    let request = pb::WriteRequest {
        changes: vec![feed("prod", ""), feed("test", "prod")],
        options: options("once", false),
    };
    for replayed in [false, true] {
        let written = policy.write(request.clone()).await.unwrap().into_inner();
        let summary = written.summary.unwrap();
        assert_eq!((written.revision.unwrap().number, summary.created), (1, 2), "{replayed}");
        assert_eq!(summary.replayed, replayed);
        let Some(Kind::Feed(test)) = written.changes[1].after.clone().unwrap().kind else { panic!() };
        assert_eq!((test.name.as_str(), test.promote_to.as_str(), test.revision), ("test", "prod", 1));
    }
    let other = pb::WriteRequest { changes: vec![feed("other", "")], ..request };
    assert_refused(policy.write(other).await, Code::InvalidArgument, "IDEMPOTENCY_KEY_REUSED");

    let failed = policy.write(write(vec![feed("new", ""), feed("x", "nowhere")])).await.unwrap_err();
    assert_eq!(failed.get_details_error_info().unwrap().metadata["change"], "1");
    let feeds = policy.list_feeds(pb::ListFeedsRequest::default()).await.unwrap().into_inner().feeds;
    assert_eq!(feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>(), ["prod", "test"]);
    assert_refused(policy.write(write(vec![])).await, Code::InvalidArgument, "MISSING_FIELD");
    server.running.stop().await;
}

#[tokio::test]
async fn passwords_go_in_and_never_come_out() {
    let server = Server::start(true).await;
    let mut policy = server.policy();
    let set = pb::SetPassword {
        user: Some(pb::PrincipalName { name: "Admin".into(), ..pb::PrincipalName::default() }),
        secret: Some(pb::set_password::Secret::Password("hunter2-hunter2".into())),
        must_change: false,
    };
    let set = pb::Change { operation: Some(Operation::SetPassword(set)), expected_object_revision: None };
    let written = policy.write(write(vec![set])).await.unwrap().into_inner();
    assert_eq!(written.summary.unwrap().passwords_set, 1);
    assert!(!format!("{:?} {:?}", written, exported(&mut policy).await).contains("hunter2"));
    server.running.stop().await;
}

#[tokio::test]
async fn a_stream_is_one_revision_and_an_export_can_be_written_again() {
    let server = Server::start(true).await;
    let mut policy = server.policy();
    let messages = (0..5).map(|part| pb::WriteStreamRequest {
        options: (part == 0).then(pb::WriteOptions::default),
        changes: (0..500).map(|number| feed(&format!("feed-{part}-{number}"), "")).collect(),
    });
    let messages: Vec<_> = messages.collect();
    let written = policy.write_stream(tokio_stream::iter(messages.clone())).await.unwrap().into_inner();
    assert_eq!((written.revision.unwrap().number, written.summary.unwrap().created), (1, 2500));
    assert_eq!(written.changes.len(), 1000);

    let mut twice = messages;
    twice[1].options = Some(pb::WriteOptions::default());
    let refused = policy.write_stream(tokio_stream::iter(twice)).await;
    assert_refused(refused, Code::InvalidArgument, "INVALID_FIELD");

    let more = vec![feed("a", "feed-0-0"), feed("feed-0-1", "a")];
    policy.write(write(more)).await.unwrap();
    let objects = exported(&mut policy).await;
    let members = objects.iter().filter_map(|object| match &object.kind {
        Some(Kind::Membership(membership)) => membership.group.as_ref(),
        _ => None,
    });
    assert!(members.map(|group| (group.name.as_str(), group.id)).eq([("Administrators", 0)]));
    let places = |name: &str| {
        objects.iter().position(|it| matches!(&it.kind, Some(Kind::Feed(feed)) if feed.name == name))
    };
    assert!(places("feed-0-0") < places("a") && places("a") < places("feed-0-1"));

    let again = objects.iter().cloned().filter_map(|object| object.kind).map(put).collect();
    let again = policy.write(write(again)).await.unwrap().into_inner();
    assert_eq!((again.revision.unwrap().number, again.changes.len()), (2, 0));

    let other = Server::start(true).await;
    let copied = objects.into_iter().filter_map(|object| object.kind).map(put).collect();
    other.policy().write(write(copied)).await.unwrap();
    let status = other.policy().get_status(pb::GetStatusRequest {}).await.unwrap().into_inner();
    assert_eq!((status.feeds, status.users, status.grants), (2501, 1, 1));
    server.running.stop().await;
    other.running.stop().await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::start(true).await;
    let mut policy = server.policy();
    let changes = (0..25).map(|number| feed(&format!("Feed-{number}"), "")).collect();
    policy.write(write(changes)).await.unwrap();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(pb::Page { size: 4, token });
        let request =
            pb::ListFeedsRequest { page, name_prefix: "fEED-1".into(), ..pb::ListFeedsRequest::default() };
        let page = policy.list_feeds(request).await.unwrap().into_inner();
        seen.extend(page.feeds.into_iter().map(|feed| feed.id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [2, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);

    let page = |size, token: &str| Some(pb::Page { size, token: token.into() });
    let first = policy.list_tasks(pb::ListTasksRequest { page: page(1, "") }).await.unwrap().into_inner();
    let mixed_up =
        pb::ListFeedsRequest { page: page(1, &first.next_page_token), ..pb::ListFeedsRequest::default() };
    assert_refused(policy.list_feeds(mixed_up).await, Code::InvalidArgument, "INVALID_FIELD");
    let large = pb::ListTasksRequest { page: page(1001, "") };
    assert_refused(policy.list_tasks(large).await, Code::InvalidArgument, "INVALID_FIELD");

    let administrators = pb::PrincipalName { name: "administrators".into(), ..pb::PrincipalName::default() };
    let members = pb::ListMembersRequest { group: Some(administrators.clone()), page: None };
    let members = policy.list_members(members).await.unwrap().into_inner().members;
    let Some(pb::principal::Kind::User(admin)) = &members[0].kind else { panic!() };
    assert_eq!((members.len(), admin.name.as_str()), (1, "Admin"));
    let grants = pb::ListGrantsRequest {
        principal: Some(pb::Principal { kind: Some(pb::principal::Kind::Group(administrators)) }),
        effect: pb::Effect::Permit.into(),
        ..pb::ListGrantsRequest::default()
    };
    let grants = policy.list_grants(grants).await.unwrap().into_inner().grants;
    assert_eq!((grants.len(), grants[0].task.as_str()), (1, "Administer"));
    let missing = policy.get_feed(pb::GetFeedRequest { name: "none".into() }).await;
    assert_refused(missing, Code::NotFound, "NOT_FOUND");
    let aliased = policy.get_feed(pb::GetFeedRequest { name: "FEED-3".into() }).await.unwrap().into_inner();
    assert_eq!(aliased.feed.unwrap().name, "Feed-3");
    server.running.stop().await;
}
