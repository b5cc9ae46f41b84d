//! Watching through a network that drops, delays, holds and cuts, of a server that crashes, by readers that crash,
//! too: each reader sees every change set once, in order, and has the server's policy in the end.
//!
//! The network, its time, and everything in the hosts (the server's connections and watches, the readers) is
//! simulated by turmoil: one thread, time that goes in steps, luck from a seed. What is written, what is cut and who
//! crashes when is this module's, from the same seed. Not simulated are the decision point's own threads: the writer,
//! the store, the herald that wakes watchers, and those that read the history. They work in real time beside the
//! simulation, so in which step a watch hears of a change set isn't determined by the seed. What readers have to see
//! doesn't depend on it.

mod host;
mod reader;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use feedgate::{
    grpc::{
        convert::watch,
        pb::{self, watch_response::Event},
    },
    model::edit::{Edit, ObjectRef, Spec, UserSpec},
    service::DecisionPoint,
    store::MemoryStore,
};
use turmoil::Sim;

use self::{
    host::{Disk, Life},
    reader::{Key, Replica, Shared, Tally},
};
use crate::support::{campaign, edits::*, random::Random};

const SEEDS: u64 = 32;
const CAMPAIGN: u64 = 1_000;
/// One in how many seeds has a store on a disk.
const ON_DISK: u64 = 4;

const READERS: usize = 4;
const STEPS: usize = 2_000;
const STEP: Duration = Duration::from_millis(20);
/// Enough for four parts.
const LARGE: usize = 3_100;
/// For how many steps behind a large change set trouble is near: it is to hit it in the middle.
const ANXIOUS: usize = 25;
/// How long readers may take until they have everything, in real time.
const BOUND: Duration = Duration::from_secs(60);

#[test]
fn readers_miss_nothing_and_see_nothing_twice() {
    let seeds = if campaign() { CAMPAIGN } else { SEEDS };
    let (mut cuts, mut total) = (Cuts::default(), Tally::default());
    for seed in 0..seeds {
        let mut simulation = Simulation::new(seed);
        for _ in 0..STEPS {
            simulation.step();
        }
        simulation.mend();
        cuts.add(simulation.cuts);
        for replica in simulation.replicas() {
            let Tally { change_sets, connections, in_parts, heartbeats, torn } = replica.borrow().tally;
            total.change_sets += change_sets;
            total.connections += connections;
            total.in_parts += in_parts;
            total.heartbeats += heartbeats;
            total.torn += torn;
        }
    }
    println!("{seeds} seeds: {cuts:?}; {READERS} readers each: {total:?}");
    // A network in which nothing happens would prove nothing.
    let seeds = seeds as usize;
    assert!(cuts.partitions > seeds && cuts.holds > seeds && cuts.crashes > seeds && cuts.readers > seeds);
    assert!(total.connections > seeds * READERS * 3 && total.change_sets > seeds * READERS * 50);
    assert!(total.in_parts > seeds && total.heartbeats > seeds);
}

/// What was done to the connections.
#[derive(Clone, Copy, Debug, Default)]
struct Cuts {
    partitions: usize,
    holds: usize,
    /// Of the server.
    crashes: usize,
    /// Of readers.
    readers: usize,
}

impl Cuts {
    fn add(&mut self, other: Self) {
        let Self { partitions, holds, crashes, readers } = other;
        self.partitions += partitions;
        self.holds += holds;
        self.crashes += crashes;
        self.readers += readers;
    }
}

/// Between a reader and the server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Whole,
    Cut,
    Held,
}

