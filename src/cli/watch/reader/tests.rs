//! Connections that break, in every way and place.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use futures_util::stream;
use tonic_types::{ErrorDetails, StatusExt as _};

use super::*;
use crate::{cli::failure::CallError, grpc::pb::watch_response::Event};

/// What a connection comes to.
enum Open {
    Refused(Status),
    /// Messages, and then its end.
    Told(Vec<pb::WatchResponse>, End),
}

enum End {
    Clean,
    Error(Status),
    Silence,
}

/// What was asked of a server, and how long it was left alone in between.
#[derive(Default)]
struct Seen {
    requests: Vec<pb::WatchRequest>,
    pauses: Vec<Duration>,
}

struct Script {
    opens: VecDeque<Open>,
    seen: Arc<Mutex<Seen>>,
}

fn failure(status: Status) -> Failure {
    Failure::Call(CallError { status: Box::new(status), server: "here".into() })
}

impl Source for Script {
    async fn open(&mut self, request: pb::WatchRequest) -> Result<Messages, Failure> {
        self.seen.lock().unwrap().requests.push(request);
        let (messages, end) = match self.opens.pop_front().expect("nothing else was to be opened") {
            Open::Refused(status) => return Err(self.failure(status)),
            Open::Told(messages, end) => (messages, end),
        };
        let messages = stream::iter(messages.into_iter().map(Ok));
        Ok(match end {
            End::Clean => Box::pin(messages),
            End::Error(status) => Box::pin(messages.chain(stream::iter([Err(failure(status))]))),
            End::Silence => Box::pin(messages.chain(stream::pending())),
        })
    }

    async fn pause(&mut self, delay: Duration) {
        self.seen.lock().unwrap().pauses.push(delay);
    }

    fn failure(&self, status: Status) -> Failure {
        failure(status)
    }
}

fn reader(start: Start, opens: Vec<Open>) -> (Reader<Script>, Arc<Mutex<Seen>>) {
    let seen = Arc::default();
    let source = Script { opens: opens.into(), seen: Arc::clone(&seen) };
    let wish = Wish { start, kinds: vec![pb::ObjectKind::Feed], heartbeat: Duration::from_secs(15) };
    (Reader::new(source, wish, true), seen)
}

fn at(number: u64) -> pb::Revision {
    pb::Revision { store: 7, number }
}

fn message(event: Event) -> pb::WatchResponse {
    pb::WatchResponse { event: Some(event) }
}

fn part(number: u64, last: bool) -> pb::WatchResponse {
    let part = pb::ChangeSetPart { revision: Some(at(number)), last, ..Default::default() };
    message(Event::ChangeSet(part))
}

fn checkpoint(number: u64) -> pb::WatchResponse {
    message(Event::Checkpoint(pb::Checkpoint { revision: Some(at(number)) }))
}

fn snapshot(number: u64, last: bool) -> pb::WatchResponse {
    message(Event::Snapshot(pb::SnapshotPart { revision: Some(at(number)), objects: Vec::new(), last }))
}

/// An error that feedgate makes itself.
fn own(code: Code, reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, "feedgate", HashMap::new());
    Status::with_error_details(code, "why", details)
}

fn gone() -> Status {
    Status::unavailable("connection refused")
}

/// What it says, in short, and why it ends.
async fn everything(reader: &mut Reader<Script>) -> (Vec<String>, Failure) {
    let mut said = Vec::new();
    loop {
        said.push(match reader.next().await {
            Ok(News::Lost(_)) => "lost".to_owned(),
            Ok(News::Found) => "found".to_owned(),
            Ok(News::Whole(whole)) => {
                let (what, parts) = match &whole {
                    Whole::Snapshot(parts) => ("snapshot", parts.len()),
                    Whole::ChangeSet(parts) => ("set", parts.len()),
                    Whole::Checkpoint(_) => ("checkpoint", 1),
                    Whole::Heartbeat(_) => ("heartbeat", 1),
                    Whole::Membership(_) => ("membership", 1),
                };
                format!("{what} {} in {parts}", whole.revision().number)
            }
            Err(failure) => return (said, failure),
        });
    }
}

/// So that a script ends.
fn finally() -> Open {
    Open::Refused(own(Code::Unauthenticated, "TOKEN_INVALID"))
}

#[tokio::test]
async fn a_cut_in_a_large_change_set_leaves_nothing_half_and_nothing_twice() {
    let (mut reader, seen) = reader(
        Start::After(at(3)),
        vec![
            Open::Told(vec![part(4, true), part(5, false), part(5, false)], End::Error(gone())),
            Open::Told(vec![part(5, false)], End::Clean),
            Open::Told(
                vec![part(5, false), part(5, false), part(5, true), checkpoint(5)],
                End::Error(Status::unknown("h2 protocol error")),
            ),
            Open::Told(vec![part(6, true)], End::Error(own(Code::ResourceExhausted, "READER_TOO_SLOW"))),
            finally(),
        ],
    );
    let (said, _) = everything(&mut reader).await;
    assert_eq!(
        said,
        [
            "set 4 in 1",
            "lost",
            "found",
            "set 5 in 3",
            "checkpoint 5 in 1",
            "lost",
            "found",
            "set 6 in 1",
            "lost"
        ]
    );
    let seen = seen.lock().unwrap();
    let after: Vec<_> = seen.requests.iter().map(|request| request.start_after.unwrap().number).collect();
    assert_eq!(after, [3, 4, 4, 5, 6]);
    assert!(seen.requests.iter().all(|request| request.kinds == [i32::from(pb::ObjectKind::Feed)]));
    assert!(seen.requests.iter().all(|request| request.heartbeat.unwrap().seconds == 15));
}

