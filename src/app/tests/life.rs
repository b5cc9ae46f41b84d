//! Listeners, health, start and end.

use std::time::Duration;

use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::*;

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
