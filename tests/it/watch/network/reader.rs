//! A reader that goes on where it was cut off, and what it makes of what it is told.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use feedgate::grpc::pb::{
    ChangedObject, Object, Revision, WatchRequest, WatchResponse, object::Kind, watch_response::Event,
    watch_service_client::WatchServiceClient,
};
use hyper_util::rt::TokioIo;
use tokio::time::{sleep, timeout};
use tonic::{
    Code, Request, Status, Streaming,
    transport::{Endpoint, Uri},
};
use turmoil::net::TcpStream;

use super::host;

const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long it may be silent before a reader takes it for gone.
const SILENCE: Duration = Duration::from_millis(1_800);
const BACK_OFF: Duration = Duration::from_millis(100);

/// A kind and an id.
pub type Key = (u8, u64);

/// What a reader remembers; it survives the reader's crashes.
#[derive(Default)]
pub struct Replica {
    /// The last revision that it has whole.
    pub at: Option<Revision>,
    pub objects: BTreeMap<Key, Object>,
    pub tally: Tally,
}

/// What it has been through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub change_sets: usize,
    pub connections: usize,
    /// How many change sets came in more than one part.
    pub in_parts: usize,
    pub heartbeats: usize,
    /// How often a change set was cut off in the middle.
    pub torn: usize,
}

pub type Shared = Rc<RefCell<Replica>>;

/// Reads for ever.
pub async fn run(replica: Shared) -> turmoil::Result {
    loop {
        match read(&replica).await {
            Ok(()) => {}
            Err(status) => {
                let retry = [Code::Unavailable, Code::Unknown, Code::Cancelled, Code::Internal];
                assert!(retry.contains(&status.code()), "{status:?}");
            }
        }
        sleep(BACK_OFF).await;
    }
}

/// Reads until it is cut off.
async fn read(replica: &Shared) -> Result<(), Status> {
    let Ok(messages) = timeout(SILENCE, connect(replica)).await else { return Ok(()) };
    let mut messages = messages?;
    replica.borrow_mut().tally.connections += 1;
    let mut whole = Whole::default();
    loop {
        match timeout(SILENCE, messages.message()).await {
            Ok(Ok(Some(message))) => replica.borrow_mut().take(message, &mut whole),
            ended => {
                replica.borrow_mut().tally.torn += usize::from(!whole.changes.is_empty());
                return ended.map_or(Ok(()), |ended| ended.map(drop));
            }
        }
    }
}

async fn connect(replica: &Shared) -> Result<Streaming<WatchResponse>, Status> {
    let endpoint = Endpoint::from_static("http://server");
    let connector = tower::service_fn(|_: Uri| async {
        TcpStream::connect((host::NAME, host::PORT)).await.map(TokioIo::new)
    });
    let channel = endpoint.connect_with_connector(connector).await;
    let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
    let at = replica.borrow().at;
    let mut request = Request::new(WatchRequest {
        start_after: at,
        include_snapshot: at.is_none(),
        heartbeat: Some(HEARTBEAT.try_into().unwrap()),
        kinds: Vec::new(),
    });
    request.metadata_mut().insert("authorization", format!("Bearer {}", host::TOKEN).parse().unwrap());
    Ok(WatchServiceClient::new(channel).watch(request).await?.into_inner())
}

/// The parts of what isn't whole yet.
#[derive(Default)]
struct Whole {
    objects: Vec<Object>,
    changes: Vec<ChangedObject>,
    parts: usize,
}

impl Replica {
    fn take(&mut self, message: WatchResponse, whole: &mut Whole) {
        match message.event.unwrap() {
            Event::Snapshot(part) => {
                assert_eq!(self.at, None, "a snapshot for one that has everything");
                whole.objects.extend(part.objects);
                if part.last {
                    self.at = part.revision;
                    self.objects =
                        std::mem::take(whole).objects.into_iter().map(|it| (key(&it), it)).collect();
                }
            }
            Event::ChangeSet(part) => {
                let (at, revision) = (self.at.unwrap(), part.revision.unwrap());
                assert_eq!(revision, Revision { number: at.number + 1, ..at }, "a gap or a repeat");
                whole.changes.extend(part.changes);
                whole.parts += 1;
                assert_eq!(part.affected.is_some(), part.last);
                if part.last {
                    let Whole { objects: _, changes, parts } = std::mem::take(whole);
                    changes.into_iter().for_each(|change| self.fold(change));
                    self.at = Some(revision);
                    self.tally.change_sets += 1;
                    self.tally.in_parts += usize::from(parts > 1);
                }
            }
            Event::Membership(it) => panic!("{it:?}, and there is no directory"),
            Event::Checkpoint(it) => assert_eq!(it.revision, self.at),
            Event::Heartbeat(it) => {
                assert_eq!(it.revision, self.at);
                self.tally.heartbeats += 1;
            }
        }
    }

    fn fold(&mut self, ChangedObject { before, after }: ChangedObject) {
        let key = key(before.as_ref().or(after.as_ref()).unwrap());
        assert_eq!(self.objects.get(&key), before.as_ref());
        match after {
            Some(after) => self.objects.insert(key, after),
            None => self.objects.remove(&key),
        };
    }
}

pub fn key(object: &Object) -> Key {
    match object.kind.as_ref().unwrap() {
        Kind::Settings(_) => (0, 0),
        Kind::Attribute(it) => (1, it.id),
        Kind::Task(it) => (2, it.id),
        Kind::Directory(it) => (3, it.id),
        Kind::User(it) => (4, it.id),
        Kind::Group(it) => (5, it.id),
        Kind::FeedGroup(it) => (6, it.id),
        Kind::Feed(it) => (7, it.id),
        Kind::Connector(it) => (8, it.id),
        Kind::Grant(it) => (9, it.id),
        Kind::Membership(_) => panic!("a membership is its member's"),
    }
}
