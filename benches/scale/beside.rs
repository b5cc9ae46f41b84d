//! Checks at 30 % of what the server can do, alone, beside changes, and beside analysis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use feedgate::grpc::pb::{
    self, analysis_service_client::AnalysisServiceClient, decision_service_client::DecisionServiceClient,
};
use tokio::{task::JoinSet, time::MissedTickBehavior};
use tonic::{
    Request,
    transport::{Channel, Endpoint},
};

use crate::{
    changing,
    world::{self, FIRST, Random, Size},
};

const CONNECTIONS: usize = 4;
const LOAD: f64 = 0.3;
const CALIBRATION: Duration = Duration::from_secs(2);
const RUN: Duration = Duration::from_secs(10);

pub fn run(address: &str, token: &str, size: Size) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(compare(address, token, size));
}

async fn compare(address: &str, token: &str, size: Size) {
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(channel_to(address).await);
    }
    let questions = Arc::new(questions(size));
    let most = capacity(&channels, &questions).await;
    let rate = most * LOAD;
    println!("beside: {most:.0} checks/s at most from this client; {rate:.0} checks/s are asked");
    report("alone", at_rate(&channels, &questions, rate).await);
    for work in [Work::Changes, Work::Lookups, Work::Preview, Work::Lint] {
        let (over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        // On a thread of its own: what a client does with large answers mustn't delay the checks of another.
        let beside = std::thread::spawn({
            let (over, done) = (Arc::clone(&over), Arc::clone(&done));
            let (address, token) = (address.to_owned(), token.to_owned());
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let channel = channel_to(&address).await;
                    while !over.load(Ordering::Relaxed) {
                        work.once(channel.clone(), &token, size).await;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let taken = at_rate(&channels, &questions, rate).await;
        over.store(true, Ordering::Relaxed);
        let counted = done.load(Ordering::Relaxed);
        beside.join().expect("it worked");
        report(&format!("{work:?} ({counted} done)"), taken);
    }
}

pub async fn channel_to(address: &str) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("it is an address");
    endpoint.connect().await.expect("the server is there")
}

fn questions(size: Size) -> Vec<pb::CheckRequest> {
    let mut random = Random(31);
    (0..10_000)
        .map(|_| {
            let user = world::user_name(FIRST + random.below(size.users));
            let identity = Some(pb::subject::user::Identity::Name(user));
            let user = pb::subject::User { directory: String::new(), identity };
            let feed = world::feed_name(FIRST + random.below(size.feeds));
            pb::CheckRequest {
                subject: Some(pb::Subject { kind: Some(pb::subject::Kind::User(user)) }),
                attribute: world::attribute_of(random.below(10)).name.to_string(),
                target: Some(pb::Target { kind: Some(pb::target::Kind::Feed(feed)) }),
                consistency: None,
            }
        })
        .collect()
}

async fn check(channel: &Channel, question: &pb::CheckRequest) {
    DecisionServiceClient::new(channel.clone()).check(question.clone()).await.expect("an answer");
}

/// How many checks a second are answered when there are always some under way.
async fn capacity(channels: &[Channel], questions: &Arc<Vec<pb::CheckRequest>>) -> f64 {
    let start = Instant::now();
    let mut askers = JoinSet::new();
    for (number, channel) in channels.iter().cycle().take(32).enumerate() {
        let (channel, questions) = (channel.clone(), Arc::clone(questions));
        askers.spawn(async move {
            let mut asked = 0;
            while start.elapsed() < CALIBRATION {
                check(&channel, &questions[(number * 311 + asked) % questions.len()]).await;
                asked += 1;
            }
            asked
        });
    }
    askers.join_all().await.into_iter().sum::<usize>() as f64 / start.elapsed().as_secs_f64()
}

/// Asks at a rate, whether answers come or not, and gives how long each took from when it was due.
async fn at_rate(channels: &[Channel], questions: &Arc<Vec<pb::CheckRequest>>, rate: f64) -> Vec<f64> {
    let start = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut asked, mut answers) = (0usize, JoinSet::new());
    while start.elapsed() < RUN {
        tick.tick().await;
        let due = (start.elapsed().as_secs_f64() * rate) as usize;
        while asked < due {
            let at = start + Duration::from_secs_f64(asked as f64 / rate);
            let (channel, questions) = (channels[asked % channels.len()].clone(), Arc::clone(questions));
            let number = asked;
            answers.spawn(async move {
                check(&channel, &questions[number * 7 % questions.len()]).await;
                at.elapsed().as_secs_f64() * 1e6
            });
            asked += 1;
        }
    }
    answers.join_all().await
}

fn report(what: &str, mut taken: Vec<f64>) {
    taken.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| taken[((taken.len() - 1) as f64 * part) as usize] / 1e3;
    println!(
        "beside: {what}: {} checks, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
        taken.len(),
        at(0.5),
        at(0.99),
        at(0.999)
    );
}

#[derive(Clone, Copy, Debug)]
enum Work {
    /// A thousand one-grant changes a second; one is done when a second's are.
    Changes,
    Lookups,
    Preview,
    Lint,
}

impl Work {
    async fn once(self, channel: Channel, token: &str, size: Size) {
        let with_token = |mut request: Request<()>| {
            request
                .metadata_mut()
                .insert("authorization", format!("Bearer {token}").parse().expect("a token"));
            request.metadata().clone()
        };
        let metadata = with_token(Request::new(()));
        let attribute = world::attribute_of(3).name.to_string();
        match self {
            Self::Changes => changing::a_second(channel, token, size).await,
            Self::Lookups => {
                let target = Some(pb::target::Kind::Feed(world::feed_name(FIRST)));
                let lookup = pb::LookupPrincipalsRequest {
                    attribute,
                    target: Some(pb::Target { kind: target }),
                    ..Default::default()
                };
                let mut client = DecisionServiceClient::new(channel);
                let request = Request::from_parts(metadata, Default::default(), lookup);
                let mut answer = client.lookup_principals(request).await.expect("an answer").into_inner();
                while answer.message().await.expect("all of it").is_some() {}
            }
            Self::Preview => {
                let grant = pb::Grant {
                    effect: pb::Effect::Permit.into(),
                    principal: Some(pb::Principal {
                        kind: Some(pb::principal::Kind::Group(pb::PrincipalName {
                            name: world::group_name(FIRST + size.groups / 2),
                            ..Default::default()
                        })),
                    }),
                    task: "Manage Feed".into(),
                    scope: Some(pb::Scope { kind: Some(pb::scope::Kind::AllFeeds(pb::scope::AllFeeds {})) }),
                    ..Default::default()
                };
                let object = pb::Object { kind: Some(pb::object::Kind::Grant(grant)) };
                let change = pb::Change {
                    operation: Some(pb::change::Operation::Create(object)),
                    expected_object_revision: None,
                };
                let preview = pb::PreviewRequest { changes: vec![change], ..Default::default() };
                let mut client = AnalysisServiceClient::new(channel);
                let request = Request::from_parts(metadata, Default::default(), preview);
                let mut answer = client.preview(request).await.expect("an answer").into_inner();
                while answer.message().await.expect("all of it").is_some() {}
            }
            Self::Lint => {
                let lint = pb::LintRequest { limit: 1, ..Default::default() };
                let mut client = AnalysisServiceClient::new(channel);
                let request = Request::from_parts(metadata, Default::default(), lint);
                let mut answer = client.lint(request).await.expect("an answer").into_inner();
                while answer.message().await.expect("all of it").is_some() {}
            }
        }
    }
}
