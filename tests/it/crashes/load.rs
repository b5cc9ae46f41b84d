//! A mixed load, and what must be there of it afterwards.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use feedgate::grpc::pb;
use tokio::task::JoinSet;

use crate::support::{
    random::Random,
    server::{Policy, Server},
    write,
};

const WRITERS: usize = 4;
/// Feeds of a large change set: it takes many records.
const LARGE: usize = 400;

/// Feeds that always change together: some feeds of one type, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bundle {
    feeds: usize,
    feed_type: Option<String>,
}

/// What one writer knows.
#[derive(Debug, Default)]
struct Known {
    /// As acknowledged.
    bundles: BTreeMap<String, Bundle>,
    /// What was asked for and not answered: a bundle as it may have become.
    under_way: Option<(String, Bundle)>,
    acknowledged: usize,
    /// The newest revision that was acknowledged.
    revision: u64,
}

pub struct Load {
    random: Random,
    known: Vec<Arc<Mutex<Known>>>,
    writers: JoinSet<()>,
    begun: usize,
    /// The head after the last kill.
    head: u64,
}

impl Load {
    pub fn new(seed: u64) -> Self {
        let known = (0..WRITERS).map(|_| Arc::default()).collect();
        Self { random: Random::new(seed), known, writers: JoinSet::new(), begun: 0, head: 0 }
    }

    /// Begins to write, until the server is gone.
    pub fn begin(&mut self, server: &Server) {
        self.begun += 1;
        for (number, known) in self.known.iter().enumerate() {
            let writer = Writer {
                policy: server.policy(),
                name: format!("{}-{number}", self.begun),
                known: Arc::clone(known),
                random: Random::new(self.random.next()),
            };
            self.writers.spawn(writer.run());
        }
    }

    /// Waits until all have noticed that the server is gone. How many change sets were acknowledged this time.
    pub async fn end(&mut self) -> usize {
        while self.writers.join_next().await.transpose().unwrap().is_some() {}
        self.known.iter().map(|known| std::mem::take(&mut known.lock().unwrap().acknowledged)).sum()
    }

    /// The newest revision that was acknowledged, and how many may have come behind it.
    pub fn revisions(&self) -> (u64, u64) {
        let revisions = self.known.iter().map(|known| known.lock().unwrap().revision);
        (revisions.max().unwrap().max(self.head), WRITERS as u64)
    }

    /// Holds what is there against what is known, and takes it for known. How many of the change sets that were under
    /// way are there, and how many are not.
    pub fn check(&mut self, feeds: &BTreeMap<String, String>, head: u64) -> (usize, usize) {
        self.head = head;
        let mut there: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for (feed, feed_type) in feeds {
            let (bundle, _) = feed.rsplit_once('/').unwrap();
            there.entry(bundle.to_owned()).or_default().push(feed_type);
        }
        let (mut whole, mut absent) = (0, 0);
        for known in &self.known {
            let mut known = known.lock().unwrap();
            if let Some((name, becoming)) = known.under_way.take() {
                if found(there.get(&name), &becoming) {
                    whole += 1;
                    known.bundles.insert(name, becoming);
                } else {
                    // It must be as it was, which is looked at with all others.
                    absent += 1;
                }
            }
            for (name, bundle) in &known.bundles {
                assert!(found(there.get(name), bundle), "{name}: {bundle:?} is {:?}", there.get(name));
            }
            known.bundles.retain(|_, bundle| bundle.feed_type.is_some());
        }
        let known: usize = self.known.iter().map(|known| known.lock().unwrap().bundles.len()).sum();
        assert_eq!(there.len(), known, "there is something that nobody asked for");
        (whole, absent)
    }
}

/// Whether the feeds that are there are these, all of them.
fn found(there: Option<&Vec<&String>>, bundle: &Bundle) -> bool {
    match (there, &bundle.feed_type) {
        (None, None) => true,
        (Some(types), Some(feed_type)) => {
            types.len() == bundle.feeds && types.iter().all(|found| *found == feed_type)
        }
        _ => false,
    }
}

struct Writer {
    policy: Policy,
    name: String,
    known: Arc<Mutex<Known>>,
    random: Random,
}

impl Writer {
    async fn run(mut self) {
        let mut changes = vec![write::create(write::user(&self.name))];
        for number in 0.. {
            let request = pb::WriteRequest { changes, options: self.options(number) };
            let Ok(answer) = self.policy.write(request).await else { return };
            self.acknowledge(answer.into_inner());
            changes = self.next(number);
        }
    }

    /// Some requests can be known again.
    fn options(&mut self, number: usize) -> Option<pb::WriteOptions> {
        let key = || format!("{}/{number}", self.name);
        let key = self.random.one_in(3).then(key)?;
        Some(pb::WriteOptions { idempotency_key: key, ..Default::default() })
    }

    fn acknowledge(&self, answer: pb::WriteResponse) {
        let mut known = self.known.lock().unwrap();
        known.acknowledged += 1;
        known.revision = known.revision.max(answer.revision.unwrap().number);
        if let Some((name, bundle)) = known.under_way.take() {
            known.bundles.insert(name, bundle);
        }
    }

    fn next(&mut self, number: usize) -> Vec<pb::Change> {
        let mut known = self.known.lock().unwrap();
        if self.random.one_in(8) {
            return vec![write::password(&self.name)];
        }
        let there = known.bundles.iter().filter(|(_, bundle)| bundle.feed_type.is_some());
        let there: Vec<_> = there.map(|(name, bundle)| (name.clone(), bundle.feeds)).collect();
        let (name, feeds, feed_type) = match self.random.below(4) {
            0 if !there.is_empty() => {
                let (name, feeds) = self.random.pick(&there).clone();
                (name, feeds, None)
            }
            1 if !there.is_empty() => {
                let (name, feeds) = self.random.pick(&there).clone();
                (name, feeds, Some(format!("type-{number}")))
            }
            _ => {
                let feeds = if self.random.one_in(20) { LARGE } else { 2 };
                (format!("{}-{number}", self.name), feeds, Some("new".to_owned()))
            }
        };
        let change = |at: usize| {
            let feed = format!("{name}/{at}");
            match &feed_type {
                None => write::delete(pb::object_ref::Kind::Feed(feed)),
                Some(feed_type) => write::put(pb::object::Kind::Feed(pb::Feed {
                    name: feed,
                    r#type: feed_type.clone(),
                    ..Default::default()
                })),
            }
        };
        let changes = (0..feeds).map(change).collect();
        known.under_way = Some((name, Bundle { feeds, feed_type }));
        changes
    }
}
