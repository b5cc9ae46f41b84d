//! What was acknowledged is there after a crash; what isn't as it was is not served.

use std::{fs, os::unix::fs::FileExt as _, path::Path, time::Duration};

use feedgate::grpc::pb;
use tokio::task::JoinSet;

use crate::support::{
    campaign,
    program::run,
    random::Random,
    server::{Policy, Server, serve},
    write,
};

#[tokio::test]
async fn a_write_is_there_after_a_kill_right_behind_it() {
    let mut server = Server::start();
    for (revision, name) in (1..).zip(["ann", "bob", "cy"]) {
        let changes = vec![write::create(write::user(name)), write::create(write::feed(name))];
        let written = server.policy().write(write::write(changes)).await.unwrap().into_inner();
        server.kill9();
        server.restart();
        let status = server.status().await;
        let head = pb::Revision { store: status.store_id, number: status.revision };
        assert_eq!((written.revision, head.number), (Some(head), revision));
        let user = pb::GetUserRequest { user: Some(write::name(name)) };
        assert_eq!(server.policy().get_user(user).await.unwrap().into_inner().user.unwrap().name, name);
        let feed = pb::GetFeedRequest { name: name.into() };
        assert_eq!(server.policy().get_feed(feed).await.unwrap().into_inner().feed.unwrap().name, name);
    }
}

/// Writes pairs of feeds until the server is gone; gives the pairs that were acknowledged.
async fn write_until_killed(mut policy: Policy, prefix: String) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let pair = format!("{prefix}-{number}");
        let feeds = ["left", "right"].map(|side| write::create(write::feed(&format!("{pair}-{side}"))));
        match policy.write(write::write(feeds.into())).await {
            Ok(_) => acknowledged.push(pair),
            Err(_) => break,
        }
    }
    acknowledged
}

#[tokio::test]
async fn everything_acknowledged_survives_kills_under_load() {
    let rounds = if campaign() { 400 } else { 20 };
    let mut random = Random::new(20_261_122);
    let mut server = Server::start();
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let mut writers = JoinSet::new();
        for writer in 0..4 {
            writers.spawn(write_until_killed(server.policy(), format!("{round}-{writer}")));
        }
        // Any moment will do: this only spreads the kills over what a server does.
        tokio::time::sleep(Duration::from_millis(1 + random.below(60) as u64)).await;
        server.kill9();
        acknowledged.extend(writers.join_all().await.into_iter().flatten());
        server.restart();
        check(&server, &acknowledged).await;
    }
    println!("{} change sets were acknowledged in {rounds} rounds", acknowledged.len());
    assert!(acknowledged.len() > rounds, "a server that acknowledges nothing has nothing to lose");
}

/// All pairs that were acknowledged are there, and no pair is there by half.
async fn check(server: &Server, acknowledged: &[String]) {
    let feeds = server.cli(&["list", "feeds", "--output", "json"]).json();
    let feeds: std::collections::HashSet<_> = feeds["feeds"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|feed| feed["name"].as_str().unwrap().to_owned())
        .collect();
    for pair in acknowledged {
        assert!(feeds.contains(&format!("{pair}-left")), "{pair} was acknowledged and is lost");
    }
    for feed in &feeds {
        let (pair, side) = feed.rsplit_once('-').unwrap();
        let other = if side == "left" { "right" } else { "left" };
        assert!(feeds.contains(&format!("{pair}-{other}")), "{feed} is there without its other half");
    }
    let status = server.status().await;
    assert_eq!((status.feeds as usize, status.revision * 2), (feeds.len(), u64::from(status.feeds)));
}

#[test]
fn a_folder_has_one_server() {
    let server = Server::start();
    let second = run(&mut serve(&server.data()), b"");
    second.failed(3, "is in use by another feedgate (process ");
    assert_eq!(second.stdout, "");
    assert_eq!(server.cli(&["check", "Admin", "Admin_ConfigureProGet"]).code, 0);
}

#[test]
fn a_server_that_is_told_to_stop_stops_well() {
    let mut server = Server::start();
    assert!(server.stop().success());
    assert!(server.log().contains("stopped"), "{}", server.log());
    server.restart();
    assert_eq!(server.cli(&["check", "Admin", "Admin_ConfigureProGet"]).code, 0);
}

/// What the record of the format holds, behind its envelope: the number, little-endian.
const FORMAT: [u8; 6] = [1, 1, 1, 0, 0, 0];

#[test]
fn a_store_of_a_newer_format_is_refused() {
    let mut server = Server::start();
    assert!(server.stop().success());
    let store = sled::open(server.data().join("store")).unwrap();
    let (key, value) = store.first().unwrap().unwrap();
    assert_eq!(value[..6], FORMAT);
    let mut value = vec![1, 1, 2, 0, 0, 0];
    let seal = blake3::Hasher::new().update(&key).update(&value).finalize();
    value.extend(&seal.as_bytes()[..8]);
    store.insert(key, value).unwrap();
    store.flush().unwrap();
    drop(store);
    assert_eq!(server.try_restart(), Err(3));
    assert!(server.log().contains("the store has format 2, which is newer than the 1"), "{}", server.log());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// A byte that turned is found, or it was in no use: the policy is served as it was or not at all.
#[tokio::test]
async fn a_flipped_byte_never_changes_the_policy() {
    let mut server = Server::start();
    let changes = (0..50).map(|number| write::create(write::user(&format!("user-{number}")))).collect();
    server.policy().write(write::write(changes)).await.unwrap();
    for name in ["a", "b", "c"] {
        server.policy().write(write::write(vec![write::create(write::feed(name))])).await.unwrap();
    }
    let policy = server.cli(&["export"]).ended(0).to_owned();
    assert!(server.stop().success());
    let whole = server.path("whole");
    copy(&server.data(), &whole);

    let mut random = Random::new(7);
    let db = server.data().join("store").join("db");
    let used = fs::read(&db).unwrap().iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let flips = if campaign() { 400 } else { 24 };
    let mut refused = 0;
    for _ in 0..flips {
        fs::remove_dir_all(server.data()).unwrap();
        copy(&whole, &server.data());
        let (at, bit) = (random.below(used), 1 << random.below(8));
        let file = fs::File::options().read(true).write(true).open(&db).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at as u64).unwrap();
        file.write_all_at(&[byte[0] ^ bit], at as u64).unwrap();
        drop(file);
        refused += usize::from(!serves_or_refuses(&mut server, &policy, at));
    }
    println!("{refused} of {flips} flips were refused");
    assert!(refused > 0, "none of {flips} flips hit anything");
}

/// Whether it serves, which must be the same policy.
fn serves_or_refuses(server: &mut Server, policy: &str, at: usize) -> bool {
    match server.try_restart() {
        Ok(()) => {
            assert_eq!(server.cli(&["export"]).ended(0), policy, "byte {at}");
            server.kill9();
            true
        }
        Err(code) => {
            assert_eq!(code, 3, "byte {at}: {}", server.log());
            assert!(server.log().contains("the store is damaged"), "byte {at}: {}", server.log());
            false
        }
    }
}
