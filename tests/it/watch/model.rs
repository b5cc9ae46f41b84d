//! The model test of watching: whatever writers do, and however readers come, dawdle, go and come back, each sees
//! every change set once, in order, and what it makes of them is the policy; or it is told that its start is no
//! longer retained, and begins anew.
//!
//! What is written and what each reader does follows from a seed; which of them goes first doesn't.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use feedgate::{
    engine::Index,
    model::{
        Change, Idempotency, Object, ObjectKey, Policy, Revision,
        edit::{Edit, ObjectRef},
    },
    policy::{HistoryError, Published, Retention, Summary, WriteRequest},
    service::{
        DecisionPoint, ServiceError,
        export::{self, Exported},
        watch::{Event, Start, WatchError, Watcher},
    },
    store::{MemoryStore, PolicyStore, SledStore},
};
use tokio::time::sleep;

use crate::{
    against_naive::edits,
    support::{campaign, edits::*, random::Random},
};

const WRITERS: u64 = 3;
const READERS: u64 = 8;
/// Less than the hub keeps, so that both the hub and the history are too short for some.
const RETENTION: Retention = Retention { change_sets: 60, age: Duration::ZERO };
/// More changes than the hub keeps in all.
const LARGE: usize = 20_100;

/// How much each writer asks for: of a store in memory, and of one on a disk.
const REQUESTS: [usize; 2] = [500, 300];
const ROUNDS: u64 = 50;
/// After one in how many change sets everything is compared.
const WHOLE: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_sees_every_change_set_once() {
    let [in_memory, on_disk] = REQUESTS;
    for round in 0..if campaign() { ROUNDS } else { 1 } {
        let memory = Arc::new(MemoryStore::new().unwrap());
        run("memory", memory, in_memory, round).await;
        let folder = tempfile::tempdir().unwrap();
        let sled = Arc::new(SledStore::open(folder.path()).unwrap());
        run("sled", sled, on_disk, round).await;
    }
}

async fn run(name: &str, store: Arc<dyn PolicyStore>, requests: usize, round: u64) {
    let point = DecisionPoint::open(Arc::clone(&store), RETENTION).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(point.clone(), Random::new(round << 8 | writer), writer, requests));
    }
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..READERS {
        let reader = Reader::new(point.clone(), Random::new(round << 8 | 1 << 7 | reader));
        readers.spawn(reader.run(Arc::clone(&over)));
    }
    let large: usize = writers.join_all().await.into_iter().sum();
    over.store(true, Ordering::Relaxed);
    let policy: BTreeMap<_, _> = by_key(store.load().await.unwrap().policy);
    let mut seen = Seen::default();
    for (objects, tally) in readers.join_all().await {
        assert!(objects == policy, "what a reader has made of the changes is not the policy");
        seen.add(tally);
    }
    let head = point.index().revision();
    println!("{name}: {head} change sets, {large} of them large; {READERS} readers: {seen:?}");
    assert!(seen.change_sets > 100 && seen.resumed > 0 && seen.not_retained > 0 && large > 3, "{seen:?}");
}

fn by_key(policy: Policy) -> BTreeMap<ObjectKey, Object> {
    policy.objects().map(|object| (object.key(), object)).collect()
}

/// Changes something, so many times. Gives how many change sets were large.
async fn write(point: DecisionPoint, mut random: Random, writer: u64, requests: usize) -> usize {
    let mut large = 0;
    for number in 0..requests {
        let (steps, keyed) = match random.below(20) {
            // Twice each.
            _ if number % (requests / 2) == requests / 4 => (bulk(writer, large), false),
            // Changes nothing, and is a revision all the same.
            0 => (vec![delete_nothing()], true),
            // Changes nothing, and isn't.
            1 => (vec![delete_nothing()], false),
            _ => ((0..1 + random.below(2)).map(|_| edits::edit(&mut random)).collect(), random.one_in(8)),
        };
        let is_large = steps.len() >= LARGE;
        let key = || Idempotency { key: format!("{writer}-{number}").into(), request: [0; 32] };
        let request = WriteRequest {
            steps: steps.into_iter().map(step).collect(),
            expected: None,
            idempotency: keyed.then(key),
            dry_run: !is_large && random.one_in(50),
            actor: "model".into(),
        };
        // Many of them can't be made.
        if let Ok(written) = point.write(request).await {
            large += usize::from(is_large && written.summary != Summary::default());
        }
        match random.below(100) {
            0 => sleep(Duration::from_millis(20)).await,
            // Slowly enough that some readers find again what they left.
            1..50 => sleep(Duration::from_millis(1)).await,
            _ => {}
        }
    }
    large
}

/// Many users, who come and go by turns.
fn bulk(writer: u64, large: usize) -> Vec<Edit> {
    let user = |number| user(&format!("bulk-{writer}-{number}"));
    let gone = |number| ObjectRef::User(built_in(&format!("bulk-{writer}-{number}")));
    let come = |number| Edit::Create(user(number));
    let go = |number| delete(gone(number), true);
    (0..LARGE).map(|number| if large.is_multiple_of(2) { come(number) } else { go(number) }).collect()
}

fn delete_nothing() -> Edit {
    Edit::Delete { object: ObjectRef::Feed(name("nowhere")), cascade: false, missing_ok: true }
}

/// What readers have seen.
#[derive(Debug, Default)]
struct Seen {
    change_sets: usize,
    snapshots: usize,
    resumed: usize,
    not_retained: usize,
}

impl Seen {
    fn add(&mut self, other: Self) {
        let Self { change_sets, snapshots, resumed, not_retained } = other;
        self.change_sets += change_sets;
        self.snapshots += snapshots;
        self.resumed += resumed;
        self.not_retained += not_retained;
    }
}

