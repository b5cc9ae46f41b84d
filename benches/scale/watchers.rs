//! Ten thousand idle watchers of one server: what each costs, when they hear of a change, and what a write, and a
//! check beside it, take with them and without.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use feedgate::grpc::pb::{
    self, decision_service_client::DecisionServiceClient, policy_service_client::PolicyServiceClient,
};
use tokio::runtime::Runtime;
use tonic::{Code, Request, metadata::MetadataValue, transport::Channel};

use crate::{beside::channel_to, crowd::Crowd, memory, server};

const WATCHERS: usize = 10_000;
const WRITES: usize = 200;
/// Between two writes that find nothing going on, behind the moment when the last watcher has heard of the first.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two checks.
const CHECK_EVERY: Duration = Duration::from_millis(10);
const NEVER: Duration = Duration::from_hours(1);

pub fn run() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let data = temporary.path().join("data");
    let (server, address, _) = server::serve(&data);
    let token = std::fs::read_to_string(data.join("admin-token")).expect("the server has made it");
    let token = token.trim();
    let pid = server.id().to_string();
    let mut writer = Writer::new(&address, token);

    // What the first calls of all allocate isn't the watchers'.
    writer.writes(20, |_| {});
    drop(Crowd::gather(&address, token, 200, NEVER));
    let empty = memory::resident_kib(&pid);
    println!("watchers: resident without any: {} MiB", empty / 1024);
    let resident = |when: &str| {
        let now = memory::resident_kib(&pid);
        let each = now.saturating_sub(empty) as f64 / WATCHERS as f64;
        println!("watchers: resident with {WATCHERS}, {when}: {} MiB, {each:.1} KiB each", now / 1024);
    };

    let alone = [writer.measure(&address, None, PAUSE), writer.measure(&address, None, Duration::ZERO)];

    let start = Instant::now();
    let crowd = Crowd::gather(&address, token, WATCHERS, Duration::from_secs(2));
    println!("watchers: {WATCHERS} have come in {:.1} s", start.elapsed().as_secs_f64());
    resident("idle");
    crowd.heartbeats(WATCHERS * 3);
    resident("after some heartbeats");
    drop(crowd);
    let crowd = Crowd::gather(&address, token, WATCHERS, NEVER);
    resident("when they have come again");

    let mut last = Vec::new();
    for round in 0..5 {
        thread::sleep(PAUSE);
        let start = Instant::now();
        let revision = writer.write();
        let acknowledged = start.elapsed();
        let times = crowd.all_have(revision);
        let [first, median, all] = [times[0], times[times.len() / 2], times[times.len() - 1]]
            .map(|at| millis(at.duration_since(start)));
        println!(
            "watchers: change {round}: written in {:.1} ms; the first has it after {first:.1} ms, the median after \
             {median:.1} ms, the last after {all:.1} ms",
            millis(acknowledged)
        );
        last.push(all);
    }
    resident("after some change sets");

    let beside = [
        writer.measure(&address, Some(&crowd), PAUSE),
        writer.measure(&address, Some(&crowd), Duration::ZERO),
    ];
    resident("after many change sets");
    for (what, (alone, beside)) in ["apart", "back to back"].into_iter().zip(alone.iter().zip(&beside)) {
        println!("watchers: {WRITES} writes {what}, alone: {alone}");
        println!("watchers: {WRITES} writes {what}, with {WATCHERS} watchers: {beside}");
        let ratio = |at| Sample::at(&beside.writes, at) / Sample::at(&alone.writes, at);
        println!(
            "watchers: writes {what}: p50 takes {:.2} times as long, p99 {:.2} times",
            ratio(0.5),
            ratio(0.99)
        );
    }
    // It couldn't answer the server's goodbye: nothing drives its connection.
    drop(writer);
    let start = Instant::now();
    drop(server);
    let told = crowd.ended().iter().filter(|status| status.code() == Code::Unavailable).count();
    println!("watchers: the server ends in {:.2} s, and {told} are told", start.elapsed().as_secs_f64());
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How long writes took, and checks beside them; in ms, sorted.
struct Sample {
    writes: Vec<f64>,
    checks: Vec<f64>,
}

