//! A hostile client: what other clients get while it attacks, and how much memory it costs.

mod wire;

use std::{net::TcpStream, thread, time::Duration};

use feedgate::grpc::pb;
use prost::Message as _;
use tonic::{Code, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

use crate::support::{ask, server::Server, write};
use wire::{Wire, framed};

const CHECK: &str = "/feedgate.v1.DecisionService/Check";
const BATCH_CHECK: &str = "/feedgate.v1.DecisionService/BatchCheck";
const WRITE_STREAM: &str = "/feedgate.v1.PolicyService/WriteStream";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const HEALTH_WATCH: &str = "/grpc.health.v1.Health/Watch";

const MIB: u64 = 1024;

async fn health(server: &Server) -> HealthClient<tonic::transport::Channel> {
    let address = format!("http://{}", server.address());
    HealthClient::new(Endpoint::from_shared(address).unwrap().connect().await.unwrap())
}

/// Another client gets its answers.
async fn others_are_answered(server: &Server) {
    let mut decisions = server.decisions();
    let mut health = health(server).await;
    for _ in 0..50 {
        let check = ask::check(ask::anonymous(), "Feeds_ViewFeed", ask::system());
        assert!(!decisions.check(check).await.unwrap().into_inner().allowed);
        health.check(HealthCheckRequest::default()).await.unwrap();
    }
}

/// A batch whose items all have an error, and nothing in them.
fn faulty_batch(items: usize) -> Vec<u8> {
    let batch = pb::BatchCheckRequest {
        default_subject: Some(ask::anonymous()),
        default_attribute: "No_SuchAttribute".repeat(20),
        default_target: Some(ask::system()),
        items: vec![pb::BatchCheckItem::default(); items],
        consistency: None,
    };
    batch.encode_to_vec()
}

fn described_task(description: &str) -> pb::object::Kind {
    pb::object::Kind::Task(pb::Task {
        name: "x".into(),
        description: description.into(),
        ..Default::default()
    })
}

#[tokio::test]
async fn incomplete_requests_take_no_slots() {
    let server = Server::start();
    let mut attackers: Vec<_> = (0..4).map(|_| Wire::connect(server.address(), 65_535)).collect();
    for attacker in &mut attackers {
        for _ in 0..100 {
            attacker.begin(CHECK);
            attacker.begin(HEALTH);
        }
    }
    others_are_answered(&server).await;
    // All of them are still incomplete.
    for attacker in &attackers {
        assert_eq!(attacker.ended(0), 0);
    }
}

#[tokio::test]
async fn an_incomplete_request_is_refused_in_time() {
    let server = Server::start();
    let mut attacker = Wire::connect(server.address(), 65_535);
    let stream = attacker.begin(CHECK);
    attacker.send(stream, &framed(b"abc")[..6], false);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(attacker.ended(0), 0);
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(attacker.ended(1), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_their_last_byte_take_limited_memory() {
    let server = Server::start();
    let before = server.resident_kib();
    let message = framed(&vec![b'x'; (4 << 20) - 100]);
    let mut attackers: Vec<_> = (0..12).map(|_| Wire::connect(server.address(), 65_535)).collect();
    let mut refused = 0;
    for attacker in &mut attackers {
        for _ in 0..5 {
            let stream = attacker.begin(BATCH_CHECK);
            refused += usize::from(!attacker.send(stream, &message[..message.len() - 1], false));
        }
    }
    // 60 × 4 MiB are tried, and 128 MiB are held. On a slow machine the first ones are given up meanwhile.
    assert!((1..=32).contains(&refused), "{refused}");
    let more = server.resident_kib().saturating_sub(before);
    assert!(more < 320 * MIB, "{} MiB more are resident", more / MIB);
    others_are_answered(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_responses_take_limited_memory() {
    let server = Server::start();
    let before = server.resident_kib();
    let batch = faulty_batch(10_000);
    let mut attackers: Vec<_> = (0..4).map(|_| Wire::connect(server.address(), 0)).collect();
    for attacker in &mut attackers {
        for _ in 0..100 {
            attacker.call(BATCH_CHECK, &batch);
        }
    }
    others_are_answered(&server).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let more = server.resident_kib().saturating_sub(before);
    assert!(more < 320 * MIB, "{} MiB more are resident", more / MIB);
    others_are_answered(&server).await;
}

#[tokio::test]
async fn a_batch_with_many_errors_has_a_limited_response() {
    let server = Server::start();
    let mut decisions = server.decisions();
    let batch = pb::BatchCheckRequest::decode(&*faulty_batch(10_000)).unwrap();
    let response = decisions.batch_check(batch).await.unwrap().into_inner();
    assert!(response.encoded_len() < 3 << 20, "{}", response.encoded_len());
    assert_eq!(response.results.len(), 10_000);
    let codes: Vec<_> = response
        .results
        .iter()
        .map(|result| match result.outcome.as_ref().unwrap() {
            pb::batch_check_result::Outcome::Error(error) => Code::from(error.code),
            pb::batch_check_result::Outcome::Decision(_) => Code::Ok,
        })
        .collect();
    let full = codes.iter().position(|code| *code != Code::InvalidArgument).unwrap();
    assert!(full > 1_000, "{full}");
    assert!(codes[full..].iter().all(|code| *code == Code::ResourceExhausted));
}

#[tokio::test]
async fn elements_are_counted_before_they_are_decoded() {
    let server = Server::start();
    let before = server.resident_kib();
    let items = vec![pb::BatchCheckItem::default(); 2_000_000];
    let batch = pb::BatchCheckRequest { items, ..Default::default() };
    let refused = server.decisions().batch_check(batch).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "TOO_MANY_ITEMS");
    let more = server.resident_kib().saturating_sub(before);
    assert!(more < 40 * MIB, "{} MiB more are resident", more / MIB);
}

#[tokio::test]
async fn silent_connections_give_way() {
    let server = Server::start();
    let silent: Vec<_> = (0..1_024).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let mut half = Wire::connect(server.address(), 65_535);
    half.begin(CHECK);
    tokio::time::timeout(Duration::from_secs(30), others_are_answered(&server)).await.unwrap();
    assert_eq!(silent.len(), 1_024);
}

#[tokio::test]
async fn a_connection_without_a_preface_is_closed() {
    let server = Server::start();
    let silent = TcpStream::connect(server.address()).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let read = thread::spawn(move || std::io::Read::read_to_end(&mut &silent, &mut Vec::new()));
    others_are_answered(&server).await;
    // The server's settings, and the end.
    let _ = tokio::task::spawn_blocking(|| read.join()).await.unwrap().unwrap();
}

#[tokio::test]
async fn watches_of_health_are_limited() {
    let server = Server::start();
    let mut attackers: Vec<_> = (0..8).map(|_| Wire::connect(server.address(), 65_535)).collect();
    for attacker in &mut attackers {
        for _ in 0..100 {
            attacker.call(HEALTH_WATCH, b"");
        }
    }
    others_are_answered(&server).await;
    for attacker in &attackers {
        assert_eq!(attacker.ended(100 - 16), 100 - 16);
    }
}

#[tokio::test]
async fn an_anonymous_write_stream_is_refused_at_once() {
    let server = Server::start();
    let mut attacker = Wire::connect(server.address(), 65_535);
    let streams: Vec<_> = (0..50).map(|_| attacker.begin(WRITE_STREAM)).collect();
    others_are_answered(&server).await;
    assert_eq!(attacker.ended(streams.len()), streams.len());
}

#[tokio::test]
async fn an_endless_write_stream_ends() {
    let server = Server::start();
    let description = "x".repeat(4_000);
    let change = || write::create(described_task(&description));
    let message = pb::WriteStreamRequest { options: None, changes: (0..250).map(|_| change()).collect() };
    let endless = tokio_stream::iter(std::iter::repeat(message));
    let refused = server.policy().write_stream(endless).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    let more = server.resident_kib();
    assert!(more < 1_000 * MIB, "{} MiB are resident", more / MIB);
    others_are_answered(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_is_disconnected() {
    let server = Server::start();
    let mut attacker = Wire::connect(server.address(), 0);
    attacker.call(BATCH_CHECK, &faulty_batch(10));
    let closed = tokio::task::spawn_blocking(move || attacker.closed_within(Duration::from_secs(90)));
    assert!(closed.await.unwrap());
    others_are_answered(&server).await;
}