struct Reader {
    point: DecisionPoint,
    random: Random,
    /// The last revision that it was told of, and the policy that it has made of what it was told.
    has: Option<(Revision, BTreeMap<ObjectKey, Object>)>,
    seen: Seen,
}

/// Why a reader stopped reading.
enum Stopped {
    ByItself,
    /// There is nothing more, and there never will be.
    AtTheEnd,
    NotRetained,
}

impl Reader {
    fn new(point: DecisionPoint, random: Random) -> Self {
        Self { point, random, has: None, seen: Seen::default() }
    }

    /// Reads until it is over and everything has been seen. Gives the policy that it has.
    async fn run(mut self, over: Arc<AtomicBool>) -> (BTreeMap<ObjectKey, Object>, Seen) {
        loop {
            match self.watch(&over).await {
                Stopped::AtTheEnd if self.has.is_some() => break,
                // It has seen nothing: what there is it takes as a snapshot.
                Stopped::AtTheEnd => {}
                Stopped::NotRetained => {
                    self.has = None;
                    self.seen.not_retained += 1;
                }
                Stopped::ByItself => {
                    self.stay_away(&over).await;
                    if self.random.one_in(10) {
                        self.has = None;
                    }
                }
            }
        }
        (self.has.unwrap().1, self.seen)
    }

    /// For a moment, or until what it would go on with is gone.
    async fn stay_away(&mut self, over: &AtomicBool) {
        let head = || self.point.index().revision().number;
        if self.random.one_in(6) {
            let until = head() + RETENTION.change_sets + 1;
            while head() < until && !over.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(1)).await;
            }
        } else {
            let away = [0, 0, 1, 5, 30][self.random.below(5)];
            sleep(Duration::from_millis(away)).await;
        }
    }

    async fn watch(&mut self, over: &AtomicBool) -> Stopped {
        let start = match &self.has {
            Some((at, _)) => Start::After(*at),
            None if self.random.one_in(3) => Start::Now,
            None => Start::Snapshot,
        };
        let mut watcher = match self.point.watch(start).await {
            Ok(watcher) => watcher,
            Err(error) => return self.not_retained(error),
        };
        match start {
            Start::After(at) => {
                assert_eq!(watcher.at(), at);
                self.seen.resumed += 1;
            }
            Start::Now => {}
            Start::Snapshot => {
                let index = watcher.take_snapshot().unwrap();
                assert_eq!(index.revision(), watcher.at());
                self.has = Some((watcher.at(), objects(&index)));
                self.seen.snapshots += 1;
            }
        }
        self.read(&mut watcher, over).await
    }

    async fn read(&mut self, watcher: &mut Watcher, over: &AtomicBool) -> Stopped {
        let mut left = self.random.below(300);
        loop {
            // Before the next event: what was written before it was over, comes before the end.
            let (is_over, at) = (over.load(Ordering::Relaxed), watcher.at());
            let event = match tokio::time::timeout(Duration::from_millis(50), watcher.next()).await {
                Ok(Ok(event)) => event,
                Ok(Err(error)) => return self.not_retained(error),
                // It had caught up before it was over.
                Err(_) if is_over && at == self.point.index().revision() => return Stopped::AtTheEnd,
                // Waiting may be given up and taken up again.
                Err(_) => continue,
            };
            match event {
                Event::Changed(published) => {
                    assert_eq!(published.before.revision(), at, "a gap or a repeat");
                    self.take(&published);
                }
                Event::Directory(news) => panic!("{news:?}, and there is no directory"),
                Event::CaughtUp(now) => {
                    assert_eq!(now, at);
                    if is_over {
                        return Stopped::AtTheEnd;
                    }
                }
            }
            left = left.saturating_sub(1);
            if left == 0 {
                return Stopped::ByItself;
            }
            match self.random.below(200) {
                0 => sleep(Duration::from_millis(100)).await,
                1..10 => sleep(Duration::from_millis(2)).await,
                _ => {}
            }
        }
    }

    fn take(&mut self, published: &Published) {
        let Published { set, before, after } = published;
        assert_eq!(after.revision(), Revision { number: set.revision, ..before.revision() });
        assert_eq!(before.revision().number + 1, set.revision);
        let (at, has) = self.has.get_or_insert_with(|| (before.revision(), objects(before)));
        assert_eq!(*at, before.revision(), "a gap or a repeat");
        let keys: BTreeSet<_> = set.changes.iter().map(Change::key).collect();
        assert!(keys.iter().all(|key| before.object(*key).as_ref() == has.get(key)), "{set:?}");
        for change in &set.changes {
            assert_eq!(has.get(&change.key()), change.before());
            match change.after() {
                Some(after) => has.insert(change.key(), after.clone()),
                None => has.remove(&change.key()),
            };
        }
        assert!(keys.iter().all(|key| after.object(*key).as_ref() == has.get(key)), "{set:?}");
        *at = after.revision();
        self.seen.change_sets += 1;
        if self.random.one_in(WHOLE) {
            assert!(objects(after) == *has, "{set:?}");
        }
    }

    /// The only error that is no mistake here.
    fn not_retained(&self, error: WatchError) -> Stopped {
        let WatchError::Service(ServiceError::History(HistoryError::NotRetained { asked, oldest })) = error
        else {
            panic!("{error}");
        };
        assert!(asked < oldest && oldest <= self.point.index().revision().number, "{asked} {oldest}");
        Stopped::NotRetained
    }
}

fn objects(index: &Index) -> BTreeMap<ObjectKey, Object> {
    let objects = export::objects(index).filter_map(|exported| match exported {
        Exported::Object(object) => Some((object.key(), object)),
        // Members say their groups themselves.
        Exported::Membership { .. } => None,
    });
    objects.collect()
}
