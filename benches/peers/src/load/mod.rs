//! The driver: a closed loop of calls, as many in flight as it is told.
//!
//! It shares the machine with the server, so it has to be cheap: requests are encoded before, answers aren't decoded
//! while it is measured, and each thread has connections of its own. Requests vary: the same one again and again would
//! flatter caches.

mod client;
mod lane;
mod phase;
mod requests;
mod row;
mod sanity;

use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use tokio::{runtime::Builder, task::JoinSet};

pub use requests::Kind;
use requests::Requests;
pub use row::Row;

use self::{
    client::Client,
    lane::{Lane, Times},
    phase::Phase,
    row::Measured,
};
use crate::{
    model::{Size, World},
    process::{self, Reading},
    target::Target,
};

/// What is asked of whom, how hard, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// `tcp:127.0.0.1:7420` or `unix:PATH`
    pub target: Target,
    #[arg(long, value_enum, default_value_t = Kind::Check)]
    pub kind: Kind,
    /// Whose users and feeds are asked about
    #[arg(long, value_enum, default_value_t = Size::Small)]
    pub size: Size,
    /// Checks in a batch
    #[arg(long, default_value_t = 1000)]
    pub items: usize,
    #[arg(long, default_value_t = 8)]
    pub connections: usize,
    /// Calls at a time on each connection
    #[arg(long, default_value_t = 16)]
    pub in_flight: usize,
    /// How long is measured
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// How long before that isn't
    #[arg(long, default_value_t = 1.0)]
    pub warm_up: f64,
    /// Threads that drive; no more than there are connections
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// The server's process, for its CPU time and memory
    #[arg(long)]
    pub pid: Option<u32>,
    /// What the row calls the server
    #[arg(long, default_value = "server")]
    pub server: String,
    /// Don't compare answers with the model's: the ceiling's are constant
    #[arg(long)]
    pub constant: bool,
    /// Which round of an alternation this is: rows of one are compared with each other
    #[arg(long, default_value_t = 0)]
    pub round: usize,
    /// How many seconds at most to wait, before measuring, for everybody else to be quiet
    #[arg(long, default_value_t = 0.0)]
    pub patience: f64,
}

/// Asks some questions and looks at the answers, then measures. Fails if a call does.
pub fn run(options: &Options) -> anyhow::Result<Row> {
    let world = World::new(options.size);
    let requests = Arc::new(Requests::new(&world, options.kind, options.items));
    let seen = sanity::look(options, &world, &requests)?;
    drop(world);

    let threads = options.threads.clamp(1, options.connections);
    let (phase, ready) = (Arc::new(Phase::default()), Arc::new(Barrier::new(threads + 1)));
    let drivers: Vec<_> = (0..threads)
        .map(|number| {
            let (options, requests) = (options.clone(), Arc::clone(&requests));
            let (phase, ready) = (Arc::clone(&phase), Arc::clone(&ready));
            thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(drive(&options, number, threads, requests, phase, &ready))
            })
        })
        .collect();
    process::wait_for_quiet(Duration::from_secs_f64(options.patience))?;
    ready.wait();
    thread::sleep(Duration::from_secs_f64(options.warm_up));
    let (before, start) = (Reading::take(options.pid)?, Instant::now());
    phase.measure();
    thread::sleep(Duration::from_secs_f64(options.seconds));
    phase.end();
    let (after, taken) = (Reading::take(options.pid)?, start.elapsed());
    let resident = options.pid.map(process::resident_kib).transpose()?;

    let mut times = Times::default();
    for driver in drivers {
        times.add(driver.join().ok().context("a driver's thread panicked")??);
    }
    let used = after.since(before);
    Ok(Row::new(options, Measured { times, taken, used, resident, seen }))
}

/// One thread's connections and what goes over them.
async fn drive(
    options: &Options,
    number: usize,
    threads: usize,
    requests: Arc<Requests>,
    phase: Arc<Phase>,
    ready: &Barrier,
) -> anyhow::Result<Times> {
    let mut connected = Vec::new();
    for connection in (number..options.connections).step_by(threads) {
        connected.push((connection, Client::connect(&options.target, options.kind.method()).await));
    }
    // Whether they came about is looked at behind this: the others wait for it.
    ready.wait();
    let mut lanes = JoinSet::new();
    for (connection, client) in connected {
        let client = client?;
        for place in 0..options.in_flight {
            let first = connection * 977 + place * 131;
            let lane = Lane { client: client.clone(), requests: Arc::clone(&requests), next: first };
            lanes.spawn(lane.run(Arc::clone(&phase)));
        }
    }
    let mut times = Times::default();
    while let Some(lane) = lanes.join_next().await {
        times.add(lane??);
    }
    Ok(times)
}
