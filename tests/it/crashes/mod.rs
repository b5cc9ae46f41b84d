//! `kill -9` at any moment: under load, while old change sets are let go of, and while it starts.
//!
//! After each: the store is found to be whole by `fsck`, it opens, what was acknowledged is there, what wasn't is there
//! whole or not at all, and the history has no gap.

mod load;

use std::{collections::BTreeMap, time::Duration};

use feedgate::grpc::pb;

use self::load::Load;
use crate::support::{campaign, program::run, random::Random, server::Server, watch};

/// Old change sets go with every commit, so that a kill can hit that.
const CONFIG: &str = "[history]\nchange_sets = 20\nhours = 0\n";
/// How many rounds a folder lives.
const LIFE: usize = 20;

#[derive(Debug, Default)]
struct Figures {
    rounds: usize,
    kills_while_starting: usize,
    acknowledged: usize,
    /// Change sets that were under way in a kill: found whole, or not at all.
    whole: usize,
    absent: usize,
    trimmed: u64,
}

#[tokio::test]
async fn everything_acknowledged_survives_kills() {
    let rounds = if campaign() { 3_000 } else { 60 };
    let mut random = Random::new(20_261_124);
    let mut figures = Figures::default();
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), CONFIG).unwrap();
    while figures.rounds < rounds {
        let mut server = Server::start_with(&["--config", config.path().to_str().unwrap()]);
        let mut load = Load::new(random.next());
        for _ in 0..LIFE.min(rounds - figures.rounds) {
            round(&mut server, &mut load, &mut random, &mut figures).await;
        }
    }
    println!("crashes: {figures:?}");
    assert!(figures.acknowledged > rounds, "a server that acknowledges nothing has nothing to lose");
    assert!(figures.whole > 0 && figures.absent > 0 && figures.trimmed > 0, "{figures:?}");
}

async fn round(server: &mut Server, load: &mut Load, random: &mut Random, figures: &mut Figures) {
    load.begin(server);
    // Any moment will do: this only spreads the kills over what a server does.
    tokio::time::sleep(Duration::from_micros(500 + random.below(60_000) as u64)).await;
    server.kill9();
    figures.acknowledged += load.end().await;
    for _ in 0..random.below(3) {
        server.crash_while_starting(Duration::from_micros(random.below(60_000) as u64));
        figures.kills_while_starting += 1;
    }
    let data = server.data();
    let fsck = ["fsck", "--data", data.to_str().unwrap()];
    run(crate::support::program::feedgate().args(fsck), b"").ended(0);
    server.restart();

    let head = contiguous(server, load, figures).await;
    let (feeds, at) = feeds(server).await;
    assert_eq!(at, head);
    let (whole, absent) = load.check(&feeds, head);
    figures.whole += whole;
    figures.absent += absent;
    figures.rounds += 1;
}

/// The head, to which the history leads without a gap.
async fn contiguous(server: &Server, load: &Load, figures: &mut Figures) -> u64 {
    let status = server.status().await;
    let start = pb::Revision { store: status.store_id, number: status.history_after };
    let (sets, end) =
        watch::until_current(server, pb::WatchRequest { start_after: Some(start), ..Default::default() })
            .await;
    assert!(sets.iter().copied().eq(status.history_after + 1..=status.revision), "{status:?}");
    assert_eq!(end, status.revision);
    let (acknowledged, under_way) = load.revisions();
    assert!(status.revision >= acknowledged, "{status:?} {acknowledged}");
    assert!(status.revision <= acknowledged + under_way, "{status:?} {acknowledged}");
    figures.trimmed = figures.trimmed.max(status.history_after);
    status.revision
}

/// All feeds and their types, and the revision that they are of.
async fn feeds(server: &Server) -> (BTreeMap<String, String>, u64) {
    let request = pb::WatchRequest {
        include_snapshot: true,
        kinds: vec![pb::ObjectKind::Feed.into()],
        ..Default::default()
    };
    let (objects, revision) = watch::snapshot(server, request).await;
    let feeds = objects.into_iter().map(|object| match object.kind {
        Some(pb::object::Kind::Feed(feed)) => (feed.name, feed.r#type),
        other => panic!("{other:?} is no feed"),
    });
    (feeds.collect(), revision)
}
