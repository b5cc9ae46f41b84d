//! Thousands of watchers of a server, on threads of their own: for the tests and the benches.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use feedgate::grpc::pb::{
    self, WatchRequest, watch_response::Event, watch_service_client::WatchServiceClient,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

/// As many calls as a connection takes.
const EACH: usize = 200;
const THREADS: usize = 2;
/// How many watches begin at a time on each thread: the server has 128 places for calls that have no answer yet.
const BEGINNING: usize = 40;

/// What a watcher has seen.
#[derive(Debug)]
pub enum News {
    /// It has caught up for the first time.
    Ready,
    /// All of a change set.
    Changed {
        revision: u64,
        at: Instant,
    },
    Heartbeat,
    Ended(Status),
}

/// Watchers with a connection for every 200 of them. They end when it is dropped.
pub struct Crowd {
    news: Receiver<News>,
    size: usize,
    end: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Watchers of everything that happens from now on; returns when all of them are there.
    pub fn gather(address: &str, token: &str, size: usize, heartbeat: Duration) -> Self {
        let (sender, news) = mpsc::channel();
        let (end, ended) = watch::channel(false);
        let connections = size.div_ceil(EACH);
        let threads = (0..THREADS).map(|thread| {
            let sizes: Vec<_> =
                (thread..connections).step_by(THREADS).map(|n| (size - n * EACH).min(EACH)).collect();
            let (address, sender, mut ended) = (format!("http://{address}"), sender.clone(), ended.clone());
            let token = format!("Bearer {token}").parse().expect("a token is a header");
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let _watchers = watchers(&address, &token, &sizes, heartbeat, &sender).await;
                    // Fails only if the crowd is gone, which is the end, too.
                    let _ = ended.wait_for(|end| *end).await;
                });
            })
        });
        let threads = threads.collect();
        let crowd = Self { news, size, end, threads };
        crowd.wait(|news| matches!(news, News::Ready).then_some(()), size);
        crowd
    }

    /// When each of them had a change set whole, in the order of time.
    pub fn all_have(&self, wanted: u64) -> Vec<Instant> {
        let found = |news: News| match news {
            News::Changed { revision, at } if revision == wanted => Some(at),
            _ => None,
        };
        let mut times = self.wait(found, self.size);
        times.sort_unstable();
        times
    }

    /// Waits for a number of heartbeats of all of them together.
    pub fn heartbeats(&self, number: usize) {
        self.wait(|news| matches!(news, News::Heartbeat).then_some(()), number);
    }

    /// How each of them was ended.
    pub fn ended(&self) -> Vec<Status> {
        let mut found = Vec::new();
        while found.len() < self.size {
            if let News::Ended(status) = self.news.recv().expect("the watchers are there") {
                found.push(status);
            }
        }
        found
    }

    fn wait<T>(&self, wanted: impl Fn(News) -> Option<T>, number: usize) -> Vec<T> {
        let mut found = Vec::with_capacity(number);
        while found.len() < number {
            match self.news.recv().expect("the watchers are there") {
                News::Ended(status) => panic!("a watch has ended: {status:?}"),
                news => found.extend(wanted(news)),
            }
        }
        found
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.end.send_replace(true);
        for thread in self.threads.drain(..) {
            // A panic in it was reported when it happened.
            let _ = thread.join();
        }
    }
}

async fn watchers(
    address: &str,
    token: &MetadataValue<Ascii>,
    sizes: &[usize],
    heartbeat: Duration,
    news: &Sender<News>,
) -> JoinSet<()> {
    let beginning = Arc::new(Semaphore::new(BEGINNING));
    let mut watchers = JoinSet::new();
    for size in sizes {
        let endpoint = Endpoint::from_shared(address.to_owned()).expect("it is an address");
        let channel = endpoint.connect().await.expect("the server is there");
        for _ in 0..*size {
            let place = Arc::clone(&beginning).acquire_owned().await.expect("it is never closed");
            let (channel, token, news) = (channel.clone(), token.clone(), news.clone());
            watchers.spawn(async move {
                let status =
                    follow(channel, token, heartbeat, place, &news).await.expect_err("it never ends");
                // The crowd may be gone.
                let _ = news.send(News::Ended(status));
            });
        }
    }
    watchers
}

async fn follow(
    channel: Channel,
    token: MetadataValue<Ascii>,
    heartbeat: Duration,
    beginning: OwnedSemaphorePermit,
    news: &Sender<News>,
) -> Result<(), Status> {
    let heartbeat = prost_types::Duration::try_from(heartbeat).expect("it fits");
    let mut request = Request::new(WatchRequest { heartbeat: Some(heartbeat), ..WatchRequest::default() });
    request.metadata_mut().insert("authorization", token);
    let mut messages = WatchServiceClient::new(channel).watch(request).await?.into_inner();
    drop(beginning);
    while let Some(message) = messages.message().await? {
        let heard = match message.event {
            Some(Event::Checkpoint(_)) => News::Ready,
            Some(Event::Heartbeat(_)) => News::Heartbeat,
            Some(Event::ChangeSet(pb::ChangeSetPart { last: true, revision, .. })) => {
                News::Changed { revision: revision.unwrap_or_default().number, at: Instant::now() }
            }
            _ => continue,
        };
        // The crowd may be gone.
        let _ = news.send(heard);
    }
    Err(Status::ok("the messages ended"))
}
