//! The engine alone, in this process: build, decide, derive.

use std::{hint::black_box, time::Instant};

use feedgate::{
    directory::{Connections, Identity, Lookup, Resolved, resolve},
    engine::{Demand, Index, Principals, Target, decide},
    model::{Change, DirectoryId, GrantId, Kind, NameKey, Object, Revision, StoreId},
};

use crate::{
    memory,
    world::{self, FIRST, Random, Size},
};

pub fn run(size: Size) {
    let policy = world::policy(size);
    let before = memory::resident_mib();
    let start = Instant::now();
    let index =
        Index::build(Revision { store: StoreId(1), number: 0 }, policy).expect("the world is consistent");
    let built = start.elapsed();
    println!("engine: {} grants built in {:.0} ms", index.count(Kind::Grant), built.as_secs_f64() * 1e3);
    println!(
        "engine: resident before {before} MiB (with the plain policy), after {} MiB",
        memory::resident_mib()
    );

    let questions = Questions::new(size);
    for (what, hot) in [("random", false), ("hot (1,000 questions)", true)] {
        let mut best = f64::MAX;
        let mut allowed = 0;
        for _ in 0..5 {
            let start = Instant::now();
            allowed = (0..questions.len())
                .filter(|n| questions.ask(&index, if hot { n % 1000 } else { *n }))
                .count();
            best = best.min(start.elapsed().as_nanos() as f64 / questions.len() as f64);
        }
        println!(
            "engine: {what} decisions from strings: {best:.0} ns each, {allowed} of {} allowed",
            questions.len()
        );
    }
    publish(index, size);
}

struct Questions {
    users: Vec<String>,
    feeds: Vec<String>,
    attributes: Vec<String>,
    nobody_else: Connections,
}

impl Questions {
    fn new(size: Size) -> Self {
        let mut random = Random(99);
        let count = 1_000_000;
        let mut names = |of: u32, name: fn(u32) -> String| {
            (0..count).map(|_| name(FIRST + random.below(of))).collect::<Vec<_>>()
        };
        let users = names(size.users, world::user_name);
        let feeds = names(size.feeds, world::feed_name);
        let attributes =
            (0..count).map(|_| world::attribute_of(random.below(10)).name.as_str().into()).collect();
        Self { users, feeds, attributes, nobody_else: Connections::none() }
    }

    fn len(&self) -> usize {
        self.users.len()
    }

    /// What the service does for one check, without its protocol.
    fn ask(&self, index: &Index, n: usize) -> bool {
        let found = resolve(index, &self.nobody_else, None, Identity::Name(&self.users[n]));
        let Ok(Lookup { resolved: Resolved::BuiltIn(member), .. }) = found else { return false };
        let who = Principals::of_member(index, DirectoryId::BUILT_IN, member);
        let (Ok(feed), Some(attribute)) =
            (NameKey::new(&self.feeds[n]), index.attribute_named(&self.attributes[n]))
        else {
            return false;
        };
        let target = index.feed_id_named(&feed).map_or(Target::UnknownFeed, Target::Feed);
        black_box(decide(index, &who, Demand { attribute: attribute.id, target })).allowed()
    }
}

/// What a change of one grant costs until it could be published.
fn publish(mut index: Index, size: Size) {
    let mut random = Random(7);
    let mut id = index.next_ids().of(Kind::Grant);
    let mut taken = Vec::new();
    for _ in 0..2000 {
        let grant = world::grant(&mut random, size, GrantId(id));
        if index.find_grant(grant.effect, grant.principal, grant.task, grant.scope).is_some() {
            continue;
        }
        id += 1;
        let start = Instant::now();
        let mut next = index.at(index.revision().number + 1);
        next.apply(&Change::Created(Object::Grant(grant))).expect("it is new");
        taken.push(start.elapsed().as_nanos() as u64);
        index = next;
    }
    taken.sort_unstable();
    let at = |part: usize| taken[taken.len() * part / 100] as f64 / 1e3;
    println!("engine: next index with one grant more: p50 {:.1} µs, p99 {:.1} µs", at(50), at(99));
}
