//! What a watch takes, refuses and sends, without a network; in time that waits for nobody, where time matters.

use std::{sync::Arc, time::Duration};

use feedgate::{
    grpc::{
        Watching,
        pb::{
            self, ObjectKind, WatchRequest, WatchResponse, watch_response::Event,
            watch_service_client::WatchServiceClient,
        },
    },
    model::edit::{Edit, ObjectRef, Spec},
    policy::{Retention, WriteRequest},
    service::{
        DecisionPoint,
        watch::{MAX_WATCHES, Start, WatchError},
    },
    store::MemoryStore,
};
use tokio::time::{Instant, sleep};
use tokio_stream::StreamExt as _;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::support::{ask, edits::*};

/// How many change sets are kept, and how many there were.
const KEPT: u64 = 5;
const HEAD: u64 = 20;

/// A decision point at revision [`HEAD`]: each change set is a feed, `feed-1` and so on.
async fn point() -> DecisionPoint {
    let store = Arc::new(MemoryStore::new().unwrap());
    let retention = Retention { change_sets: KEPT, age: Duration::ZERO };
    let point = DecisionPoint::open(store, retention).await.unwrap();
    for number in 1..=HEAD {
        write(&point, vec![Edit::Create(feed(&format!("feed-{number}")))]).await;
    }
    point
}

async fn write(point: &DecisionPoint, edits: Vec<Edit>) {
    let steps = edits.into_iter().map(step).collect();
    let request =
        WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() };
    point.write(request).await.unwrap();
}

type Messages = Streaming<WatchResponse>;

async fn watch(point: &DecisionPoint, request: WatchRequest) -> Result<Messages, Status> {
    Ok(WatchServiceClient::new(Watching::new(point.clone())).watch(request).await?.into_inner())
}

fn after(point: &DecisionPoint, number: u64) -> WatchRequest {
    let store = point.index().revision().store.0;
    WatchRequest { start_after: Some(pb::Revision { store, number }), ..WatchRequest::default() }
}

fn heartbeat(millis: i64) -> WatchRequest {
    let heartbeat =
        prost_types::Duration { seconds: millis / 1000, nanos: (millis % 1000) as i32 * 1_000_000 };
    WatchRequest { heartbeat: Some(heartbeat), ..WatchRequest::default() }
}

async fn next(messages: &mut Messages) -> Event {
    messages.next().await.unwrap().unwrap().event.unwrap()
}

/// What a message says, in short.
fn told(event: &Event) -> String {
    let number = |revision: &Option<pb::Revision>| revision.unwrap().number;
    match event {
        Event::Snapshot(it) => format!("snapshot {}", number(&it.revision)),
        Event::ChangeSet(it) => format!("change set {}", number(&it.revision)),
        Event::Checkpoint(it) => format!("checkpoint {}", number(&it.revision)),
        Event::Heartbeat(it) => format!("heartbeat {}", number(&it.revision)),
        Event::Membership(it) => format!("membership at {}", number(&it.revision)),
    }
}

async fn assert_told(messages: &mut Messages, expected: &[&str]) {
    for expected in expected {
        assert_eq!(told(&next(messages).await), *expected);
    }
}

/// A number that came with an error.
fn fact(status: &Status, name: &str) -> Option<u64> {
    status.get_details_error_info()?.metadata.get(name)?.parse().ok()
}