#[tokio::test]
async fn a_snapshot_that_was_cut_is_taken_anew() {
    let (mut reader, seen) = reader(
        Start::Snapshot,
        vec![
            Open::Told(vec![snapshot(4, false)], End::Error(gone())),
            Open::Told(vec![snapshot(6, false), snapshot(6, true)], End::Clean),
            finally(),
        ],
    );
    let (said, _) = everything(&mut reader).await;
    assert_eq!(said, ["lost", "found", "snapshot 6 in 2", "lost"]);
    let seen = seen.lock().unwrap();
    let asked: Vec<_> =
        seen.requests.iter().map(|request| (request.include_snapshot, request.start_after)).collect();
    assert_eq!(asked, [(true, None), (true, None), (false, Some(at(6)))]);
}

/// Longer and longer, never more than ten seconds, and short again behind something whole.
#[tokio::test]
async fn it_waits_between_tries() {
    let refused = || (0..8).map(|_| Open::Refused(gone()));
    let mut opens: Vec<_> = refused().collect();
    opens.push(Open::Told(vec![part(4, false)], End::Clean));
    opens.push(Open::Told(vec![checkpoint(4)], End::Clean));
    opens.push(finally());
    let (mut reader, seen) = reader(Start::Now, opens);
    let (said, _) = everything(&mut reader).await;
    assert_eq!(said, ["lost", "found", "checkpoint 4 in 1", "lost"], "an outage is said once");
    let pauses = &seen.lock().unwrap().pauses;
    for (pause, least) in pauses.iter().zip([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 200]) {
        let least = Duration::from_millis(least);
        assert!((least..=least * 2).contains(pause), "{pauses:?}");
    }
    assert_eq!(pauses.len(), 10);
}

#[tokio::test]
async fn silence_is_a_broken_connection() {
    let (mut reader, seen) = reader(
        Start::Now,
        vec![Open::Told(vec![checkpoint(4)], End::Silence), Open::Told(vec![], End::Silence), finally()],
    );
    reader.patience = Duration::from_millis(20);
    let News::Whole(_) = reader.next().await.unwrap() else { panic!() };
    let News::Lost(Failure::Call(error)) = reader.next().await.unwrap() else { panic!() };
    assert!(error.why().starts_with("nothing was heard of it for"), "{error}");
    let (said, _) = everything(&mut reader).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(seen.lock().unwrap().requests.len(), 3);
}

#[tokio::test]
async fn what_no_retry_mends() {
    for (status, mends) in [
        (own(Code::OutOfRange, "REVISION_NOT_RETAINED"), false),
        (own(Code::OutOfRange, "REVISION_NOT_REACHED"), false),
        (own(Code::FailedPrecondition, "OTHER_STORE"), false),
        (own(Code::Unauthenticated, "TOKEN_INVALID"), false),
        (own(Code::InvalidArgument, "INVALID_FIELD"), false),
        (own(Code::Internal, "INTERNAL"), false),
        (Status::unimplemented("no such method"), false),
        (Status::out_of_range("message too large"), false),
        (own(Code::Unavailable, "SHUTTING_DOWN"), true),
        (own(Code::Unavailable, "STORE_UNAVAILABLE"), true),
        (own(Code::ResourceExhausted, "OVERLOADED"), true),
        (gone(), true),
        (Status::internal("h2 protocol error"), true),
        (Status::cancelled("stream reset"), true),
    ] {
        let shown = format!("{status:?}");
        let opens = vec![Open::Told(vec![checkpoint(4)], End::Error(status)), finally()];
        let (mut reader, seen) = reader(Start::Now, opens);
        let (said, _) = everything(&mut reader).await;
        assert_eq!(said.contains(&"lost".to_owned()), mends, "{shown}");
        assert_eq!(seen.lock().unwrap().requests.len(), if mends { 2 } else { 1 }, "{shown}");
    }
}

#[tokio::test]
async fn it_need_not_resume() {
    let (mut reader, seen) = reader(Start::Now, vec![Open::Told(vec![checkpoint(4)], End::Error(gone()))]);
    reader.resumes = false;
    let (said, failure) = everything(&mut reader).await;
    assert_eq!(said, ["checkpoint 4 in 1"]);
    assert!(failure.to_string().contains("connection refused"), "{failure}");
    assert_eq!(seen.lock().unwrap().requests.len(), 1);
}