impl Sample {
    fn at(times: &[f64], part: f64) -> f64 {
        times[((times.len() - 1) as f64 * part) as usize]
    }
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (what, times) in [("a write takes", &self.writes), ("; a check", &self.checks)] {
            let [p50, p99] = [0.5, 0.99].map(|part| Self::at(times, part));
            write!(f, "{what} {p50:.2} ms (p50), {p99:.2} ms (p99)")?;
        }
        Ok(())
    }
}

struct Writer {
    runtime: Runtime,
    policy: PolicyServiceClient<Channel>,
    token: String,
    written: usize,
}

impl Writer {
    fn new(address: &str, token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let policy = PolicyServiceClient::new(runtime.block_on(channel_to(address)));
        Self { runtime, policy, token: format!("Bearer {token}"), written: 0 }
    }

    /// Adds a feed. Gives the revision.
    fn write(&mut self) -> u64 {
        self.written += 1;
        let feed = pb::Feed { name: format!("feed-{}", self.written), ..pb::Feed::default() };
        let object = pb::Object { kind: Some(pb::object::Kind::Feed(feed)) };
        let change = pb::Change {
            operation: Some(pb::change::Operation::Create(object)),
            expected_object_revision: None,
        };
        let mut request = Request::new(pb::WriteRequest { changes: vec![change], options: None });
        request
            .metadata_mut()
            .insert("authorization", MetadataValue::try_from(&self.token).expect("a token is a header"));
        let written = self.runtime.block_on(self.policy.write(request)).expect("it is written").into_inner();
        written.revision.expect("it has one").number
    }

    /// Writes some times and gives how long each took, in ms.
    fn writes(&mut self, number: usize, between: impl Fn(u64)) -> Vec<f64> {
        let mut times = Vec::with_capacity(number);
        for _ in 0..number {
            let start = Instant::now();
            let revision = self.write();
            times.push(millis(start.elapsed()));
            between(revision);
        }
        times
    }

    /// Writes, with checks beside them. With a pause, the next write comes when everybody has the one before.
    fn measure(&mut self, address: &str, crowd: Option<&Crowd>, pause: Duration) -> Sample {
        let over = Arc::new(AtomicBool::new(false));
        let checks = thread::spawn({
            let (over, address) = (Arc::clone(&over), address.to_owned());
            move || checks(&address, &over)
        });
        let everybody = |revision| {
            if let Some(crowd) = crowd {
                crowd.all_have(revision);
            }
        };
        let mut writes = self.writes(WRITES, |revision| {
            if !pause.is_zero() {
                everybody(revision);
                thread::sleep(pause);
            }
        });
        over.store(true, Ordering::Relaxed);
        let mut checks = checks.join().expect("checks were answered");
        if pause.is_zero() {
            // The last one of them, which comes behind all others.
            let revision = self.write();
            everybody(revision);
        }
        writes.sort_unstable_by(f64::total_cmp);
        checks.sort_unstable_by(f64::total_cmp);
        Sample { writes, checks }
    }
}

fn checks(address: &str, over: &AtomicBool) -> Vec<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let identity = Some(pb::subject::user::Identity::Name("Admin".into()));
        let user = pb::subject::User { directory: String::new(), identity };
        let question = pb::CheckRequest {
            subject: Some(pb::Subject { kind: Some(pb::subject::Kind::User(user)) }),
            attribute: "Feeds_ViewFeed".into(),
            target: Some(pb::Target { kind: Some(pb::target::Kind::Feed("feed-1".into())) }),
            consistency: None,
        };
        let mut decisions = DecisionServiceClient::new(channel_to(address).await);
        let mut times = Vec::new();
        let mut tick = tokio::time::interval(CHECK_EVERY);
        while !over.load(Ordering::Relaxed) {
            tick.tick().await;
            let start = Instant::now();
            decisions.check(question.clone()).await.expect("an answer");
            times.push(millis(start.elapsed()));
        }
        times
    })
}