fn field(status: &Status) -> Option<String> {
    Some(status.get_details_bad_request()?.field_violations.first()?.field.clone())
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused() {
    let point = point().await;
    let revision = |number| after(&point, number);
    let other =
        WatchRequest { start_after: Some(pb::Revision { store: 1, number: 3 }), ..Default::default() };
    let kinds = |kinds: &[i32]| WatchRequest { kinds: kinds.to_vec(), ..WatchRequest::default() };
    let both = WatchRequest { include_snapshot: true, ..revision(HEAD) };
    let oldest = HEAD - KEPT;
    let invalid = (Code::InvalidArgument, "INVALID_FIELD");
    for (request, (code, reason), facts, expected_field) in [
        (revision(HEAD + 1), (Code::OutOfRange, "REVISION_NOT_REACHED"), [Some(HEAD), None], None),
        (revision(u64::MAX), (Code::OutOfRange, "REVISION_NOT_REACHED"), [Some(HEAD), None], None),
        (revision(oldest - 1), (Code::OutOfRange, "REVISION_NOT_RETAINED"), [None, Some(oldest)], None),
        (revision(0), (Code::OutOfRange, "REVISION_NOT_RETAINED"), [None, Some(oldest)], None),
        (other, (Code::FailedPrecondition, "OTHER_STORE"), [None; 2], None),
        (both, invalid, [None; 2], Some("include_snapshot")),
        (kinds(&[7, 99]), invalid, [None; 2], Some("kinds[1]")),
        (kinds(&[0]), (Code::InvalidArgument, "MISSING_FIELD"), [None; 2], Some("kinds[0]")),
        (heartbeat(0), invalid, [None; 2], Some("heartbeat")),
        (heartbeat(999), invalid, [None; 2], Some("heartbeat")),
        (heartbeat(3_600_001), invalid, [None; 2], Some("heartbeat")),
        (heartbeat(-2_000), invalid, [None; 2], Some("heartbeat")),
    ] {
        let status = watch(&point, request.clone()).await.map(drop).unwrap_err();
        assert_eq!(ask::reason(&status), (code, reason.to_owned()), "{request:?}");
        assert_eq!(["head", "oldest"].map(|name| fact(&status, name)), facts, "{request:?}");
        assert_eq!(field(&status).as_deref(), expected_field, "{request:?}");
    }
    for bound in [1_000, 3_600_000] {
        let mut messages = watch(&point, heartbeat(bound)).await.unwrap();
        assert_told(&mut messages, &["checkpoint 20"]).await;
    }
    // What is named as the oldest is one to begin with.
    let mut messages = watch(&point, revision(oldest)).await.unwrap();
    assert_told(
        &mut messages,
        &[
            "change set 16",
            "change set 17",
            "change set 18",
            "change set 19",
            "change set 20",
            "checkpoint 20",
        ],
    )
    .await;
}

#[tokio::test]
async fn only_some_kinds_are_shown_and_the_rest_is_passed_over() {
    let point = point().await;
    let mut request = after(&point, HEAD);
    request.kinds = vec![ObjectKind::User.into(), ObjectKind::Group.into()];
    let mut messages = watch(&point, request.clone()).await.unwrap();
    assert_told(&mut messages, &["checkpoint 20"]).await;
    write(&point, vec![Edit::Create(feed("one"))]).await;
    assert_told(&mut messages, &["checkpoint 21"]).await;
    write(&point, vec![Edit::Create(feed("two")), Edit::Create(user("ann")), Edit::Create(group("devs"))])
        .await;
    let Event::ChangeSet(part) = next(&mut messages).await else { panic!() };
    assert_eq!((part.changes.len(), part.revision.unwrap().number), (2, 22));
    // A membership is its member's.
    write(&point, vec![Edit::Create(Spec::Membership(membership("devs", "ann")))]).await;
    let Event::ChangeSet(part) = next(&mut messages).await else { panic!() };
    let [
        pb::ChangedObject {
            before: Some(_),
            after: Some(pb::Object { kind: Some(pb::object::Kind::User(user)) }),
        },
    ] = &part.changes[..]
    else {
        panic!("{part:?}")
    };
    assert_eq!((user.name.as_str(), user.groups.len()), ("ann", 1));
    // The last of what is passed over is enough.
    write(&point, vec![Edit::Create(feed("three"))]).await;
    let mut again =
        watch(&point, WatchRequest { kinds: request.kinds.clone(), ..after(&point, HEAD) }).await.unwrap();
    assert_told(&mut again, &["change set 22", "change set 23", "checkpoint 24"]).await;
    let snapshot = WatchRequest { include_snapshot: true, kinds: request.kinds, ..Default::default() };
    let mut messages = watch(&point, snapshot).await.unwrap();
    let Event::Snapshot(part) = next(&mut messages).await else { panic!() };
    assert!(part.last);
    // With those that a new store has: Admin and Administrators.
    assert_eq!(part.objects.len(), 4, "{part:?}");
    assert_told(&mut messages, &["checkpoint 24"]).await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_heartbeats() {
    let point = point().await;
    let mut messages = watch(&point, heartbeat(1_000)).await.unwrap();
    assert_told(&mut messages, &["checkpoint 20"]).await;
    let start = Instant::now();
    for second in 1..=5 {
        assert_told(&mut messages, &["heartbeat 20"]).await;
        // To the timer's resolution.
        assert_eq!(start.elapsed().as_millis().div_ceil(10), second * 100);
    }
}

#[tokio::test]
async fn a_large_change_set_comes_in_parts() {
    let point = point().await;
    let mut messages = watch(&point, after(&point, HEAD)).await.unwrap();
    assert_told(&mut messages, &["checkpoint 20"]).await;
    write(&point, (0..2_500).map(|number| Edit::Create(user(&format!("user-{number}")))).collect()).await;
    let (mut parts, mut changes) = (Vec::new(), 0);
    loop {
        let Event::ChangeSet(part) = next(&mut messages).await else { panic!() };
        assert_eq!(part.revision.unwrap().number, 21);
        assert_eq!(part.affected.is_some(), part.last);
        changes += part.changes.len();
        parts.push(part.last);
        if part.last {
            break;
        }
    }
    assert_eq!((parts, changes), (vec![false, false, true], 2_500));
    write(&point, vec![delete(ObjectRef::Feed(name("feed-1")), true)]).await;
    assert_told(&mut messages, &["change set 22"]).await;
}

/// The revisions that are told whole until the end, and the end.
async fn rest(messages: &mut Messages) -> (Vec<u64>, Option<Status>) {
    let mut whole = Vec::new();
    loop {
        match messages.next().await {
            Some(Ok(WatchResponse { event: Some(Event::ChangeSet(part)) })) if part.last => {
                whole.push(part.revision.unwrap().number);
            }
            Some(Ok(_)) => {}
            Some(Err(status)) => return (whole, Some(status)),
            None => return (whole, None),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_ended_and_can_go_on() {
    let point = point().await;
    let large = (0..2_500).map(|number| Edit::Create(user(&format!("user-{number}")))).collect();
    write(&point, large).await;
    for (start, whole) in [(HEAD - 3, vec![HEAD - 2]), (HEAD, vec![])] {
        let mut messages = watch(&point, after(&point, start)).await.unwrap();
        sleep(Duration::from_secs(29)).await;
        assert_eq!(point.status().watches, 1);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(point.status().watches, 0, "it holds its place");
        let (seen, status) = rest(&mut messages).await;
        let status = status.unwrap();
        assert_eq!(ask::reason(&status), (Code::ResourceExhausted, "READER_TOO_SLOW".into()));
        assert_eq!(seen, whole);
        // Where it began, if nothing was whole.
        let resume = fact(&status, "resume_after").unwrap();
        assert_eq!(resume, seen.last().copied().unwrap_or(start));
        let mut messages = watch(&point, after(&point, resume)).await.unwrap();
        for revision in resume + 1..=HEAD {
            assert_told(&mut messages, &[format!("change set {revision}").as_str()]).await;
        }
        assert_told(&mut messages, &["change set 21", "change set 21", "change set 21", "checkpoint 21"])
            .await;
    }
}

#[tokio::test]
async fn the_end_of_the_decision_point_is_told() {
    let point = point().await;
    let mut idle = watch(&point, WatchRequest::default()).await.unwrap();
    assert_told(&mut idle, &["checkpoint 20"]).await;
    let mut busy = watch(&point, after(&point, HEAD - KEPT)).await.unwrap();
    assert_told(&mut busy, &["change set 16"]).await;
    point.end_watches();
    for (messages, first) in [(&mut idle, HEAD), (&mut busy, HEAD - KEPT + 1)] {
        let (seen, status) = rest(messages).await;
        let status = status.unwrap();
        assert_eq!(ask::reason(&status), (Code::Unavailable, "SHUTTING_DOWN".into()));
        assert_eq!(fact(&status, "resume_after"), Some(seen.last().copied().unwrap_or(first)));
    }
    let status = watch(&point, WatchRequest::default()).await.map(drop).unwrap_err();
    assert_eq!(ask::reason(&status), (Code::Unavailable, "SHUTTING_DOWN".into()));
    assert_eq!(point.status().watches, 0);
}

#[tokio::test]
async fn there_are_so_many_places_and_no_more() {
    let point = point().await;
    let mut watchers = Vec::with_capacity(MAX_WATCHES);
    for _ in 0..MAX_WATCHES {
        watchers.push(point.watch(Start::Now).await.unwrap());
    }
    assert_eq!(point.status().watches, MAX_WATCHES);
    assert!(matches!(point.watch(Start::Now).await, Err(WatchError::TooMany)));
    let status = watch(&point, WatchRequest::default()).await.map(drop).unwrap_err();
    assert_eq!(ask::reason(&status), (Code::ResourceExhausted, "OVERLOADED".into()));
    watchers.pop();
    let last = point.watch(Start::Now).await.unwrap();
    assert!(matches!(point.watch(Start::Now).await, Err(WatchError::TooMany)));
    drop((watchers, last));
    assert_eq!(point.status().watches, 0);
}
