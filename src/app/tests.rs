//! A decision point over real connections, started in this process.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio_stream::StreamExt as _;
use tonic::{
    Code, Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

use super::{Config, Running};
use crate::grpc::pb::{
    self, change::Operation, decision_service_client::DecisionServiceClient, object::Kind,
    policy_service_client::PolicyServiceClient,
};

#[derive(Clone)]
struct Token(Option<String>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

type Policy = PolicyServiceClient<InterceptedService<Channel, Token>>;

struct Server {
    running: Running,
    channel: Channel,
    _data: tempfile::TempDir,
}

impl Server {
    async fn start(reflection: bool) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.uds = Some(data.path().join("grpc.sock"));
        config.reflection = reflection;
        let running = Running::start(config).await.unwrap();
        let endpoint = Channel::from_shared(format!("http://{}", running.grpc_addr())).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self { running, channel, _data: data }
    }

    fn decisions(&self) -> DecisionServiceClient<Channel> {
        DecisionServiceClient::new(self.channel.clone())
    }

    fn policy(&self) -> Policy {
        self.policy_with(Some(self.running.token().expose_secret().into()))
    }

    fn policy_with(&self, token: Option<String>) -> Policy {
        PolicyServiceClient::with_interceptor(self.channel.clone(), Token(token))
    }
}

fn user(name: &str) -> Option<pb::Subject> {
    let identity = Some(pb::subject::user::Identity::Name(name.into()));
    let user = pb::subject::User { directory: String::new(), identity };
    Some(pb::Subject { kind: Some(pb::subject::Kind::User(user)) })
}

fn on_feed(feed: &str) -> Option<pb::Target> {
    Some(pb::Target { kind: Some(pb::target::Kind::Feed(feed.into())) })
}

fn on_system() -> Option<pb::Target> {
    Some(pb::Target { kind: Some(pb::target::Kind::System(pb::target::System {})) })
}

fn put(kind: Kind) -> pb::Change {
    let object = Some(pb::Object { kind: Some(kind) });
    let put = pb::PutObject { object, update_mask: None };
    pb::Change { operation: Some(Operation::Put(put)), expected_object_revision: None }
}

fn feed(name: &str, promote_to: &str) -> pb::Change {
    put(Kind::Feed(pb::Feed { name: name.into(), promote_to: promote_to.into(), ..pb::Feed::default() }))
}

fn reason(status: &Status) -> (Code, String) {
    (status.code(), status.get_details_error_info().map(|info| info.reason).unwrap_or_default())
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, why: &str) {
    assert_eq!(reason(&answer.unwrap_err()), (code, why.to_owned()));
}

fn write(changes: Vec<pb::Change>) -> pb::WriteRequest {
    pb::WriteRequest { changes, options: None }
}

async fn exported(policy: &mut Policy) -> Vec<pb::Object> {
    let mut messages = policy.export(pb::ExportRequest {}).await.unwrap().into_inner();
    let mut objects = Vec::new();
    while let Some(message) = messages.next().await {
        objects.extend(message.unwrap().objects);
    }
    objects
}

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

#[tokio::test]
async fn a_unix_socket_answers_too_and_asks_for_the_token_too() {
    let server = Server::start(true).await;
    let endpoint = format!("unix://{}", server.running.uds().unwrap().display());
    let channel = tonic::transport::Endpoint::new(endpoint).unwrap().connect().await.unwrap();
    let request =
        pb::ListEffectiveAttributesRequest { subject: user("x"), target: on_system(), consistency: None };
    let answer = DecisionServiceClient::new(channel.clone()).list_effective_attributes(request).await;
    assert!(answer.unwrap().get_ref().subject_unknown);
    let mut policy = PolicyServiceClient::new(channel);
    let status = policy.get_status(pb::GetStatusRequest {}).await;
    assert_refused(status, Code::Unauthenticated, "TOKEN_MISSING");
    drop(policy);
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

#[tokio::test]
async fn what_never_reaches_a_handler_has_a_reason_too() {
    let server = Server::start(false).await;
    let large = pb::CheckRequest { attribute: "x".repeat(5 << 20), ..pb::CheckRequest::default() };
    assert_refused(server.decisions().check(large).await, Code::InvalidArgument, "LIMIT_EXCEEDED");
    let mut reflection = tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient::new(
        server.channel.clone(),
    );
    let questions = tokio_stream::iter(Vec::new());
    let answer = reflection.server_reflection_info(questions).await.unwrap_err();
    assert_eq!(answer.code(), Code::Unimplemented);
    server.running.stop().await;
}

#[tokio::test]
async fn health_is_told_and_a_watcher_holds_nothing_up() {
    let server = Server::start(true).await;
    let mut health = HealthClient::new(server.channel.clone());
    for service in ["", "feedgate.v1.DecisionService", "feedgate.v1.PolicyService"] {
        let request = HealthCheckRequest { service: service.into() };
        assert_eq!(health.check(request).await.unwrap().get_ref().status, 1, "{service}");
    }
    let mut watched = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watched.next().await.unwrap().unwrap().status, 1);
    let addr = server.running.grpc_addr();
    let socket = server.running.uds().unwrap().to_owned();
    tokio::time::timeout(Duration::from_secs(5), server.running.stop()).await.unwrap();
    assert_eq!(watched.next().await.unwrap().unwrap().status, 2);
    assert!(std::net::TcpStream::connect(addr).is_err());
    assert!(!socket.exists());
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let mut config = Config::new(data.path().into());
    config.listen = "127.0.0.1:0".parse().unwrap();
    let mut store = None;
    for revision in [0, 1] {
        let running = Running::start(config.clone()).await.unwrap();
        let endpoint = Channel::from_shared(format!("http://{}", running.grpc_addr())).unwrap();
        let token = Token(Some(running.token().expose_secret().into()));
        let mut policy = PolicyServiceClient::with_interceptor(endpoint.connect().await.unwrap(), token);
        let status = policy.get_status(pb::GetStatusRequest {}).await.unwrap().into_inner();
        assert_eq!((status.revision, *store.get_or_insert(status.store_id)), (revision, status.store_id));
        policy.write(write(vec![feed("f", "")])).await.unwrap();
        running.stop().await;
    }
}
