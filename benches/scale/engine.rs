//! The engine alone, in this process: build, decide, derive.

use std::time::Instant;

use feedgate::{
    engine::Index,
    model::{Change, GrantId, Kind, Object, Revision, StoreId},
};

use crate::{
    memory,
    questions::{self, Questions},
    world::{self, Random, Size},
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

    let asked = Questions::new(size, questions::MANY);
    for (what, hot) in [("random", false), ("hot (1,000 questions)", true)] {
        let mut best = f64::MAX;
        let mut allowed = 0;
        for _ in 0..5 {
            let start = Instant::now();
            allowed =
                (0..questions::MANY).filter(|n| asked.ask(&index, if hot { n % 1000 } else { *n })).count();
            best = best.min(start.elapsed().as_nanos() as f64 / questions::MANY as f64);
        }
        println!(
            "engine: {what} decisions from strings: {best:.0} ns each, {allowed} of {} allowed",
            questions::MANY
        );
    }
    publish(index, size);
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