struct Simulation {
    sim: Sim<'static>,
    life: Life,
    random: Random,
    readers: Vec<(String, Shared, Link)>,
    /// For how many more steps the server is down.
    down: usize,
    large: usize,
    /// For how many more steps trouble is near.
    anxious: usize,
    cuts: Cuts,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let disk = if seed.is_multiple_of(ON_DISK) {
            Disk::Sled(tempfile::tempdir().unwrap())
        } else {
            Disk::Memory(Arc::new(MemoryStore::new().unwrap()))
        };
        let life = Life::begin(disk);
        let mut builder = turmoil::Builder::new();
        builder
            .rng_seed(seed)
            .tick_duration(STEP)
            .simulation_duration(Duration::from_hours(24))
            .max_message_latency(Duration::from_millis(*random.pick(&[20, 100, 300])))
            .fail_rate(*random.pick(&[0.0, 0.0, 0.002]))
            .repair_rate(0.2)
            .tcp_capacity(1024)
            .enable_random_order();
        let mut sim = builder.build();
        sim.host(host::NAME, life.software());
        let readers = (0..READERS).map(|number| {
            let (name, replica) = (format!("reader-{number}"), Rc::new(RefCell::new(Replica::default())));
            let shared = Rc::clone(&replica);
            sim.host(name.as_str(), move || reader::run(Rc::clone(&shared)));
            (name, replica, Link::Whole)
        });
        let readers = readers.collect();
        Self { sim, life, random, readers, down: 0, large: 0, anxious: 0, cuts: Cuts::default() }
    }

    fn replicas(&self) -> impl Iterator<Item = &Shared> {
        self.readers.iter().map(|(_, replica, _)| replica)
    }

    /// A step of time, in which this and that may happen.
    fn step(&mut self) {
        self.sim.step().unwrap();
        self.anxious = self.anxious.saturating_sub(1);
        if self.down > 0 {
            self.down -= 1;
            if self.down == 0 {
                self.life.begin_again();
                self.sim.bounce(host::NAME);
            }
        } else {
            self.write();
            if self.random.one_in(if self.anxious > 0 { 40 } else { 400 }) {
                self.sim.crash(host::NAME);
                self.life.end();
                self.down = 1 + self.random.below(150);
                self.cuts.crashes += 1;
            }
        }
        if self.random.one_in(if self.anxious > 0 { 3 } else { 25 }) {
            self.trouble();
        }
        for at in 0..self.readers.len() {
            if self.random.one_in(100) {
                self.mend_link(at);
            }
        }
    }

    fn write(&mut self) {
        match self.random.below(200) {
            0 => {
                let edits = bulk(self.large);
                self.large += 1;
                self.anxious = ANXIOUS;
                self.life.write(edits);
            }
            1..20 => {
                let edits = edits(&mut self.random);
                self.life.write(edits);
            }
            20..30 => {
                let edits = edits(&mut self.random);
                self.life.begin_to_write(edits);
            }
            _ => {}
        }
    }

    /// Something happens to a reader.
    fn trouble(&mut self) {
        let at = self.random.below(self.readers.len());
        let (name, _, link) = &mut self.readers[at];
        match self.random.below(5) {
            0 => {
                self.sim.bounce(name.as_str());
                self.cuts.readers += 1;
            }
            1 | 2 if *link == Link::Whole => {
                self.sim.partition(name.as_str(), host::NAME);
                *link = Link::Cut;
                self.cuts.partitions += 1;
            }
            3 | 4 if *link == Link::Whole => {
                self.sim.hold(name.as_str(), host::NAME);
                *link = Link::Held;
                self.cuts.holds += 1;
            }
            _ => {}
        }
    }

    fn mend_link(&mut self, at: usize) {
        let (name, _, link) = &mut self.readers[at];
        match link {
            Link::Whole => return,
            Link::Cut => self.sim.repair(name.as_str(), host::NAME),
            Link::Held => self.sim.release(name.as_str(), host::NAME),
        }
        *link = Link::Whole;
    }

    /// Nothing bad happens any more, and every reader comes to have the server's policy.
    fn mend(&mut self) {
        if self.down > 0 {
            self.down = 0;
            self.life.begin_again();
            self.sim.bounce(host::NAME);
        }
        self.life.wait();
        self.sim.set_fail_rate(0.0);
        for at in 0..self.readers.len() {
            self.mend_link(at);
            // From what luck has cut, too.
            self.sim.repair(self.readers[at].0.as_str(), host::NAME);
        }
        let point = self.life.point();
        let head = Some(point.index().revision().into());
        let start = Instant::now();
        while self.replicas().any(|replica| replica.borrow().at != head) {
            assert!(start.elapsed() < BOUND, "readers don't get what there is");
            self.sim.step().unwrap();
            // The threads in real time may need a moment.
            std::thread::yield_now();
        }
        let policy = policy(&point);
        for replica in self.replicas() {
            assert!(replica.borrow().objects == policy, "what a reader has is not the policy");
        }
    }
}

/// The server's policy, as a reader is told it.
fn policy(point: &DecisionPoint) -> BTreeMap<Key, pb::Object> {
    let everything = watch::wish(pb::WatchRequest::default()).unwrap().kinds;
    let index = point.index();
    let objects = watch::snapshot(&index, everything).flat_map(|message| match message.event {
        Some(Event::Snapshot(part)) => part.objects,
        other => panic!("{other:?}"),
    });
    objects.map(|object| (reader::key(&object), object)).collect()
}

/// A few edits. Without renames: what refers to an object names it as it was called then, which a reader that
/// compares names would have to follow.
fn edits(random: &mut Random) -> Vec<Edit> {
    (0..1 + random.below(3)).map(|_| edit(random)).collect()
}

fn edit(random: &mut Random) -> Edit {
    let [user_name, group_name, feed_name, feed_group_name] =
        ["user", "group", "feed", "feeds"].map(|what| format!("{what}-{}", random.below(8)));
    match random.below(12) {
        0..3 => Edit::Put(Spec::User(UserSpec {
            user: built_in(&user_name),
            display_name: Some(format!("number {}", random.below(1_000)).into()),
            email: None,
            disabled: Some(random.one_in(4)),
            external_id: None,
        })),
        3 => Edit::Put(group(&group_name)),
        4..6 => Edit::Put(Spec::Membership(membership(&group_name, &user_name))),
        6 => Edit::Put(feed(&feed_name)),
        7 => Edit::Put(feed_group(&feed_group_name)),
        8 => Edit::Put(feed_in(&feed_name, &feed_group_name)),
        9 => Edit::Put(permit("Manage Feed", &group_name, Some(&feed_name))),
        10 => delete(ObjectRef::User(built_in(&user_name)), true),
        _ => delete(
            if random.one_in(2) {
                ObjectRef::Group(built_in(&group_name))
            } else {
                ObjectRef::Feed(name(&feed_name))
            },
            true,
        ),
    }
}

/// Many users, who come and go by turns.
fn bulk(large: usize) -> Vec<Edit> {
    let user_name = |number| format!("bulk-{number}");
    let come = |number| Edit::Create(user(&user_name(number)));
    let go = |number| delete(ObjectRef::User(built_in(&user_name(number))), true);
    (0..LARGE).map(|number| if large.is_multiple_of(2) { come(number) } else { go(number) }).collect()
}
